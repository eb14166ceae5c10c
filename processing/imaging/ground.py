"""How a product meets the ground it stands on, read from its alpha.

Seen from in front and a little above, the lower contour of a standing product is where it touches the ground: the front
of a bottle's round base, the two lower edges of a box seen over its corner, heel and toe of a shoe. The *ground line*
runs along it (see `baseline`); the *gap* between line and contour says how far the product is off the ground in each
column (the arch of a shoe, the bridge of glasses). Tall things on feet apart, chairs and tables, stand on single *feet*,
some of which end above that line, farther back.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.baseline import SOLID, find_baseline
from processing.imaging.linear import Bytes, Floats

Mask = npt.NDArray[np.bool_]

ANALYSIS_PX = 320
_LOW_RISE, _SOLID_BASE = 0.5, 0.9
# What touches the ground over less than that share of its longer side, or whose middle is so far beside what touches (shares of
# that), falls over.
_LEAST_SUPPORT, _MOST_BESIDE = 0.08, 0.1
_TOUCHING = 0.03
# From a cord hardly a column goes up by more than its thickness (share of the longer side); so much of the product is thicker,
# where it does not only cross itself. Glass counts.
_MOST_UPWARDS, _STRING, _LEAST_BODY, _LEAST_PART, _SEEN = 0.05, 0.025, 0.5, 0.03, 15


# Feet behind the line: of what stands on feet apart and is so tall for its width; how far behind they are at most, as a share of
# the width; they go down at least that share of the longer side by themselves, and are no wider than that of the width.
_APART, _LEAST_TALL = 0.5, 0.8
_FAR_BEHIND, _STICKS_OUT, _MOST_FOOT = 0.46, 0.022, 0.25
# A foot touches the line where it is no farther off than that share of the width.
_TIGHT = 0.015


@dataclass(frozen=True)
class Foot:
    """One of feet apart: its first column, the column after its last, and the y where it ends."""

    start: int
    end: int
    y: float


@dataclass(frozen=True)
class Ground:
    """Contact of a product with its ground, in a picture of its alpha of `size` px, analysed at `alpha`'s scale.

    `line`: ground line y for every column, continued flat outside the contact; `gap`: how far the contour is above it;
    `contact`: first and last column of the contact; `depth`: how far the base reaches back, in px as seen on the
    picture; `rise`: share of the picture height that is real height and not depth seen from above; `solidity` 0..1: whether
    it stands on one solid base (box, bottle) or on feet apart (glasses, chair); `feet` those of something tall;
    `slant_deg`: by how much the one long edge of a solid base rises to a side (see `Baseline`);
    `far_edge`: y of the hidden side of a solid base seen over its corner, for every column (else `depth` has to do);
    `lying`: alpha of a cord that lies on the ground before it.
    """

    alpha: Floats
    line: Floats
    gap: Floats
    contact: tuple[int, int]
    depth: float
    rise: float
    solidity: float
    feet: tuple[Foot, ...] = ()
    slant_deg: float = 0.0
    far_edge: Floats | None = None
    lying: Floats | None = None

    @property
    def base_depth(self) -> float:
        """How far back the base reaches from the foot, as share of the picture's height: little for a bottle, most of it
        for a wallet looked down upon."""
        return min(1.0, 1.3 * (1 - self.rise))

    @property
    def is_solid(self) -> bool:
        """Whether it stands on one solid base."""
        return self.solidity >= _SOLID_BASE

    @property
    def is_low(self) -> bool:
        """Whether it lies on one solid base that makes up most of what is seen, and of which nothing is known but the product's
        outline: a tray, a book, a folded blanket."""
        return self.rise <= _LOW_RISE and self.is_solid and self.far_edge is None

    @property
    def falls_over(self) -> bool:
        """Whether it cannot have stood like this: on a point, or with its weight beside its foot."""
        size = max(self.alpha.shape)
        columns = np.arange(self.gap.size)
        touching = _touching(self.gap, self.contact, size=size)
        first, last = float(touching[0]), float(touching[-1])
        middle = float((self.alpha.sum(axis=0) * columns).sum() / max(float(self.alpha.sum()), 1.0))
        beside = max(first - middle, middle - last) / max(last - first, 1.0)
        return last - first < _LEAST_SUPPORT * size or beside > _MOST_BESIDE

    def scale_to(self, size: tuple[int, int]) -> tuple[float, float]:
        """Factors (x, y) from this analysis to the whole cutout at `size` px. They differ: a narrow product is a few dozen
        columns wide here, and rounding those moves its foot by several px of a large canvas."""
        return size[0] / self.alpha.shape[1], size[1] / self.alpha.shape[0]


def find_ground(alpha: Bytes) -> Ground | None:
    """Ground of a product from its alpha (uint8, box of the product). None when there is nothing solid."""
    small = _analysis_size(alpha)
    cord = _cord(small)
    base = find_baseline(small if cord is None else np.where(cord, np.uint8(0), small))
    if base is None:
        return None
    line, (first, last) = base.bridged(), base.contact
    solidity = _solidity(base.off(line)[first : last + 1] / max(small.shape))
    if base.is_from_above and solidity >= _APART:
        line = base.followed()
    foot = float(base.hull[:, 1].max() if cord is None else small.shape[0])
    depth, rise = _extent(small, hull=base.hull, contact=(first, last), foot=foot)
    depth *= 0.4 + 0.6 * solidity
    is_on_legs = solidity < _APART and small.shape[0] >= _LEAST_TALL * small.shape[1]
    gap = base.off(line)
    feet = (*_near_feet(line, gap, (first, last)), *_far_feet(small >= SOLID, line)) if is_on_legs else ()
    real = small.astype(np.float32) / np.float32(255)
    lying = None if cord is None else cast(Floats, real * _below(cord, line))
    is_solid = solidity >= _SOLID_BASE
    far_edge = base.far_edge() if base.is_corner and is_solid else None
    slant = base.slant_deg if is_solid else 0.0
    return Ground(real, line, gap, (first, last), depth, rise, solidity, feet, slant, far_edge, lying)


def _analysis_size(alpha: Bytes) -> Bytes:
    height, width = alpha.shape
    scale = ANALYSIS_PX / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return cast(Bytes, cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))


def _near_feet(line: Floats, gap: Floats, contact: tuple[int, int]) -> tuple[Foot, ...]:
    """What touches the line over a stretch as narrow as a foot."""
    columns = np.arange(gap.size)
    touching = (gap <= _TIGHT * gap.size) & (columns >= contact[0]) & (columns <= contact[1])
    runs = [run for run in runs_of(touching) if run[1] - run[0] < _MOST_FOOT * gap.size]
    return tuple(Foot(start, end, float(line[start:end].mean())) for start, end in runs)


def _far_feet(solid: Mask, line: Floats) -> tuple[Foot, ...]:
    """What ends downwards like a foot behind the line."""
    height, width = solid.shape
    reach = max(2, round(_STICKS_OUT * max(height, width)))
    below = np.vstack([solid[1:], np.zeros((1, width), np.bool_)])
    held = cv2.dilate(below.view(np.uint8), np.ones((1, 3), np.uint8)).astype(np.bool_)
    feet = []
    for y in range(max(reach, int(line.max() - _FAR_BEHIND * width)), height):
        for start, end in runs_of(solid[y] & (line > y + 1 + _TIGHT * width)):
            if not held[y, start:end].any() and _is_foot(solid[y - reach : y + 1], held[y], start, _MOST_FOOT * width):
                feet.append(Foot(start, end, float(y + 1)))
    return tuple(feet)


def _is_foot(above: Mask, held: npt.NDArray[np.bool_], start: int, most_wide: float) -> bool:
    """Whether what ends in the last of these rows at the column `start` goes up through all of them, narrow and joined to
    nothing that has something below."""
    _, parts = cv2.connectedComponents(above.view(np.uint8), connectivity=8)
    own = parts == parts[-1, start]
    columns = np.flatnonzero(own.any(axis=0))
    return bool(own[0].any() and not (own[-1] & held).any() and columns[-1] - columns[0] < most_wide)


def runs_of(row: Mask) -> list[tuple[int, int]]:
    """Stretches (start, end) of a row that are covered."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.view(np.int8), [0]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _below(mask: Mask, line: Floats) -> Mask:
    return mask & (np.arange(mask.shape[0])[:, None] >= line)


