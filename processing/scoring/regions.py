"""Checks on areas: holes, islands, parts left out, backdrop or shadow left in, contact with the frame."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.measurement import Measurement, located
from processing.scoring.view import SHADOW_LIGHT, Area, Floats, largest

Mask = NDArray[np.bool_]
_BLOCK = np.ones((3, 3), np.uint8)

# Light of the paper kept: above this a flat area is bare backdrop, below it is in shadow.
BARE_LIGHT = 0.94
# Share of the rim (of a disc of the same area) that must be open: below the first nothing counts, above the second all.
OPEN_RIM = (0.10, 0.35)
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
# Below this alpha a place is an opening or a hole, not product made thin.
OPEN_ALPHA = 0.3
# Codes between the bands of a paper that has a colour, and by which its hard shadow may miss that colour.
PAPER_CHROMA = 14.0
SAME_CHROMA = 6.5
# Codes by which backdrop seen through a closed gap may miss the predicted backdrop.
ENCLOSED_CODES = 4.0


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


def _drawn_rim(parts: _Parts, area: Area) -> NDArray[np.float64]:
    """Share of the two pixels around each component where the photo has an edge."""
    grown = cv2.dilate(parts.labels.astype(np.float32), np.ones((5, 5), np.uint8)).astype(np.int32)
    rim = np.where(parts.labels == 0, grown, 0).ravel()
    drawn = np.bincount(rim, weights=(area.rough >= area.flat).ravel(), minlength=parts.count)
    return np.asarray(drawn / np.maximum(np.bincount(rim, minlength=parts.count), 1), np.float64)


def measure_hole(area: Area) -> Measurement:
    """HOLE: closed areas with alpha below one half that are no openings, as a share of the product.

    An opening shows backdrop (some shade of it, flat, not darker than 45 % of its light, not lighter) and the photo draws its rim:
    at each place or on the mean of the whole line.
    Product made partly transparent counts by as much as its alpha is too low for the photo's colour.
    Blind to holes below 4 pixels at 400 px, and to flat ones whose rim happens to follow a printed line.
    """
    plane = hole_plane(area)
    return located("HOLE", float(plane.sum()) / area.product_px, "of product", plane)


def _no_step_at_rim(parts: _Parts, beyond: Mask, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely the photo has no step between its rim and what adjoins it in `beyond`.

    A line that belongs to the product shows one on the mean of the whole line, even where it is too faint to be seen at any
    single place; a line that somebody drew through an even area shows none. A product may be lighter than its paper on
    one side and darker on the other, so each eighth of the way round is asked as well. 0 for components below 40 px.
    """
    near = np.ones((5, 5), np.uint8)
    grown = cv2.dilate(parts.labels.astype(np.float32), near).astype(np.int32)
    outside = np.where((parts.labels == 0) & beyond, grown, 0)
    inside = np.where(cv2.dilate(beyond.astype(np.uint8), near) > 0, parts.labels, 0)
    centres = _centres(parts)
    means, counts = zip(*(_by_eighth(side, centres, area.relief) for side in (inside, outside)), strict=True)
    whole = [
        (mean * count).sum(axis=1) / np.maximum(count.sum(axis=1), 1) for mean, count in zip(means, counts, strict=True)
    ]
    told = np.minimum(*counts) >= RIM_PX
    apart = np.where(told, np.abs(means[0] - means[1]), 0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    even = _falling(np.abs(whole[0] - whole[1]), EVEN_STEP) * _falling(apart, EVEN_EIGHTHS)
    return np.where(parts.areas >= 40, even, 0.0)


def _centres(parts: _Parts) -> NDArray[np.float64]:
    """(n, 2) mean row and column of each component."""
    height, width = parts.labels.shape
    across = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :], (height, width))
    down = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], (height, width))
    return np.stack([_mean_of(parts, down), _mean_of(parts, across)], axis=1)


