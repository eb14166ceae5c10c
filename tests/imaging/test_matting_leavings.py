import cv2
import numpy as np
import pytest

from processing.imaging.matting.leavings import without_leavings

SIZE, PAPER = (120, 200), 0.9
BODY, LEAVING = (slice(20, 70), slice(40, 160)), (slice(70, 100), slice(45, 57))


@pytest.fixture
def shot() -> tuple[np.ndarray, np.ndarray]:
    """(picture, alpha) of a black bar on pale paper, with a faint mirror image below its left end that was taken for product."""
    picture = np.full((*SIZE, 3), PAPER, np.float32)
    mirrored = np.zeros(SIZE, np.float32)
    mirrored[LEAVING] = 0.06
    picture *= 1 - cv2.GaussianBlur(mirrored, (0, 0), 3)[..., None]
    picture[BODY] = 0.1
    alpha = np.zeros(SIZE, np.float32)
    alpha[BODY], alpha[LEAVING] = 1, 0.9
    return picture, alpha


def _cleared(picture: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return without_leavings(alpha, picture, np.full_like(picture, PAPER))


def test_without_leavings_drops_a_mirror_image_and_keeps_the_product(shot):
    cleared = _cleared(*shot)
    assert cleared[72:100].max() == 0
    assert np.array_equal(cleared[BODY], shot[1][BODY])


def test_without_leavings_keeps_what_an_edge_surrounds(shot):
    picture, alpha = shot
    cv2.rectangle(picture, (43, 66), (58, 101), (0.5, 0.5, 0.5), 2)
    cv2.rectangle(alpha, (43, 66), (58, 101), 1, 2)
    assert np.array_equal(_cleared(picture, alpha), alpha)


def test_without_leavings_keeps_pale_parts_between_others(shot):
    picture, alpha = shot
    alpha[LEAVING] = 0
    alpha[30:60, 90:110] = 0.9
    picture[30:60, 90:110] = PAPER * 0.97
    alpha[20:30, 95:100] = 0
    picture[20:30, 95:100] = PAPER
    assert np.array_equal(_cleared(picture, alpha), alpha)


def test_without_leavings_keeps_a_product_that_has_no_edge_anywhere():
    alpha = np.zeros(SIZE, np.float32)
    alpha[BODY] = 1
    assert _cleared(np.full((*SIZE, 3), PAPER, np.float32), alpha) is alpha


@pytest.mark.filterwarnings("error")
def test_without_leavings_takes_a_picture_full_of_doubt_as_it_is():
    alpha = np.full(SIZE, 0.3, np.float32)
    alpha[0, 0] = 0
    assert _cleared(np.full((*SIZE, 3), PAPER * 0.95, np.float32), alpha) is alpha
