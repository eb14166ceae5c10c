import numpy as np
import pytest
from PIL import Image

from processing.imaging.blend import Layer, Product, put_over
from processing.imaging.linear import to_linear, to_srgb

OWN, PAPER = 20, 235


def _put(alpha, *, wrap=True):
    """A dark product of that alpha over white paper."""
    pixels = np.dstack([np.full((*alpha.shape, 3), OWN, np.uint8), alpha])
    paper = np.full((*alpha.shape, 3), PAPER, np.uint8)
    return put_over(paper, Layer(Product(Image.fromarray(pixels)), 0, 0), wrap=wrap)[..., 0]


def _standing(width_px, *, cover=255, side_px=600):
    alpha = np.zeros((side_px, side_px), np.uint8)
    left = (side_px - width_px) // 2
    alpha[20:-20, left : left + width_px] = cover
    return alpha, left


def test_light_of_a_set_wraps_round_the_edge_of_what_is_thick():
    alpha, left = _standing(300)
    row = _put(alpha)[300]
    assert row[left] > OWN + 40
    assert (np.diff(row[left : left + 12].astype(int)) <= 0).all()
    assert row[300] == OWN


@pytest.mark.parametrize(("width_px", "most"), [(4, 15), (16, 35)])
def test_light_of_a_set_leaves_wires_and_frames_dark(width_px, most):
    alpha, left = _standing(width_px)
    row = _put(alpha)[300]
    assert row[left : left + width_px].max() < OWN + most


def test_light_of_a_set_does_not_wrap_through_a_lens():
    alpha, _ = _standing(300, cover=180)
    alpha[280:320, 280:320] = 255
    put = _put(alpha)
    share = np.float32(180 / 255)
    light = to_linear(np.array([OWN, PAPER], np.uint8)) @ np.array([share, 1 - share])
    assert put[200, 300] == pytest.approx(int(to_srgb(np.array([light], np.float32))[0]), abs=1)
    assert put[280, 280] == OWN, "nor round what is behind it"


def test_pixels_outside_the_product_stay_as_they_are():
    alpha, left = _standing(100)
    assert (_put(alpha)[:, :left] == PAPER).all()
