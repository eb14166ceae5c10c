"""Acts on what is selected in the gallery."""

import pytest
from django.urls import reverse

from accounts.models import Event, Role
from processing.models import Batch, Recipe, Rendition, RenditionState
from processing.recipes import ensure_presets
from review import claims
from review.models import ReviewTask, TaskState
from tests import builders
from tests.insights.selecting import act, approved

pytestmark = pytest.mark.django_db


def state_of(made: Rendition) -> str:
    made.refresh_from_db()
    return made.state


def test_selected_pictures_go_to_review_and_back(client, boss):
    one, two, other = approved("MUG-1"), approved("MUG-2"), approved("MUG-3")
    answer = act(client, "review", one, two, filter="sort=sku")
    assert answer["Location"] == "/gallery?sort=sku"
    assert [state_of(made) for made in (one, two, other)] == ["in_review", "in_review", "approved"]
    assert ReviewTask.objects.open().count() == 2
    assert "2 pictures wait in the review queue." in client.get(answer["Location"]).content.decode()
    page = client.post(reverse("gallery-undo"), follow=True).content.decode()
    assert "2 pictures are as they were." in page
    assert [state_of(made) for made in (one, two)] == ["approved", "approved"]
    assert set(ReviewTask.objects.values_list("state", flat=True)) == {TaskState.WITHDRAWN}
    assert "There is nothing to take back." in client.post(reverse("gallery-undo"), follow=True).content.decode()


def test_what_a_reviewer_holds_is_not_taken_back(client, boss):
    one, two = approved("MUG-1"), approved("MUG-2")
    act(client, "review", one, two)
    claims.claim(builders.user(role=Role.REVIEWER), size=1)
    page = client.post(reverse("gallery-undo"), follow=True).content.decode()
    assert "1 picture is as it was. 1 was changed since and stays." in page
    assert sorted([state_of(one), state_of(two)]) == ["approved", "in_review"]


def test_recall_of_all_results_takes_those_that_fit_the_filters(client, boss):
    bag, mug = approved("BAG-1", category="fashion"), approved("MUG-1", category="home-goods")
    answer = act(client, "recall", all="yes", filter="category=fashion")
    assert [state_of(bag), state_of(mug)] == [RenditionState.RECALLED, RenditionState.APPROVED]
    event = Event.objects.get(kind="rendition.recalled")
    assert (event.actor, event.data["rendition"]) == (boss, bag.pk)
    assert "1 approved picture is recalled." in client.get(answer["Location"]).content.decode()
    client.post(reverse("gallery-undo"))
    assert state_of(bag) == RenditionState.APPROVED


def test_recall_says_when_nothing_is_approved(client, boss):
    waiting = builders.rendition(state=RenditionState.IN_REVIEW)
    page = client.get(act(client, "recall", waiting)["Location"]).content.decode()
    assert "nothing to recall" in page
    assert "gallery/undo" not in page


def test_export_opens_with_the_selected_skus(client, boss):
    one, two = approved("MUG-1"), approved("MUG-2")
    page = act(client, "export", one, two).content.decode()
    assert "MUG-1\nMUG-2</textarea>" in page
    assert f'action="{reverse("export-new")}"' in page


def test_preview_of_an_export_may_be_asked_for_by_post(client, boss):
    skus = "\n".join(f"A-LONG-NAME-OF-A-MUG-{number}" for number in range(500))
    form = {"channel": "amazon", "skus": skus}
    answer = client.post(reverse("export-new"), form, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()


def test_selected_products_are_made_again_with_another_recipe(client, boss, broker):
    ensure_presets()
    one, two = approved("MUG-1"), approved("MUG-2")
    recipe = Recipe.objects.filter(is_current=True).last()
    answer = act(client, "again", one, two, recipe=str(recipe.pk))
    batch = Batch.objects.order_by("-pk").first()
    assert answer["Location"] == batch.get_absolute_url()
    assert (batch.name, batch.recipe, batch.owner) == ("Again: 2 products", recipe, boss)
    assert set(batch.jobs.values_list("sku", flat=True)) == {"MUG-1", "MUG-2"}
    page = client.get(act(client, "again", one, recipe="nonsense")["Location"]).content.decode()
    assert "Choose what is to be made." in page


@pytest.mark.parametrize("posted", [{}, {"variant": ["x", "²", "9" * 40]}, {"all": "yes", "filter": "state=nonsense"}])
def test_nothing_selected_is_said(client, boss, posted):
    page = client.post(reverse("gallery-recall"), posted, follow=True).content.decode()
    assert "Nothing is selected." in page


def test_too_much_selected_is_said(client, boss, monkeypatch):
    monkeypatch.setattr("insights.selection.MOST", 1)
    made = [approved("MUG-1"), approved("MUG-2")]
    page = client.get(act(client, "recall", *made)["Location"]).content.decode()
    assert "At most 1 products" in page
    assert {state_of(one) for one in made} == {RenditionState.APPROVED}


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.REVIEWER, {"review", "recall"}),
        (Role.OPERATOR, {"export", "again"}),
        (Role.MANAGER, {"review", "recall", "export", "again"}),
        (Role.INTEGRATOR, set()),
    ],
)
def test_each_role_is_offered_what_it_may_do(client, role, acts):
    ensure_presets()
    approved("MUG-1")
    client.force_login(builders.user(role=role))
    page = client.get(reverse("gallery")).content.decode()
    assert {name for name in ("review", "recall", "export", "again") if f"/gallery/{name}" in page} == acts
    assert ('class="pick"' in page) == bool(acts)
