from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from processing.models import Batch, Check, JobState, Rendition, RenditionKind, RenditionState
from review.models import Decision, ReviewTask
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(operator):
    """A batch of two photos: one ready, one whose main picture needs a look, and a third that failed."""
    batch = builders.batch(operator, name="Autumn shoes")
    ready = builders.job(
        batch, image=builders.source_image(builders.variant("BOOT-1", category="fashion")), state=JobState.DONE
    )
    doubted = builders.job(
        batch, image=builders.source_image(builders.variant("LAMP-2", category="home-goods")), state=JobState.DONE
    )
    builders.job(batch, state=JobState.FAILED, stage="cutout", error="The file is cut off.")
    builders.rendition(ready).approve()
    picture = builders.rendition(doubted, state=RenditionState.IN_REVIEW)
    Check.objects.create(rendition=picture, code="EDGE_HALO", value=3.8, unit="px", limit=1.5, passed=False)
    return {"batch": batch, "ready": ready, "doubted": doubted, "picture": picture}


def html(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_inbox_counts_what_needs_somebody(signed_in, made):
    ReviewTask.objects.create(rendition=made["picture"], queue="EDGE_HALO", rank=1.0)
    page = html(signed_in, reverse("inbox"))
    assert "<b>1</b><span>picture needs a look" in page
    assert "<b>1</b><span>failed photo<" in page
    assert "<b>1</b><span>product ready to export" in page
    assert "Autumn shoes" in page
    assert "2 photos done · 1 needs a look · 1 failed" in page


def test_inbox_filters_by_state_and_owner(signed_in, made):
    builders.batch(name="Somebody else's")
    assert "Somebody else" not in html(signed_in, reverse("inbox") + "?show=mine")
    assert "Autumn shoes" in html(signed_in, reverse("inbox") + "?show=review")
    assert "Autumn shoes" not in html(signed_in, reverse("inbox") + "?show=done")


def test_empty_inbox_says_how_to_start(signed_in):
    assert "Bring in your first photos" in html(signed_in, reverse("inbox"))


def test_inbox_needs_few_queries_for_many_batches(signed_in, operator, django_assert_max_num_queries):
    for _ in range(12):
        builders.rendition(builders.job(builders.batch(operator)), state=RenditionState.APPROVED)
    with django_assert_max_num_queries(14):
        signed_in.get(reverse("inbox"))


def test_gallery_shows_a_tile_per_product_and_facets(signed_in, made):
    page = html(signed_in, reverse("gallery"))
    assert "BOOT-1" in page
    assert "LAMP-2" in page
    assert "1 to look at" in page
    assert "Home goods" in page


@pytest.mark.parametrize(
    ("query", "found", "hidden"),
    [
        ("state=in_review", "LAMP-2", "BOOT-1"),
        ("category=fashion", "BOOT-1", "LAMP-2"),
        ("doubt=EDGE_HALO", "LAMP-2", "BOOT-1"),
        ("q=boot", "BOOT-1", "LAMP-2"),
    ],
)
def test_gallery_filters(signed_in, made, query, found, hidden):
    page = html(signed_in, f"{reverse('gallery')}?{query}")
    assert reverse("product", args=[found]) in page
    assert reverse("product", args=[hidden]) not in page


@pytest.mark.parametrize(
    ("query", "found", "hidden"),
    [
        ("engine=rembg", "LAMP-2", "BOOT-1"),
        ("score=0-50", "LAMP-2", "BOOT-1"),
        ("score=90-100", "BOOT-1", "LAMP-2"),
        ("made=day", "BOOT-1", "LAMP-2"),
        ("made=older", "LAMP-2", "BOOT-1"),
        ("reviewer=rita", "LAMP-2", "BOOT-1"),
    ],
)
def test_gallery_filters_by_how_and_when_it_was_made_and_who_looked(signed_in, reviewer, made, query, found, hidden):
    picture = made["picture"]
    aged = timezone.now() - timedelta(days=40)
    Rendition.objects.filter(pk=picture.pk).update(score=0.4, provenance={"engine": "rembg"}, created_at=aged)
    task = ReviewTask.objects.create(rendition=picture, queue="EDGE_HALO")
    Decision.objects.create(task=task, by=reviewer, verdict="reject", effective_at=timezone.now())
    page = html(signed_in, f"{reverse('gallery')}?{query}")
    assert reverse("product", args=[found]) in page
    assert reverse("product", args=[hidden]) not in page


def test_facets_count_products_and_lead_to_their_filter(signed_in, reviewer, made):
    task = ReviewTask.objects.create(rendition=made["picture"], queue="EDGE_HALO")
    Decision.objects.create(task=task, by=reviewer, verdict="approve", effective_at=timezone.now())
    shown = {facet.name: facet.options for facet in signed_in.get(reverse("gallery")).context["facets"]}
    assert [(one.label, one.count, one.address) for one in shown["reviewer"]] == [("rita", 1, "?reviewer=rita")]
    assert [(one.count, one.address) for one in shown["score"]] == [(2, "?score=90-100")]
    assert [one.count for one in shown["made"]] == [2, 2, 2]


def test_every_facet_counts_within_the_other_filters(signed_in, made):
    shown = signed_in.get(reverse("gallery") + "?category=fashion&engine=none").context["facets"]
    options = {facet.name: [(one.label, one.count, one.is_on) for one in facet.options] for facet in shown}
    assert options["engine"] == [("none", 0, True)], "to be taken off again"
    assert options["batch"] == []


def test_a_judgement_taken_back_is_no_longer_somebodys(signed_in, reviewer, made):
    task = ReviewTask.objects.create(rendition=made["picture"], queue="EDGE_HALO")
    now = timezone.now()
    Decision.objects.create(task=task, by=reviewer, verdict="approve", effective_at=now, undone_at=now)
    assert "Nothing fits" in html(signed_in, reverse("gallery") + "?reviewer=rita")


@pytest.mark.parametrize("query", ["score=odd", "made=never", "reviewer=nobody", "engine=none"])
def test_unknown_filters_fit_nothing_and_offer_the_way_out(signed_in, made, query):
    page = html(signed_in, f"{reverse('gallery')}?{query}")
    assert "Nothing fits" in page
    assert "2 products" in page


def test_archived_batches_are_listed_apart(signed_in, made):
    Batch.objects.filter(pk=made["batch"].pk).update(is_archived=True)
    assert "Autumn shoes" not in html(signed_in, reverse("inbox"))
    assert "Autumn shoes" in html(signed_in, reverse("inbox") + "?show=archived")


def test_gallery_with_nothing_says_so(signed_in, made):
    assert "Nothing fits" in html(signed_in, reverse("gallery") + "?batch=999999")
    assert "Nothing fits" in html(signed_in, reverse("gallery") + "?batch=odd")


def test_product_opens_on_what_needs_a_look(signed_in, made):
    builders.rendition(made["doubted"], name="cutout", kind=RenditionKind.CUTOUT, state=RenditionState.APPROVED)
    page = html(signed_in, reverse("product", args=["LAMP-2"]))
    assert "to look at" in page
    assert made["picture"].artifact.sha256 in page
    assert "limit 1.5" in page


def test_product_that_is_unknown_is_not_found(signed_in):
    assert signed_in.get(reverse("product", args=["NONE"])).status_code == 404


def test_dashboard_counts_the_yield(signed_in, made):
    for job in (made["ready"], made["doubted"]):
        job.finished_at = timezone.now()
        job.save(update_fields=["finished_at"])
    ReviewTask.objects.create(rendition=made["picture"], queue="EDGE_HALO")
    page = html(signed_in, reverse("dashboard"))
    assert "First-pass yield" in page
    assert "50.0 %" in page


def test_api_reference_lists_operations_without_script(signed_in):
    page = html(signed_in, reverse("api-docs"))
    assert "/api/v1/health" in page
    assert page.count("<script") == 1
