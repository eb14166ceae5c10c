"""Ghost mannequin: the neck joint. A garment's front view, the mannequin already gone, has a bite out of its top where the
neck was; the inside view shows the back of the collar. Put behind the front, it closes the bite.

Found by geometry of the alphas alone. In the front view the opening is what lies between the top contour and its upper
hull in the middle of the garment; its two ends are the collar's tips. The inside view is scaled and moved until its own
collar reaches from tip to tip a little behind them. Only what shows through the opening is kept.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from processing.imaging.cutout import Cutout
from processing.imaging.linear import Bytes, Floats, luminance, to_linear, to_srgb

VERSION = "2"
SURE = 0.6
_ANALYSIS_PX = 400
_SOLID = 128
# Limits of a neck: width and depth as shares of the garment's width, distance from its middle.
_WIDTHS, _DEPTHS, _OFF_MIDDLE = (0.10, 0.62), (0.025, 0.6), 0.14
# How far the collar goes on behind the front, as share of the opening's width, and how high it may rise above the tips.
_BEHIND, _RISE = 0.06, 0.22
# How steeply it may rise from the tips: what stands up beside them is a shoulder of the inside view.
_STEEPNESS = 0.8
# A collar's inside is in the shade of its front: this much darker at the front's edge, gone so far away from it.
_SHADE, _SHADE_REACH = 0.38, 0.16
_EXPOSURE = (0.8, 1.25)
Points = npt.NDArray[np.float64]


class NoOpening(ValueError):
    """There is nothing to be closed, or nothing to close it with; the text is for people."""


@dataclass(frozen=True)
class Opening:
    """A bite in the top contour, in px of its cut-out: the tips, and how deep it is below the line between them."""

    left: tuple[float, float]
    right: tuple[float, float]
    depth: float

    @property
    def width(self) -> float:
        return self.right[0] - self.left[0]


@dataclass(frozen=True)
class Joint:
    """The garment with its neck, and how well the two views fitted, 0..1; below SURE a person should look."""

    cutout: Cutout
    confidence: float
    notes: tuple[str, ...] = ()


def join_neck(front: Cutout, inside: Cutout) -> Joint:
    """The front with the inside view showing through its neck. NoOpening where the front has none."""
    opening = find_opening(np.asarray(front.image.getchannel("A")))
    collar = _collar(np.asarray(inside.image.getchannel("A")))
    grown = max(0, round(_RISE * opening.width - min(opening.left[1], opening.right[1])))
    size = (front.image.width, front.image.height + grown)
    neck, scale = _placed(inside.image, collar, opening, size=size, grown=grown)
    layer = Image.new("RGBA", size)
    layer.paste(front.image, (0, grown))
    pixels, covered = _behind(layer, neck, opening, grown=grown)
    confidence = round(_fit(opening, collar, scale, covered, front=front, inside=inside), 3)
    left, top, width, height = front.box_px
    joined = Cutout(
        pixels,
        (left, top - grown, width, height + grown),
        front.source_size,
        min(front.confidence, confidence),
        front.notes,
    )
    return Joint(joined, confidence, () if confidence >= SURE else ("unsure-neck",))


def find_opening(alpha: Bytes) -> Opening:
    """The neck in the top contour of a front view. NoOpening when there is none like a neck."""
    scale = min(1.0, _ANALYSIS_PX / alpha.shape[1])
    small = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) >= _SOLID
    columns = np.flatnonzero(small.any(axis=0))
    if columns.size < 20:
        raise NoOpening("There is no garment in the front view.")
    top = small[:, columns].argmax(axis=0).astype(np.float64)
    hull = _upper_hull(columns.astype(np.float64), top)
    best = _deepest(columns, top, hull, middle=(columns[0] + columns[-1]) / 2, width=float(columns.size))
    if best is None:
        raise NoOpening("The front view has no neck opening: its top is closed, or the mannequin is still in it.")
    (x1, y1), (x2, y2), depth = best
    return Opening((x1 / scale, y1 / scale), (x2 / scale, y2 / scale), depth / scale)


def _upper_hull(x: Points, y: Points) -> Points:
    """Corners of the upper hull of a contour; y grows downwards."""
    hull: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(hull) >= 2 and _turn(hull[-2], hull[-1], point) <= 0:
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _deepest(
    columns: npt.NDArray[np.intp], top: Points, hull: Points, *, middle: float, width: float
) -> tuple[tuple[float, float], tuple[float, float], float] | None:
    """The deepest bite between two neighbouring corners of the hull that is as wide, deep and central as a neck."""
    best = None
    for (x1, y1), (x2, y2) in zip(hull[:-1].tolist(), hull[1:].tolist(), strict=True):
        within = (columns >= x1) & (columns <= x2)
        depth = float((top[within] - np.interp(columns[within], [x1, x2], [y1, y2])).max())
        is_neck = _WIDTHS[0] <= (x2 - x1) / width <= _WIDTHS[1] and _DEPTHS[0] <= depth / width <= _DEPTHS[1]
        is_central = abs((x1 + x2) / 2 - middle) <= _OFF_MIDDLE * width
        if is_neck and is_central and (best is None or depth > best[2]):
            best = ((x1, y1), (x2, y2), depth)
    return best


def _collar(alpha: Bytes) -> Opening:
    """The collar's upper edge in an inside view: as an opening where it dips, else the flat stretch of its top."""
    try:
        return find_opening(alpha)
    except NoOpening:
        solid = alpha >= _SOLID
        columns = np.flatnonzero(solid.any(axis=0))
        if columns.size < 8:
            raise NoOpening("There is nothing in the inside view.") from None
        top = solid[:, columns].argmax(axis=0)
        flat = columns[top <= top.min() + 0.12 * alpha.shape[1]]
        first, last = int(flat[0]), int(flat[-1])
        level = float(np.median(top[(columns >= first) & (columns <= last)]))
        return Opening((first, level), (last, level), 0.0)


