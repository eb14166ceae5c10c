import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Event
from catalog.models import Intake, IntakeItem
from marketplaces.channels import UnknownChannel, ensure_channels
from marketplaces.exports import run_export, start_export, sweep
from marketplaces.management.commands.export import Command as ExportCommand
from marketplaces.models import Channel, Export, ExportFile, ExportState, RenderedFile
from marketplaces.selection import ScopeError
from processing.imaging.codec import decode
from processing.imaging.metadata import read_metadata
from processing.models import Job, Rendition
from review.models import ReviewTask
from tests import builders
from tests.marketplaces import pictures, stock

pytestmark = pytest.mark.django_db
ASIN = "B0F7KQ4102"


def blocked_codes(report) -> dict[str, str]:
    return {one["sku"]: one["code"] for one in report.blocked}


def test_amazon_export_names_files_by_asin(tmp_path):
    variant = stock.product("BOX-01", asin=ASIN, styles=("lifestyle-home",))
    stock.product(of=variant, view=2)
    report = run_export("amazon", out=tmp_path)
    assert [file["name"] for file in report.files] == [f"{ASIN}.MAIN.jpg", f"{ASIN}.PT01.jpg", f"{ASIN}.PT02.jpg"]
    assert report.blocked == []
    for file in report.files:
        data = (tmp_path / file["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert (decode(data).size, len(data)) == ((file["width"], file["height"]), file["bytes"])
    assert {"manifest.json", "SHA256SUMS", "feeds"} <= {path.name for path in tmp_path.iterdir()}


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


def test_second_export_renders_nothing_again_and_writes_nothing(tmp_path):
    stock.product("BOX-01", asin=ASIN, styles=("studio-white",))
    first = run_export("amazon", out=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.jpg")}
    rendered = RenderedFile.objects.count()
    second = run_export("amazon", out=tmp_path)
    assert RenderedFile.objects.count() == rendered
    assert [file["sha256"] for file in first.files] == [file["sha256"] for file in second.files]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.jpg")} == before


def test_folder_follows_the_export_and_leaves_foreign_files_alone(tmp_path):
    stock.product("A-1")
    stock.product("B-1")
    run_export("shopify", out=tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    Rendition.objects.filter(variant__sku="B-1", name="main").update(state="rejected")
    run_export("shopify", out=tmp_path)
    assert {path.name for path in tmp_path.glob("*.jpg")} == {"A-1-1.jpg"}
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_files_carry_title_sku_profile_and_their_true_source_type():
    variant = stock.product("BOX-01", styles=("lifestyle-home",))
    variant.product.name = "Grüne Dose"
    variant.product.save()
    Channel.objects.update_or_create(
        name="google",
        defaults={"pack": "google", "label": "Google", "settings": {"creator": "Studio A", "copyright": "© A"}},
    )
    run_export("google")
    by_role = {file.role: file for file in ExportFile.objects.filter(kind="picture")}
    from catalog.files import load

    main = read_metadata(load(by_role["main"].path))
    assert main == {"title": "Grüne Dose", "sku": "BOX-01", "creator": "Studio A", "copyright": "© A"}
    scene = read_metadata(load(by_role["lifestyle"].path))
    assert scene["digital_source_type"].endswith("/compositeSynthetic")


def test_export_is_announced_once_with_its_counts():
    stock.product("BOX-01")
    report = run_export("google")
    event = Event.objects.get(kind="export.completed")
    main = Rendition.objects.get(name="main")
    assert event.data == {
        "export": report.export.pk, "channel": "google", "files": 1, "blocked": 0, "renditions": [main.pk],
        "renditions_are_all": True,
    }  # fmt: skip


def test_started_export_is_carried_out_by_the_worker(broker, django_capture_on_commit_callbacks):
    from marketplaces.actors import carry_out_export

    stock.product("BOX-01")
    with django_capture_on_commit_callbacks(execute=True):
        export = start_export("google")
    assert broker.queues["delivery"].qsize() == 1
    carry_out_export(export.pk)
    carry_out_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.done_count, export.files.filter(kind="picture").count()) == ("done", 1, 1)
    assert Event.objects.filter(kind="export.completed").count() == 1


def test_stalled_export_is_sent_again(broker):
    from datetime import timedelta

    from django.utils import timezone

    ensure_channels()
    stalled = Export.objects.create(
        channel=Channel.objects.get(name="google"),
        state=ExportState.RUNNING,
        seen_at=timezone.now() - timedelta(hours=1),
    )
    Export.objects.create(state=ExportState.RUNNING, seen_at=timezone.now())
    assert sweep() == 1
    stalled.refresh_from_db()
    assert stalled.state == ExportState.QUEUED
    assert sweep() == 0


def test_unknown_and_switched_off_channels_are_refused():
    with pytest.raises(UnknownChannel, match="amazon, google"):
        run_export("bazaar")
    Channel.objects.filter(name="ebay").update(is_active=False)
    with pytest.raises(UnknownChannel, match="switched off"):
        run_export("ebay")


@pytest.mark.parametrize(
    "channel",
    [
        "amazon",
        "google",
        "shopify",
        "ebay",
        "walmart",
        "etsy",
        "tiktok",
        "meta",
        "instagram-feed",
        "instagram-story",
        "zalando",
        "otto",
        "pinterest",
        "site",
    ],
)
def test_every_channel_exports_and_passes_its_own_pack_from_disk(channel, tmp_path):
    stock.product("BOX-01", asin=ASIN, gtin="09520001002045", size=(1500, 1500), styles=("lifestyle-home",))
    report = run_export(channel, out=tmp_path)
    assert report.files, report.blocked
    out = StringIO()
    call_command("verify", str(tmp_path), "--json", stdout=out)
    verdict = json.loads(out.getvalue())
    assert verdict["fine"], verdict["problems"]
    assert verdict["checked"] == len(report.files)


def test_seed_tree_has_the_promised_layout(tmp_path):
    variant = stock.product("BOX-01", styles=("lifestyle-home",))
    stock.product(of=variant, view=2)
    job = Job.objects.filter(variant=variant).first()
    main = Rendition.objects.get(job=job, name="main")
    stock.made(job, "size-hero", "size", main.artifact, parent=main)
    report = run_export(None, out=tmp_path)
    assert {file["name"] for file in report.files} == {
        "BOX-01/cutout.png", "BOX-01/main.jpg", "BOX-01/bg-lifestyle-home.png", "BOX-01/sizes/hero.webp",
        "BOX-01/view-2/cutout.png", "BOX-01/view-2/main.jpg",
    }  # fmt: skip
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    assert [product["sku"] for product in catalog["products"]] == ["BOX-01"]
    metadata = json.loads((tmp_path / "BOX-01/metadata.json").read_text())
    assert {file["name"] for file in metadata["files"]} >= {"cutout.png", "bg-lifestyle-home.png", "sizes/hero.webp"}
    assert decode((tmp_path / "BOX-01/cutout.png").read_bytes()).mode == "RGBA"
    scene = read_metadata((tmp_path / "BOX-01/bg-lifestyle-home.png").read_bytes())
    assert scene["digital_source_type"].endswith("/compositeSynthetic")
    call_command("verify", str(tmp_path), stdout=StringIO())


def test_export_command_prints_one_object(tmp_path):
    stock.product("BOX-01", asin=ASIN)
    out = StringIO()
    call_command("export", "amazon", "--out", str(tmp_path), "--json", stdout=out)
    printed = json.loads(out.getvalue())
    assert printed["channel"] == "amazon"
    assert printed["path"] == str(tmp_path)
    assert set(printed["files"][0]) == {"name", "sku", "role", "sha256", "bytes", "width", "height"}
    with pytest.raises(CommandError, match="There is no channel 'bazaar'"):
        call_command("export", "bazaar")


def test_export_command_tells_people_what_is_missing(tmp_path, settings):
    stock.product("BOX-01")
    settings.SITE_URL = "http://localhost:8000"
    out = StringIO()
    call_command("export", "amazon", "--out", str(tmp_path), stdout=out)
    assert "amazon: 0 files of 0 products" in out.getvalue()
    assert "BOX-01: No ASIN" in out.getvalue()
    assert ("set SITE_URL" in out.getvalue()) == (tmp_path / "feeds").is_dir()


def test_verify_finds_changed_missing_and_foreign_files(tmp_path):
    stock.product("A-1", styles=("studio-white",))
    run_export("shopify", out=tmp_path)
    first, second = sorted(tmp_path.glob("*.jpg"))
    first.write_bytes(first.read_bytes() + b"x")
    second.unlink()
    (tmp_path / "extra.jpg").write_bytes(b"x")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", str(tmp_path), "--json", stdout=out)
    verdict = json.loads(out.getvalue())
    assert {(one["name"], one["code"]) for one in verdict["problems"]} == {
        (first.name, "CHANGED"),
        (second.name, "MISSING"),
    }
    assert [one["name"] for one in verdict["warnings"] if one["code"] == "UNKNOWN"] == ["extra.jpg"]


def test_verify_refuses_a_folder_that_is_no_export(tmp_path):
    with pytest.raises(CommandError, match=r"has no manifest\.json"):
        call_command("verify", str(tmp_path))


def test_receipt_explains_a_file_from_its_bytes(tmp_path):
    stock.product("BOX-01", asin=ASIN)
    report = run_export("amazon", out=tmp_path)
    out = StringIO()
    call_command("receipt", str(tmp_path / report.files[0]["name"]), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["recipe"] == {"name": "packshot", "version": 1}
    assert told["engine"]["name"] == "studio"
    assert told["source"]["sha256"]
    assert told["made"]["quality"] == 92
    with pytest.raises(CommandError, match="No export of this installation"):
        call_command("receipt", "0" * 64)


def test_export_command_says_once_what_many_have_in_common():
    out = StringIO()
    told = [*[(f"MUG-{number:02}", "Waits for a look.") for number in range(14)], ("BOX-01", "No ASIN.")]
    ExportCommand(stdout=out)._list(told, before="")
    many, single = out.getvalue().splitlines()
    assert many.startswith("  14 x Waits for a look: MUG-00, MUG-01,")
    assert many.endswith("MUG-11 and 2 more")
    assert single == "  BOX-01: No ASIN."
