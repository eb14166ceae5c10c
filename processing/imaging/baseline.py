"""The line on which a product meets the ground, from the lower contour of its alpha.

Where the camera stood hardly above the table it is the lower convex hull of that contour, as far as it stays flat. A base seen
over its corner from higher up (a box, a pair of shoes) has one long edge, flat, and one that goes back steeply: such an edge
belongs to it too, and what the hull bridges there is no air but ground beside the base, as between two shoes.
"""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.linear import Bytes, Floats

Points = npt.NDArray[np.float64]

SOLID = 96
# Steeper than this, a lower contour is a side of the product and not an edge of its base.
_MAX_SLOPE = 0.62
# Only of a base seen over its corner there are edges as steep as that, at least so many times as steep as its other edge.
_MAX_CORNER_SLOPE, _LEAST_UNEVEN = 1.2, 2.0
# The steep edge is longer than what is flat of it by that share of the width; the other edge is no shorter than that.
_LEAST_EDGE = 0.1
# Slope times slope of the edges of a right-angled base is the squared sine of how far the camera looked down: 14 to 36 degrees.
_FROM_ABOVE = (0.06, 0.35)
# One long edge on the ground: its low end is so near to an end of the contact, and it bends by no more (shares of its length).
_AT_END, _MOST_BENT = 0.15, 0.07
# The hull bridges no more than that, as a share of its length, where the contour is the base's own: else it is air.
_MOST_BRIDGED = 0.12


@dataclass(frozen=True)
class Baseline:
    """`hull` (n, 2): the corners (x, y) of the lower hull as far as it is base; `lowest` is y of the contour for every column,
    far above the picture of `height_px` where there is nothing. `is_from_above`: the base goes back on both sides of its
    lowest point, as seen from 14 degrees up or more; `is_corner`: on one of them more steeply than a round one does."""

    hull: Points
    lowest: npt.NDArray[np.float64]
    height_px: int
    is_from_above: bool
    is_corner: bool

    @property
    def contact(self) -> tuple[int, int]:
        """First and last column of the base."""
        return int(self.hull[0, 0]), int(self.hull[-1, 0])

    @property
    def slant_deg(self) -> float:
        """By how much the one long straight edge that the product stands on rises to a side, counter-clockwise positive; 0 where
        there is no such edge, or two of them, as of a box seen over its corner. What goes in above the hull, the arch of a sole,
        says nothing."""
        first, last = self.contact
        line = self.bridged()[first : last + 1]
        foot = int(line.argmax())
        far = len(line) - 1 if 2 * foot < len(line) else 0
        run = abs(far - foot)
        if run < (1 - _AT_END) * (len(line) - 1) or run < 2:
            return 0.0
        edge = line[min(foot, far) : max(foot, far) + 1]
        bent = float((edge - np.linspace(edge[0], edge[-1], edge.size)).max()) / run
        return math.degrees(math.atan(float(line[foot] - line[far]) / (far - foot))) if bent <= _MOST_BENT else 0.0

    def bridged(self) -> Floats:
        """y of the hull for every column, continued flat beside the base."""
        columns = np.arange(self.lowest.size, dtype=np.float64)
        return np.interp(columns, self.hull[:, 0], self.hull[:, 1]).astype(np.float32)

    def far_edge(self) -> Floats:
        """y of the edge that the product hides, for every column: of a right-angled base it is the line turned by 180 degrees."""
        columns = np.arange(self.lowest.size, dtype=np.float64)
        turned = self.hull[[0, -1]].sum(axis=0) - self.hull[::-1]
        return cast(Floats, np.interp(columns, turned[:, 0], turned[:, 1]).astype(np.float32))

    def off(self, line: Floats) -> Floats:
        """How far the contour is above such a line in every column."""
        return cast(Floats, np.clip(line - self.lowest, 0, self.height_px).astype(np.float32))

    def followed(self) -> Floats:
        """The same, drawn up to the contour where the base itself goes in."""
        line = self.bridged()
        first, last = self.contact
        off = self.off(line)
        limit = _MOST_BRIDGED * (last - first)
        share = np.clip(2 - off / limit, 0, 1)
        share[:first] = share[last + 1 :] = 0
        sigma = max(0.008 * line.size, 0.6)
        drawn = cv2.GaussianBlur((share * np.minimum(off, 2 * limit))[None], (0, 0), sigma, sigmaY=0.1)[0]
        return cast(Floats, (line - drawn).astype(np.float32))


