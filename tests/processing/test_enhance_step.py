import numpy as np
import pytest
from PIL import Image

from processing.imaging.enhance import Look
from processing.steps import enhance


def noise(width, height, bands=3):
    return np.random.default_rng(1).integers(0, 256, (height, width, bands), dtype=np.uint8)


@pytest.mark.parametrize("step", [1, 2, 3, 10])
def test_strided_picture_has_every_so_many_th_pixel(step):
    pixels = noise(47, 31)
    size = (-(-47 // step), -(-31 // step))
    assert (np.asarray(enhance._strided(Image.fromarray(pixels), step, size=size)) == pixels[::step, ::step]).all()


@pytest.mark.parametrize("step", [1, 4, 7])
def test_strided_cutout_lies_where_it_was_in_the_photo(step):
    cutout = noise(20, 12, bands=4)
    whole = np.zeros((31, 47, 4), np.uint8)
    whole[9:21, 15:35] = cutout
    size = (-(-47 // step), -(-31 // step))
    found = enhance._strided(Image.fromarray(cutout), step, size=size, at=(-15, -9))
    assert (np.asarray(found) == whole[::step, ::step]).all()


def test_measures_of_a_look_hardly_depend_on_the_size():
    pixels = np.dstack([noise(300, 300) // 2 + 40, np.full((300, 300), 255, np.uint8)])
    look = Look(exposure_gain=1.2, white_balance=(1.1, 1.0, 0.95))
    small = Image.fromarray(pixels)
    large = small.resize((1500, 1500), Image.Resampling.NEAREST)
    for first, second in zip(enhance.measure(small, look), enhance.measure(large, look), strict=True):
        assert first.code == second.code
        assert first.value == pytest.approx(second.value, rel=0.05)
