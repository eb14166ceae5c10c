"""The part of a set that a canvas shows. Where the canvas reaches beyond the set, the set is continued: mirrored at
its edge and blurred more the farther out, so that light and colour go on and no object is seen twice."""

from typing import cast

import cv2
import numpy as np
from PIL import Image

from processing.imaging.framing import Window
from processing.imaging.linear import Bytes
from processing.imaging.resize import resize_window

_BLUR_STEPS = 3


def view_of(image: Image.Image, window: Window, *, canvas: tuple[int, int]) -> Image.Image:
    """RGB picture of `canvas` size: the set behind the window, continued where it ends. Never stretched."""
    zoom = window.zoom
    left, top = window.left_px, window.top_px
    inner = (
        max(0, round(-left * zoom)),
        max(0, round(-top * zoom)),
        canvas[0] - max(0, round((left + canvas[0] / zoom - image.width) * zoom)),
        canvas[1] - max(0, round((top + canvas[1] / zoom - image.height) * zoom)),
    )
    box = _inside((left + inner[0] / zoom, top + inner[1] / zoom, left + inner[2] / zoom, top + inner[3] / zoom), image)
    seen = resize_window(image, box_px=box, size=(inner[2] - inner[0], inner[3] - inner[1]))
    if seen.size == canvas:
        return seen
    return _continued(seen, canvas=canvas, at=(inner[0], inner[1]))


def _inside(box: tuple[float, float, float, float], image: Image.Image) -> tuple[float, float, float, float]:
    """The box without the sub-pixel overhang that rounding leaves."""
    return max(0.0, box[0]), max(0.0, box[1]), min(float(image.width), box[2]), min(float(image.height), box[3])


def _continued(seen: Image.Image, *, canvas: tuple[int, int], at: tuple[int, int]) -> Image.Image:
    pixels = np.asarray(seen)
    right, bottom = canvas[0] - at[0] - seen.width, canvas[1] - at[1] - seen.height
    grown = cv2.copyMakeBorder(pixels, at[1], bottom, at[0], right, cv2.BORDER_REFLECT_101)
    distance = _distance_outside(canvas, at=at, size=seen.size)
    return Image.fromarray(_blur_by(cast(Bytes, grown), distance, reach=0.35 * min(canvas)))


def _distance_outside(canvas: tuple[int, int], *, at: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """float32 (h, w): how far each canvas pixel lies outside the picture at `at`."""
    away = []
    for axis in (0, 1):
        place = np.arange(canvas[axis], dtype=np.float32)
        away.append(np.maximum(np.maximum(at[axis] - place, place - (at[axis] + size[axis] - 1)), 0))
    return np.hypot(away[0][None, :], away[1][:, None])


def _blur_by(pixels: Bytes, distance: np.ndarray, *, reach: float) -> Bytes:
    """Blur that starts at nothing and is full `reach` px out; a few levels are blended, made at an eighth of the size."""
    result = pixels.astype(np.float32)
    height, width = distance.shape
    for step in range(1, _BLUR_STEPS + 1):
        sigma = reach * 0.05 * 2.2**step
        small = cv2.resize(pixels, (max(2, width // 8), max(2, height // 8)), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small, (0, 0), max(sigma / 8, 0.5), borderType=cv2.BORDER_REFLECT_101)
        level = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        start, full = (step - 1) / _BLUR_STEPS * reach * 0.6, step / _BLUR_STEPS * reach
        weight = np.clip((distance - start) / (full - start), 0, 1)[..., None].astype(np.float32)
        result += (level - result) * weight
    return cast(Bytes, np.rint(result).clip(0, 255).astype(np.uint8))
