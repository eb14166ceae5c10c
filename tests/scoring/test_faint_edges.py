"""Edges and rims too faint to be seen at a point, told from lines that somebody drew through an even area."""

import cv2
import numpy as np
import pytest
from PIL import Image

from processing.scoring.cutout import measure_cutout

PAPER = 244
SIZE = (420, 360)


def disc(radius: int, *, at: tuple[int, int] = (210, 180)) -> np.ndarray:
    alpha = np.zeros(SIZE[::-1], np.uint8)
    cv2.circle(alpha, at, radius, 255, -1)
    return cv2.GaussianBlur(alpha, (0, 0), 0.8)


def value_of(code: str, product: np.ndarray, alpha: np.ndarray, *, step: float, texture: float = 0.0) -> float:
    """A product that differs from its paper by `step` codes, cut out with `alpha`."""
    rng = np.random.default_rng(1)
    cover = product.astype(np.float32) / 255
    photo = PAPER - step * cover + texture * cover * rng.normal(0, 1, cover.shape) + rng.normal(0, 1.2, cover.shape)
    rgb = np.dstack([np.clip(photo, 0, 255).astype(np.uint8)] * 3)
    found = measure_cutout(Image.fromarray(rgb), Image.fromarray(np.dstack([rgb, alpha])))
    return next(one.value for one in found if one.code == code)


@pytest.mark.parametrize("step", [5.0, 8.0])
def test_outline_on_a_faint_edge_is_not_lost(step):
    assert value_of("EDGE_LOST", disc(110), disc(110), step=step) < 0.05


def test_outline_through_even_paper_is_lost():
    assert value_of("EDGE_LOST", disc(80), disc(120), step=8.0) > 0.9


def test_hole_in_a_rough_product_has_no_step_at_its_rim():
    product = disc(120)
    pierced = np.minimum(product, 255 - disc(22, at=(230, 190)))
    assert value_of("HOLE", product, product, step=70, texture=14) < 0.001
    assert value_of("HOLE", product, pierced, step=70, texture=14) > 0.02


def test_opening_of_a_ring_is_no_hole():
    ring = np.minimum(disc(120), 255 - disc(60))
    assert value_of("HOLE", ring, ring, step=70) < 0.001
