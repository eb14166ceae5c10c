"""Light direction of a product in a set: its own shading and its shadow against the set's lamp."""

import cv2
import numpy as np
import pytest
from PIL import Image

from processing.scoring.colour import LINEAR, encode_srgb
from processing.scoring.composite import SetFacts, measure_composite
from processing.scoring.light import SetLight, shading_ev

FROM_LEFT, FROM_RIGHT, OVERHEAD = SetLight(180, 20, 0.2), SetLight(0, 20, 0.2), SetLight(180, 85, 0.5)
SIZE = (320, 320)


def lit_vase(stops: float, *, paint: bool = False):
    """An upright body whose light rises by `stops` from left to right, with a black and a white stripe where painted."""
    mask = np.zeros(SIZE[::-1], np.uint8)
    cv2.rectangle(mask, (110, 80), (210, 260), 255, -1)
    light = 0.2 * 2 ** (stops * (np.arange(SIZE[0]) - 110) / 100)
    rgb = np.repeat(encode_srgb(np.tile(light, (SIZE[1], 1)))[..., None], 3, axis=2)
    if paint:
        rgb[:, 125:135], rgb[:, 180:200] = 10, 250
    return np.asarray(np.clip(rgb, 0, 255), np.uint8), mask


def composite(stops: float, *, shadow_x: int = 0, lamp: SetLight = FROM_LEFT):
    """The vase on a grey set with a shadow `shadow_x` px to the right; its checks by code."""
    rgb, mask = lit_vase(stops)
    background = np.full((*mask.shape, 3), 150, np.uint8)
    shadow = np.zeros(mask.shape, np.float32)
    cv2.ellipse(shadow, (160 + shadow_x, 262), (60, 10), 0, 0, 360, 0.5, -1)
    ground = encode_srgb(LINEAR[background] * (1 - shadow)[..., None])
    canvas = np.where(mask[..., None] > 0, rgb, ground).astype(np.uint8)
    facts = SetFacts((0.7, 0.95), (0.2, 0.7), light=lamp)
    found = measure_composite(
        Image.fromarray(canvas), mask, facts=facts, expected_background=Image.fromarray(background)
    )
    return {one.code: one for one in found}


@pytest.mark.parametrize("stops", [-1.5, 0.0, 1.2])
def test_shading_is_told_from_the_slope_of_the_light(stops):
    assert shading_ev(*lit_vase(stops)) == pytest.approx(stops, abs=0.15)


def test_paint_is_not_taken_for_light():
    assert shading_ev(*lit_vase(-1.5, paint=True)) == pytest.approx(-1.5, abs=0.5)


def test_product_lit_from_the_lamps_side_is_fine():
    assert composite(-1.5)["LIGHT_SIDE"].value == 0
    assert composite(1.5, lamp=FROM_RIGHT)["LIGHT_SIDE"].value == 0


def test_product_lit_from_the_other_side_is_told_with_the_place():
    found = composite(1.5)["LIGHT_SIDE"]
    assert found.value > 1.0
    assert found.worst is not None
    assert found.worst[0] > 0.5
    assert "lamp from the left" in found.detail


def test_lamp_without_a_side_contradicts_nothing():
    found = composite(1.5, shadow_x=-60, lamp=OVERHEAD)
    assert (found["LIGHT_SIDE"].value, found["SHADOW_SIDE"].value) == (0, 0)


def test_shadow_towards_the_lamp_is_told():
    assert composite(-1.0, shadow_x=50)["SHADOW_SIDE"].value == 0
    wrong = composite(-1.0, shadow_x=-50)["SHADOW_SIDE"]
    assert wrong.value > 0.3
    assert "to the left" in wrong.detail


def test_mirrored_scene_measures_alike():
    one, other = composite(1.2, shadow_x=-40), composite(-1.2, shadow_x=40, lamp=FROM_RIGHT)
    for code in ("LIGHT_SIDE", "SHADOW_SIDE"):
        assert one[code].value == pytest.approx(other[code].value, abs=0.05)


def test_nothing_to_see_is_no_contradiction():
    assert shading_ev(np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.uint8)) == 0
