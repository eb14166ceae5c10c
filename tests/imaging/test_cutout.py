import numpy as np
import pytest
from PIL import Image

from processing.imaging.cutout import cutout_from_matte, full_size, planes
from processing.imaging.matting.matte import Matte
from processing.imaging.resize import shrunk


def matte_of(alpha):
    rng = np.random.default_rng(3)
    foreground = rng.integers(0, 256, (*alpha.shape, 3), dtype=np.uint8)
    return Matte(alpha, foreground, foreground[::4, ::4], 0.9, np.zeros((2, 2), np.float32))


def blob():
    rng = np.random.default_rng(4)
    alpha = np.zeros((60, 80), np.uint8)
    alpha[20:50, 10:40] = rng.integers(0, 256, (30, 30))
    alpha[2, 70] = 2  # noise that the box leaves out
    return alpha


@pytest.mark.parametrize("alpha", [blob(), np.full((60, 80), 255, np.uint8), np.zeros((60, 80), np.uint8)])
def test_planes_are_the_cutout_in_its_place(alpha):
    matte = matte_of(alpha)
    before = matte.foreground.copy()
    whole = np.asarray(full_size(cutout_from_matte(Image.fromarray(matte.foreground), matte)))
    seen = planes(matte, long_px=80)
    assert (seen.colour == whole[..., :3]).all()
    assert (seen.alpha == whole[..., 3]).all()
    assert (seen.seen == np.where(whole[..., 3] > 0, 255, 0)).all()
    assert (matte.foreground == before).all()


@pytest.mark.parametrize("size", [(60, 80), (61, 83)])
@pytest.mark.parametrize("long_px", [40, 33, 20, 7])
def test_planes_are_averaged_as_the_whole_photo_would_be(size, long_px):
    alpha = np.zeros(size, np.uint8)
    alpha[21:51, 9:] = np.random.default_rng(4).integers(3, 256, (30, size[1] - 9))
    matte = matte_of(alpha)
    whole = np.asarray(full_size(cutout_from_matte(Image.fromarray(matte.foreground), matte)))
    seen = planes(matte, long_px=long_px)
    assert (seen.colour == shrunk(np.ascontiguousarray(whole[..., :3]), long_px=long_px)).all()
    assert (seen.alpha == shrunk(np.ascontiguousarray(whole[..., 3]), long_px=long_px)).all()


def test_cutout_holds_no_colour_where_it_is_transparent():
    matte = matte_of(blob())
    pixels = np.asarray(cutout_from_matte(Image.fromarray(matte.foreground), matte).image)
    assert (pixels[pixels[..., 3] == 0] == 0).all()
    shown = pixels[..., 3] > 0
    assert (pixels[shown][:, :3] == matte.foreground[18:52, 8:42][shown]).all()


def test_shrunk_picture_is_averaged_and_never_enlarged():
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, ::2] = 200
    assert shrunk(pixels, long_px=40).shape == (20, 40, 3)
    assert (shrunk(pixels, long_px=40) == 100).all()
    assert shrunk(pixels, long_px=80) is pixels