def _touching(gap: Floats, contact: tuple[int, int], *, size: int) -> npt.NDArray[np.intp]:
    """Columns within the contact that are hardly off the ground."""
    first, last = contact
    return first + np.flatnonzero(gap[first : last + 1] < _TOUCHING * size)


def _cord(alpha: Bytes) -> Mask | None:
    """What lies before a product that would have to stand on it otherwise: a cord, which hardly anything goes up from. None
    where there is no such thing, or little else."""
    base, size = find_baseline(alpha), max(alpha.shape)
    if base is None:
        return None
    seen, thin = alpha > _SEEN, round(_STRING * size)
    upwards = seen[::-1, _touching(base.off(base.bridged()), base.contact, size=size)]
    above = np.minimum(upwards.argmax(axis=0)[None] + np.arange(1, thin + 1)[:, None], seen.shape[0] - 1)
    if np.take_along_axis(upwards, above, axis=0).all(axis=0).mean() > _MOST_UPWARDS:
        return None
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thin + 1, thin + 1))
    _, parts, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(seen.view(np.uint8), cv2.MORPH_OPEN, disc))
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = 1 + np.flatnonzero(areas >= _LEAST_PART * seen.sum())
    return seen & ~np.isin(parts, large) if areas.sum() >= _LEAST_BODY * seen.sum() else None


def _solidity(gap: Floats) -> float:
    """From the share of the contact's columns that touch: 1 from four fifths on, 0 below two fifths."""
    touching = float(np.count_nonzero(gap < _TOUCHING)) / max(gap.size, 1)
    return min(max((touching - 0.4) / 0.4, 0.0), 1.0)


def _extent(
    alpha: Bytes, *, hull: npt.NDArray[np.float64], contact: tuple[int, int], foot: float
) -> tuple[float, float]:
    """Depth of the base in px and the share of the height that is real.

    A base seen from above shows its front as a bulge of the ground line below the line between its ends; the back is
    taken to mirror it. Without a bulge the depth is a sixth of the width of the contact, a flat view of something as
    deep as it is wide. What the ends of the ground line lie above `foot`, its lowest point or
    that of a cord before it, is depth, not height.
    """
    width = max(contact[1] - contact[0], 2)
    ends = np.interp(hull[:, 0], hull[[0, -1], 0], hull[[0, -1], 1])
    bulge = float((hull[:, 1] - ends).max())
    depth = min(max(2 * bulge, width / 6), 0.6 * width)
    climb = foot - float(hull[[0, -1], 1].min())
    height = float(alpha.shape[0])
    rise = 1 - min(0.85, max(climb, bulge) * 1.6 / max(height, 1.0))
    return depth, rise
