"""Recipes with hosted providers, started in the browser: pictures, options, and money against the estimate."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from processing import recipes
from processing.estimates import estimate
from processing.models import Attempt, Batch, JobState, Recipe
from processing.providers import provider
from processing.providers.loopback import firefly_side, gemini_side, replicate_side
from processing.recipes import RecipeError
from tests.images import box_shot, file_of
from tests.processing.providers.carrying import carry_batch

pytestmark = pytest.mark.django_db
LIFESTYLE = {
    "styles": ["studio-white"], "style_px": 400, "main": True, "main_px": 500, "sizes": ["thumbnail"], "repair": False,
    "enhance": False, "look": "photo",
}  # fmt: skip


@pytest.fixture(autouse=True)
def large_enough(town, monkeypatch):
    """Pictures as large as a set has to be."""
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 512, "0.25": 512})
    monkeypatch.setattr(gemini_side, "SIDES", {"1K": 512})
    monkeypatch.setattr(firefly_side, "SHRINK", 4)


def recipe_of(**changes) -> Recipe:
    return recipes.new_version("hosted", data={**LIFESTYLE, **changes}, label="Hosted")


@pytest.mark.parametrize(
    ("changes", "calls"),
    [({"background": "replicate", "options": {"background": {"megapixels": "0.25"}}}, 1), ({"background": "firefly"}, 1),
     ({"background": "gemini"}, 1), ({"background": "gemini-batch"}, 1), ({"background": "replicate", "engine": "firefly"}, 2)],
)  # fmt: skip
def test_batch_started_in_the_browser_is_made_by_the_provider_at_the_price_that_was_told(
    signed_in, manager, client, town, changes, calls
):
    recipe = recipe_of(**changes)
    told = estimate(recipe, photos=1, category="default").cost
    photo = SimpleUploadedFile("MUG-01.jpg", file_of(box_shot(size=(260, 220))[0], "JPEG", quality=92), "image/jpeg")
    sent = {"recipe": recipe.pk, "category": "default", "priority": 1, "files": photo, "act": "start"}
    answer = signed_in.post(reverse("batch-new"), sent)
    batch = Batch.objects.get()
    assert answer["Location"] == batch.get_absolute_url()
    (job,) = carry_batch(batch, times=8)
    assert (job.state, job.error) == (JobState.DONE, "")
    spent = [one.cost for one in Attempt.objects.filter(submitted_at__isnull=False)]
    assert (len(spent), sum(spent)) == (calls, told)
    assert job.renditions.get(kind="style").provenance["backplate"].startswith(changes["background"])
    assert signed_in.get(batch.get_absolute_url()).status_code == 200
    client.force_login(manager)
    assert f"${sum(spent):.3f}" in client.get(reverse("money")).content.decode()


def test_options_reach_the_model_and_the_estimate(town):
    recipe = recipe_of(background="gemini", options={"background": {"imageSize": "2K"}})
    assert estimate(recipe, photos=3, category="default").cost == 3 * Decimal("0.101")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"background": "replicate", "options": {"background": {"sparkle": 1}}}, "flux-schnell has no option sparkle; known are"),
     ({"background": "replicate", "options": {"background": {"megapixels": "9"}}}, "must be one of 1, 0.25"),
     ({"background": "replicate", "options": {"background": {"num_outputs": 2}}}, "num_outputs must be 1 in a recipe"),
     ({"options": {"background": {"seed": 1}}}, "backplates does the background here and has no options"),
     ({"engine": "firefly", "options": {"cutout": {"colorDecontamination": 2}}}, "a number from 0 to 1"),
     ({"options": {"cutout": {"x": 1}}}, "auto does the cutout"), ({"options": {"render": {"x": 1}}}, "must be one of"),
     ({"options": {"retouch": {"x": 1}}}, "nobody does the retouch"), ({"options": ["x"]}, "object of steps"),
     ({"background": "moon", "options": {"background": {"x": 1}}}, "no provider named moon")],
)  # fmt: skip
def test_wrong_options_are_refused_when_the_recipe_is_written(town, changes, said):
    with pytest.raises(RecipeError, match=said) as caught:
        recipe_of(**changes)
    assert caught.value.field in ("options", "background", "engine")


def test_recipes_without_options_keep_their_steps_and_keys(town):
    recipe = recipe_of(background="replicate")
    assert recipe.data["options"] == {}
    assert provider("replicate").unavailable_reason() == ""
