from pathlib import Path

import numpy as np
import pytest

from processing.imaging.codec import decode
from processing.materials import is_clear_glass, seen_through
from processing.modes.base import Subject, opening
from processing.placing import hints_of
from processing.recipes import RecipeData
from processing.standalone import cut_out

TUMBLER = Path(__file__).parents[2] / "samples" / "photos" / "TUMBLER-01_1.jpg"


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Clear glass tumbler", "home-goods"),
        ("glass-jar-bamboo-lid", "default"),
        ("Set of 6 wine glasses", "home-goods"),
        ("Glass storage jar", "home-goods"),
        ("Transparent bottle 500 ml", "outdoor"),
        ("Glasvase, 30 cm", "home-goods"),
        ("Sechs Weingläser", "home-goods"),
        ("Vase en verre", "home-goods"),
        ("Verres à vin", "home-goods"),
        ("White wine glass", "home-goods"),
        ("Glass jar, white lid", "home-goods"),
    ],
)
def test_is_clear_glass_knows_what_glass_is_called(title, category):
    assert is_clear_glass(title, category)


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("White ceramic vase", "home-goods"),
        ("Tortoise acetate glasses", "fashion"),
        ("Crystal clear glass globe", "jewellery"),
        ("Clear glass bowl", "eyewear"),
        ("Glass cleaner, 500 ml", "home-goods"),
        ("Mug with glass lid", "home-goods"),
        ("Frosted glass bottle", "home-goods"),
        ("White glass vase", "home-goods"),
        ("Glass vase, white", "home-goods"),
        ("Milchglasvase aus Milchglas", "home-goods"),
        ("Glass fibre rod", "outdoor"),
        ("Clear glass flask, phone accessory", "electronics"),
        ("Fernglas 8x42", "outdoor"),
        ("Steel tumbler", "home-goods"),
    ],
)
def test_is_clear_glass_refuses_what_only_sounds_like_it(title, category):
    assert not is_clear_glass(title, category)


def test_is_clear_glass_reads_what_else_is_known():
    snapshot = {"attributes": {"Material": "Borosilicate glass"}, "source": {"original_name": "K-17_1.jpg"}}
    assert is_clear_glass("K-17", "home-goods", hints=hints_of(snapshot))
    assert not is_clear_glass("K-17", "home-goods", hints=("Glass and steel",))


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("AC4102", "eyewear"),
        ("Clear glass bowl", "eyewear"),
        ("Tortoise acetate glasses", "fashion"),
        ("wayfarer-black-front", ""),
        ("aviator-gradient-front", "default"),
        ("Polarised sunglasses, brown", "outdoor"),
        ("Sonnenbrille Modell 7", "default"),
        ("Lunettes de soleil", "fashion"),
    ],
)
def test_seen_through_are_lenses_of_eyewear(title, category):
    assert seen_through(title, category) == "lenses"


@pytest.mark.parametrize(
    ("title", "category", "kind"),
    [
        ("Set of 6 wine glasses", "default", "glass"),
        ("Glasses case, brown", "fashion", ""),
        ("Aviator jacket", "fashion", ""),
        ("Smart glasses", "electronics", ""),
        ("Blue mug", "home-goods", ""),
    ],
)
def test_seen_through_is_nothing_else_of_that_name(title, category, kind):
    assert seen_through(title, category) == kind


@pytest.mark.parametrize(
    ("title", "mode", "kind"),
    [("Clear glass tumbler", "packshot", "glass"), ("Blue mug", "packshot", None), ("AC4102", "eyewear", "lenses")],
)
def test_plan_of_a_cutout_says_what_is_seen_through_only_where_there_is_something(title, mode, kind):
    subject = Subject("SKU-1", title, "home-goods", 1, "0" * 64, "lifestyle", 1)
    cutout = next(step for step in opening(subject, RecipeData(mode=mode)) if step.name == "cutout")
    assert cutout.params.get("see_through") == kind


@pytest.mark.parametrize(("name", "covered"), [("clear-glass-tumbler", 0.17), ("tumbler", 1.0)])
def test_cut_out_sees_through_glass_where_its_name_says_so(name, covered):
    made = cut_out(TUMBLER.read_bytes(), engine="studio", repair=False, name=name)
    alpha = np.asarray(decode(made.png).getchannel("A")) / 255
    assert np.median(alpha[350:600, 450:600]) == pytest.approx(covered, abs=0.06)
