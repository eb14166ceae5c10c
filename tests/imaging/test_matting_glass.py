import cv2
import numpy as np
import pytest

from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.glass import glass_colours, with_glass

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
    alpha, share = with_glass(*jar())
    assert inside(alpha) == pytest.approx(0.17, abs=0.04)
    assert alpha[120, LEFT + 2] > 0.7
    assert alpha[120, LEFT - 6] == 0
    assert inside(share).min() == 1


def test_with_glass_holds_back_as_much_as_thick_glass_dims():
    thin, thick = (inside(with_glass(*jar(dimmed=dimmed))[0]).mean() for dimmed in (0.97, 0.88))
    assert thin < thick < 0.4


def test_with_glass_keeps_a_wooden_lid():
    alpha, share = with_glass(*jar(lid=WOOD))
    assert lid_of(alpha).min() > 0.98
    assert lid_of(share).max() == 0
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
    cleared, share = with_glass(alpha, picture, paper)
    assert cleared is alpha
    assert share is None


def test_with_glass_completes_a_ragged_outline():
    alpha, picture, paper = jar()
    alpha[100:112, RIGHT - 9 : RIGHT] = 0
    assert with_glass(alpha, picture, paper)[0][106, RIGHT - 7 : RIGHT - 1].min() > 0.1


def test_glass_colours_mix_back_to_the_photo():
    whole, picture, paper = jar()
    alpha, share = with_glass(whole, picture, paper)
    coarse = glass_colours(spread_colours(picture, alpha), share, paper)
    assert inside(coarse.backdrop) == pytest.approx(inside(paper), abs=0.01)
    # Highlights and the least coverage that is held back leave pale glass; dark walls leave dark.
    assert inside(coarse.product).min() > 0.5
    assert coarse.product[120, LEFT + 2].max() < 0.35