def _placed(
    inside: Image.Image, collar: Opening, opening: Opening, *, size: tuple[int, int], grown: int
) -> tuple[Image.Image, float]:
    """The inside view on the front's canvas, its collar from a little left of the left tip to a little right of the right
    one; and its scale."""
    scale = opening.width * (1 + 2 * _BEHIND) / max(collar.width, 1.0)
    angle = np.arctan2(opening.right[1] - opening.left[1], opening.width) - np.arctan2(
        collar.right[1] - collar.left[1], collar.width
    )
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    source = np.add(collar.left, collar.right) / 2
    target = np.add(opening.left, opening.right) / 2 + (0, grown)
    move = target - (cosine * source[0] - sine * source[1], sine * source[0] + cosine * source[1])
    matrix = np.array([[cosine, -sine, move[0]], [sine, cosine, move[1]]])
    pixels = np.asarray(inside.convert("RGBa"))
    # OpenCV's linear kernel would skip pixels of a picture made smaller: it is brought near its size first.
    while scale < 0.5 and min(pixels.shape[:2]) > 8:
        pixels, matrix, scale = (
            cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
            matrix,
            scale * 2,
        )
        matrix = matrix * np.array([2, 2, 1])
    flags = cv2.INTER_LINEAR
    warped = cv2.warpAffine(np.ascontiguousarray(pixels), matrix, size, flags=flags, borderValue=(0, 0, 0, 0))
    return Image.frombytes("RGBa", size, warped.tobytes()).convert("RGBA"), float(np.hypot(cosine, sine))


