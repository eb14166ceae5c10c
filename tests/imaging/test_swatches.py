import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging.swatches import NoSwatch, swatch_box, swatch_of

FABRIC = (40, 90, 130)


def cutout(size=(900, 1200)) -> Image.Image:
    """A jar: an oval of fabric colour with a white print in its middle and a dark lid."""
    image = Image.new("RGBA", size)
    pen = ImageDraw.Draw(image)
    pen.ellipse((2, 2, size[0] - 3, size[1] - 3), fill=(*FABRIC, 255))
    pen.rectangle((size[0] * 0.3, size[1] * 0.4, size[0] * 0.7, size[1] * 0.55), fill=(250, 250, 250, 255))
    pen.rectangle((size[0] * 0.2, size[1] * 0.05, size[0] * 0.8, size[1] * 0.2), fill=(20, 20, 20, 255))
    return image


def test_swatch_is_square_lies_in_the_product_and_leaves_the_input_alone():
    picture = cutout()
    before = picture.tobytes()
    left, top, side = swatch_box(picture, least_px=100)
    assert np.asarray(picture)[top : top + side, left : left + side, 3].min() == 255
    assert side >= 300
    found = swatch_of(picture, most_px=1000, least_px=100)
    assert (found.size, found.mode) == ((side, side), "RGB")
    assert picture.tobytes() == before


def test_swatch_keeps_out_of_the_way_of_prints():
    found = np.asarray(swatch_of(cutout(), most_px=1000, least_px=100))
    share = (np.abs(found.astype(int) - FABRIC).max(axis=2) < 6).mean()
    assert share > 0.8


def test_swatch_is_made_smaller_but_never_larger():
    assert swatch_of(cutout(), most_px=120, least_px=100).size == (120, 120)
    small = swatch_of(cutout((260, 340)), most_px=1000, least_px=60)
    assert small.width < 260


def test_product_without_an_even_square_has_no_swatch():
    ring = Image.new("RGBA", (800, 800))
    ImageDraw.Draw(ring).ellipse((10, 10, 790, 790), outline=(*FABRIC, 255), width=60)
    with pytest.raises(NoSwatch, match="no even square of 100 px"):
        swatch_box(ring, least_px=100)
    with pytest.raises(NoSwatch):
        swatch_box(Image.new("RGBA", (1, 1)), least_px=100)
    with pytest.raises(ValueError, match="it must be RGBA"):
        swatch_box(cutout().convert("RGB"), least_px=100)
