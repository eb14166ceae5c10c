"""Checks on areas: holes, islands, parts left out, backdrop or shadow left in, contact with the frame."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.measurement import Measurement, located
from processing.scoring.view import Area

Mask = NDArray[np.bool_]
_BLOCK = np.ones((3, 3), np.uint8)

# Codes by which a pixel must differ from every shade of the backdrop to be something else than backdrop.
OTHER_CODES = 11.0
# Light of the paper kept: above this a flat area is bare backdrop, below it is in shadow.
BARE_LIGHT = 0.94
# Share of the rim (of a disc of the same area) that must be open: below the first nothing counts, above the second all.
OPEN_RIM = (0.10, 0.35)
# Share of a hole's rim without an edge in the photo: below the first it is an opening, above the second a fault.
UNDRAWN_RIM = (0.15, 0.40)


@dataclass(frozen=True)
class _Parts:
    """Connected components: label image, and per label area and whether it touches the frame (label 0 is the rest)."""

    labels: NDArray[np.int32]
    areas: NDArray[np.int64]
    framed: Mask

    @property
    def count(self) -> int:
        return len(self.areas)


def _split(mask: Mask) -> _Parts:
    _count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    height, width = mask.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    framed = (left == 0) | (top == 0) | (right == width) | (bottom == height)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.int64)
    areas[0] = 0
    return _Parts(np.asarray(labels, np.int32), areas, np.asarray(framed, bool))


def _share_of(parts: _Parts, mask: Mask) -> NDArray[np.float64]:
    """Per component the share of its pixels that are in the mask."""
    inside = np.bincount(parts.labels.ravel(), weights=mask.ravel(), minlength=parts.count)
    return np.asarray(inside / np.maximum(parts.areas, 1), np.float64)


def _grown(mask: Mask, radius_px: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius_px + 1, 2 * radius_px + 1), np.uint8)) > 0)


def _opened(mask: Mask) -> Mask:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _BLOCK) > 0)


def _other(area: Area) -> Mask:
    """Pixels that no shade of the backdrop explains."""
    return np.asarray(area.shaded > max(OTHER_CODES, 3.0 * area.noise))


def _rim_labels(parts: _Parts) -> NDArray[np.int32]:
    """Labels grown by two pixels, kept only where no component is: the rim around each of them."""
    grown = cv2.dilate(parts.labels.astype(np.float32), np.ones((5, 5), np.uint8)).astype(np.int32)
    return np.where(parts.labels == 0, grown, 0).astype(np.int32)


def measure_hole(area: Area) -> Measurement:
    """HOLE: closed areas with alpha below one half whose photo is not backdrop, as a share of the product.

    An opening through which the backdrop is seen is right and not counted; nor is one whose rim the photo draws.
    Blind to holes below 4 pixels at 400 px and to those whose rim happens to follow a printed line.
    """
    parts = _split(area.alpha < 0.5)
    rim = _rim_labels(parts)
    drawn = np.bincount(rim.ravel(), weights=(area.rough >= area.flat).ravel(), minlength=parts.count)
    undrawn = 1 - drawn / np.maximum(np.bincount(rim.ravel(), minlength=parts.count), 1)
    other = _share_of(parts, _other(area))
    weight = np.where(other > 0.85, 1.0, np.clip((undrawn - UNDRAWN_RIM[0]) / (UNDRAWN_RIM[1] - UNDRAWN_RIM[0]), 0, 1))
    weight[parts.framed | (parts.areas < 4)] = 0
    weight[0] = 0
    plane = weight[parts.labels].astype(np.float32)
    return located("HOLE", float(plane.sum()) / area.product_px, "of product", plane)


def measure_island(area: Area) -> Measurement:
    """ISLAND: parts of the alpha that stand apart and look like backdrop, as a share of the product.

    The largest part is the product; others are right when the photo shows something there (a pair, an earring).
    """
    parts = _split(area.alpha > 0.2)
    if parts.count < 3:
        return Measurement("ISLAND", 0.0, "of product")
    stray = _share_of(parts, ~_other(area)) > 0.6
    stray[[0, int(parts.areas.argmax())]] = False
    plane = np.where(stray[parts.labels], area.alpha, 0).astype(np.float32)
    return located("ISLAND", float(plane.sum()) / area.product_px, "of product", plane)


def measure_part_missing(area: Area) -> Measurement:
    """PART_MISSING: photo outside the alpha that no shade of the backdrop explains, as a share of the product.

    A component counts when it adjoins the product or stands free of the frame; clutter at the frame does not.
    Blind to parts in the backdrop's own colour or a shade of it, and to strips below 2 % of the picture's width.
    """
    product = area.alpha > 0.1
    near = _grown(product, 2)
    parts = _split(_opened(_other(area) & ~near))
    adjoining = _share_of(parts, _grown(near, 3)) > 0
    counted = (adjoining | ~parts.framed) & (parts.areas >= 12)
    counted[0] = False
    plane = np.where(counted[parts.labels], area.shaded, 0).astype(np.float32)
    return located("PART_MISSING", float((plane > 0).sum()) / area.product_px, "of product", plane)


def measure_left_in(area: Area) -> list[Measurement]:
    """RESIDUE and SHADOW_LEFT: flat areas of the alpha in a shade of the backdrop, as shares of the product.

    They must reach the outside without crossing an edge in the photo, along a good part of their rim: one weak spot of
    a true edge must not let a grey product be taken for shadow. Light above 0.94 of the paper's is RESIDUE.
    Blind to backdrop closed in by product (a filled handle) and to textured backdrops.
    """
    shade = ~_other(area) & (area.rough < area.flat)
    parts = _split(np.asarray(shade & (area.alpha > 0.06)))
    outside = _grown(area.alpha < 0.04, 1) & shade
    border = np.bincount(parts.labels[outside], minlength=parts.count)
    open_rim = border / np.maximum(3.54 * np.sqrt(parts.areas), 1)
    counted: NDArray[Any] = parts.areas * np.clip((open_rim - OPEN_RIM[0]) / (OPEN_RIM[1] - OPEN_RIM[0]), 0, 1)
    counted[0] = 0
    light = np.bincount(parts.labels.ravel(), weights=area.light.ravel(), minlength=parts.count) / np.maximum(
        parts.areas, 1
    )
    cover = np.bincount(parts.labels.ravel(), weights=area.alpha.ravel(), minlength=parts.count) / np.maximum(
        parts.areas, 1
    )
    counted = counted * cover
    return [
        _left("RESIDUE", np.where(light > BARE_LIGHT, counted, 0), parts, area),
        _left("SHADOW_LEFT", np.where(light > BARE_LIGHT, 0, counted), parts, area),
    ]


def _left(code: str, counted: NDArray[Any], parts: _Parts, area: Area) -> Measurement:
    plane = np.where((counted > 0)[parts.labels], area.alpha, 0).astype(np.float32)
    return located(code, float(counted.sum()) / area.product_px, "of product", plane)


def measure_frame_contact(alpha: NDArray[np.uint8], *, frame_px: float, length_px: float) -> Measurement:
    """FRAME_CONTACT: length of the outline that lies on the frame, as a share of the whole outline."""
    border = np.zeros(alpha.shape, np.float32)
    border[:2], border[-2:] = alpha[:2], alpha[-2:]
    border[:, :2], border[:, -2:] = alpha[:, :2], alpha[:, -2:]
    share = frame_px / max(length_px, 1.0)
    return located("FRAME_CONTACT", share, "of outline", np.where(border > 127, border, 0))
