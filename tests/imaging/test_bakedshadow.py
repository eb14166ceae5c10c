import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from processing.imaging import bakedshadow
from processing.imaging.bakedshadow import without_baked_shadow


def _cutout(shadow=(0, 0, 0, 90), box=(40, 150, 160, 168)):
    """A red ball and, below it and apart from it, something soft."""
    soft = Image.new("RGBA", (200, 200), (*shadow[:3], 0))
    ImageDraw.Draw(soft).ellipse(box, fill=shadow)
    soft.putalpha(soft.getchannel("A").filter(ImageFilter.GaussianBlur(3)))
    ImageDraw.Draw(soft).ellipse((60, 20, 140, 120), fill=(200, 30, 30, 255))
    return np.asarray(soft)


def test_painted_shadow_below_the_product_goes_and_the_product_stays():
    pixels = _cutout()
    alpha = without_baked_shadow(pixels)
    assert pixels[140:, :, 3].max() > 60
    assert alpha[125:].max() == 0, "no trace that would count as part of the product's box"
    opaque = pixels[..., 3] == 255
    assert (alpha[opaque] == 255).all()


def test_opaque_and_coloured_parts_stay():
    for shadow in ((0, 0, 0, 255), (30, 60, 160, 90), (230, 230, 230, 90)):
        pixels = _cutout(shadow)
        assert (without_baked_shadow(pixels) == pixels[..., 3]).all()


def test_soft_parts_above_and_touching_parts_stay():
    for box in ((40, 2, 160, 12), (40, 90, 160, 140)):
        pixels = _cutout(box=box)
        assert (without_baked_shadow(pixels) == pixels[..., 3]).all()


def test_picture_of_one_part_or_none_is_left_alone():
    empty = np.zeros((20, 20, 4), np.uint8)
    assert not without_baked_shadow(empty).any()


def test_specks_are_not_asked_one_by_one(monkeypatch):
    pixels = _cutout().copy()
    pixels[130:148:2, ::2] = (0, 0, 0, 80)  # 900 dark specks between product and shadow
    asked = []
    monkeypatch.setattr(bakedshadow, "_is_shadow", lambda *given: asked.append(given) or False)
    without_baked_shadow(pixels)
    assert 1 <= len(asked) <= 8
