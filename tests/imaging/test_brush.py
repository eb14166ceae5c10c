"""Strokes on a matte of a disc on plain paper."""

import numpy as np
import pytest

from processing.imaging import brush
from processing.imaging.matting.matte import Matte
from processing.imaging.strokes import strokes_from

SIZE = 200
PAPER, PRODUCT = (225, 225, 222), (40, 70, 150)


def disc(radius_px: float) -> np.ndarray:
    y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    return np.clip(radius_px + 0.5 - np.hypot(x - SIZE / 2, y - SIZE / 2), 0, 1)


def photo() -> np.ndarray:
    cover = disc(60)[..., None]
    return (cover * np.array(PRODUCT) + (1 - cover) * np.array(PAPER) + 0.5).astype(np.uint8)


def matte(alpha: np.ndarray) -> Matte:
    backdrop = np.full((50, 50, 3), PAPER, np.uint8)
    return Matte((alpha * 255).astype(np.uint8), photo(), backdrop, 0.3, np.ones((5, 5), np.float32))


def stroke(tool: str, *points: tuple[float, float], radius: float = 0.1) -> list[dict]:
    return [{"tool": tool, "radius": radius, "points": [list(point) for point in points]}]


def test_keep_brings_back_what_was_cut_off_and_stops_at_the_edge_of_the_product():
    lost = disc(60)
    lost[:, 130:] = 0
    done = brush.paint(photo(), matte(lost), strokes_from(stroke("keep", (0.72, 0.25), (0.72, 0.75))))
    error = np.abs(done.alpha / 255 - disc(60))[80:120, 125:]
    assert error.mean() < 0.02
    # The stroke reached 8 px over the edge; paper did not come in with it.
    assert done.alpha[100, 168] < 20
    assert done.confidence == 1.0


def test_remove_takes_residue_off_and_leaves_the_product():
    with_residue = np.maximum(disc(60), 0)
    with_residue[80:120, 160:180] = 1
    done = brush.paint(photo(), matte(with_residue), strokes_from(stroke("remove", (0.85, 0.5), radius=0.09)))
    assert done.alpha[90:110, 163:178].max() < 10
    assert np.abs(done.alpha / 255 - disc(60))[:, :150].max() < 0.1


def test_soften_follows_the_photo_inside_a_hard_edge():
    hard = (disc(63) > 0.5).astype(np.float64)
    done = brush.paint(photo(), matte(hard), strokes_from(stroke("soften", (0.82, 0.5), radius=0.08)))
    before, after = (np.abs(one - disc(60))[90:110, 150:175].mean() for one in (hard, done.alpha / 255))
    assert after < before


def test_paint_changes_nothing_outside_its_strokes_nor_its_arguments():
    given = matte(disc(60))
    kept = given.alpha.copy()
    done = brush.paint(photo(), given, strokes_from(stroke("remove", (0.5, 0.5), radius=0.05)))
    assert np.array_equal(given.alpha, kept)
    away = np.hypot(*(np.mgrid[0:SIZE, 0:SIZE] - SIZE / 2)) > 12
    assert np.array_equal(done.alpha[away], kept[away])
    assert done.alpha[100, 100] == 0


def test_a_stroke_beside_the_picture_does_nothing():
    given = matte(disc(60))
    done = brush.paint(photo(), given, strokes_from(stroke("keep", (1.9, 1.9), radius=0.02)))
    assert np.array_equal(done.alpha, given.alpha)


def test_paint_refuses_a_matte_of_another_size():
    with pytest.raises(ValueError, match="matte is 200x200, picture is 100x200"):
        brush.paint(photo()[:, :100], matte(disc(60)), ())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no strokes"),
        ("keep", "no strokes"),
        ([{"tool": "erase", "radius": 0.1, "points": [[0, 0]]}], "keep, remove, soften"),
        ([{"tool": "keep", "radius": 0.5, "points": [[0, 0]]}], "radius"),
        ([{"tool": "keep", "radius": float("nan"), "points": [[0, 0]]}], "radius"),
        ([{"tool": "keep", "radius": 0.1, "points": []}], "points"),
        ([{"tool": "keep", "radius": 0.1, "points": [[9, 0]]}], "near it"),
        ([{"tool": "keep", "radius": 0.1, "points": [["x", 0]]}], "numbers"),
        ([{"tool": "keep", "radius": 0.1, "points": [[0.1, 0.1]] * 40_001}], "at most 40000"),
    ],
)
def test_strokes_that_make_no_sense_are_refused_in_words(rows, message):
    with pytest.raises(ValueError, match=message):
        strokes_from(rows)
