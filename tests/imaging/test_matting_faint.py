import numpy as np
import pytest

from processing.imaging.matting.faint import smooth_faint_edges
from processing.imaging.matting.lift import Coarse

SIDE, RADIUS = 160, 55.0


def round_thing(*, wobble_px: float = 0.0, colour: float = 0.95, paper: float = 0.94) -> Coarse:
    """A disc whose outline goes in and out 40 times."""
    down, across = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    radius = RADIUS + wobble_px * np.sin(40 * np.arctan2(down, across))
    alpha = np.clip(radius - np.hypot(down, across) + 0.5, 0, 1).astype(np.float32)
    plane = np.full((SIDE, SIDE, 3), paper, np.float32)
    product = np.full((SIDE, SIDE, 3), colour, np.float32)
    return Coarse(picture=plane, alpha=alpha, backdrop=plane, product=product)


def error(alpha: np.ndarray) -> float:
    return float(np.abs(alpha - round_thing().alpha).sum())


def test_nibbles_of_a_faint_edge_are_smoothed():
    nibbled = round_thing(wobble_px=1.2)
    smooth = smooth_faint_edges(nibbled)
    assert error(smooth.alpha) < 0.5 * error(nibbled.alpha)


def test_smoothed_edge_is_within_two_pixels_and_as_large_as_before():
    before, after = round_thing().alpha, smooth_faint_edges(round_thing()).alpha
    assert after.sum() == pytest.approx(before.sum(), rel=0.005)
    assert ((after > 0.05) & (after < 0.95)).sum() < 2 * ((before > 0.05) & (before < 0.95)).sum()


def test_edge_that_the_photo_shows_is_left_alone():
    nibbled = round_thing(wobble_px=1.2, colour=0.6)
    assert smooth_faint_edges(nibbled) is nibbled


def test_thin_strap_in_the_paper_s_colour_is_kept():
    coarse = round_thing()
    coarse.alpha[:, :] = 0
    coarse.alpha[20:140, 60:110] = 1
    coarse.alpha[70:74, 110:155] = 1
    assert np.array_equal(smooth_faint_edges(coarse).alpha[70:74, 114:150], coarse.alpha[70:74, 114:150])


def test_glass_is_left_alone():
    coarse = round_thing()
    coarse.alpha[:, :] *= 0.6
    assert smooth_faint_edges(coarse) is coarse
