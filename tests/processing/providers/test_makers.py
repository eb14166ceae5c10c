"""Others in a recipe's slots, by page, command and API; and what a batch costs while it runs."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Scope
from processing import boards, makers, recipes
from processing.models import Attempt, Batch, Outcome, Recipe, Step
from processing.recipes import RecipeError
from processing.spending import spending
from tests import builders
from tests.images import box_shot, file_of
from tests.processing import making

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def presets(town):
    recipes.ensure_presets()


def test_choice_makes_a_row_that_is_found_again_and_never_offered():
    row = makers.recipe_named("lifestyle, background=replicate")
    assert (row.data["background"], row.label, row.is_current) == ("replicate", "Lifestyle with replicate", False)
    assert makers.recipe_named("lifestyle,background=replicate") == row
    assert makers.recipe_named("lifestyle,background=firefly") != row
    assert makers.recipe_named("lifestyle,background=backplates") == recipes.current("lifestyle")


def test_what_one_model_is_told_is_not_told_another():
    options = {"background": {"megapixels": "0.25"}}
    recipes.new_version(
        "small", data={"styles": ["studio-white"], "background": "replicate", "options": options}, label="S"
    )
    assert makers.recipe_named("small,background=gemini").data["options"] == {}
    assert makers.recipe_named("small,engine=studio").data["options"] == options


@pytest.mark.parametrize(
    ("text", "said"),
    [("lifestyle,background", "is no choice: write engine=NAME"), ("lifestyle,moon=x", "is no choice"),
     ("lifestyle,background=moon", "no provider named moon"), ("lifestyle,background=studio", "cannot do this: backgrounds"),
     ("lifestyle,enhancer=firefly", "cannot do this: light and colour"), ("moon,engine=studio", "there is none named 'moon'")],
)  # fmt: skip
def test_choice_that_makes_no_sense_is_refused(text, said):
    with pytest.raises(RecipeError, match=said):
        makers.recipe_named(text)
    assert not Recipe.objects.filter(is_current=False).exists()


def test_choice_without_a_key_says_what_is_missing(settings):
    settings.GEMINI_API_KEY = ""
    with pytest.raises(RecipeError, match="gemini cannot be used: Gemini needs a key"):
        makers.recipe_named("lifestyle,background=gemini")
    reasons = {one.name: one.reason for one in makers.candidates("background")}
    assert reasons["gemini"] == "Gemini needs a key: set GEMINI_API_KEY."
    assert reasons["backplates"] == ""


def test_page_offers_everybody_and_starts_with_those_chosen(signed_in):
    page = signed_in.get(reverse("batch-new")).content.decode()
    assert all(f'<option value="{name}"' in page for name in ("replicate", "firefly", "gemini-batch", "backplates"))
    photo = SimpleUploadedFile("MUG-01.jpg", file_of(box_shot(size=(260, 220))[0], "JPEG", quality=92), "image/jpeg")
    sent = {"recipe": recipes.current("campaign").pk, "category": "default", "priority": 1, "act": "start"}
    refused = signed_in.post(reverse("batch-new"), {**sent, "background": "studio"})
    assert (refused.status_code, Batch.objects.count()) == (422, 0)
    signed_in.post(reverse("batch-new"), {**sent, "files": photo, "background": "gemini", "engine": "firefly"})
    batch = Batch.objects.get()
    assert batch.recipe.label == "Campaign with firefly, gemini"
    named = set(Step.objects.filter(kind__in=["cutout", "background"]).values_list("kind", "provider"))
    assert named == {("cutout", "firefly"), ("background", "gemini")}


def test_api_and_command_take_choices_and_tell_their_price(client, operator):
    token = builders.token(operator, Scope.UPLOAD)
    body = {"recipe": "lifestyle,background=gemini", "photos": 2}
    answer = client.post(
        "/api/v1/estimates", json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )  # fmt: skip
    assert answer.json()["cost"] == pytest.approx(2 * 5 * 0.067)
    out = StringIO()
    call_command("estimate", "2", "--recipe", "lifestyle,background=gemini-batch", "--json", stdout=out)
    assert json.loads(out.getvalue())["cost"] == pytest.approx(2 * 5 * 0.0335)


def test_batch_shows_what_is_charged_of_what_was_estimated(signed_in):
    row = makers.recipe_named("lifestyle,background=replicate")
    batch = making.batch_of(making.photo(), making.photo(), recipe="lifestyle", changes={"background": "replicate"})
    found = spending(batch)
    assert found is not None
    assert (found.expected, found.charged, found.calls) == (10 * Decimal("0.003"), 0, 0)
    steps = list(Step.objects.filter(job__batch=batch, kind="background")[:4])
    paid(steps[0], Outcome.SUCCEEDED, cost="0.003")
    paid(steps[1], Outcome.RUNNING)
    paid(steps[2], Outcome.AMBIGUOUS)
    Step.objects.filter(pk=steps[3].pk).update(state="succeeded", is_reused=True)
    found = boards.header(batch)["money"]
    assert (found.charged, found.in_flight, found.unknown) == (Decimal("0.003"),) * 3
    assert (found.calls, found.failed, found.found) == (3, 0, 1)
    assert found.share == pytest.approx(0.3)
    assert not found.is_over
    page = signed_in.get(batch.get_absolute_url()).content.decode()
    assert "charged of $0.030 estimated" in page
    assert "1 found done, not paid again" in page
    assert row.data["background"] == "replicate"


def paid(step: Step, outcome: str, *, cost: str = "0") -> None:
    Attempt.objects.create(
        step=step, number=1, token="00000000-0000-4000-8000-000000000000", provider=step.provider, outcome=outcome,
        price=Decimal("0.003"), cost=Decimal(cost), submitted_at=step.job.created_at,
    )  # fmt: skip


def test_batch_of_our_own_engines_shows_no_money(signed_in):
    batch = making.batch_of(making.photo())
    assert spending(batch) is None
    assert "estimated" not in signed_in.get(batch.get_absolute_url()).content.decode()
