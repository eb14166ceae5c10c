import pytest
from django.urls import reverse
from django.utils import timezone

from processing.models import Check, RenditionState
from review import claims, gate
from review.models import Decision, ReviewTask
from tests import builders
from tests.review.builders import audit, task

pytestmark = pytest.mark.django_db


def test_queue_page_has_a_card_per_doubt_with_its_worst_place(as_reviewer):
    rendition = builders.rendition(kind="cutout", name="cutout", state=RenditionState.IN_REVIEW)
    task(rendition)
    task(queue="BLUR")
    page = as_reviewer.get(reverse("review-queue")).content.decode()
    assert "2 pictures need a look" in page
    assert 'href="/review/room?queue=BLUR"' in page
    # The worst place at 0.2, 0.3 of 1200 x 1200 px, 42 % of the width, 16:10, kept inside the picture.
    assert 'viewBox="0.0 202.5 504.0 315.0"' in page


def test_batch_offers_its_pictures_to_review_as_the_rail_counts_them(as_reviewer):
    first = builders.rendition(builders.job(state="done"), kind="cutout", name="cutout", state=RenditionState.IN_REVIEW)
    task(first)
    task(builders.rendition(first.job, name="second", state=RenditionState.IN_REVIEW))
    task(queue="BLUR")
    page = as_reviewer.get(first.job.batch.get_absolute_url()).content.decode()
    assert "Review 2 pictures" in page
    assert 'data-count="review">3<' in page


def test_empty_queue_page_tells_how_the_gate_did(as_reviewer):
    assert "appear here as soon as they are measured" in as_reviewer.get(reverse("review-queue")).content.decode()
    row = builders.rendition()
    Check.objects.create(rendition=row, code="HOLE", value=0, unit="of product", passed=True)
    gate.judge_pending()
    ReviewTask.objects.all().delete()
    page = as_reviewer.get(reverse("review-queue")).content.decode()
    assert "Nothing needs a look" in page
    assert "1 picture went through the gate; 100 % shipped without a person" in page


def test_audits_people_did_are_counted(as_reviewer, reviewer):
    row = audit(state="decided")
    Decision.objects.create(task=row, by=reviewer, verdict="approve", effective_at=timezone.now())
    assert "1 of them were checked" in as_reviewer.get(reverse("review-queue")).content.decode()


def test_room_opens_dark_and_carries_the_users_keys(as_reviewer, reviewer):
    reviewer.keys = {"approve": "q"}
    reviewer.save(update_fields=["keys"])
    page = as_reviewer.get(reverse("review-room") + "?queue=EDGE_HALO").content.decode()
    assert '"theme": "dark"' in page
    assert '"keys": {"approve": "q"}' in page
    assert "Edge halo</h1>" in page


@pytest.mark.parametrize("name", ["review-queue", "review-room", "review-cluster"])
def test_pages_have_no_inline_style_or_script(as_reviewer, name):
    page = as_reviewer.get(reverse(name)).content.decode()
    assert "style=" not in page
    assert "onclick" not in page


def test_keys_are_remembered(as_reviewer, reviewer):
    answer = as_reviewer.post(
        reverse("review-keys"), {"enabled": False, "approve": "q"}, content_type="application/json"
    )
    reviewer.refresh_from_db()
    assert answer.status_code == 204
    assert reviewer.keys == {"enabled": False, "approve": "q"}


@pytest.mark.parametrize("body", ["no json", "[]", '{"enabled": 1}', '{"approve": ""}', '{"<b>": "a"}', '{"a": {}}'])
def test_keys_that_are_none_are_refused(as_reviewer, reviewer, body):
    answer = as_reviewer.post(reverse("review-keys"), body, content_type="application/json")
    reviewer.refresh_from_db()
    assert (answer.status_code, reviewer.keys) == (400, {})


def test_surround_is_remembered_and_drawn(as_reviewer, reviewer):
    answer = as_reviewer.post(reverse("review-surround"), {"surround": "grey"}, content_type="application/json")
    reviewer.refresh_from_db()
    assert (answer.status_code, reviewer.surround) == (204, "grey")
    assert 'data-surround="grey"' in as_reviewer.get(reverse("review-room")).content.decode()


@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"surround": "pink"}'])
def test_a_surround_that_is_none_is_refused(as_reviewer, reviewer, body):
    answer = as_reviewer.post(reverse("review-surround"), body, content_type="application/json")
    reviewer.refresh_from_db()
    assert (answer.status_code, reviewer.surround) == (400, "dark")


def test_a_deep_zoom_asks_for_the_files_of_a_task(as_reviewer):
    answer = as_reviewer.get(reverse("review-whole", args=[task().pk]))
    assert answer.json() == {"result": None, "box": [0, 0, 1, 1], "original": None}


def test_heat_map_is_kept_for_good_and_missing_ones_are_404(as_reviewer):
    row = task()
    Check.objects.create(rendition=row.rendition, code="HOLE", value=1, passed=False, heat=b"\x89PNG")
    assert "immutable" in as_reviewer.get(reverse("review-heat", args=[row.pk, "HOLE"]))["Cache-Control"]
    assert as_reviewer.get(reverse("review-heat", args=[row.pk, "EDGE_HALO"])).status_code == 404


def test_lead_takes_over_what_is_held(client, reviewer, manager):
    task()
    claims.claim(reviewer)
    client.force_login(reviewer)
    assert client.post(reverse("review-take-over"), {"queue": "EDGE_HALO"}).status_code == 403
    client.force_login(manager)
    answer = client.post(reverse("review-take-over"), {"queue": "EDGE_HALO"})
    assert answer.url == "/review/room?queue=EDGE_HALO"
    assert ReviewTask.objects.free().count() == 1


def test_rework_that_was_tried_is_not_suggested_again(as_reviewer, reviewer):
    old = task(builders.rendition(name="cutout", kind="cutout", is_current=False), state="decided")
    Decision.objects.create(
        task=old, by=reviewer, verdict="rework", rework_id="decontaminate", effective_at=timezone.now()
    )
    task(builders.rendition(old.rendition.job, name="cutout", kind="cutout", attempt=2))
    claimed = as_reviewer.post("/api/v1/review/claim", {}, content_type="application/json").json()
    assert claimed["items"][0]["suggested"] is None
    assert claimed["items"][0]["history"][0]["note"] == "Take the backdrop's colour out of the edge"
