import cv2
import numpy as np
import pytest

from processing.imaging.matting.eyewear import with_lenses
from processing.imaging.matting.glass import glass_at_size

SIZE, MIDDLES, LENS = (160, 320), ((105, 80), (215, 80)), (44, 36)
TEMPLE = (slice(60, 66), slice(80, 108))
PAPER = 0.92


@pytest.fixture
def glasses() -> tuple[np.ndarray, np.ndarray]:
    """(picture, the network's answer) of black glasses on pale paper: lenses that fade from dark above to clear below, a temple
    behind the left one, and all of it believed."""
    picture = np.full((*SIZE, 3), PAPER, np.float32)
    believed = np.zeros(SIZE, np.float32)
    fade = np.linspace(0.3, PAPER, 2 * LENS[1] + 1, dtype=np.float32)
    cv2.line(picture, *MIDDLES, (0.1, 0.1, 0.1), 9)
    cv2.line(believed, *MIDDLES, 1, 9)
    for middle in MIDDLES:
        cv2.ellipse(believed, middle, (LENS[0] + 6, LENS[1] + 6), 0, 0, 360, 1, -1)
        cv2.ellipse(picture, middle, (LENS[0] + 6, LENS[1] + 6), 0, 0, 360, (0.1, 0.1, 0.1), -1)
        pane = cv2.ellipse(np.zeros(SIZE, np.uint8), middle, LENS, 0, 0, 360, 1, -1) > 0
        rows = np.nonzero(pane)[0] - (middle[1] - LENS[1])
        picture[pane] = fade[rows][:, None]
    picture[TEMPLE] = 0.1
    return picture, believed


def _cut(picture: np.ndarray, believed: np.ndarray) -> np.ndarray:
    return with_lenses(believed, believed, picture, np.full_like(picture, PAPER))[0]


def test_with_lenses_keeps_the_fading_tint_and_a_firm_rim(glasses):
    alpha = _cut(*glasses)
    column = alpha[:, 215]
    assert column[56] > 0.75
    assert column[80] < column[56] - 0.1
    assert column[108] < 0.4
    assert column[38] > 0.99
    assert alpha[80, 160] > 0.99


def test_with_lenses_leaves_a_temple_behind_them_solid(glasses):
    assert _cut(*glasses)[63, 84:104].min() > 0.9


def test_with_lenses_sees_through_a_soft_shadow_behind_them(glasses):
    picture, believed = glasses
    shadow = np.zeros(SIZE, np.float32)
    cv2.circle(shadow, (215, 92), 10, 0.12, -1)
    shaded = picture * (1 - cv2.GaussianBlur(shadow, (0, 0), 6))[..., None]
    assert _cut(shaded, believed)[92, 215] < 0.75


def test_with_lenses_cut_out_looks_like_the_photo_on_its_own_paper(glasses):
    picture, believed = glasses
    photo = (picture * 255 + 0.5).astype(np.uint8)
    backdrop = np.full_like(picture, PAPER)
    _, lenses = with_lenses(believed, believed, picture, backdrop)
    solid = (believed * 255).astype(np.uint8)
    alpha, foreground = glass_at_size(photo, solid, photo, lenses)
    share = alpha[..., None] / 255
    light = share * (foreground / 255) ** 2.2 + (1 - share) * PAPER**2.2
    inside = cv2.erode(solid, np.ones((5, 5), np.uint8)) > 0
    assert np.abs(light ** (1 / 2.2) - picture)[inside].mean() < 0.02


def test_with_lenses_leaves_one_smooth_thing_alone():
    picture = np.full((*SIZE, 3), PAPER, np.float32)
    believed = np.zeros(SIZE, np.float32)
    cv2.ellipse(believed, (160, 80), (90, 50), 0, 0, 360, 1, -1)
    picture[believed > 0] = (0.5, 0.35, 0.2)
    alpha, lenses = with_lenses(believed, believed, picture, np.full_like(picture, PAPER))
    assert lenses is None
    assert alpha is believed


def test_with_lenses_takes_haze_out_of_open_frames(glasses):
    picture, believed = glasses
    for middle in MIDDLES:
        cv2.ellipse(believed, middle, LENS, 0, 0, 360, 0, -1)
        cv2.ellipse(picture, middle, LENS, 0, 0, 360, (PAPER, PAPER, PAPER), -1)
    cv2.circle(believed, MIDDLES[1], 8, 0.7, -1)
    picture[TEMPLE], believed[TEMPLE] = 0.1, 1
    alpha, lenses = with_lenses(believed, believed, picture, np.full_like(picture, PAPER))
    assert lenses is None
    assert alpha[MIDDLES[1][::-1]] < 0.05
    assert alpha[63, 84:104].min() > 0.9


@pytest.mark.filterwarnings("error")
def test_with_lenses_reckons_with_paper_that_is_pure_black(glasses):
    picture, believed = glasses
    alpha, lenses = with_lenses(believed, believed, picture - picture.min(), np.zeros_like(picture))
    assert lenses is not None
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1
