"""Checks on areas: holes, islands, parts left out, contact with the frame."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.components import (
    Mask,
    Parts,
    drawn_rim,
    grown,
    mean_of,
    opened,
    share_of,
    split,
    steep_rim,
    wider_labels,
)
from processing.scoring.measurement import Measurement, located
from processing.scoring.view import Area, Floats, largest

# Share of a hole's rim without an edge in the photo: below the first it is an opening, above the second a fault.
UNDRAWN_RIM = (0.15, 0.40)
# Fewest pixels on either side of a rim's eighth whose mean says anything.
RIM_PX = 5
# Codes by which a closed gap may be lighter than the predicted backdrop, in all bands, before it is none.
BRIGHTER_CODES = (4.0, 9.0)
# Mean step along a line (codes): up to the first nothing is drawn there, from the second on something surely is.
EVEN_STEP = (1.5, 4.0)
EVEN_EIGHTHS = (4.0, 8.0)
# Alpha may miss the least possible value by this much: shade on what is seen through glass, rounding, small scale.
THIN_TOLERANCE = 0.15
# Fewest pixels of a hole, and how far around it alpha is missing, too.
LEAST_HOLE_PX, FADE_PX = 4, 3
# A deep shadow: light below the first, and less than the third of the rim that lies away from the product falls by the second
# of the shadow's depth at once. Most shadows have no such rim at all, dark parts that were cut off have 0.06 and more.
DEEP_LIGHT, STEEP_FALL, SOFT_RIM = 0.45, 0.1, 0.08
# Below this alpha a place is an opening or a hole, not product made thin.
OPEN_ALPHA = 0.3


def measure_hole(area: Area) -> Measurement:
    """HOLE: closed areas with alpha below one half that are no openings, and what alpha lacks around them, as a share of the product.

    An opening shows backdrop (some shade of it, flat, not darker than 45 % of its light, not lighter) and the photo draws its rim:
    at each place or on the mean of the whole line.
    Product made partly transparent counts by as much as its alpha is too low for the photo's colour.
    Blind to holes below 4 pixels at 400 px, and to flat ones whose rim happens to follow a printed line.
    Unit share of the product. Range 0 up, above 1 for a frame. Source: own measure; 5 ms a megapixel.
    """
    plane = hole_plane(area)
    return located("HOLE", float(plane.sum()) / area.product_px, "of product", plane)


def _no_step_at_rim(parts: Parts, beyond: Mask, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely the photo has no step between its rim and what adjoins it in `beyond`.

    A line that belongs to the product shows one on the mean of the whole line, even where it is too faint to be seen at any
    single place; a line that somebody drew through an even area shows none. A product may be lighter than its paper on
    one side and darker on the other, so each eighth of the way round is asked as well. 0 for components below 40 px.
    """
    outside = np.where((parts.labels == 0) & beyond, wider_labels(parts), 0)
    inside = np.where(grown(beyond, 2), parts.labels, 0)
    centres = _centres(parts)
    means, counts = zip(*(_by_eighth(side, centres, area.relief) for side in (inside, outside)), strict=True)
    whole = [
        (mean * count).sum(axis=1) / np.maximum(count.sum(axis=1), 1) for mean, count in zip(means, counts, strict=True)
    ]
    told = np.minimum(*counts) >= RIM_PX
    apart = np.where(told, np.abs(means[0] - means[1]), 0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    even = _falling(np.abs(whole[0] - whole[1]), EVEN_STEP) * _falling(apart, EVEN_EIGHTHS)
    return np.where(parts.areas >= 40, even, 0.0)


def _centres(parts: Parts) -> NDArray[np.float64]:
    """(n, 2) mean row and column of each component."""
    rows, columns = np.nonzero(parts.labels)
    place = parts.labels[rows, columns]
    summed = [np.bincount(place, weights=along, minlength=parts.count) for along in (rows, columns)]
    return np.stack(summed, axis=1) / np.maximum(parts.areas, 1)[:, None]


def _by_eighth(
    rim: NDArray[Any], centres: NDArray[np.float64], values: Floats
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean of the values and number of pixels, (n, 8), of each component's rim by its direction from the centre."""
    rows, columns = np.nonzero(rim)
    label = rim[rows, columns].astype(np.int64)
    angle = np.arctan2(rows - centres[label, 0], columns - centres[label, 1])
    eighth = np.minimum(((angle / np.pi + 1) * 4).astype(np.int64), 7)
    place = label * 8 + eighth
    size = len(centres) * 8
    count = np.bincount(place, minlength=size)
    mean = np.bincount(place, weights=values[rows, columns], minlength=size) / np.maximum(count, 1)
    return mean.reshape(-1, 8), count.reshape(-1, 8)


def hole_plane(area: Area) -> Floats:
    """How much of each pixel is missing by a hole or by thinness, 0..1."""
    # Only sideways: a wall of a pixel that runs aslant closes a hole, too.
    parts = _closed(split(area.alpha < 0.5, connectivity=4))
    if parts.count < 2:
        return _too_thin(area)
    solid = np.asarray(area.alpha >= 0.5)
    undrawn = 1 - drawn_rim(parts, area, beyond=solid)
    light = mean_of(parts, area.light)
    weight = np.clip((undrawn - UNDRAWN_RIM[0]) / (UNDRAWN_RIM[1] - UNDRAWN_RIM[0]), 0, 1)
    weight = np.maximum(weight, _ragged(parts, area))
    weight = np.maximum(weight, _no_step_at_rim(parts, solid, area))
    weight[share_of(parts, area.other) > 0.85] = 1.0
    weight[light < 0.45] = 1.0
    weight = np.maximum(weight, _brighter(parts, area))
    weight[0] = 0
    lost = weight[parts.labels].astype(np.float32)
    return np.maximum(np.maximum(lost, _fading_around(lost, area)), _too_thin(area)).astype(np.float32)


def _fading_around(lost: NDArray[np.float32], area: Area) -> NDArray[np.float32]:
    """What alpha lacks right around a hole: one that an engine doubted fades in, and its core is the smaller part of it."""
    reach = np.ones((2 * FADE_PX + 1, 2 * FADE_PX + 1), np.uint8)
    return np.asarray(cv2.dilate(lost, reach) * (1 - area.alpha) * area.outlined, np.float32)


def _closed(parts: Parts) -> Parts:
    """Those that do not reach the frame and are large enough to be seen, numbered anew."""
    kept = ~parts.framed & (parts.areas >= LEAST_HOLE_PX)
    kept[0] = False
    place = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    areas = np.concatenate([[0], parts.areas[kept]])
    return Parts(place[parts.labels], areas, np.zeros(len(areas), bool))


def _too_thin(area: Area) -> NDArray[np.float32]:
    """By how much alpha falls short, inside the outline, of the least that can make the photo's colour there."""
    inside = cv2.erode(area.outlined, np.ones((5, 5), np.uint8)) > 0
    inside &= ~grown(area.alpha < OPEN_ALPHA, 3)
    short = np.clip(area.least_alpha - area.alpha - THIN_TOLERANCE, 0, 1)
    return np.where(inside, short, 0).astype(np.float32)


def _brighter(parts: Parts, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely it is lighter than the paper can be. Paper in an opening lies in shade, never in more
    light than the paper around: a highlight or a white print that was cut through."""
    above = mean_of(parts, -largest(area.backdrop - area.photo))
    return np.clip((above - BRIGHTER_CODES[0]) / (BRIGHTER_CODES[1] - BRIGHTER_CODES[0]), 0, 1)


def _falling(value: NDArray[np.float64], ramp: tuple[float, float]) -> NDArray[np.float64]:
    """1 up to the first bound, 0 from the second on."""
    return np.clip((ramp[1] - value) / (ramp[1] - ramp[0]), 0, 1)


def _ragged(parts: Parts, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely something else than flat paper is in its middle: lines, or what is no shade of the paper.

    Lines are seen 5 px away from where they are, colours 2 px.
    """
    drawn = _share_within(parts, np.asarray(area.rough >= area.flat), 5)
    return np.clip(np.maximum((drawn - 0.4) / 0.3, (_share_within(parts, area.other, 2) - 0.4) / 0.3), 0, 1)


def _share_within(parts: Parts, mask: Mask, inset_px: int) -> NDArray[np.float64]:
    """Share of the mask in each component, so far inside of its rim; 0 with fewer than 8 pixels there."""
    block = np.ones((2 * inset_px + 1, 2 * inset_px + 1), np.uint8)
    deep = cv2.erode((parts.labels > 0).astype(np.uint8), block) > 0
    count = np.bincount(parts.labels[deep], minlength=parts.count)
    found = np.bincount(parts.labels[deep & mask], minlength=parts.count)
    return np.where(count >= 8, found / np.maximum(count, 1), 0.0)


def measure_island(area: Area) -> Measurement:
    """ISLAND: parts of the alpha that stand apart and look like backdrop, as a share of the product.

    The largest part is the product; others are right when the photo shows something there (a pair, an earring).
    Unit share of the product. Range 0 to 1. Source: own measure; 1 ms a megapixel.
    """
    plane = island_plane(area)
    return located("ISLAND", float(plane.sum()) / area.product_px, "of product", plane)


def island_plane(area: Area) -> Floats:
    """Alpha of the parts that stand apart and look like backdrop."""
    parts = split(area.alpha > 0.2)
    if parts.count < 3:
        return np.zeros(area.alpha.shape, np.float32)
    stray = share_of(parts, ~area.other) > 0.6
    stray[[0, int(parts.areas.argmax())]] = False
    return np.where(stray[parts.labels], area.alpha, 0).astype(np.float32)


def measure_part_missing(area: Area) -> Measurement:
    """PART_MISSING: photo outside the alpha that no shade of the backdrop explains, as a share of the product.

    A component counts when it adjoins the product or stands free of the frame; clutter at the frame does not, nor does a shadow too
    deep for a shade of the backdrop: it ends softly. Blind to parts in the backdrop's own colour or a shade of it, and to strips
    below 2 % of the picture's width.
    Unit share of the product. Range 0 up, above 1 for an empty cut-out. Source: own measure; 1 ms a megapixel.
    """
    plane = missing_plane(area)
    return located("PART_MISSING", float((plane > 0).sum()) / area.product_px, "of product", plane)


def missing_plane(area: Area) -> Floats:
    """Distance from every shade of the backdrop (codes) where a part was left out, 0 elsewhere."""
    product = area.alpha > 0.1
    near = grown(product, 2)
    parts = split(opened(area.other & ~near))
    adjoining = share_of(parts, grown(near, 3)) > 0
    is_soft = steep_rim(parts, area, depth=STEEP_FALL, beyond=~grown(near, 3)) < SOFT_RIM
    counted = (adjoining | ~parts.framed) & (parts.areas >= 12) & ~(is_soft & (mean_of(parts, area.light) < DEEP_LIGHT))
    counted[0] = False
    return np.where(counted[parts.labels], area.shaded, 0).astype(np.float32)


def measure_see_through(area: Area) -> Measurement:
    """SEE_THROUGH: 1 - alpha summed where the photo is far from the backdrop, well inside the outline, over the product.

    Glass shows the backdrop, so its photo is near it and does not count; what differs by more than half of the way to
    black or white and is still part transparent is a solid product made thin, or a dark lens (raise the limit there).
    Blind to the outermost 2 %, to what is thinner than alpha 0.3 (HOLE sees that) and to products of the backdrop's brightness.
    Unit share of the product. Range 0 to 1. Source: alpha bounds of the compositing equation (Porter and Duff 1984); 1 ms a
    megapixel.
    """
    plane = thin_plane(area)
    return located("SEE_THROUGH", float(plane.sum()) / area.product_px, "of product", plane)


def thin_plane(area: Area) -> Floats:
    """1 - alpha where a solid product was made thin, 0 elsewhere."""
    reach = max(3, round(max(area.alpha.shape) / 50)) | 1
    inside = cv2.erode(area.outlined, np.ones((reach, reach), np.uint8)) > 0
    inside &= ~grown(area.alpha < OPEN_ALPHA, reach // 2)
    return np.where(inside & (area.least_alpha > 0.5) & (area.alpha < 0.98), 1 - area.alpha, 0).astype(np.float32)


def measure_frame_contact(alpha: NDArray[np.uint8], *, frame_px: float, length_px: float) -> Measurement:
    """FRAME_CONTACT: length of the outline that lies on the frame, as a share of the whole outline, or of the way around the
    product's box where that is shorter: the gaps of a chair make its legs no longer.

    Unit share of the outline. Range 0 to 1. Source: own measure; below 1 ms.
    """
    if frame_px <= 0:
        return Measurement("FRAME_CONTACT", 0.0, "of outline")
    border = np.zeros(alpha.shape, np.float32)
    border[:2], border[-2:] = alpha[:2], alpha[-2:]
    border[:, :2], border[:, -2:] = alpha[:, :2], alpha[:, -2:]
    _left, _top, width, height = cv2.boundingRect((alpha > 127).astype(np.uint8))
    share = frame_px / max(min(length_px, 2.0 * (width + height)), 1.0)
    return located("FRAME_CONTACT", share, "of outline", np.where(border > 127, border, 0))
