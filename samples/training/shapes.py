"""Drawn products: blobs, boxes and polygons with straps, holes, meshes, fringes and panes.

They keep a small network from learning a few dozen products by heart.
"""

import cv2
import numpy as np

from samples.training.cutouts import CutOut, box
from samples.training.scene import cloud


def drawn(rng: np.random.Generator) -> CutOut:
    """One made-up product."""
    shape = (int(rng.integers(420, 900)), int(rng.integers(420, 900)))
    mask = _outline(rng, shape)
    while (mask > 0).mean() < 0.03:
        mask = _outline(rng, shape)
    alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.6)
    if rng.random() < 0.12:
        core = cv2.erode(mask, np.ones((15, 15), np.uint8)) > 0
        pane = core & (cloud(rng, shape, shape[1] / 3) > 0.3)
        alpha = np.where(pane, alpha * rng.uniform(0.1, 0.7), alpha).astype(np.float32)
    code = _painted(rng, mask)
    window = box(alpha)
    cut = rng.random()  # now and then the frame cuts the product off
    return CutOut("drawn", code[window], alpha[window], (0.06 < cut < 0.09, cut < 0.06, False, False))


def _outline(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        _add_body(rng, mask)
    if rng.random() < 0.5:
        mask = (cv2.GaussianBlur(mask, (0, 0), rng.uniform(2, 12)) > 127).astype(np.uint8) * 255
    for _ in range(int(rng.choice([0, 0, 1, 3, 8]))):
        _add_strap(rng, mask)
    for _ in range(int(rng.choice([0, 0, 0, 1, 2]))):
        _add_ellipse(rng, mask, low=0.02, high=0.15, value=0)
    if rng.random() < 0.12:
        _cut_mesh(rng, mask)
    if rng.random() < 0.15:
        _add_fringe(rng, mask)
    return mask


def _add_body(rng: np.random.Generator, mask: np.ndarray) -> None:
    kind = rng.integers(0, 4)
    if kind == 0:
        _add_ellipse(rng, mask, low=0.12, high=0.4, value=255)
        return
    height, width = mask.shape
    centre = np.array([width, height]) * rng.uniform(0.3, 0.7, 2)
    reach = np.array([width, height]) * rng.uniform(0.12, 0.4, 2)
    if kind == 1:
        degrees = 0.0 if rng.random() < 0.5 else float(rng.uniform(-40, 40))
        cv2.fillPoly(mask, [cv2.boxPoints((centre.tolist(), (2 * reach).tolist(), degrees)).astype(np.int32)], 255)
    elif kind == 2:
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 14)))
        spokes = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.4, 1, (len(angles), 1))
        cv2.fillPoly(mask, [(centre + reach * spokes).astype(np.int32)], 255)
    else:
        y, x = np.mgrid[0:height, 0:width]
        away = ((x - centre[0]) / reach[0]) ** 2 + ((y - centre[1]) / reach[1]) ** 2
        mask[(1 - away + 0.6 * cloud(rng, mask.shape, width / rng.uniform(3, 7)) > 0) & (away < 2.2)] = 255


def _add_ellipse(rng: np.random.Generator, mask: np.ndarray, *, low: float, high: float, value: int) -> None:
    sides = np.array(mask.shape[::-1])
    centre, reach = sides * rng.uniform(0.3, 0.7, 2), sides * rng.uniform(low, high, 2)
    whole = (centre.astype(int).tolist(), reach.astype(int).tolist())
    cv2.ellipse(mask, *whole, float(rng.uniform(0, 180)), 0, 360, value, -1)


def _add_strap(rng: np.random.Generator, mask: np.ndarray) -> None:
    """A smooth random walk with a pen: straps, wires, handles."""
    height, width = mask.shape
    knots = np.cumsum(rng.normal(0, 0.13, (6, 2)), axis=0) + rng.uniform(0.25, 0.75, 2)
    place = np.linspace(0, 5, 60)
    path = np.stack([np.interp(place, np.arange(6), knots[:, axis]) for axis in (0, 1)], axis=1)
    path = cv2.blur(path.astype(np.float32), (1, 9))
    points = np.clip(path * [width, height], 0, [width - 1, height - 1]).astype(np.int32)
    cv2.polylines(mask, [points], bool(rng.random() < 0.3), 255, int(rng.choice([2, 3, 5, 9, 16, 25])))


