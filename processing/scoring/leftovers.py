"""Checks on what was left in: bare backdrop and its shadow, wide areas, bites at the outline and patches in glass."""

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
    rim_share,
    split,
    wider_labels,
)
from processing.scoring.measurement import Measurement, located
from processing.scoring.view import SHADOW_LIGHT, Area, Floats, largest

# Light of the paper kept: above this a flat area is bare backdrop, below it is in shadow.
BARE_LIGHT = 0.94
# Share of the rim (of a disc of the same area) that must be open: below the first nothing counts, above the second all.
OPEN_RIM = (0.10, 0.35)
# Mean step of colour, light left out, across an open rim (codes): up to the first it goes on there, from the second it ends.
TINT_STEP = (0.5, 0.9)
# Fewest pixels on either side of such a rim whose mean says anything.
RIM_PX = 8
# Codes between the bands of a paper that has a colour, and by which its hard shadow may miss that colour.
PAPER_CHROMA = 14.0
SAME_CHROMA = 6.5
# Codes by which backdrop seen through a closed gap may miss the predicted backdrop.
ENCLOSED_CODES = 4.0
# Drawn share of its rim, and half of the share around it that is no shade of the backdrop: highlights on white have up to 0.85.
ENCLOSED_RIM = 0.88
# Alpha of backdrop kept in the middle of glass, and of the glass around it.
PATCH_ALPHA, GLASS_ALPHA = 0.7, (0.04, 0.45)
# A bite: alpha kept and alpha beyond its open side; most of the product that it may be, fewest pixels at 800 px.
KEPT_ALPHA, GONE_ALPHA = 204, 38
BITE_SHARE, BITE_PX = 0.04, 10
# Codes by which it may miss the backdrop, and its mean luma that of the paper beyond.
BITE_CODES, BITE_STEP = 12.0, 4.0
# Codes by which it misses the backdrop on average: up to the first it is paper, from the second on a pale or grey product.
BITE_MEAN = (3.5, 5.5)


def measure_left_in(area: Area) -> list[Measurement]:
    """RESIDUE and SHADOW_LEFT: flat areas of the alpha in a shade of the backdrop, as shares of the product.

    They must reach the outside without crossing an edge in the photo, along a good part of their rim: one weak spot of
    a true edge must not let a grey product be taken for shadow. Nor may their colour end there, light left out: on the mean of
    the whole rim a white shoe differs from white paper by a code where no place of it shows an edge. On coloured paper an
    edge may be crossed (hard light), because a product of just that chroma is unlikely. Light above 0.94 of the paper's is RESIDUE.
    Backdrop closed in by product counts where it matches the predicted backdrop to the noise; a patch of it in glass where
    nothing in the photo ends at its rim; a bite too narrow for this scale is looked for at 800 px.
    Blind to shaded backdrop in closed gaps, to gaps below 4 px at 800 px, to textured backdrops and to hard shadows on grey.
    Unit share of the product. Range 0 to 1. Source: own measures, a shadow as light taken away at constant chroma; 8 ms a
    megapixel.
    """
    residue, shadow = left_planes(area)
    return [_left("RESIDUE", residue, area), _left("SHADOW_LEFT", shadow, area)]


def left_planes(area: Area) -> tuple[Floats, Floats]:
    """How surely each pixel is bare backdrop, and backdrop in shadow, 0..1, wherever alpha kept any of it."""
    flat = area.rough < area.flat
    shade = ~area.other & flat
    empty = area.alpha < 0.04
    parts = split(np.asarray(shade & (area.alpha > 0.06)))
    rim = np.asarray(grown(empty, 1) & shade)
    reaching = _open(rim_share(parts, rim)) * _tint_goes_on(parts, rim, np.asarray(empty & shade), area)
    bare = mean_of(parts, area.light) > BARE_LIGHT
    residue = np.where(bare, reaching, 0)[parts.labels]
    residue = np.maximum.reduce([residue, _enclosed(area, flat), _patches(area, shade), _bites(area)])
    shadow = np.maximum(np.where(bare, 0, reaching)[parts.labels], _hard_shadow(area, flat, empty))
    return residue.astype(np.float32), shadow.astype(np.float32)