def _behind(front: Image.Image, neck: Image.Image, opening: Opening, *, grown: int) -> tuple[Image.Image, float]:
    """The neck under the front where the opening shows it, in the front's exposure and shade; and how much of the opening
    it covers."""
    alpha, inner = (np.asarray(image.getchannel("A")) for image in (front, neck))
    window = _window(alpha.shape, opening, grown=grown)
    hole = _hole(alpha, opening, grown=grown)
    covered = float((inner[hole] >= _SOLID).mean()) if hole.any() else 0.0
    shown = np.array(neck)
    shown[..., 3] = np.minimum(inner, window)
    shown[..., :3] = _shaded(np.ascontiguousarray(shown[..., :3]), alpha, front, inner, width=opening.width)
    under = Image.fromarray(shown)
    under.alpha_composite(front)
    return under, covered


def _window(shape: tuple[int, ...], opening: Opening, *, grown: int) -> Bytes:
    """Where the neck may be seen, uint8: between the tips, under a roof that rises from them, down to below the opening's floor,
    with a soft end at the sides."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    soft = max(1.0, 0.01 * opening.width)
    across = np.minimum(columns - opening.left[0], opening.right[0] - columns)
    roof = _line(columns[0], opening)[None] + grown - _STEEPNESS * across
    floor = max(opening.left[1], opening.right[1]) + opening.depth * 1.15 + grown
    kept = np.minimum(np.minimum(across + soft, floor - rows), rows - roof)
    return cast(Bytes, (255 * np.clip(kept / soft, 0, 1)).astype(np.uint8))


def _line(columns: npt.NDArray[np.floating], opening: Opening) -> Floats:
    """Height of the straight line between the tips at each column, level beyond them."""
    tips = (opening.left[0], opening.right[0]), (opening.left[1], opening.right[1])
    return cast(Floats, np.interp(columns, *tips).astype(np.float32))


def _hole(alpha: Bytes, opening: Opening, *, grown: int) -> npt.NDArray[np.bool_]:
    """Pixels of the bite itself: under the line between the tips and above the front."""
    rows, columns = np.mgrid[0 : alpha.shape[0], 0 : alpha.shape[1]]
    line = _line(columns[0], opening) + grown
    first = np.where((alpha >= _SOLID).any(axis=0), (alpha >= _SOLID).argmax(axis=0), 0)
    inside = (columns > opening.left[0]) & (columns < opening.right[0])
    hole: npt.NDArray[np.bool_] = inside & (rows > line[None] + 0.15 * opening.depth) & (rows < first[None])
    return hole


def _shaded(colour: Bytes, alpha: Bytes, front: Image.Image, inner: Bytes, *, width: float) -> Bytes:
    """The neck's colours at the front's exposure, darker towards the front's edge."""
    light = to_linear(colour)
    own = luminance(np.asarray(to_linear(np.asarray(front)[..., :3][alpha >= 250][::97]), np.float32))
    other = luminance(light[inner >= 250][::97])
    gain = 1.0
    if own.size and other.size:
        gain = float(np.clip(np.median(own) / max(float(np.median(other)), 1e-4), *_EXPOSURE))
    sigma = max(1.0, _SHADE_REACH * width / 2)
    small = cv2.resize(alpha, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / 4).astype(np.float32) / np.float32(255)
    near = cv2.resize(soft, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_LINEAR)
    shade: Floats = 1 - np.float32(_SHADE) * np.clip(2 * near, 0, 1)
    return to_srgb(light * np.float32(gain) * shade[..., None])


def _fit(opening: Opening, collar: Opening, scale: float, covered: float, *, front: Cutout, inside: Cutout) -> float:
    """0..1: the bite is covered, both garments come out at about the same size, and the collar is no wider than a collar."""
    sizes = scale * inside.image.width / front.image.width
    alike = float(np.exp(-(max(0.0, abs(np.log(max(sizes, 1e-3))) - 0.5) ** 2) / 0.18))
    level = abs(opening.left[1] - opening.right[1]) / max(opening.width, 1.0)
    upright = float(np.exp(-((level / 0.25) ** 2)))
    return min(1.0, covered / 0.97) ** 2 * alike * upright
