"""Connected parts of a mask, and what can be said of each: pure helpers of the checks on areas."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.view import Area

Mask = NDArray[np.bool_]
BLOCK = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Parts:
    """Connected components: label image, and per label area and whether it touches the frame (label 0 is the rest)."""

    labels: NDArray[np.int32]
    areas: NDArray[np.int64]
    framed: Mask

    @property
    def count(self) -> int:
        return len(self.areas)


def split(mask: Mask, *, connectivity: int = 8) -> Parts:
    _count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=connectivity)
    height, width = mask.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    framed = (left == 0) | (top == 0) | (right == width) | (bottom == height)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.int64)
    areas[0] = 0
    return Parts(np.asarray(labels, np.int32), areas, np.asarray(framed, bool))


def share_of(parts: Parts, mask: Mask) -> NDArray[np.float64]:
    """Per component the share of its pixels that are in the mask."""
    inside = np.bincount(parts.labels[mask], minlength=parts.count)
    return np.asarray(inside / np.maximum(parts.areas, 1), np.float64)


def grown(mask: Mask, radius_px: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius_px + 1, 2 * radius_px + 1), np.uint8)) > 0)


def opened(mask: Mask) -> Mask:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, BLOCK) > 0)


def drawn_rim(parts: Parts, area: Area, *, beyond: Mask | None = None) -> NDArray[np.float64]:
    """Share of the two pixels around each component (of those in `beyond`, if given) where the photo has an edge."""
    wider = wider_labels(parts)
    around = np.asarray((wider > 0) & (parts.labels == 0))
    if beyond is not None:
        around &= beyond
    rim = wider[around]
    drawn = np.bincount(rim[area.rough[around] >= area.flat], minlength=parts.count)
    return np.asarray(drawn / np.maximum(np.bincount(rim, minlength=parts.count), 1), np.float64)


def steep_rim(parts: Parts, area: Area, *, depth: float, beyond: Mask) -> NDArray[np.float64]:
    """Share of the same pixels where the photo falls at once by so much of the component's own mean distance from the backdrop.

    An edge falls by half of it or more, the penumbra of a shadow, however deep, by a few hundredths.
    """
    wider = wider_labels(parts)
    around = np.asarray((wider > 0) & (parts.labels == 0) & beyond)
    rim = wider[around]
    least = np.maximum(area.flat, depth * mean_of(parts, area.plain))
    steep = np.bincount(rim[area.rough[around] >= least[rim]], minlength=parts.count)
    return np.asarray(steep / np.maximum(np.bincount(rim, minlength=parts.count), 1), np.float64)


def wider_labels(parts: Parts, px: int = 2) -> NDArray[np.uint16]:
    """The label image with so many pixels around each component."""
    block = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
    return np.asarray(cv2.dilate(parts.labels.astype(np.uint16), block), np.uint16)


def rim_share(parts: Parts, near: Mask) -> NDArray[np.float64]:
    """Per component its pixels in `near` over the circumference of a disc of its area."""
    count = np.bincount(parts.labels[near], minlength=parts.count)
    return np.asarray(count / np.maximum(3.54 * np.sqrt(parts.areas), 1), np.float64)


def mean_of(parts: Parts, plane: NDArray[Any]) -> NDArray[np.float64]:
    """Mean of the plane within each component; only what is in one is read: a tenth of the time where they are small."""
    within = np.asarray(parts.labels > 0)
    summed = np.bincount(parts.labels[within], weights=plane[within], minlength=parts.count)
    return np.asarray(summed / np.maximum(parts.areas, 1), np.float64)