def _tint_goes_on(parts: Parts, rim: Mask, beyond: Mask, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely its colour, light left out, goes on across its open rim.

    Backdrop and its shadow change light there, colour no more than it drifts outside already. Product that the lamp gave the
    paper's light keeps a colour of its own: too faint to be seen at a pixel, plain on the mean of the rim. The pixel on the rim
    itself is both, and left out. 1 where there is too little of either side.
    """
    open_rim = np.where(rim, parts.labels, 0).astype(np.uint16)
    within = [_labels_near(open_rim, px) == parts.labels for px in (1, 3)]
    inside = np.where(within[1] & ~within[0], parts.labels, 0)
    near, wide = (np.where(beyond, _labels_near(open_rim, px), 0) for px in (2, 5))
    far = np.where(near == 0, wide, 0)
    means, counts = zip(*(_mean_tint(labels, area, parts.count) for labels in (inside, near, far)), strict=True)
    kept, next_to, off = means
    step = np.abs(kept - off).max(axis=1) - 2 * np.abs(next_to - off).max(axis=1)
    goes_on = np.clip((TINT_STEP[1] - step) / (TINT_STEP[1] - TINT_STEP[0]), 0, 1)
    return np.where(np.minimum.reduce(counts) >= RIM_PX, goes_on, 1.0)


def _labels_near(labels: NDArray[Any], px: int) -> NDArray[Any]:
    """A label image (uint16) with so many pixels around each label."""
    return cv2.dilate(labels, np.ones((2 * px + 1, 2 * px + 1), np.uint8))


def _mean_tint(labels: NDArray[Any], area: Area, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean tint (n, 3) of each label and how many pixels it has."""
    rows, columns = np.nonzero(labels)
    place = labels[rows, columns].astype(np.int64)
    tint = area.tint[rows, columns]
    sizes = np.bincount(place, minlength=count)
    summed = np.stack([np.bincount(place, weights=tint[:, band], minlength=count) for band in range(3)], axis=1)
    return summed / np.maximum(sizes, 1)[:, None], sizes


def _enclosed(area: Area, flat: Mask) -> NDArray[np.float64]:
    """1 on bare backdrop that product closes in and alpha keeps by a third or more (a filled handle, a gap in a frame).

    Its rim is drawn in the photo, a highlight's is not. Nothing but its exact colour tells it from a label of the
    paper's white, so it must match to the noise.
    """
    bare = flat & (area.plain < max(ENCLOSED_CODES, 1.5 * area.noise))
    parts = split(bare & (area.alpha > 0.06))
    large = parts.areas > max(12.0, 0.0005 * area.product_px)
    kept = mean_of(parts, area.alpha)
    counted = large & (kept > 0.3) & (rim_share(parts, grown(area.alpha < 0.04, 1)) < OPEN_RIM[0])
    # Product that nobody takes for paper around it speaks for a gap as a drawn rim does.
    counted &= drawn_rim(parts, area) + 0.5 * _other_around(parts, area) > ENCLOSED_RIM
    counted[0] = False
    return np.asarray(counted[parts.labels], np.float64)


def _other_around(parts: Parts, area: Area) -> NDArray[np.float64]:
    """Share of the third and fourth pixel around each component that no shade of the backdrop explains."""
    near, wide = wider_labels(parts), wider_labels(parts, 4)
    around = np.asarray((wide > 0) & (near == 0))
    place = wide[around]
    other = np.bincount(place[area.other[around]], minlength=parts.count)
    return np.asarray(other / np.maximum(np.bincount(place, minlength=parts.count), 1), np.float64)


def _patches(area: Area, shade: Mask) -> NDArray[np.float64]:
    """0..1 on backdrop kept opaque in the middle of glass: what adjoins it is as flat and as much backdrop, and part transparent.

    The rim of alpha itself is part transparent, too, but no wider than a pixel here.
    """
    glass = opened((area.alpha > GLASS_ALPHA[0]) & (area.alpha < GLASS_ALPHA[1]) & shade)
    if not glass.any():
        return np.zeros(area.alpha.shape)
    parts = split(np.asarray(shade & (area.alpha > PATCH_ALPHA)))
    weight = _open(rim_share(parts, grown(glass, 2)))
    return np.asarray(weight[parts.labels], np.float64)


def _bites(area: Area) -> Floats:
    """0..1 on small areas of bare backdrop at the outline, at 800 px: gaps and notches that vanish at 400 px.

    Opaque, of the backdrop's colour, and open to paper of the same light over a good part of its rim. What is larger than
    a bite is measured at 400 px, where a pale product's faint edge is seen better.
    """
    photo, alpha = area.near
    size = (alpha.shape[1], alpha.shape[0])
    backdrop = cv2.resize(area.backdrop.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    soft = cv2.blur(photo, (3, 3))
    bands = cv2.split(cv2.absdiff(soft, backdrop))
    off = cv2.max(cv2.max(bands[0], bands[1]), bands[2])
    bare = off < max(BITE_CODES, 2 * area.noise)
    parts = split(opened(bare & (alpha > KEPT_ALPHA)))
    likely = (parts.areas >= BITE_PX) & (parts.areas <= BITE_SHARE * area.product_px * alpha.size / area.alpha.size)
    if not likely.any():
        return np.zeros(area.alpha.shape, np.float32)
    beyond = np.asarray(bare & (alpha < GONE_ALPHA))
    step = _step_to(parts, beyond, cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY))
    weight = _open(rim_share(parts, grown(beyond, 2))) * np.clip(2 - step / BITE_STEP, 0, 1) * likely
    weight *= np.clip((BITE_MEAN[1] - mean_of(parts, off)) / (BITE_MEAN[1] - BITE_MEAN[0]), 0, 1)
    plane = weight.astype(np.float32)[parts.labels]
    return np.asarray(cv2.resize(plane, area.alpha.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _step_to(parts: Parts, beyond: Mask, luma: NDArray[Any]) -> NDArray[np.float64]:
    """Per component the difference (codes) of its mean luma and that of what lies beyond its rim; its own luma without any."""
    wider = cv2.dilate(parts.labels.astype(np.uint16), np.ones((9, 9), np.uint8))
    near = np.asarray(beyond & (wider > 0))
    place = wider[near].astype(np.int64)
    summed = np.bincount(place, weights=luma[near], minlength=parts.count)
    return np.abs(mean_of(parts, luma) - summed / np.maximum(np.bincount(place, minlength=parts.count), 1))


def _open(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """0..1: how surely a component with such a share of open rim reaches what is beyond; 0 for the rest."""
    weight = np.clip((share - OPEN_RIM[0]) / (OPEN_RIM[1] - OPEN_RIM[0]), 0, 1)
    weight[0] = 0
    return weight


def _hard_shadow(area: Area, flat: Mask, empty: Mask) -> NDArray[np.float64]:
    """1 on flat areas near the outside that have exactly the chroma of a coloured paper and less of its light."""
    coloured = largest(area.backdrop) + largest(-area.backdrop) >= PAPER_CHROMA
    if not coloured.any():
        return np.zeros(area.alpha.shape)
    dim = (area.light > SHADOW_LIGHT[0]) & (area.light < BARE_LIGHT)
    parts = split(opened(coloured & (area.shaded < SAME_CHROMA) & dim & flat & (area.alpha > 0.06)))
    near = rim_share(parts, grown(empty, 5)) > OPEN_RIM[1]
    near[0] = False
    return np.asarray(near[parts.labels], np.float64)


def _left(code: str, weight: NDArray[Any], area: Area) -> Measurement:
    plane = (weight * area.alpha).astype(np.float32)
    return located(code, float(plane.sum()) / area.product_px, "of product", plane)
