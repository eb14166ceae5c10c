"""Half-glass: one lens with the bridge, cut from a pair of glasses for the picture that shows frame size and nose part.

Works on the alpha alone. Clear lenses are filled first (they would make more valleys than one), then the filled height
of each column is looked at: two wide humps are the lenses, the low run of columns between them, with its rows in the
upper half, is the bridge; low columns outside the humps are temples. Equal humps mean a front view, a narrower far lens
an angled one; a side view has one hump and is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from processing.imaging.cutout import Cutout
from processing.imaging.linear import Bytes
from processing.imaging.matting.matte import CLEAR_GLASS

VERSION = "4"
SURE = 0.6
_ANALYSIS_PX = 480
_MARGIN = 0.04
_TAIL = 0.25
# Alpha from here on belongs to a part; what is softer goes with the part beside it. A lens that is seen through has no less.
_PART = 18
# Share of soft remains around the frame that good cut-outs have.
_CLEAN = 0.01
View = Literal["front", "angle"]
Run = tuple[int, int]
Box = tuple[int, int, int, int]
Heights = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class NotSuitable(ValueError):
    """No half-glass can be cut from this picture; `reason` is a code such as "side-view", the text is for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class HalfGlass:
    """`image` RGBA: one lens with the bridge; `bridge_x` the bridge's middle as share of the cutout's width; `box_px`
    (x, y, w, h) of the crop in the cutout; below SURE in `confidence` a person should look."""

    image: Image.Image
    confidence: float
    bridge_x: float
    view: View
    box_px: tuple[int, int, int, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """Columns (first, end) of both lenses and of the bridge between them in an alpha, and how sure that is:
    `symmetry` of the humps, `depth` of the valley, `agreement` of the number of humps with two, and `level`, how much of the
    picture's height the lenses take (little when looked at from above); all 0..1."""

    left: Run
    right: Run
    bridge: Run
    symmetry: float
    depth: float
    agreement: float
    level: float

    @property
    def confidence(self) -> float:
        """Product of the four, depth and level counted as whole from the values that good pictures have."""
        return self.symmetry * min(1.0, self.depth / 0.55) * self.agreement * min(1.0, self.level / 0.62)

    @property
    def width_ratio(self) -> float:
        """Narrower lens over wider lens."""
        widths = sorted(run[1] - run[0] for run in (self.left, self.right))
        return widths[0] / max(widths[1], 1)


def half_glass(cutout: Cutout) -> HalfGlass:
    """Crop of the nearer lens with the bridge. NotSuitable for side views and for whatever shows no two lenses."""
    alpha = np.asarray(cutout.image.getchannel("A"))
    if CLEAR_GLASS in cutout.notes:
        alpha = _with_whole_lenses(alpha)
    frame = find_frame(alpha)
    view: View = "front" if frame.width_ratio >= 0.88 else "angle"
    box = _crop_box(frame, size=cutout.image.size)
    confidence = round(frame.confidence * _cleanness(alpha), 3)
    image, box = _without_severed(cutout.image.crop((box[0], box[1], box[0] + box[2], box[1] + box[3])), box)
    return HalfGlass(
        image=image,
        confidence=confidence,
        bridge_x=round((frame.bridge[0] + frame.bridge[1]) / 2 / alpha.shape[1], 4),
        view=view,
        box_px=box,
        notes=() if confidence >= SURE else ("unsure-bridge",),
    )


def _with_whole_lenses(alpha: Bytes) -> Bytes:
    """Alpha in which lenses that are known to be see-through are as solid as their rims."""
    return np.where(alpha >= _PART, np.uint8(255), alpha).astype(np.uint8)


def _without_severed(crop: Image.Image, box: Box) -> tuple[Image.Image, Box]:
    """The crop without ends of temples that the cut has severed, parts above or below the lens that are joined to nothing;
    and its box, from which the rows go that only they had filled."""
    alpha = np.asarray(crop.getchannel("A"))
    count, labels, stats, middles = cv2.connectedComponentsWithStats((alpha >= _PART).astype(np.uint8), connectivity=8)
    if count <= 2:
        return crop, box
    lens = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    top = int(stats[lens, cv2.CC_STAT_TOP])
    bottom = top + int(stats[lens, cv2.CC_STAT_HEIGHT])
    severed = [label for label in range(1, count) if label != lens and not top <= middles[label][1] <= bottom]
    if not severed:
        return crop, box
    rim = cv2.dilate(np.isin(labels, severed).astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    pixels = np.array(crop)
    pixels[rim & (labels != lens)] = 0
    rows = np.flatnonzero(pixels[..., 3].any(axis=1))
    first, end = int(rows[0]), int(rows[-1]) + 1
    return Image.fromarray(pixels[first:end]), (box[0], box[1] + first, box[2], end - first)


def _cleanness(alpha: Bytes) -> float:
    """1 for a clean cut-out, less for one with soft remains around the frame: shadows that were left move its outline, and
    with it the bridge. Soft lenses lie inside the outline and do not count."""
    scale = min(1.0, _ANALYSIS_PX / alpha.shape[1])
    small = cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    solid = (small > 200).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    within = cv2.drawContours(np.zeros_like(small), outlines, -1, 255, cv2.FILLED)
    soft = cv2.erode(((small > 24) & (small < 200)).astype(np.uint8), np.ones((5, 5), np.uint8))
    share = int(np.count_nonzero((soft > 0) & (within == 0))) / max(int(np.count_nonzero(solid)), 1)
    return float(1 - np.clip((share - _CLEAN) * 25, 0, 0.7))


def find_frame(alpha: Bytes) -> Frame:
    """Lenses and bridge of a pair of glasses, in columns of `alpha` (uint8). NotSuitable when there are none."""
    scale = min(1.0, _ANALYSIS_PX / alpha.shape[1])
    size = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
    solid = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) > 100
    if np.count_nonzero(solid) < 60:
        raise NotSuitable("empty", "There is nothing to cut a half-glass from.")
    found = [frame for mask in _fillings(solid) if (frame := _frame_of(mask)) is not None]
    if not found:
        raise NotSuitable("side-view", "No two lenses with a bridge between them are seen, as in a side view.")
    best = max(found, key=lambda frame: frame.confidence)
    runs = [(round(run[0] / scale), round(run[1] / scale)) for run in (best.left, best.right, best.bridge)]
    return replace(best, left=runs[0], right=runs[1], bridge=runs[2])


def _fillings(solid: Mask) -> Iterator[Mask]:
    """The frame as it is, with its two largest holes filled if they may be lenses, and with all holes filled.

    Folded temples close the gap of the nose to a hole as well, so filling all of them is not always right.
    """
    yield solid
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~solid).astype(np.uint8), connectivity=4)
    outside = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])).tolist())
    holes = [label for label in range(1, count) if label not in outside and not solid[labels == label].any()]
    holes.sort(key=lambda label: -int(stats[label, cv2.CC_STAT_AREA]))
    areas = [int(stats[label, cv2.CC_STAT_AREA]) for label in holes]
    if len(holes) >= 2 and areas[1] > 0.3 * areas[0]:
        yield solid | np.isin(labels, holes[:2])
    if len(holes) >= 3 or (holes and len(holes) != 2):
        yield solid | np.isin(labels, holes)


