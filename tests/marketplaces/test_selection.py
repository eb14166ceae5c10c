"""What may leave for a channel, and what stays behind and why."""

import pytest

from catalog.models import Intake, IntakeItem
from marketplaces.exports import run_export
from marketplaces.models import Channel, ExportFile
from marketplaces.selection import ScopeError
from processing.models import Job, Rendition
from review.models import ReviewTask
from tests import builders
from tests.marketplaces import pictures, stock

pytestmark = pytest.mark.django_db
ASIN = "B0F7KQ4102"


def blocked_codes(report) -> dict[str, str]:
    return {one["sku"]: one["code"] for one in report.blocked}


def test_side_view_does_not_stand_in_for_a_front_that_is_undecided():
    variant = stock.product("BOX-01", asin=ASIN, main="in_review")
    stock.product(of=variant, view=2)
    report = run_export("amazon")
    assert report.files == []
    assert blocked_codes(report) == {"BOX-01": "in-review"}
    Rendition.objects.filter(name="main", state="in_review").update(state="rejected")
    (file,) = run_export("amazon").files
    assert file["name"] == f"{ASIN}.MAIN.jpg"


def test_side_view_does_not_stand_in_for_a_front_that_is_still_processed():
    variant = stock.product("BOX-01", asin=ASIN, view=2)
    front = builders.job(image=builders.source_image(variant, view=1), state="queued")
    report = run_export("amazon")
    assert report.files == []
    assert report.blocked[0]["code"] == "running"
    assert "view 1, which comes first, is still being processed" in report.blocked[0]["reason"]
    Job.objects.filter(pk=front.pk).update(state="failed")
    report = run_export("amazon")
    assert [file["name"] for file in report.files] == [f"{ASIN}.MAIN.jpg"]
    assert [one["reason"] for one in report.blocked] == ["The photo of view 1 failed, so view 2 comes first."]


def test_side_view_does_not_stand_in_for_a_front_that_is_still_fetched():
    variant = stock.product("BOX-01", asin=ASIN, view=2)
    intake = Intake.objects.create(source="api")
    builders.batch(intake=intake, is_filling=True)
    item = IntakeItem.objects.create(intake=intake, path="a", url="https://example.com/a.jpg", sku=variant.sku, view=1)
    assert blocked_codes(run_export("amazon")) == {"BOX-01": "fetching"}
    item.reject("not-found", "The address answered 404.")
    item.save()
    assert len(run_export("amazon").files) == 1


def test_front_that_is_processed_once_more_leaves_as_it_is():
    variant = stock.product("BOX-01", asin=ASIN)
    builders.job(image=variant.source_images.get(), state="running")
    assert len(run_export("amazon").files) == 1


@pytest.mark.parametrize("channel", ["site", None])
def test_sku_that_is_not_there_is_told(channel):
    stock.product("BOX-01")
    report = run_export(channel, scope={"skus": ["BOX-01", "BOX-O1"]})
    assert {file["sku"] for file in report.files} == {"BOX-01"}
    assert report.blocked == [{"sku": "BOX-O1", "code": "unknown", "reason": "There is no product with this SKU."}]


def test_batch_that_is_not_there_is_refused():
    with pytest.raises(ScopeError, match="there is no batch 10000000000000000000"):
        run_export("site", scope={"batch": 10**19})


def test_main_picture_is_as_large_as_the_photo_allows_and_never_larger():
    stock.product("SMALL", asin=ASIN, size=(1100, 1100))
    report = run_export("amazon")
    assert [(file["width"], file["height"]) for file in report.files] == [(1250, 1250)]  # 1100 px fill 0.88 of it
    assert "the photo has no more" in str(ExportFile.objects.get(role="main").receipt["made"]["notes"])


def test_photo_too_small_for_the_channel_needs_a_new_one():
    stock.product("TINY", asin=ASIN, size=(400, 400))
    report = run_export("amazon")
    assert report.files == []
    assert blocked_codes(report) == {"TINY": "too-small"}
    assert "Needs a new photo" in report.blocked[0]["reason"]
    assert "at least 500" in report.blocked[0]["reason"]
    task = ReviewTask.objects.get()
    assert (task.queue, task.rendition.name, task.rendition.state) == ("RESHOOT", "main", "approved")
    assert task.rendition.notes[0].startswith("Amazon: Needs a new photo")
    run_export("amazon")
    assert ReviewTask.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("in_review", "in-review", "main picture waits for a person's look"),
        ("rejected", "rejected", "main picture was rejected"),
        ("recalled", "recalled", "was recalled"),
        ("rework", "rework", "is being made again"),
        ("measured", "not-judged", "has not been judged yet"),
    ],
)
def test_only_approved_pictures_leave(state, code, words):
    stock.product("BOX-01", asin=ASIN, main=state, styles=("lifestyle-home",))
    report = run_export("amazon")
    assert report.files == []
    assert blocked_codes(report) == {"BOX-01": code}
    assert words in report.blocked[0]["reason"]


