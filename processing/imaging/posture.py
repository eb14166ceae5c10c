"""How a product was standing or lying when it was photographed, read from its alpha: whether it was looked straight down at,
where words do not say it, and whether it is slanted.

Only what is plain to see counts: a garment has two legs side by side or two sleeves beside its body, alike on both sides and
yet not as exactly as what comes out of a mould; what would fall over as it is shown lies; what is folded on a table shows its
base running back. Of what is worn, whatever is alike on both sides and shows no base is taken for clothes.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.backplates import View
from processing.imaging.cutout import Cutout
from processing.imaging.enhance import straighten
from processing.imaging.ground import Mask, find_ground, runs_of
from processing.imaging.linear import Bytes
from processing.imaging.resize import CutoutLevels, cutout_levels

_SIDE_PX = 240
# What is seen at an angle fills at most that share of its smallest turned box, and no more than that share of its height is
# height: the rest is its base running back.
_MOST_BOXED, _MOST_UPRIGHT = 0.88, 0.85
_SOLID = 96
# Intersection over union with its mirror image: cloth never falls quite alike on both sides, bottles and lamps are turned.
_ALIKE = (0.75, 0.975)
_MOST_WIDE = 1.35  # width over height: two lenses below their bridge are as two legs, but wide
_BASELESS = 0.92  # share of the height that is no base running back
# Less slant is how a thing stands before a camera that looks down a little, more is meant.
_SLANTED_DEG = (12.0, 25.0)
# A hole that ends below this share of the height is a gap that a cuff or a hem closes, above it the hole of a handle.
_CLOSED_BELOW = 0.80
# Shares of the outline's width, unless said otherwise.
_LEAST_LEG, _MOST_GAP, _LEAST_WAIST = 0.24, 0.34, 0.55
_INSEAM = (0.25, 0.85)  # of the height
_SLEEVE, _LEAST_BODY, _HANGS_FOR = (0.05, 0.32), 0.32, 0.10
_SLEEVED, _BODY, _LEAST_DROP, _MOST_NECK = 0.92, (0.40, 0.74), 0.06, 0.75
_WITHIN, _LEAST_HEM = 0.14, 0.10  # of the height: from the end of a sleeve to the armpit, of the body below that


def seen_as(alpha: Bytes, views: Sequence[View], *, is_worn: bool = False) -> View:
    """Of the views that come into question the one that the outline speaks for; the first where it says nothing. `is_worn`: it is
    something to wear, most of which are clothes."""
    others = views[1:]
    if "above" in others and (is_garment(alpha) or falls_over(alpha) or (is_worn and is_even(alpha))):
        return "above"
    if "front" in others and is_at_angle(alpha):
        return "front"
    return views[0]


def levelled(cutout: Cutout, levels: CutoutLevels) -> tuple[Cutout, CutoutLevels]:
    """The product turned so that the one edge it stands on is level; as it is where that is hardly slanted, or not clear."""
    slant = levels.ground.slant_deg if levels.ground else 0.0
    if not _SLANTED_DEG[0] <= abs(slant) <= _SLANTED_DEG[1]:
        return cutout, levels
    image = straighten(cutout.image, tilt_deg=slant)
    return replace(cutout, image=image), cutout_levels(image)


def is_garment(alpha: Bytes) -> bool:
    """True for trousers, and for what has sleeves: alpha uint8 (h, w)."""
    mask = _outline(alpha)
    if mask is None or mask.shape[1] > _MOST_WIDE * mask.shape[0] or not _ALIKE[0] <= _likeness(mask) <= _ALIKE[1]:
        return False
    runs = [_runs(row) for row in mask]
    return _has_legs(runs, mask.shape) or _has_hanging_sleeves(runs, mask.shape) or _has_short_sleeves(runs, mask.shape)


def falls_over(alpha: Bytes) -> bool:
    """True for what could not have stood as it is shown, so that it lay: alpha uint8 (h, w)."""
    ground = find_ground(alpha)
    return ground is not None and ground.falls_over


def is_even(alpha: Bytes) -> bool:
    """True for what is much alike on both sides, is not wide, and shows nothing of a base: a dress, a tank top, a skirt; a shoe, a
    cap or a bag seen at an angle are not. Alpha uint8 (h, w)."""
    mask, ground = _outline(alpha), find_ground(alpha)
    if mask is None or ground is None or mask.shape[1] > _MOST_WIDE * mask.shape[0]:
        return False
    return _likeness(mask) >= _ALIKE[0] and ground.rise >= _BASELESS


def is_at_angle(alpha: Bytes) -> bool:
    """True for something on one solid base that was looked at from its side, a stack of towels, a closed watch: alpha uint8 (h, w).
    What was turned on a surface and looked straight down at has such a base too, but fills a turned box."""
    mask = _outline(alpha)
    ground = None if mask is None else find_ground(mask.view(np.uint8) * np.uint8(255))
    if mask is None or ground is None or not ground.is_solid or ground.rise > _MOST_UPRIGHT:
        return False
    _, (width, height), _ = cv2.minAreaRect(cast(npt.NDArray[np.int32], cv2.findNonZero(mask.view(np.uint8))))
    return float(mask.sum()) <= _MOST_BOXED * (width + 1) * (height + 1)


def _outline(alpha: Bytes) -> Mask | None:
    """The solid part cut to its box, holes of handles filled, its longer side _SIDE_PX; None where nothing is solid."""
    left, top, width, height = cv2.boundingRect((alpha >= _SOLID).view(np.uint8))
    if min(width, height) < 8:
        return None
    scale = _SIDE_PX / max(width, height)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(alpha[top : top + height, left : left + width], size, interpolation=cv2.INTER_AREA)
    solid = (small >= _SOLID).astype(np.uint8)
    _, holes, boxes, _ = cv2.connectedComponentsWithStats(np.pad(1 - solid, 1, constant_values=1), connectivity=4)
    ends = boxes[:, cv2.CC_STAT_TOP] + boxes[:, cv2.CC_STAT_HEIGHT]
    closed = ends < _CLOSED_BELOW * size[1]
    closed[holes[0, 0]] = False  # all around
    closed[0] = False  # the solid part
    return cast(Mask, solid.astype(bool) | closed[holes[1:-1, 1:-1]])


def _likeness(mask: Mask) -> float:
    """Intersection over union of the outline with its mirror image."""
    mirrored = mask[:, ::-1]
    return float((mask & mirrored).sum()) / max(float((mask | mirrored).sum()), 1.0)


def _runs(row: Mask) -> list[tuple[int, int]]:
    """Stretches (start, end) of a row that are covered, specks left out."""
    return [(start, end) for start, end in runs_of(row) if end - start >= 0.015 * row.size]


def _has_legs(runs: Sequence[list[tuple[int, int]]], shape: tuple[int, ...]) -> bool:
    """Two broad runs side by side down to near the hem, one as broad as a waist above them."""
    height, width = shape
    are_legs = [len(row) == 2 and _are_legs(row, width) for row in runs]
    hem = next((y for y in reversed(range(height)) if are_legs[y]), 0)
    inseam = next((hem - y for y in reversed(range(hem)) if not are_legs[y]), hem)
    above = runs[round(0.03 * height) : hem - inseam]
    is_one = sum(len(row) == 1 and _breadth(row) >= _LEAST_WAIST * width for row in above)
    return (
        hem >= _CLOSED_BELOW * height
        and _INSEAM[0] <= inseam / height <= _INSEAM[1]
        and is_one >= 0.9 * max(len(above), 1)
    )


def _are_legs(row: Sequence[tuple[int, int]], width: int) -> bool:
    (left, inner), (outer, right) = row
    legs = (inner - left, right - outer)
    return min(legs) >= _LEAST_LEG * width and min(legs) >= 0.6 * max(legs) and outer - inner <= _MOST_GAP * width


def _has_hanging_sleeves(runs: Sequence[list[tuple[int, int]]], shape: tuple[int, ...]) -> bool:
    """A body between two narrower runs over a good part of its height, below rows that hold all three together."""
    height, width = shape
    sleeved = [y for y, row in enumerate(runs) if len(row) == 3 and _are_sleeves(row, width)]
    if len(sleeved) < _HANGS_FOR * height:
        return False
    shoulders = sum(len(row) == 1 and _breadth(row) >= _LEAST_WAIST * width for row in runs[: sleeved[0]])
    return shoulders >= 0.1 * height


def _are_sleeves(row: Sequence[tuple[int, int]], width: int) -> bool:
    left, body, right = (end - start for start, end in row)
    low, high = _SLEEVE[0] * width, _SLEEVE[1] * width
    alike = min(left, right) >= 0.5 * max(left, right)
    return low <= left <= high and low <= right <= high and alike and body >= max(_LEAST_BODY * width, left, right)


def _has_short_sleeves(runs: Sequence[list[tuple[int, int]]], shape: tuple[int, ...]) -> bool:
    """Broadest at the ends of sleeves, then within a few rows narrower on both sides, and from there as broad as a body to
    the hem."""
    height, width = shape
    ends = np.array([(row[0][0], row[-1][1]) if row else (0, 0) for row in runs]) / width
    extent = ends[:, 1] - ends[:, 0]
    widest = int(np.flatnonzero(extent >= _SLEEVED)[-1]) if (extent >= _SLEEVED).any() else height
    start, hem = widest + round(_WITHIN * height), round(0.98 * height)
    if not 0.15 * height <= widest <= 0.75 * height or hem - start < _LEAST_HEM * height:
        return False
    middle = float(np.median(extent[start:hem]))
    whole = np.mean([len(row) == 1 for row in runs[start:hem]])
    is_body = whole >= 0.9 and _BODY[0] <= middle <= _BODY[1]
    is_even = bool(np.all(np.abs(extent[start:hem] - middle) <= 0.22 * middle))
    drops = np.abs(ends[start] - ends[widest])
    has_shoulders = drops.min() >= _LEAST_DROP and extent[round(0.04 * height)] <= _MOST_NECK
    return bool(is_body and is_even and has_shoulders)


def _breadth(row: Sequence[tuple[int, int]]) -> int:
    return row[-1][1] - row[0][0]
