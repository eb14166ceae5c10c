from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw

from processing.imaging.resize import CutoutLevels
from processing.imaging.specs import Spec
from processing.modes.base import Subject, picture
from processing.modes.packshot import in_style
from processing.placing import hints_of, is_on_sole, is_small, views_of
from processing.providers import provider
from processing.recipes import RecipeData
from processing.steps import background


@pytest.mark.parametrize(
    ("title", "category", "view"),
    [
        ("White T-shirt", "default", "above"),
        ("black-hoodie_1", "default", "above"),
        ("Leather wallet", "fashion", "above"),
        ("Baumwollhemd, blau", "fashion", "above"),
        ("Black belt", "fashion", "above"),
        ("Pearl tie", "jewellery", "above"),
        ("Tortoise acetate glasses", "eyewear", "front"),
        ("Belt sander", "home-goods", "front"),
        ("Shirt press", "home-goods", "front"),
        ("Dress shoes", "fashion", "front"),
        ("Mesh office chair", "home-goods", "floor"),
        ("Coat rack", "home-goods", "floor"),
        ("Chair cushion", "home-goods", "front"),
        ("Desk lamp", "electronics", "front"),
        ("Table tennis bat", "outdoor", "front"),
        ("white-high-top-on-white", "fashion", "front"),
        ("Tank top", "fashion", "above"),
        ("Black hairdryer", "home-goods", "above"),
        ("Knife block", "home-goods", "front"),
        ("Card holder", "fashion", "above"),
        ("Tunnel tent", "outdoor", "floor"),
        ("Blue stoneware mug", "home-goods", "front"),
        ("Red tee on a mannequin", "fashion", "front"),
        ("", "fashion", "front"),
        ("Hanging plant", "home-goods", "wall"),
        ("black-top-on-hanger", "fashion", "wall"),
        ("Wall clock", "home-goods", "wall"),
        ("Hängeleuchte", "home-goods", "wall"),
        ("Chandelier earrings", "fashion", "above"),
        ("Pendant lamp shade box", "home-goods", "front"),
        ("Wrist watch", "default", "above"),
        ("Leather cuff watch", "fashion", "front"),
        ("Watch box", "default", "front"),
        ("Steel chain", "default", "above"),
        ("Chain saw", "outdoor", "front"),
    ],
)
def test_view_is_told_from_what_the_thing_is_called(title, category, view):
    assert views_of(title, category)[0] == view


def test_bare_number_is_told_from_what_else_is_known():
    snapshot = {"attributes": {"Product type": "Apparel > Hoodies"}, "source": {"original_name": "stool_1.jpg"}}
    assert views_of("AB-1182", "fashion", hints=hints_of(snapshot)) == ("above",)
    assert views_of("AB-1182", "fashion", hints=hints_of({**snapshot, "attributes": {"type": 7}})) == ("floor",)
    assert views_of("Ceramic vase", "home-goods", hints=("table",)) == ("front",)
    assert views_of("AB-1182", "fashion", hints=hints_of({})) == ("front", "above")
    assert is_small("AB-1182", hints=("enamel mug",))
    assert not is_small("Hoodie", hints=("ring",))


def test_wall_is_another_set_than_the_floor_before_it():
    floors = {
        plate.key: plate
        for plate in (provider("backplates").choose("studio-white", seed=seed, view="floor") for seed in (0, 1))
    }
    wall = provider("backplates").choose("studio-white", seed=0, view="wall")
    assert wall.key not in floors
    assert wall.meta()["view"] == "wall"
    assert wall.meta()["name"] == wall.name


@pytest.mark.parametrize(
    "title", ["Blue stoneware mug", "Tortoise acetate glasses", "Kaffeetasse", "gold-cream-jar", "AC4102 ring"]
)
def test_what_a_hand_closes_around_is_small(title):
    assert is_small(title)


@pytest.mark.parametrize(
    "title", ["AC4102", "Mug tree", "Camera bag", "Cupboard", "Ring binder", "Suede loafers", "Headphones"]
)
def test_other_things_are_not_small(title):
    assert not is_small(title)