def _frame_of(mask: Mask) -> Frame | None:
    """Best pair of neighbouring humps in the column heights that can be two lenses."""
    height = cv2.blur(mask.sum(axis=0).astype(np.float64)[None], (max(3, mask.shape[1] // 120), 1))[0]
    peak = float(np.percentile(height, 97))
    best: Frame | None = None
    for level in (0.35, 0.45, 0.55, 0.65, 0.75):
        humps = [run for run in _runs(height >= level * peak) if run[1] - run[0] >= 0.16 * peak]
        for left, right in pairwise(humps):
            frame = _pair(mask, height, left=left, right=right, humps=humps)
            if frame is not None and (best is None or frame.confidence > best.confidence + 0.02):
                best = frame
    return best


def _pair(mask: Mask, height: Heights, *, left: Run, right: Run, humps: list[Run]) -> Frame | None:
    """The two humps as lenses, or None where size, valley or bridge contradict that."""
    peaks = [float(height[run[0] : run[1]].max()) for run in (left, right)]
    widths = [run[1] - run[0] for run in (left, right)]
    valley = height[left[1] : right[0]]
    gap = right[0] - left[1]
    if min(widths) < 0.38 * max(widths) or min(peaks) < 0.6 * max(peaks) or gap > 0.9 * max(widths):
        return None
    if min(widths) < 0.5 * min(peaks) or not _is_high(mask, left=left, right=right):
        return None
    depth = 1 - float(valley.min()) / min(peaks)
    if depth < 0.22:
        return None
    outer = (_outwards(height, left[0], -1, peaks[0]), _outwards(height, right[1] - 1, 1, peaks[1]) + 1)
    whole = ((outer[0], left[1]), (right[0], outer[1]))
    agreement = 1.0 if len(humps) == 2 else 0.75
    symmetry = _symmetry(height[whole[0][0] : whole[0][1]], height[whole[1][0] : whole[1][1]][::-1])
    rows = np.flatnonzero(mask.any(axis=1))
    level = min(peaks) / (rows[-1] - rows[0] + 1)
    return Frame(*whole, (left[1], right[0]), symmetry, depth, agreement, float(level))


def _is_high(mask: Mask, *, left: Run, right: Run) -> bool:
    """True when what is between the lenses lies in the upper part of them: a bridge, not a folded temple."""
    rows = np.flatnonzero(mask[:, left[0] : right[1]].any(axis=1))
    lenses = np.concatenate([mask[:, left[0] : left[1]], mask[:, right[0] : right[1]]], axis=1)
    lens_rows = np.flatnonzero(lenses.sum(axis=1) > 0.25 * lenses.sum(axis=1).max())
    between = mask[:, left[1] : right[0]]
    if rows.size == 0 or lens_rows.size == 0 or not between.any():
        return False
    weights = between.sum(axis=1).astype(np.float64)
    middle = float((np.arange(weights.size) * weights).sum() / weights.sum())
    return bool(middle < lens_rows[0] + 0.62 * (lens_rows[-1] - lens_rows[0]))


def _outwards(height: Heights, start: int, step: int, peak: float) -> int:
    """Last column from `start` outwards that is still lens: temples are lower than a quarter of it."""
    column = start
    while 0 <= column + step < height.size and height[column + step] >= _TAIL * peak:
        column += step
    return column


def _symmetry(first: Heights, second: Heights) -> float:
    """How alike two humps are once brought to the same width and height, 0..1; both run from outside to the nose."""
    grid = np.linspace(0, 1, 64)
    shapes = [np.interp(grid, np.linspace(0, 1, hump.size), hump / hump.max()) for hump in (first, second)]
    return float(np.clip(1 - 1.6 * np.abs(shapes[0] - shapes[1]).mean(), 0, 1))


def _runs(flags: Mask) -> list[Run]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _crop_box(frame: Frame, *, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Near (wider, else left) lens with the bridge and a margin; all rows of the frame."""
    widths = (frame.left[1] - frame.left[0], frame.right[1] - frame.right[0])
    is_left = widths[0] >= 0.97 * widths[1]
    start, end = (frame.left[0], frame.bridge[1]) if is_left else (frame.bridge[0], frame.right[1])
    margin = round(_MARGIN * (widths[0] if is_left else widths[1]))
    start, end = max(0, start - margin), min(size[0], end + margin)
    return start, 0, end - start, size[1]
