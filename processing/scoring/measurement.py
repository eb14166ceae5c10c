"""One measured property of one picture, and where on the picture it is worst."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEAT_SIDE_PX = 64

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Heat = NDArray[np.uint8]
Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Measurement:
    """A check before it is judged: what was measured, how much of it, and where.

    `worst` (x, y) and `box` (x, y, w, h) are shares 0..1 of the picture, `heat` is uint8 with a long side of at
    most 64 px. `hard` marks a rule that no average may outweigh. `show` names the backdrop on which the worst place is seen best, ""
    where the code alone says it. The limit lives in the policy, not here.
    """

    code: str
    value: float
    unit: str
    hard: bool = False
    worst: Point | None = None
    box: Box | None = None
    heat: Heat | None = field(default=None, compare=False, repr=False)
    detail: str = ""
    show: str = ""


def heat_of(strength: NDArray[Any]) -> Heat:
    """Small uint8 map of a non-negative (h, w) plane; each cell keeps the strongest pixel it covers."""
    plane = np.asarray(strength, np.float32)
    plane = plane if np.isfinite(plane).all() else np.nan_to_num(plane)
    height, width = plane.shape
    step = max(1, -(-max(height, width) // HEAT_SIDE_PX))
    padded = np.pad(plane, ((0, -height % step), (0, -width % step)))
    # Rows first, many columns at a time: several times as fast as both at once.
    bands = padded.reshape(padded.shape[0] // step, step, padded.shape[1]).max(axis=1)
    cells = bands.reshape(bands.shape[0], padded.shape[1] // step, step).max(axis=2)
    peak = float(cells.max()) if cells.size else 0.0
    if peak <= 0:
        return np.zeros(cells.shape, np.uint8)
    return np.asarray(np.round(np.clip(cells / peak, 0, 1) * 255), np.uint8)


def place_of(heat: Heat) -> tuple[Point | None, Box | None]:
    """Worst point of a heat map and the box of the warm cells around it; (None, None) when it is cold."""
    if heat.size == 0 or not heat.any():
        return None, None
    height, width = heat.shape
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    top, bottom = _warm_run(heat.max(axis=1), int(row))
    left, right = _warm_run(heat[top:bottom].max(axis=0), int(column))
    box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return ((float(column) + 0.5) / width, (float(row) + 0.5) / height), box


def _warm_run(profile: Heat, start: int) -> tuple[int, int]:
    """Half-open range of cells around `start` that stay above half of the peak."""
    warm = profile >= max(1, int(profile[start]) // 2)
    first, last = start, start
    while first > 0 and warm[first - 1]:
        first -= 1
    while last + 1 < len(warm) and warm[last + 1]:
        last += 1
    return first, last + 1


def located(code: str, value: float, unit: str, strength: NDArray[Any] | None, *, detail: str = "") -> Measurement:
    """A soft measurement whose heat map, worst point and box come from a plane of strengths."""
    if strength is None or value <= 0:
        return Measurement(code, float(value), unit, detail=detail)
    heat = heat_of(strength)
    worst, box = place_of(heat)
    return Measurement(code, float(value), unit, worst=worst, box=box, heat=heat, detail=detail)


def as_mask(mask: Image.Image | NDArray[Any], *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 (h, w) plane of a mask given as an image or an array; ValueError when it is not `size` (width, height)."""
    plane = np.asarray(mask.convert("L") if isinstance(mask, Image.Image) and mask.mode != "L" else mask)
    if plane.ndim != 2 or (plane.shape[1], plane.shape[0]) != size:
        raise ValueError(f"mask is {plane.shape[::-1]}, image is {size}")
    if plane.dtype == np.uint8:
        return plane
    if plane.dtype == np.bool_:
        return plane.astype(np.uint8) * np.uint8(255)
    return np.asarray(np.clip(plane * 255.0 + 0.5, 0, 255), np.uint8)