def _cut_mesh(rng: np.random.Generator, mask: np.ndarray) -> None:
    pitch_px, angle = int(rng.integers(10, 40)), rng.uniform(0, 1.5)
    hole_px = int(pitch_px * rng.uniform(0.3, 0.7))
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    region = cloud(rng, mask.shape, mask.shape[1] / 3) > 0
    mask[region & (along % pitch_px < hole_px) & (across % pitch_px < hole_px)] = 0


def _add_fringe(rng: np.random.Generator, mask: np.ndarray) -> None:
    """Hairs of one pixel that start on the edge."""
    ys, xs = np.nonzero(cv2.Canny(mask, 50, 100))
    length_px = rng.uniform(10, 60)
    for index in rng.choice(len(xs), min(500, len(xs)), replace=False):
        angle, reach = rng.uniform(0, 2 * np.pi), length_px * rng.random()
        end = (int(xs[index] + reach * np.cos(angle)), int(ys[index] + reach * np.sin(angle)))
        cv2.line(mask, (int(xs[index]), int(ys[index])), end, 255, 1)


def _painted(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """Colours with patches, weave, folds, rounding towards the rim and highlights, sRGB 0..1."""
    shape = mask.shape
    width = shape[1]
    code = np.ones((*shape, 3), np.float32) * _colour(rng)
    for _ in range(int(rng.integers(0, 4))):
        code[cloud(rng, shape, width / rng.uniform(1.5, 8)) > rng.uniform(-0.5, 1)] = _colour(rng)
    if rng.random() < 0.35:
        code = _patterned(rng, code)
    if rng.random() < 0.4:
        code *= 1 + (rng.uniform(0.005, 0.08) * cloud(rng, shape, rng.uniform(1.5, 12)))[..., None]
    light = 1 + rng.uniform(0, 0.4) * cloud(rng, shape, width / rng.uniform(1, 4))
    if rng.random() < 0.6:
        depth_px = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 5)
        light *= 1 - rng.uniform(-0.15, 0.6) * np.exp(-depth_px / rng.uniform(5, 80))
    if rng.random() < 0.3:
        light += (cloud(rng, shape, width / rng.uniform(4, 20)) > 1.6) * rng.uniform(0.1, 0.8)
    return np.clip(code * light[..., None], 0.004, 0.995).astype(np.float32)


def _patterned(rng: np.random.Generator, code: np.ndarray) -> np.ndarray:
    """A print over the colours: stripes, checks, or a lively mix of three clouds."""
    shape = code.shape[:2]
    period_px, kind = rng.uniform(6, 120), rng.integers(0, 3)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    stripes = np.sin(2 * np.pi * x / period_px)[..., None] * np.ones(3)
    if kind == 1:
        stripes = stripes * np.sin(2 * np.pi * y / period_px)[..., None]
    elif kind == 2:
        stripes = np.stack([cloud(rng, shape, period_px) for _ in range(3)], axis=-1)
    share = rng.uniform(0.1, 1) * (stripes > 0)
    return (code * (1 - share) + _colour(rng) * share).astype(np.float32)


def _colour(rng: np.random.Generator) -> np.ndarray:
    """Greys, whites and blacks more often than chance would: they are what sellers sell and what is hard to cut out."""
    kind = rng.random()
    if kind < 0.3:
        code = rng.uniform(0.03, 0.97) + rng.normal(0, 0.015, 3)
    elif kind < 0.45:
        code = rng.uniform(0.8, 0.98) + rng.normal(0, 0.012, 3)
    elif kind < 0.55:
        code = rng.uniform(0.02, 0.12) + rng.normal(0, 0.008, 3)
    else:
        code = rng.uniform(0.02, 0.98, 3)
    return np.clip(code, 0.005, 0.99).astype(np.float32)