def find_baseline(alpha: Bytes) -> Baseline | None:
    """Base of a product from its alpha (uint8, h, w). None when hardly anything in it is solid."""
    columns, contour = _lower_contour(alpha)
    if columns.size < 3:
        return None
    hull = _lower_hull(np.column_stack([columns, contour]))
    foot = int(hull[:, 1].argmax())
    ends = _flat_ends(hull, foot)
    corner = _corner_ends(hull, foot, flat=ends)
    first, last = corner or ends
    lowest = np.full(alpha.shape[1], -1e3)
    lowest[columns] = contour
    is_from_above = _looked_down(hull, foot, first, last)
    return Baseline(hull[first : last + 1], lowest, alpha.shape[0], is_from_above, is_corner=corner is not None)


def _flat_ends(hull: Points, foot: int) -> tuple[int, int]:
    return _arm(hull, foot, -1, most=_MAX_SLOPE), _arm(hull, foot, 1, most=_MAX_SLOPE)


def _corner_ends(hull: Points, foot: int, *, flat: tuple[int, int]) -> tuple[int, int] | None:
    """Where the hull's arms end if they are the edges of one base, seen over its corner, and one of them is steep."""
    first, last = (_arm(hull, foot, step, most=_MAX_CORNER_SLOPE) for step in (-1, 1))
    least_px = _LEAST_EDGE * (hull[-1, 0] - hull[0, 0])
    for ends, steep, other, level in (
        ((first, flat[1]), first, flat[1], flat[0]),
        ((flat[0], last), last, flat[0], flat[1]),
    ):
        is_long = min(abs(hull[steep, 0] - hull[level, 0]), abs(hull[other, 0] - hull[foot, 0])) >= least_px
        is_uneven = _slope(hull[foot], hull[steep]) >= _LEAST_UNEVEN * _slope(hull[foot], hull[other])
        if is_long and is_uneven and _looked_down(hull, foot, *ends):
            return ends
    return None


def _lower_contour(alpha: Bytes) -> tuple[npt.NDArray[np.intp], Points]:
    """Columns that hold something, and the y of the lower edge of the lowest pixel in each."""
    solid = alpha >= SOLID
    columns = np.flatnonzero(solid.any(axis=0))
    from_below = solid[::-1, columns].argmax(axis=0)
    return columns, (alpha.shape[0] - from_below).astype(np.float64)


def _lower_hull(points: Points) -> Points:
    """Lower convex hull (y grows downwards) of points ordered by x."""
    hull: list[Points] = []
    for point in points:
        while len(hull) >= 2 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _turns_up(a: Points, b: Points, c: Points) -> bool:
    """True when b is not below the straight line from a to c."""
    return bool((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0)


def _arm(hull: Points, foot: int, step: int, *, most: float) -> int:
    """Corner of the hull to which one gets from `foot` without an edge steeper than `most`."""
    end = foot
    while 0 <= end + step < len(hull) and _slope(hull[end], hull[end + step]) <= most:
        end += step
    return end


def _looked_down(hull: Points, foot: int, one: int, other: int) -> bool:
    least, most = _FROM_ABOVE
    return least <= _slope(hull[foot], hull[one]) * _slope(hull[foot], hull[other]) <= most


def _slope(a: Points, b: Points) -> float:
    return abs(float(b[1] - a[1])) / max(abs(float(b[0] - a[0])), 1e-6)
