"""A person's brush on a matte: strokes that keep, remove or soften. The edge between what was painted and what was not
follows the photo, so a stroke may be rough where the product ends."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from processing.imaging.matting.edges import decontaminate
from processing.imaging.matting.guided import colour_model
from processing.imaging.matting.matte import Matte
from processing.imaging.strokes import Stroke

VERSION = "1"
# Inside this share of its radius a stroke is an order; between here and its rim the photo has a say.
CORE_SHARE = 0.55
# Epsilon of the guided filter, for colours in 0..1: small follows faint edges.
FOLLOWS = 1e-4
# A colour this near to the backdrop's, of 1, is the backdrop; twice as far it surely is not.
SAME_COLOUR = 0.035
# Fractional bits of the coordinates that the strokes are drawn with.
_SHIFT = 4


def paint(photo: np.ndarray, matte: Matte, strokes: Sequence[Stroke]) -> Matte:
    """The matte after the strokes, in order, for its photo uint8 (h, w, 3). Nothing outside a stroke changes.

    ValueError when photo and matte differ in size.
    """
    if photo.shape != (*matte.alpha.shape, 3):
        size = matte.alpha.shape
        raise ValueError(f"matte is {size[1]}x{size[0]}, picture is {photo.shape[1]}x{photo.shape[0]}")
    alpha = matte.alpha.copy()
    for stroke in strokes:
        _apply(photo, alpha, matte.backdrop, stroke)
    changed = cv2.dilate((alpha != matte.alpha).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    foreground = np.where(changed[..., None], decontaminate(photo, alpha), matte.foreground)
    # Somebody has looked: what the engine was unsure of is decided.
    return replace(matte, alpha=alpha, foreground=foreground, confidence=1.0, unsure=np.zeros_like(matte.unsure))


def _apply(photo: np.ndarray, alpha: np.ndarray, backdrop: np.ndarray, stroke: Stroke) -> None:
    """Writes one stroke into `alpha`, in the window around it."""
    radius_px = max(1.0, stroke.radius * max(alpha.shape))
    window = _window(alpha.shape, stroke, radius_px)
    if window is None:
        return
    whole = _drawn(alpha.shape, stroke, radius_px, window)
    core = _drawn(alpha.shape, stroke, radius_px * CORE_SHARE, window)
    old = alpha[window].astype(np.float32) / 255
    guide = photo[window].astype(np.float32) / 255
    if stroke.tool == "soften":
        # Hair and glass: within the stroke the photo's own structure says what is product.
        new = old + (_guided(guide, old, radius_px) - old) * whole
    else:
        differs = _differs(guide, backdrop, alpha.shape, window)
        reach_px = min(max(2.0, 0.1 * radius_px), 12.0)
        new = _ordered(stroke.tool, guide, old, (whole, core), differs, reach_px)
    alpha[window] = np.clip(new * 255 + 0.5, 0, 255).astype(np.uint8)


def _ordered(
    tool: str, guide: np.ndarray, old: np.ndarray, drawn: tuple[np.ndarray, np.ndarray], differs: np.ndarray, reach_px: float
) -> np.ndarray:  # fmt: skip
    """Alpha 0..1 of a window under a stroke that keeps or removes: its core as ordered, in its rim what looks like it."""
    whole, core = drawn
    if tool == "keep":
        wanted = np.maximum(np.maximum(old, core), whole * differs)
        painted: np.ndarray = np.maximum(np.maximum(old, core), _guided(guide, wanted, reach_px) * whole)
    else:
        wanted = np.minimum(np.minimum(old, 1 - core), 1 - whole * (1 - differs))
        painted = np.minimum(np.minimum(old, 1 - core), 1 - (1 - _guided(guide, wanted, reach_px)) * whole)
    return painted


def _differs(
    guide: np.ndarray, backdrop: np.ndarray, shape: tuple[int, ...], window: tuple[slice, slice]
) -> np.ndarray:
    """How surely each pixel of a window is not the predicted backdrop, 0..1."""
    rows, columns = window
    step_y, step_x = backdrop.shape[0] / shape[0], backdrop.shape[1] / shape[1]
    turn = np.array([[step_x, 0, columns.start * step_x], [0, step_y, rows.start * step_y]], np.float32)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    paper = cv2.warpAffine(backdrop, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE).astype(np.float32) / 255
    distance: np.ndarray = np.abs(guide - paper).max(axis=2)
    return np.clip((distance - SAME_COLOUR) / SAME_COLOUR, 0, 1)


def _guided(guide: np.ndarray, target: np.ndarray, reach_px: float) -> np.ndarray:
    radius = max(1, round(reach_px))
    model = colour_model(guide, target, radius_px=radius, softness=FOLLOWS)
    followed: np.ndarray = np.clip((model[..., :3] * guide).sum(axis=2) + model[..., 3], 0, 1)
    return followed


def _window(shape: tuple[int, ...], stroke: Stroke, radius_px: float) -> tuple[slice, slice] | None:
    """Rows and columns that the stroke can reach, with room for the filter; None when it lies beside the picture."""
    height, width = shape
    room = 2 * radius_px + 4
    xs, ys = [x * width for x, _ in stroke.points], [y * height for _, y in stroke.points]
    left, right = max(0, int(min(xs) - room)), min(width, int(max(xs) + room) + 1)
    top, bottom = max(0, int(min(ys) - room)), min(height, int(max(ys) + room) + 1)
    return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None


def _drawn(shape: tuple[int, ...], stroke: Stroke, radius_px: float, window: tuple[slice, slice]) -> np.ndarray:
    """Coverage 0..1 of the stroke with round ends, in its window."""
    rows, columns = window
    canvas = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    sub = 1 << _SHIFT
    points = np.array(
        [[(x * shape[1] - columns.start - 0.5) * sub, (y * shape[0] - rows.start - 0.5) * sub] for x, y in stroke.points]
    ).round().astype(np.int32)  # fmt: skip
    thick = max(1, round(2 * radius_px))
    if len(points) > 1:
        cv2.polylines(canvas, [points.reshape(-1, 1, 2)], False, 255, thick, cv2.LINE_AA, _SHIFT)
    for end in (points[0], points[-1]):
        cv2.circle(canvas, tuple(int(n) for n in end), round(radius_px * sub), 255, -1, cv2.LINE_AA, _SHIFT)
    return canvas.astype(np.float32) / 255
