from dataclasses import replace

import pytest

from catalog.models import Category
from processing import recipes, styles
from processing.estimates import estimate
from processing.keys import seed_of, step_key
from processing.modes import MODES, Subject
from processing.recipes import RecipeData, RecipeError

SUBJECT = Subject("MUG-1", "Mug", "home-goods", 1, "a" * 64, "packshot", 1)


def names(recipe: RecipeData, subject: Subject = SUBJECT) -> list[str]:
    return [step.name for step in MODES[recipe.mode](subject, recipe)]


@pytest.mark.parametrize("name", recipes.PRESETS)
def test_preset_survives_the_way_through_json(name):
    data = recipes.PRESETS[name][1]
    assert recipes.from_dict(data.to_dict()) == data


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "recipe"),
        ({"enginee": "auto"}, "enginee"),
        ({"mode": "film"}, "mode"),
        ({"main": "yes"}, "main"),
        ({"main": True, "sizes": ["huge"]}, "sizes"),
        ({"main": True, "sizes": "hero"}, "sizes"),
        ({"styles": ["winter-*"]}, "styles"),
        ({"main": True, "padding": 0.5}, "padding"),
        ({"main": True, "padding": "wide"}, "padding"),
        ({"main": True, "shadow": "long"}, "shadow"),
        ({"main": True, "main_px": 100}, "main_px"),
        ({"main": True, "main_px": True}, "main_px"),
        ({"main": True, "main_fill": 1.2}, "main_fill"),
        ({"main": True, "main_format": "gif"}, "main_format"),
        ({"main": True, "engine": ""}, "engine"),
        ({}, "main"),
        ({"mode": "image_bundle"}, "campaign_sizes"),
        ({"sizes": ["hero"]}, "sizes"),
        ({"main": True, "engine": 5}, "engine"),
    ],
)
def test_wrong_recipe_names_the_field(data, field):
    with pytest.raises(RecipeError) as error:
        recipes.from_dict(data)
    assert error.value.field == field
    assert str(error.value).startswith(field)


def test_name_given_twice_is_made_once():
    recipe = recipes.from_dict({"mode": "fast_video", "video_forms": ["wide", "square", "wide"]})
    assert recipe.video_forms == ("wide", "square")


@pytest.mark.parametrize("seconds", [1, 60, float("nan"), "6", True])
def test_length_of_a_video_is_within_its_range(seconds):
    with pytest.raises(RecipeError, match="must be"):
        recipes.from_dict({"mode": "fast_video", "video_seconds": seconds})


@pytest.mark.django_db
def test_presets_are_there_from_the_first_migration():
    assert {recipes.current(name).version for name in recipes.PRESETS} == {1}
    recipes.ensure_presets()
    with pytest.raises(LookupError, match="packshot"):
        recipes.current("nothing")


@pytest.mark.django_db
def test_edit_is_a_new_version():
    old = recipes.current("packshot")
    new = recipes.new_version("packshot", data={**old.data, "main_px": 1500})
    old.refresh_from_db()
    assert (new.version, recipes.current("packshot"), old.is_current) == (2, new, False)
    assert (old.data["main_px"], new.label) == (2000, old.label)
    assert recipes.changed(RecipeData(main=True), main_px=900).main_px == 900


def test_styles_and_profiles_belong_together():
    assert set(styles.STYLES) == {
        "studio-white", "lifestyle-home", "lifestyle-office", "seasonal-summer", "seasonal-holiday"}  # fmt: skip
    assert styles.matching_styles(("seasonal-*", "seasonal-summer")) == ("seasonal-summer", "seasonal-holiday")
    assert set(styles.CATEGORY_PROFILES) == set(Category.values)
    assert all(1.2 <= profile.padding <= 1.5 for profile in styles.CATEGORY_PROFILES.values())
    assert styles.profile_of("gardening") == styles.profile_of("default")
    assert all(styles.preferred_styles(category) for category in Category.values)


def test_packshot_plan():
    plan = names(recipes.PRESETS["packshot"][1])
    assert plan[:5] == ["prepare", "cutout", "enhance", "render:cutout", "render:main"]
    assert len(plan) == 11


def test_swatch_is_made_of_the_front_view_only():
    recipe = RecipeData(swatch=True)
    recipes.validate(recipe)
    assert "render:size-swatch" in names(recipe)
    side = [step.name for step in MODES["packshot"](replace(SUBJECT, view=3), recipe)]
    assert "render:size-swatch" not in side


def test_recipe_may_ask_for_preferred_styles():
    assert "render:style-lifestyle-home" in names(RecipeData(styles=("preferred",)))


def test_campaign_shows_one_set_in_all_sizes():
    plan = MODES["image_bundle"](SUBJECT, recipes.PRESETS["campaign"][1])
    assert sum(step.kind == "background" for step in plan) == 1
    seeds = {step.params["seed"] for step in plan if "seed" in step.params}
    assert seeds == {seed_of("MUG-1", "lifestyle-home", 1)}


def test_eyewear_has_eight_files():
    files = [name for name in names(recipes.PRESETS["eyewear"][1]) if name.startswith("render:erp")]
    assert len(files) == 8
    assert "render:erp-jpeg-transparent" not in files


def test_keys_differ_with_anything_that_matters():
    base = {"kind": "cutout", "version": "1", "params": {"a": 1}, "inputs": ["x"]}
    changed = [{"kind": "render"}, {"version": "2"}, {"params": {"a": 2}}, {"inputs": ["y"]}]
    keys = {step_key(**{**base, **change}) for change in [{}, *changed]}
    assert len(keys) == 5
    assert step_key(**base) == step_key(**base)
    assert seed_of("A", "s", 1) != seed_of("A", "s", 2)


@pytest.mark.django_db
def test_estimate_learns_from_what_was_made():
    from processing.models import Job, JobState
    from tests import builders

    recipe = recipes.current("packshot")
    assert "usual times" in estimate(recipe, photos=2, category="default").basis
    batch = builders.batch(recipe=recipe)
    for _ in range(5):
        builders.job(batch)
    Job.objects.update(state=JobState.DONE, seconds=4)
    found = estimate(recipe, photos=10, category="default")
    assert (found.pictures, found.seconds) == (80, 40)


@pytest.mark.django_db
def test_estimate_prices_hosted_backgrounds(vendor):
    data = {**recipes.PRESETS["lifestyle"][1].to_dict(), "background": "fake"}
    recipe = recipes.new_version("hosted", data=data)
    assert float(estimate(recipe, photos=2, category="default").cost) == pytest.approx(2 * 5 * 0.003)


def test_a_category_has_its_own_framing_unless_the_recipe_says_a_number():
    recipe = RecipeData(main=True)
    assert recipe.fill_for("fashion") > recipe.fill_for("home-goods") >= 0.85
    assert recipes.from_dict({"main": True, "main_fill": 0.8}).fill_for("fashion") == 0.8
    with pytest.raises(RecipeError, match="main_fill"):
        recipes.from_dict({"main": True, "main_fill": "large"})
