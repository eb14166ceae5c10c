"""The outline of an alpha with sub-pixel normals, and profiles of photo, alpha and foreground straight across it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.view import View

Floats = NDArray[np.float32]

REACH_PX = 8.0
STEP_PX = 0.5
OFFSETS_PX: Floats = np.arange(-REACH_PX, REACH_PX + STEP_PX / 2, STEP_PX, dtype=np.float32)
MIDDLE = len(OFFSETS_PX) // 2
MAX_POINTS = 2400
SHORTEST_LOOP_PX = 24
_SMOOTHING_PX = 2.5


@dataclass(frozen=True)
class Outline:
    """Points on the outline where alpha crosses one half, loops one after another.

    points  float32 (n, 2) x, y in contour pixels; normals float32 (n, 2), unit, pointing away from the product
    loop    int32 (n,) which closed line a point is on; spacing_px distance between neighbours
    length_px length of all loops, frame_px how much of it runs along the frame
    """

    points: Floats
    normals: Floats
    loop: NDArray[np.int32]
    spacing_px: float
    length_px: float
    frame_px: float


@dataclass(frozen=True)
class Profiles:
    """Samples across the outline at OFFSETS_PX (negative is inside): alpha (n, k) 0..1, photo and fore (n, k, 3) codes."""

    alpha: Floats
    photo: Floats
    fore: Floats


def trace(alpha: NDArray[np.uint8]) -> Outline:
    """Outline of alpha above one half, at most MAX_POINTS points evenly along it; loops below 24 px are left out."""
    solid = (alpha > 127).astype(np.uint8)
    found, _ = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    height, width = alpha.shape
    loops = [line[:, 0, :].astype(np.float32) for line in found if len(line) >= SHORTEST_LOOP_PX]
    length = float(sum(len(line) for line in found))
    touching = sum(int(_at_frame(line, width, height).sum()) for line in loops)
    stride = max(1, -(-int(length) // MAX_POINTS))
    parts = [_smooth(line, stride) for line in loops]
    if not parts:
        empty = np.zeros((0, 2), np.float32)
        return Outline(empty, empty, np.zeros(0, np.int32), float(stride), length, float(touching))
    points = np.concatenate([part[0] for part in parts])
    normals = np.concatenate([part[1] for part in parts])
    loop = np.concatenate([np.full(len(part[0]), index, np.int32) for index, part in enumerate(parts)])
    inner = ~_at_frame(points, width, height, margin=3.0)
    return Outline(points[inner], normals[inner], loop[inner], float(stride), length, float(touching))


def _at_frame(line: Floats, width: int, height: int, margin: float = 1.0) -> NDArray[np.bool_]:
    x, y = line[:, 0], line[:, 1]
    return (x < margin) | (y < margin) | (x > width - 1 - margin) | (y > height - 1 - margin)


def _smooth(line: Floats, stride: int) -> tuple[Floats, Floats]:
    """Every stride-th point of a closed line after circular Gaussian smoothing, and the normals there.

    OpenCV walks outer lines with the product on the left in image coordinates and holes the other way round, so one
    rule for the normal fits both.
    """
    reach = min(len(line) // 2, int(3 * _SMOOTHING_PX) + 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTHING_PX) ** 2)
    kernel /= kernel.sum()
    padded = np.concatenate([line[-reach:], line, line[:reach]])
    smooth = np.stack([np.convolve(padded[:, band], kernel, "valid") for band in (0, 1)], axis=1)
    ahead, behind = np.roll(smooth, -2, axis=0), np.roll(smooth, 2, axis=0)
    tangent = ahead - behind
    size = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-6)
    normals = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / size[:, None]
    return smooth[::stride].astype(np.float32), normals[::stride].astype(np.float32)


def profiles(view: View, outline: Outline) -> Profiles:
    """Bilinear samples of the three planes across every point of the outline."""
    x = outline.points[:, :1] + outline.normals[:, :1] * OFFSETS_PX
    y = outline.points[:, 1:] + outline.normals[:, 1:] * OFFSETS_PX
    alpha, photo, fore = (_sampled(plane, x, y) for plane in (view.alpha, view.photo, view.fore))
    return Profiles(alpha / np.float32(255), photo, fore)


def _sampled(plane: NDArray[np.uint8], x: Floats, y: Floats) -> Floats:
    if x.shape[0] == 0:
        return np.zeros(x.shape + plane.shape[2:], np.float32)
    picked = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picked, np.float32)
