import cv2
import numpy as np
import pytest

from processing.imaging.matting.glass import glass_at_size, with_glass
from processing.imaging.matting.light import decode, to_code, to_light

SIZE, LEFT, RIGHT, TOP, BOTTOM, LID_PX, WALL_PX = (240, 200), 50, 150, 40, 210, 40, 4
WOOD, CHINA = (0.6, 0.4, 0.25), (0.93, 0.93, 0.92)


def backdrop():
    """Grey paper, lighter towards the floor."""
    rows = np.linspace(0.75, 0.88, SIZE[0], dtype=np.float32)
    return np.repeat(np.repeat(rows[:, None, None], SIZE[1], axis=1), 3, axis=2)


def jar(*, lid=None, dimmed=0.97, wall=0.4):
    """(what the network made of it: all, picture, paper) of a jar of glass that passes `dimmed` of the paper's code value."""
    paper = backdrop()
    picture, alpha = paper.copy(), np.zeros(SIZE, np.float32)
    body = (slice(TOP, BOTTOM), slice(LEFT, RIGHT))
    alpha[body] = 1
    picture[body] *= dimmed
    for side in (LEFT, RIGHT - WALL_PX):
        picture[TOP:BOTTOM, side : side + WALL_PX] *= wall
    if lid is not None:
        picture[TOP : TOP + LID_PX, LEFT:RIGHT] = lid
        picture[TOP + LID_PX - 2 : TOP + LID_PX, LEFT:RIGHT] *= 0.6
    return alpha, cv2.GaussianBlur(picture, (0, 0), 0.7), paper


def inside(plane):
    return plane[TOP + LID_PX + 12 : BOTTOM - 12, LEFT + 14 : RIGHT - 14]


def lid_of(plane):
    return plane[TOP + 6 : TOP + LID_PX - 6, LEFT + 8 : RIGHT - 8]


def test_with_glass_shows_what_is_behind_and_keeps_dark_walls():
    alpha, glass = with_glass(*jar())
    assert inside(alpha) == pytest.approx(0.17, abs=0.04)
    assert alpha[120, LEFT + 2] > 0.7
    assert alpha[120, LEFT - 6] == 0
    assert inside(glass.share).min() == pytest.approx(1)


def test_with_glass_holds_back_as_much_as_thick_glass_dims():
    thin, thick = (inside(with_glass(*jar(dimmed=dimmed))[0]).mean() for dimmed in (0.97, 0.88))
    assert thin < thick < 0.4


def test_with_glass_keeps_a_wooden_lid():
    alpha, glass = with_glass(*jar(lid=WOOD))
    assert lid_of(alpha).min() > 0.98
    assert lid_of(glass.share).max() == 0
    assert inside(alpha).mean() < 0.25


def test_with_glass_keeps_a_shaded_white_lid():
    shading = np.linspace(1.04, 0.78, RIGHT - LEFT, dtype=np.float32)[None, :, None]
    alpha, _ = with_glass(*jar(lid=np.array(CHINA) * shading))
    assert lid_of(alpha).mean() > 0.9
    assert inside(alpha).mean() < 0.25


def test_with_glass_leaves_white_china_whole():
    alpha, picture, paper = jar(wall=1.0)
    shading = np.cos(np.linspace(-1.2, 1.2, RIGHT - LEFT, dtype=np.float32))[None, :, None]
    picture[TOP:BOTTOM, LEFT:RIGHT] = np.array(CHINA) * (0.7 + 0.3 * shading)
    assert with_glass(alpha, picture, paper)[1] is None


def test_with_glass_leaves_a_coloured_product_whole():
    alpha, picture, paper = jar()
    picture[TOP:BOTTOM, LEFT:RIGHT] = WOOD
    cleared, glass = with_glass(alpha, picture, paper)
    assert cleared is alpha
    assert glass is None


def test_with_glass_completes_a_ragged_outline():
    alpha, picture, paper = jar()
    alpha[100:112, RIGHT - 9 : RIGHT] = 0
    assert with_glass(alpha, picture, paper)[0][106, RIGHT - 7 : RIGHT - 1].min() > 0.1


def test_with_glass_keeps_a_stem_that_is_hardly_believed():
    alpha, picture, paper = jar()
    alpha[BOTTOM : BOTTOM + 20, 94:106] = 0.3
    picture[BOTTOM : BOTTOM + 20, 94:106] *= 0.85
    assert with_glass(alpha, picture, paper)[0][BOTTOM + 8, 100] > 0.2


def test_glass_at_size_mixes_back_to_the_photo():
    alpha, picture, paper = jar(dimmed=0.9)
    cleared, glass = with_glass(alpha, picture, paper)
    photo, whole, backdrop = (cv2.resize(plane, None, fx=2, fy=2) for plane in (picture, cleared, paper))
    photo, whole = as_codes(photo), as_codes(whole)
    found, foreground = glass_at_size(photo, whole, photo, glass)
    share = found[..., None].astype(np.float32) / 255
    mixed = to_code(share * to_light(foreground) + (1 - share) * decode(backdrop))
    middle = (slice(200, 380), slice(140, 260))
    assert found[middle] == pytest.approx(255 * 0.28, abs=8)
    assert mixed[middle] == pytest.approx(photo[middle], abs=3)
    assert foreground[240, 2 * LEFT + 4].max() < 90
    assert found[:, : 2 * LEFT - 12].max() == 0


def test_glass_at_size_takes_no_colour_from_the_paper():
    alpha, picture, paper = jar()
    tint = np.array([1, 0.8, 0.6], np.float32)
    cleared, glass = with_glass(alpha, picture * tint, paper * tint)
    photo = as_codes(picture * tint)
    _, foreground = glass_at_size(photo, as_codes(cleared), photo, glass)
    assert np.ptp(inside(foreground).reshape(-1, 3).mean(axis=0)) < 20


def as_codes(plane):
    return (np.clip(plane, 0, 1) * 255 + 0.5).astype(np.uint8)
