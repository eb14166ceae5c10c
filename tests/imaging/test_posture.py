import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging.cutout import Cutout
from processing.imaging.posture import falls_over, is_at_angle, is_even, is_garment, levelled, seen_as
from processing.imaging.resize import cutout_levels

# Outlines on 400 x 400; left and right differ a little, as cloth does.
TEE = [(140, 30), (170, 45), (230, 45), (262, 30), (390, 110), (355, 175), (285, 140), (282, 380), (116, 384), (115, 145),
       (40, 180), (10, 118)]  # fmt: skip
HOODIE = [(160, 20), (240, 20), (330, 80), (392, 330), (345, 340), (296, 180), (292, 384), (108, 380), (104, 180), (56, 345),
          (10, 335), (75, 82)]  # fmt: skip
TROUSERS = [(120, 20), (282, 20), (312, 384), (216, 380), (203, 150), (196, 150), (184, 384), (92, 382)]
VASE = [(160, 20), (240, 20), (230, 120), (320, 220), (260, 384), (140, 384), (80, 220), (170, 120)]
STOOL = [(60, 100), (340, 100), (350, 384), (318, 384), (300, 140), (100, 140), (82, 384), (50, 384)]
WALLET = [(20, 200), (240, 140), (385, 230), (170, 330)]
CARD_TURNED = [(90, 80), (340, 190), (270, 330), (20, 220)]
AVIATORS = [
    (30, 120),
    (370, 120),
    (385, 180),
    (330, 260),
    (260, 262),
    (214, 160),
    (186, 160),
    (140, 258),
    (68, 262),
    (10, 182),
]
LAMP = [(120, 20), (280, 20), (390, 200), (230, 200), (230, 384), (170, 384), (170, 200), (10, 200)]
STACK = [(10, 150), (90, 110), (390, 130), (385, 250), (320, 320), (15, 265)]
DRESS = [
    (150, 20),
    (168, 20),
    (172, 90),
    (226, 92),
    (230, 22),
    (248, 20),
    (252, 150),
    (330, 378),
    (70, 384),
    (146, 150),
]
SHOE = [(20, 340), (60, 270), (200, 230), (260, 150), (380, 160), (384, 320), (300, 345), (40, 360)]
BEANIE = [(20, 150), (150, 30), (330, 60), (380, 170), (240, 270), (150, 384), (100, 360)]
DRYER = [(20, 30), (380, 60), (380, 100), (110, 140), (100, 384), (80, 384), (80, 140), (20, 140)]


def _alpha(points, *, size=(400, 400)):
    drawn = Image.new("L", size)
    ImageDraw.Draw(drawn).polygon(points, fill=255)
    return np.asarray(drawn)


@pytest.mark.parametrize("points", [TEE, HOODIE, TROUSERS], ids=["tee", "hoodie", "trousers"])
def test_garment_is_told_by_sleeves_and_legs(points):
    assert is_garment(_alpha(points))


@pytest.mark.parametrize(
    "points", [VASE, STOOL, LAMP, WALLET, AVIATORS], ids=["vase", "stool", "lamp", "wallet", "aviators"]
)
def test_other_outlines_are_no_garments(points):
    assert not is_garment(_alpha(points))


def test_what_comes_out_of_a_mould_is_no_garment():
    half = _alpha(TEE)[:, :200]
    assert not is_garment(np.hstack([half, half[:, ::-1]]))


def test_handles_are_no_sleeves():
    drawn = Image.new("L", (400, 400))
    draw = ImageDraw.Draw(drawn)
    draw.rectangle((110, 40, 292, 384), fill=255)
    draw.ellipse((20, 90, 180, 260), outline=255, width=26)
    draw.ellipse((224, 92, 384, 258), outline=255, width=26)
    assert not is_garment(np.asarray(drawn))


def test_base_running_back_tells_what_was_not_looked_straight_down_at():
    assert is_at_angle(_alpha(WALLET))
    assert is_at_angle(_alpha(STACK))
    assert not is_at_angle(_alpha(CARD_TURNED)), "a turned card lies"
    assert not is_at_angle(_alpha(VASE))


@pytest.mark.parametrize(
    ("points", "views", "view"),
    [
        (TEE, ("front", "above"), "above"),
        (VASE, ("front", "above"), "front"),
        (WALLET, ("above", "front"), "front"),
        (CARD_TURNED, ("above", "front"), "above"),
        (TEE, ("floor",), "floor"),
    ],
)
def test_outline_chooses_among_the_views_in_question(points, views, view):
    assert seen_as(_alpha(points), views) == view


@pytest.mark.parametrize("points", [BEANIE, DRYER], ids=["beanie", "dryer"])
def test_what_would_fall_over_lay(points):
    assert falls_over(_alpha(points))
    assert seen_as(_alpha(points), ("front", "above")) == "above"


@pytest.mark.parametrize(
    "points", [VASE, STOOL, LAMP, SHOE, AVIATORS, DRESS], ids=["vase", "stool", "lamp", "shoe", "aviators", "dress"]
)
def test_what_keeps_standing_does_not_fall_over(points):
    assert not falls_over(_alpha(points))


@pytest.mark.parametrize(("points", "view"), [(DRESS, "above"), (SHOE, "front"), (WALLET, "front")])
def test_what_is_worn_and_even_is_taken_for_clothes(points, view):
    assert seen_as(_alpha(points), ("front", "above"), is_worn=True) == view
    assert seen_as(_alpha(points), ("front", "above")) == "front", "nothing is known of it"


def test_wide_things_and_nothing_are_not_even():
    assert not is_even(_alpha([(10, 150), (390, 150), (390, 300), (10, 300)]))
    assert not is_even(np.zeros((30, 40), np.uint8))
    assert not falls_over(np.zeros((30, 40), np.uint8))


def test_nothing_solid_is_seen_as_words_say():
    assert seen_as(np.zeros((30, 40), np.uint8), ("front", "above")) == "front"


def _slanted(degrees):
    image = Image.new("RGBA", (600, 400))
    ImageDraw.Draw(image).rounded_rectangle((100, 140, 500, 260), 20, fill="navy")
    turned = image.rotate(degrees, resample=Image.Resampling.BICUBIC, expand=True)
    shown = turned.crop(turned.getbbox())
    return Cutout(shown, (0, 0, *shown.size), shown.size, 1.0)


@pytest.mark.parametrize("degrees", [14.0, -14.0, 22.0])
def test_slanted_edge_is_turned_level(degrees):
    cutout = _slanted(degrees)
    levels = cutout_levels(cutout.image)
    assert levels.ground.slant_deg == pytest.approx(degrees, abs=2)
    upright, again = levelled(cutout, levels)
    assert abs(again.ground.slant_deg) < 2
    assert again.size == upright.image.size


@pytest.mark.parametrize("degrees", [0.0, 6.0, 40.0])
def test_level_and_steep_edges_are_left_as_they_are(degrees):
    cutout = _slanted(degrees)
    levels = cutout_levels(cutout.image)
    assert levelled(cutout, levels) == (cutout, levels)


def test_two_edges_of_a_box_are_no_slant():
    corner = _alpha([(20, 120), (200, 60), (380, 120), (380, 300), (200, 370), (20, 300)])
    image = Image.merge("RGBA", [Image.fromarray(corner)] * 4)
    assert cutout_levels(image).ground.slant_deg == 0
