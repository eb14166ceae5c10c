"""The part of a set that a canvas shows. Where the canvas reaches beyond the set, the set is continued: mirrored at
its edge and more out of focus the farther out, mostly along the way out, so that table edges and horizons go on."""

from typing import cast

import cv2
import numpy as np

from processing.imaging.framing import Window
from processing.imaging.linear import Bytes, Floats
from processing.imaging.resize import resize_pixels

# Blur in shares of the short side: along the way out, and across it.
_ALONG, _ACROSS = 0.036, 0.010
_BLUR_STEPS = 3


def view_of(plate: Bytes, window: Window, *, canvas: tuple[int, int]) -> Bytes:
    """Pixels (h, w, 3) of `canvas` size: the set behind the window, continued where it ends. Never stretched."""
    across = _seen(window.left_px, window.zoom, plate_px=plate.shape[1], canvas_px=canvas[0])
    down = _seen(window.top_px, window.zoom, plate_px=plate.shape[0], canvas_px=canvas[1])
    seen = resize_pixels(
        _upright(plate[down[0] : down[1], across[0] : across[1]]), size=(across[3] - across[2], down[3] - down[2])
    )
    if seen.shape[:2] == canvas[::-1]:
        return seen
    return _continued(seen, canvas=canvas, at=(across[2], down[2]))


def _upright(part: Bytes) -> Bytes:
    """The part as it can be read from left to right: of a mirrored set only what is seen is turned."""
    return cast(Bytes, cv2.flip(part[:, ::-1], 1)) if part.strides[1] < 0 else part


def _seen(start: float, zoom: float, *, plate_px: int, canvas_px: int) -> tuple[int, int, int, int]:
    """Along one axis: first and last plate px that are seen, and the canvas px where they lie."""
    before = max(0, round(-start * zoom))
    after = max(0, round((start + canvas_px / zoom - plate_px) * zoom))
    first = max(0, round(start + before / zoom))
    last = min(plate_px, round(start + (canvas_px - after) / zoom))
    return first, last, before, canvas_px - after


def _continued(seen: Bytes, *, canvas: tuple[int, int], at: tuple[int, int]) -> Bytes:
    height, width = seen.shape[:2]
    right, bottom = canvas[0] - at[0] - width, canvas[1] - at[1] - height
    grown = cv2.copyMakeBorder(seen, at[1], bottom, at[0], right, cv2.BORDER_REFLECT_101)
    distance = _distance_outside(canvas, at=at, size=(width, height))
    wide, tall = (_ALONG, _ACROSS) if canvas[0] - width >= canvas[1] - height else (_ACROSS, _ALONG)
    sigma = (wide * min(canvas), tall * min(canvas))
    return _blur_by(cast(Bytes, grown), distance, sigma=sigma, reach=0.35 * min(canvas))


def _distance_outside(canvas: tuple[int, int], *, at: tuple[int, int], size: tuple[int, int]) -> Floats:
    """float32 (h, w): how far each canvas pixel lies outside the picture at `at`."""
    away = []
    for axis in (0, 1):
        place = np.arange(canvas[axis], dtype=np.float32)
        away.append(np.maximum(np.maximum(at[axis] - place, place - (at[axis] + size[axis] - 1)), 0))
    return cast(Floats, np.hypot(away[0][None, :], away[1][:, None]))


def _blur_by(pixels: Bytes, distance: Floats, *, sigma: tuple[float, float], reach: float) -> Bytes:
    """Blur that starts at nothing and is `sigma` (x, y) `reach` px out; a few levels, made at a quarter of the size, are
    blended into each other."""
    result = pixels.astype(np.float32)
    height, width = distance.shape
    small = cv2.resize(pixels, (max(2, width // 4), max(2, height // 4)), interpolation=cv2.INTER_AREA)
    for step in range(1, _BLUR_STEPS + 1):
        share = (step / _BLUR_STEPS) ** 1.5 / 4
        soft = cv2.GaussianBlur(
            small,
            (0, 0),
            max(sigma[0] * share, 0.4),
            sigmaY=max(sigma[1] * share, 0.4),
            borderType=cv2.BORDER_REFLECT_101,
        )
        level = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        start, full = (step - 1) / _BLUR_STEPS * reach, step / _BLUR_STEPS * reach
        weight = np.clip((distance - start) / (full - start), 0, 1)[..., None].astype(np.float32)
        result += (level - result) * weight
    return cast(Bytes, np.rint(result).clip(0, 255).astype(np.uint8))
