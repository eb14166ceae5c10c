"""Backdrop left where the wide measure cannot see it: in the middle of glass, in gaps a few pixels wide."""

import cv2
import numpy as np
import pytest
from PIL import Image

from processing.scoring.cutout import measure_cutout
from processing.scoring.leftovers import left_planes
from processing.scoring.limits import limits_for
from processing.scoring.view import area_of

LIMIT = limits_for()["RESIDUE"].limit


def photo_of(alpha: np.ndarray, product: tuple[int, int, int], *, paper=(214, 214, 212)) -> np.ndarray:
    """Product over paper with a little grain, uint8 (h, w, 3), alpha uint8."""
    rng = np.random.default_rng(5)
    cover = alpha[..., None].astype(np.float32) / 255
    mixed = np.array(product, np.float32) * cover + np.array(paper, np.float32) * (1 - cover)
    return np.asarray(np.clip(mixed + rng.normal(0, 1, mixed.shape) + 0.5, 0, 255), np.uint8)


def residue(photo: np.ndarray, alpha: np.ndarray) -> float:
    cutout = Image.fromarray(np.dstack([photo, alpha]))
    found = measure_cutout(Image.fromarray(photo), cutout)
    return next(one.value for one in found if one.code == "RESIDUE")


@pytest.fixture
def lens() -> tuple[np.ndarray, np.ndarray]:
    """A dark ring with clear glass in it: photo and true alpha, 800 px."""
    solid = np.zeros((600, 800), np.uint8)
    cv2.circle(solid, (400, 300), 200, 255, -1)
    cv2.circle(solid, (400, 300), 165, 0, -1)
    solid = cv2.GaussianBlur(solid, (0, 0), 0.8)
    glass = np.zeros_like(solid)
    cv2.circle(glass, (400, 300), 166, 40, -1)
    return photo_of(np.maximum(solid, glass // 3), (60, 40, 30)), np.maximum(solid, glass)


def test_glass_as_it_is_holds_no_backdrop(lens):
    assert residue(*lens) < 0.2 * LIMIT


def test_opaque_patch_in_glass_is_backdrop_left(lens):
    photo, alpha = lens
    patch = alpha.copy()
    cv2.circle(patch, (520, 300), 36, 255, -1)
    assert residue(photo, patch) > LIMIT
    planes = left_planes(area_of(photo, patch))
    rows, columns = np.nonzero(planes[0] > 0.5)
    assert (columns.mean() / 400, rows.mean() / 300) == pytest.approx((520 / 800, 300 / 600), abs=0.03)


@pytest.fixture
def fork() -> np.ndarray:
    """Alpha of two bars with a gap of 11 px between them that is open at its end, 800 px."""
    alpha = np.zeros((600, 800), np.uint8)
    cv2.rectangle(alpha, (200, 220), (600, 380), 255, -1)
    cv2.rectangle(alpha, (320, 295), (600, 305), 0, -1)
    return cv2.GaussianBlur(alpha, (0, 0), 0.6)


def test_narrow_gap_that_was_filled_is_seen(fork):
    photo = photo_of(fork, (60, 40, 30))
    filled = fork.copy()
    filled[293:308, 400:520] = 255
    assert residue(photo, fork) < 0.1 * LIMIT
    assert residue(photo, filled) > LIMIT


@pytest.mark.parametrize("product", [(205, 206, 204), (224, 224, 223)])
def test_pale_product_with_a_drawn_edge_is_no_bite(product):
    alpha = np.zeros((600, 800), np.uint8)
    cv2.ellipse(alpha, (400, 300), (180, 90), 0, 0, 360, 255, -1)
    photo = photo_of(alpha, product)
    cv2.ellipse(photo, (400, 300), (179, 89), 0, 0, 360, (150, 150, 150), 2)
    assert residue(photo, alpha) < 0.5 * LIMIT


@pytest.mark.parametrize(("white", "is_left"), [((213, 216, 212), False), ((214, 214, 212), True)])
def test_product_in_the_paper_s_light_is_told_by_its_colour(white, is_left):
    """A dark shoe with a toe as light as the paper: no step at any pixel of its rim, one of two codes of colour on the mean."""
    alpha = np.zeros((600, 800), np.uint8)
    cv2.rectangle(alpha, (200, 200), (600, 400), 255, -1)
    photo = photo_of(alpha, white)
    photo[200:401, 200:480] = photo_of(alpha, (40, 60, 160))[200:401, 200:480]
    assert (residue(photo, alpha) > LIMIT) == is_left


def test_coloured_shadow_is_left_all_the_same():
    """Its colour drifts with its light, on both sides of the cut."""
    alpha = np.zeros((600, 800), np.uint8)
    cv2.rectangle(alpha, (300, 100), (500, 400), 255, -1)
    photo = photo_of(alpha, (60, 40, 30)).astype(np.float32)
    rows, columns = np.mgrid[0:600, 0:800].astype(np.float32)
    depth = np.exp(-(((columns - 400) / 220) ** 2) - ((rows - 430) / 70) ** 2) * (alpha == 0)
    photo -= depth[..., None] * np.array([48, 44, 36], np.float32)
    kept = np.maximum(alpha, np.asarray((depth > 0.4) * 255, np.uint8))
    planes = left_planes(area_of(np.asarray(np.clip(photo + 0.5, 0, 255), np.uint8), kept))
    assert max(planes[0].sum(), planes[1].sum()) > 0.02 * (kept > 127).sum() / 4


def seam(photo: np.ndarray, alpha: np.ndarray) -> float:
    """EDGE_COLOUR of a cut-out with an alpha 0..1 and the colours that make it the photo on its paper."""
    share = np.maximum(alpha, 1 / 255)[..., None]
    fore = np.clip((photo - (1 - share) * np.array((214, 214, 212), np.float32)) / share, 0, 255)
    cutout = Image.fromarray(np.dstack([fore, np.round(255 * alpha)]).astype(np.uint8))
    found = measure_cutout(Image.fromarray(photo), cutout)
    return next(one.value for one in found if one.code == "EDGE_COLOUR")


def test_dark_seam_is_a_fault_and_the_dark_rim_of_glass_is_none():
    solid = np.zeros((600, 800), np.uint8)
    cv2.ellipse(solid, (400, 300), (200, 140), 0, 0, 360, 255, -1)
    alpha = cv2.GaussianBlur(solid, (0, 0), 1.8)
    cover = alpha.astype(np.float32) / 255
    limit = limits_for()["EDGE_COLOUR"].limit
    plain = photo_of(alpha, (150, 160, 150))
    assert seam(plain, cover**3) > 0.9 * limit
    # The same grey with a rim that is dark itself.
    rim = np.zeros(alpha.shape, np.float32)
    cv2.ellipse(rim, (400, 300), (198, 138), 0, 0, 360, 1.0, 8)
    rimmed = np.clip(plain - 70 * (cv2.GaussianBlur(rim, (0, 0), 1.0) * cover)[..., None], 0, 255)
    assert seam(rimmed.astype(np.uint8), cover) < 0.2 * limit


def test_highlight_on_a_white_product_is_no_gap():
    alpha = np.zeros((600, 800), np.uint8)
    cv2.rectangle(alpha, (200, 100), (600, 500), 255, -1)
    photo = photo_of(alpha, (196, 196, 194))
    shine = np.zeros(alpha.shape, np.float32)
    cv2.rectangle(shine, (360, 260), (440, 340), 1.0, -1)
    ramp = np.clip((np.arange(800, dtype=np.float32)[None, :] - 360) / 80, 0, 1)
    lit = photo + (36 * ramp * shine)[..., None]
    assert residue(np.asarray(np.clip(lit, 0, 255), np.uint8), alpha) < LIMIT


def test_handle_that_was_filled_is_a_gap():
    alpha = np.zeros((600, 800), np.uint8)
    cv2.rectangle(alpha, (200, 100), (600, 500), 255, -1)
    cv2.rectangle(alpha, (360, 260), (440, 340), 0, -1)
    photo = photo_of(cv2.GaussianBlur(alpha, (0, 0), 0.8), (60, 40, 30))
    assert residue(photo, cv2.GaussianBlur(np.maximum(alpha, 0), (0, 0), 0.8)) < LIMIT
    cv2.rectangle(alpha, (350, 250), (450, 350), 255, -1)
    assert residue(photo, alpha) > LIMIT