@pytest.mark.parametrize(
    "title", ["Black running shoe", "Snow boots", "Laufschuh, blau", "Chaussure de ville", "high-top_sneaker"]
)
def test_shoes_stand_on_soles(title):
    assert is_on_sole(title)
    assert is_on_sole("AB-1182", hints=(title,))


@pytest.mark.parametrize("title", ["Shoe box", "Boot tray", "Horseshoe", "Bootcut jeans", "Vase", "AB-1182"])
def test_what_only_has_to_do_with_shoes_does_not(title):
    assert not is_on_sole(title)
    assert not is_on_sole("Vase", hints=("shoe",)), "the title comes first"


def test_shoes_are_levelled_in_sets_only():
    subject = Subject("SKU-1", "Running shoe", "fashion", 1, "0" * 64, "lifestyle", 1)
    composite = in_style(subject, RecipeData(), "lifestyle-home")[1]
    assert composite.params["level"]
    on_white = picture(subject, Spec.from_dict(composite.params["spec"]), kind="main")
    assert "level" not in on_white.params


def test_set_of_a_small_product_is_seen_from_near():
    subject = Subject("SKU-1", "Blue mug", "home-goods", 1, "0" * 64, "lifestyle", 1)
    scene, composite = in_style(subject, RecipeData(), "lifestyle-home")
    assert composite.params["near"]
    assert "near" not in scene.params, "the set's file is the same"


def _background(title, *, category="fashion", **recipe):
    subject = Subject("SKU-1", title, category, 1, "0" * 64, "lifestyle", 1)
    return in_style(subject, RecipeData(**recipe), "lifestyle-home")[0]


@pytest.mark.parametrize(
    ("title", "views", "needs"),
    [
        ("Grey polo", ["above"], ()),
        ("Dress shoe", None, ()),
        ("Leather wallet", ["above"], ()),
        ("Fringed wool throw", ["above", "front"], ("cutout", "enhance")),
        ("Steel watch", ["above", "front"], ("cutout", "enhance")),
        ("4711", ["front", "above"], ("cutout", "enhance")),
    ],
)
def test_set_waits_for_the_cutout_where_words_do_not_say_enough(title, views, needs):
    step = _background(title)
    assert step.params.get("views") == views
    assert step.needs == needs
    assert step.params.get("is_worn", False) == bool(needs)


@pytest.mark.parametrize(
    ("legs", "category", "view"),
    [(True, "default", "above"), (False, "default", "front"), (False, "fashion", "above")],
)
def test_step_of_the_set_asks_the_cutout_what_words_leave_open(legs, category, view):
    shown = Image.new("RGBA", (300, 400))
    draw = ImageDraw.Draw(shown)
    draw.rectangle((20, 10, 280, 390), fill="navy")
    if legs:
        draw.polygon([(146, 150), (154, 150), (170, 400), (128, 400)], fill=(0, 0, 0, 0))
        draw.rectangle((262, 10, 300, 120), fill=(0, 0, 0, 0))
    work = SimpleNamespace(levels=CutoutLevels(shown))
    made = background.run(work, _background("4711", category=category).params)
    assert made.files[0].meta["plate"]["view"] == view


def test_hosted_sets_know_one_view_only():
    step = _background("4711", background="replicate")
    assert "views" not in step.params
    assert step.needs == ()


@pytest.mark.parametrize(
    "style", ["lifestyle-home", "lifestyle-office", "seasonal-summer", "seasonal-holiday", "studio-white"]
)
@pytest.mark.parametrize("view", ["front", "above", "floor", "wall"])
def test_each_style_has_sets_for_each_view(style, view):
    chosen = {provider("backplates").choose(style, seed=seed, view=view) for seed in range(12)}
    assert {plate.view for plate in chosen} == {view}


@pytest.mark.django_db
def test_style_without_such_a_view_gives_one_from_in_front(settings, tmp_path):
    settings.BACKPLATES_DIR = str(tmp_path)
    plate = provider("backplates").choose("own:nothing-there", seed=1, view="above")
    assert plate.view == "front"
    assert "stands in" in plate.note
