import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from processing.imaging.fringe import without_white
from processing.imaging.matting.studio import studio_matte

RED = np.array((150, 30, 40))


def _ball(*, white=0.0, size=(300, 700)):
    """A soft-edged red ball, straight RGBA; `white`: share of the white behind it that its rim has kept."""
    shape = Image.new("L", size)
    ImageDraw.Draw(shape).ellipse((40, 40, size[0] - 40, size[1] - 40), fill=255)
    alpha = np.asarray(shape.filter(ImageFilter.GaussianBlur(1.5)))
    clear = (1 - alpha[..., None] / 255) * white
    return np.dstack([np.rint(RED + (255 - RED) * clear).astype(np.uint8), alpha])


def _rim(pixels):
    return (pixels[..., 3] > 25) & (pixels[..., 3] < 230)


@pytest.mark.parametrize("white", [0.6, 1.0])
def test_white_is_taken_out_of_the_rim(white):
    pixels = _ball(white=white)
    kept = pixels.copy()
    cleaned = without_white(pixels, pixels[..., 3])
    rim = _rim(pixels)
    assert np.abs(pixels[rim, :3] - RED).mean() > 25
    assert np.abs(cleaned[rim] - RED).mean() < 4
    assert (cleaned[pixels[..., 3] == 255] == RED).all()
    assert (pixels == kept).all(), "the argument stays as it was"


@pytest.mark.parametrize("white", [0.0, 0.3])
def test_clean_rims_are_left_alone(white):
    pixels = _ball(white=white)
    assert (without_white(pixels, pixels[..., 3]) == pixels[..., :3]).all()


def test_rim_whose_lights_are_its_own_is_left_alone():
    pixels = _ball(white=1.0)
    rng = np.random.default_rng(1)
    rim = _rim(pixels)
    pixels[rim, :3] = rng.integers(0, 256, (int(rim.sum()), 3))
    assert (without_white(pixels, pixels[..., 3]) == pixels[..., :3]).all()


def test_even_panes_are_no_rim():
    pixels = _ball()
    pixels[100:200, 100:200] = (240, 240, 240, 120)
    assert (without_white(pixels, pixels[..., 3]) == pixels[..., :3]).all()


def test_nothing_solid_and_next_to_nothing_are_left_alone():
    faint = np.full((40, 40, 4), 90, np.uint8)
    assert (without_white(faint, faint[..., 3]) == 90).all()
    tiny = _ball(white=1.0, size=(90, 90))[42:48, 42:48]
    assert (without_white(tiny, tiny[..., 3]) == tiny[..., :3]).all()


def test_picture_cut_from_white_paper_comes_without_it():
    matte = studio_matte(Image.fromarray(_ball(white=1.0)))
    assert matte.notes == ("already-cut",)
    assert np.abs(matte.foreground[_rim(np.dstack([matte.foreground, matte.alpha]))] - RED).mean() < 4