def _by_eighth(
    rim: NDArray[np.int32], centres: NDArray[np.float64], values: Floats
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean of the values and number of pixels, (n, 8), of each component's rim by its direction from the centre."""
    rows, columns = np.nonzero(rim)
    label = rim[rows, columns]
    angle = np.arctan2(rows - centres[label, 0], columns - centres[label, 1])
    eighth = np.minimum(((angle / np.pi + 1) * 4).astype(np.int64), 7)
    place = label * 8 + eighth
    size = len(centres) * 8
    count = np.bincount(place, minlength=size)
    mean = np.bincount(place, weights=values[rows, columns], minlength=size) / np.maximum(count, 1)
    return mean.reshape(-1, 8), count.reshape(-1, 8)


def hole_plane(area: Area) -> Floats:
    """How much of each pixel is missing by a hole or by thinness, 0..1."""
    parts = _split(area.alpha < 0.5)
    undrawn = 1 - _drawn_rim(parts, area)
    light = np.bincount(parts.labels.ravel(), weights=area.light.ravel(), minlength=parts.count)
    weight = np.clip((undrawn - UNDRAWN_RIM[0]) / (UNDRAWN_RIM[1] - UNDRAWN_RIM[0]), 0, 1)
    weight = np.maximum(weight, _ragged(parts, area))
    weight = np.maximum(weight, _no_step_at_rim(parts, area.alpha >= 0.5, area))
    weight[_share_of(parts, area.other) > 0.85] = 1.0
    weight[light < 0.45 * parts.areas] = 1.0
    weight = np.maximum(weight, _brighter(parts, area))
    weight[parts.framed | (parts.areas < 4)] = 0
    weight[0] = 0
    return np.maximum(weight[parts.labels], _too_thin(area)).astype(np.float32)


def _too_thin(area: Area) -> NDArray[np.float32]:
    """By how much alpha falls short, inside the outline, of the least that can make the photo's colour there."""
    inside = _filled(area.alpha > 0.5)
    inside = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inside &= ~_grown(area.alpha < OPEN_ALPHA, 3)
    short = np.clip(area.least_alpha - area.alpha - THIN_TOLERANCE, 0, 1)
    return np.where(inside, short, 0).astype(np.float32)


def _filled(mask: Mask) -> Mask:
    """The mask with everything that it encloses."""
    parts = _split(~mask)
    return np.asarray(mask | (~parts.framed[parts.labels] & (parts.labels > 0)))


def _brighter(parts: _Parts, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely it is lighter than the paper can be. Paper in an opening lies in shade, never in more
    light than the paper around: a highlight or a white print that was cut through."""
    above = _mean_of(parts, -largest(area.backdrop - area.photo))
    return np.clip((above - BRIGHTER_CODES[0]) / (BRIGHTER_CODES[1] - BRIGHTER_CODES[0]), 0, 1)


def _falling(value: NDArray[np.float64], ramp: tuple[float, float]) -> NDArray[np.float64]:
    """1 up to the first bound, 0 from the second on."""
    return np.clip((ramp[1] - value) / (ramp[1] - ramp[0]), 0, 1)


def _ragged(parts: _Parts, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely something is drawn in its middle, where an opening would show flat paper."""
    deep = cv2.erode((parts.labels > 0).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    count = np.bincount(parts.labels[deep], minlength=parts.count)
    drawn = np.bincount(parts.labels[deep & (area.rough >= area.flat)], minlength=parts.count)
    share = drawn / np.maximum(count, 1)
    return np.where(count >= 8, np.clip((share - 0.4) / 0.3, 0, 1), 0.0)


def measure_island(area: Area) -> Measurement:
    """ISLAND: parts of the alpha that stand apart and look like backdrop, as a share of the product.

    The largest part is the product; others are right when the photo shows something there (a pair, an earring).
    """
    plane = island_plane(area)
    return located("ISLAND", float(plane.sum()) / area.product_px, "of product", plane)


def island_plane(area: Area) -> Floats:
    """Alpha of the parts that stand apart and look like backdrop."""
    parts = _split(area.alpha > 0.2)
    if parts.count < 3:
        return np.zeros(area.alpha.shape, np.float32)
    stray = _share_of(parts, ~area.other) > 0.6
    stray[[0, int(parts.areas.argmax())]] = False
    return np.where(stray[parts.labels], area.alpha, 0).astype(np.float32)


def measure_part_missing(area: Area) -> Measurement:
    """PART_MISSING: photo outside the alpha that no shade of the backdrop explains, as a share of the product.

    A component counts when it adjoins the product or stands free of the frame; clutter at the frame does not.
    Blind to parts in the backdrop's own colour or a shade of it, and to strips below 2 % of the picture's width.
    """
    plane = missing_plane(area)
    return located("PART_MISSING", float((plane > 0).sum()) / area.product_px, "of product", plane)


def missing_plane(area: Area) -> Floats:
    """Distance from every shade of the backdrop (codes) where a part was left out, 0 elsewhere."""
    product = area.alpha > 0.1
    near = _grown(product, 2)
    parts = _split(_opened(area.other & ~near))
    adjoining = _share_of(parts, _grown(near, 3)) > 0
    counted = (adjoining | ~parts.framed) & (parts.areas >= 12)
    counted[0] = False
    return np.where(counted[parts.labels], area.shaded, 0).astype(np.float32)


def measure_left_in(area: Area) -> list[Measurement]:
    """RESIDUE and SHADOW_LEFT: flat areas of the alpha in a shade of the backdrop, as shares of the product.

    They must reach the outside without crossing an edge in the photo, along a good part of their rim: one weak spot of
    a true edge must not let a grey product be taken for shadow. On coloured paper an edge may be crossed (hard light),
    because a product of just that chroma is unlikely. Light above 0.94 of the paper's is RESIDUE.
    Backdrop closed in by product counts where it matches the predicted backdrop to the noise.
    Blind to shaded backdrop in closed gaps, to textured backdrops and to hard shadows on grey.
    """
    residue, shadow = left_planes(area)
    return [_left("RESIDUE", residue, area), _left("SHADOW_LEFT", shadow, area)]


def left_planes(area: Area) -> tuple[Floats, Floats]:
    """How surely each pixel is bare backdrop, and backdrop in shadow, 0..1, wherever alpha kept any of it."""
    flat = area.rough < area.flat
    shade = ~area.other & flat
    empty = area.alpha < 0.04
    parts = _split(np.asarray(shade & (area.alpha > 0.06)))
    open_rim = _rim_share(parts, _grown(empty, 1) & shade)
    reaching = np.clip((open_rim - OPEN_RIM[0]) / (OPEN_RIM[1] - OPEN_RIM[0]), 0, 1)
    reaching[0] = 0
    bare = _mean_of(parts, area.light) > BARE_LIGHT
    residue = np.where(bare, reaching, 0)[parts.labels]
    residue = np.maximum(residue, _enclosed(area, flat))
    shadow = np.maximum(np.where(bare, 0, reaching)[parts.labels], _hard_shadow(area, flat, empty))
    return residue.astype(np.float32), shadow.astype(np.float32)


def _enclosed(area: Area, flat: Mask) -> NDArray[np.float64]:
    """1 on bare backdrop that product closes in and alpha keeps by a third or more (a filled handle, a gap in a frame).

    Its rim is drawn in the photo, a highlight's is not. Nothing but its exact colour tells it from a label of the
    paper's white, so it must match to the noise.
    """
    bare = flat & (area.plain < max(ENCLOSED_CODES, 1.5 * area.noise))
    parts = _split(bare & (area.alpha > 0.06))
    large = parts.areas > max(12.0, 0.0005 * area.product_px)
    kept = _mean_of(parts, area.alpha)
    counted = large & (kept > 0.3) & (_rim_share(parts, _grown(area.alpha < 0.04, 1)) < OPEN_RIM[0])
    counted &= _drawn_rim(parts, area) > 0.6
    counted[0] = False
    return np.asarray(counted[parts.labels], np.float64)


def _hard_shadow(area: Area, flat: Mask, empty: Mask) -> NDArray[np.float64]:
    """1 on flat areas near the outside that have exactly the chroma of a coloured paper and less of its light."""
    coloured = largest(area.backdrop) + largest(-area.backdrop) >= PAPER_CHROMA
    dim = (area.light > SHADOW_LIGHT[0]) & (area.light < BARE_LIGHT)
    parts = _split(_opened(coloured & (area.shaded < SAME_CHROMA) & dim & flat & (area.alpha > 0.06)))
    near = _rim_share(parts, _grown(empty, 5)) > OPEN_RIM[1]
    near[0] = False
    return np.asarray(near[parts.labels], np.float64)


def _rim_share(parts: _Parts, near: Mask) -> NDArray[np.float64]:
    """Per component its pixels in `near` over the circumference of a disc of its area."""
    count = np.bincount(parts.labels[near], minlength=parts.count)
    return np.asarray(count / np.maximum(3.54 * np.sqrt(parts.areas), 1), np.float64)


def _mean_of(parts: _Parts, plane: NDArray[Any]) -> NDArray[np.float64]:
    summed = np.bincount(parts.labels.ravel(), weights=plane.ravel(), minlength=parts.count)
    return np.asarray(summed / np.maximum(parts.areas, 1), np.float64)


def _left(code: str, weight: NDArray[Any], area: Area) -> Measurement:
    plane = (weight * area.alpha).astype(np.float32)
    return located(code, float(plane.sum()) / area.product_px, "of product", plane)


def measure_see_through(area: Area) -> Measurement:
    """SEE_THROUGH: 1 - alpha summed where the photo is far from the backdrop, well inside the outline, over the product.

    Glass shows the backdrop, so its photo is near it and does not count; what differs by more than half of the way to
    black or white and is still part transparent is a solid product made thin, or a dark lens (raise the limit there).
    Blind to the outermost 2 %, to what is thinner than alpha 0.3 (HOLE sees that) and to products of the backdrop's brightness.
    """
    plane = thin_plane(area)
    return located("SEE_THROUGH", float(plane.sum()) / area.product_px, "of product", plane)


def thin_plane(area: Area) -> Floats:
    """1 - alpha where a solid product was made thin, 0 elsewhere."""
    reach = max(3, round(max(area.alpha.shape) / 50)) | 1
    inside = cv2.erode(_filled(area.alpha > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    inside &= ~_grown(area.alpha < OPEN_ALPHA, reach // 2)
    return np.where(inside & (area.least_alpha > 0.5) & (area.alpha < 0.98), 1 - area.alpha, 0).astype(np.float32)


def measure_frame_contact(alpha: NDArray[np.uint8], *, frame_px: float, length_px: float) -> Measurement:
    """FRAME_CONTACT: length of the outline that lies on the frame, as a share of the whole outline."""
    border = np.zeros(alpha.shape, np.float32)
    border[:2], border[-2:] = alpha[:2], alpha[-2:]
    border[:, :2], border[:, -2:] = alpha[:, :2], alpha[:, -2:]
    share = frame_px / max(length_px, 1.0)
    return located("FRAME_CONTACT", share, "of outline", np.where(border > 127, border, 0))