def test_doubted_cutout_keeps_back_all_that_is_made_from_it():
    stock.product("BOX-01", asin=ASIN, styles=("lifestyle-home",))
    Rendition.objects.filter(name="cutout").update(state="in_review")
    report = run_export("amazon")
    assert report.files == []
    assert report.blocked[0]["reason"] == "The cut-out waits for a person's look."
    assert report.blocked[0]["rendition"] == Rendition.objects.get(name="cutout").pk


def test_white_picture_is_laid_out_from_the_cutout_where_no_main_picture_was_asked_for():
    stock.product("BOX-01", asin=ASIN, styles=("lifestyle-home",))
    Rendition.objects.filter(name="main").delete()
    report = run_export("amazon")
    assert [file["role"] for file in report.files] == ["main", "extra"]
    assert ExportFile.objects.get(role="main").rendition.name == "cutout"


def test_scene_in_review_is_held_back_and_the_rest_leaves():
    stock.product("BOX-01", asin=ASIN, styles=("lifestyle-home",), style="in_review")
    report = run_export("amazon")
    assert [file["role"] for file in report.files] == ["main"]
    assert [(one["picture"], one["code"]) for one in report.blocked] == [("style-lifestyle-home", "in-review")]


def test_story_takes_the_campaign_picture_of_its_shape_and_others_leave_it_alone():
    stock.product("BOX-01", styles=("lifestyle-home",))
    job = Job.objects.get()
    cutout = Rendition.objects.get(name="cutout")
    upright = stock.kept(pictures.scene((1080, 1920)), media_type="image/webp", box_px=[378, 576, 324, 960])
    stock.made(job, "campaign-social-story", "campaign", upright, parent=cutout, style="lifestyle-home")
    report = run_export("instagram-story")
    assert [(file["width"], file["height"]) for file in report.files] == [(1080, 1920)]
    assert report.blocked == []
    assert [file["role"] for file in run_export("shopify").files] == ["main", "extra"]


def test_missing_asin_is_blocked_unless_the_channel_names_by_sku():
    stock.product("BOX-01")
    assert blocked_codes(run_export("amazon")) == {"BOX-01": "missing-id"}
    named = run_export("amazon", by_sku=True)
    assert [file["name"] for file in named.files] == ["BOX-01.MAIN.jpg"]
    Channel.objects.filter(name="amazon").update(settings={"name_by_sku": True})
    assert len(run_export("amazon").files) == 1


def test_same_asin_on_two_skus_is_a_collision():
    stock.product("A-1", asin=ASIN)
    stock.product("B-1", asin=ASIN)
    report = run_export("amazon")
    assert {file["sku"] for file in report.files} == {"A-1"}
    assert blocked_codes(report) == {"B-1": "collision"}


def test_failed_and_running_jobs_are_named():
    builders.job(
        builders.batch(),
        image=builders.source_image(builders.variant("F-1")),
        state="failed",
        stage="cutout",
        error="no product found",
    )
    builders.job(builders.batch(), image=builders.source_image(builders.variant("R-1")), state="running")
    report = run_export("google")
    assert {one["sku"]: one["reason"] for one in report.blocked} == {
        "F-1": "Its job failed at cutout: no product found",
        "R-1": "Its photos are still being processed.",
    }


def test_scope_limits_the_products():
    batch = builders.batch()
    stock.product("IN-1", batch=batch)
    stock.product("OUT-1")
    assert {file["sku"] for file in run_export("google", scope={"batch": batch.pk}).files} == {"IN-1"}
    assert {file["sku"] for file in run_export("google", scope={"skus": ["OUT-1"]}).files} == {"OUT-1"}
    with pytest.raises(ValueError, match="unknown scope: colour"):
        run_export("google", scope={"colour": "red"})
