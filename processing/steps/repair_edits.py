"""Edits of a matte from the photo's own evidence: what a person may ask for, and what repairs do where a check points."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from PIL import Image

from processing.imaging.matting import edges
from processing.imaging.matting.matte import Matte
from processing.imaging.matting.refine import refine_mask
from processing.scoring.blotches import blotch_plane
from processing.scoring.components import grown, mean_of, split, steep_rim, wider_labels
from processing.scoring.contour import REACH_PX, profiles, trace
from processing.scoring.edges import read_across, smudged_points
from processing.scoring.leftovers import left_planes
from processing.scoring.regions import DEEP_LIGHT, hole_plane, island_plane, missing_plane, thin_plane
from processing.scoring.view import Area, area_of, look_at

# Masks for refinement: large enough for straps and wires, small enough to stay a fraction of the cut-out's own cost.
MASK_PIXELS = 280_000
# A mended place is refined together with so much around it, as a share of the long side.
AROUND = 0.012
# How many times as steep a smudged edge becomes at the first try: one of 8 px is then as crisp as good ones are.
SHARPER = 2.5
# Width of the seam between the product and a part that was left out (px of 400), and the mean step along it and the change of
# colour across it (codes) from which on nothing goes on there. Along cuts they are 3 and 20 at most, towards shadows 10 and 27 at least.
SEAM_PX, SEAM_STEP, SEAM_TURN = 4, 5.0, 22.0
# What is as dark as a deep shadow comes back only where at least the second of its rim falls by the first of its depth at once: below a
# dark sole it has the sole's own colour, and no seam.
PART_FALL, PART_RIM = 0.15, 0.05
Edit = Callable[[np.ndarray, Matte, float], Matte]


def tighten(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Edge inwards; colours are those of the old matte, which lie further inside."""
    return replace(matte, alpha=edges.tighten(matte.alpha, px))


def loosen(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Edge outwards; the new rim needs colours without backdrop."""
    return _recoloured(photo, matte, edges.loosen(matte.alpha, px))


def decontaminate(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Colours of the edge estimated anew."""
    return _recoloured(photo, matte, matte.alpha)


def fill_holes(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Small gaps in the product closed with the photo's own pixels."""
    return _recoloured(photo, matte, edges.fill_holes(matte.alpha))


def remove_islands(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Small separate parts left out."""
    return replace(matte, alpha=edges.remove_islands(matte.alpha, keep_share=0.05))


def _recoloured(photo: np.ndarray, matte: Matte, alpha: np.ndarray) -> Matte:
    return replace(matte, alpha=alpha, foreground=edges.decontaminate(photo, alpha))


EDITS: dict[str, Edit] = {
    "tighten": tighten,
    "loosen": loosen,
    "decontaminate": decontaminate,
    "fill-holes": fill_holes,
    "remove-islands": remove_islands,
}


# ---------------------------------------------------------------- mending where a check points


def refit(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """The whole edge laid anew along the photo's own, from a mask whose pixels are `px` wide: what was jagged, soft, too wide
    or too tight finds the photo's edge again, within about so many pixels."""
    pixels = max(1024.0, min(MASK_PIXELS, matte.alpha.size / px**2))
    mask = cv2.GaussianBlur(_mask_of(matte.alpha, pixels=pixels), (0, 0), 0.7)
    made = refine_mask(Image.fromarray(photo), mask)
    return replace(matte, alpha=made.alpha, foreground=made.foreground)


def sharpen(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Alpha made `px` times as steep about one half along the smudged runs of the outline, and left alone elsewhere: what melts
    into a shadow shows no edge that could be followed."""
    near = _smudged(photo, matte)
    if not near.any():
        return matte
    steep = np.clip((matte.alpha.astype(np.float32) - 127.5) * px + 127.5, 0, 255)
    alpha = matte.alpha + (steep - matte.alpha) * _sized(near, matte.alpha)
    return _recoloured(photo, matte, np.clip(alpha + 0.5, 0, 255).astype(np.uint8))


def smooth(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """The edge laid anew from a coarse mask, and sharpened where that left it smudged."""
    return sharpen(photo, refit(photo, matte, px), SHARPER)


def _smudged(photo: np.ndarray, matte: Matte) -> np.ndarray:
    """float32, at the size at which outlines are measured: 1 as far from smudged runs as a profile reaches, fading beyond."""
    cutout = Image.fromarray(np.dstack([matte.foreground, matte.alpha]))
    view = look_at(Image.fromarray(photo), cutout, matte.backdrop)
    outline = trace(view.alpha)
    place = np.zeros(view.alpha.shape, np.float32)
    for x, y in smudged_points(outline, read_across(profiles(view, outline))).round().astype(int):
        cv2.circle(place, (int(x), int(y)), round(REACH_PX), 1.0, cv2.FILLED)
    return cv2.GaussianBlur(cv2.dilate(place, np.ones((5, 5), np.uint8)), (0, 0), 2.0)


def _filled(area: Area, mask: np.ndarray) -> np.ndarray:
    # What is thin lacks so much alpha, what is a hole lacks all.
    lacking = np.maximum(thin_plane(area), blotch_plane(area))
    whole = np.minimum(mask + _sized(lacking, mask), 1)
    return np.asarray(np.maximum(whole, _sized(hole_plane(area), mask)))


def _returned(area: Area, mask: np.ndarray) -> np.ndarray:
    """Parts that were left out and go on where the product ends, with the seam between. What begins at an edge or in another colour
    may be a part, but is mostly the product's own shadow."""
    product = grown(area.alpha > 0.1, 2)
    parts = split(missing_plane(area) > 0)
    seam = np.where(product & (parts.labels == 0), wider_labels(parts), 0)
    kept_side = np.where(area.alpha > 0.95, wider_labels(parts, 2 * SEAM_PX), 0)
    lost_side = np.where(grown(product, SEAM_PX), parts.labels, 0)
    step = np.abs(_mean_by(seam, area.relief[..., None], parts.count))
    turn = np.abs(_mean_by(kept_side, area.photo, parts.count) - _mean_by(lost_side, area.photo, parts.count))
    goes_on = (step.max(axis=1) < SEAM_STEP) & (turn.max(axis=1) < SEAM_TURN)
    is_dark = mean_of(parts, area.light) < DEEP_LIGHT
    goes_on &= ~is_dark | (steep_rim(parts, area, depth=PART_FALL, beyond=~grown(product, 3)) >= PART_RIM)
    goes_on[0] = False
    part = np.asarray(goes_on[parts.labels])
    whole = part | (grown(part, SEAM_PX) & product)
    return np.asarray(np.maximum(mask, _sized(whole.astype(np.float32), mask)))


def _mean_by(labels: np.ndarray, bands: np.ndarray, count: int) -> np.ndarray:
    """Mean (count, k) of the bands (h, w, k) over each label; NaN where it has no pixel."""
    sizes = np.bincount(labels.ravel(), minlength=count)
    sums = [
        np.bincount(labels.ravel(), weights=bands[..., band].ravel(), minlength=count) for band in range(bands.shape[2])
    ]
    return np.where(sizes[:, None] > 0, np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None], np.nan)


def _taken_out(area: Area, mask: np.ndarray) -> np.ndarray:
    residue, shadow = left_planes(area)
    return np.asarray(np.minimum(mask, 1 - _sized(np.maximum(residue, shadow), mask)))


def _alone(area: Area, mask: np.ndarray) -> np.ndarray:
    return np.asarray(np.minimum(mask, 1 - _sized((island_plane(area) > 0).astype(np.float32), mask)))


def mend(
    change: Callable[[Area, np.ndarray], np.ndarray],
    photo: np.ndarray,
    matte: Matte,
    px: float,
    *,
    is_fresh: bool = False,
) -> Matte:
    """The matte with the places changed that a check points at, refined along the photo's edges there and left alone elsewhere.

    `is_fresh`: the backdrop is estimated anew from the photo instead of the engine's own prediction.
    """
    area = area_of(photo, matte.alpha, None if is_fresh else matte.backdrop)
    before = _mask_of(matte.alpha)
    after = change(area, before)
    touched = np.abs(after - before) > 0.1
    if not touched.any():
        return matte
    made = refine_mask(Image.fromarray(photo), after)
    reach = 2 * max(2, round(AROUND * max(before.shape))) + 1
    near = cv2.dilate(touched.astype(np.float32), np.ones((reach, reach), np.uint8))
    share = _sized(cv2.blur(near, (reach, reach)), matte.alpha)
    alpha = matte.alpha + (made.alpha.astype(np.float32) - matte.alpha) * share
    return _recoloured(photo, matte, np.clip(alpha + 0.5, 0, 255).astype(np.uint8))


def _mask_of(alpha: np.ndarray, *, pixels: float = MASK_PIXELS) -> np.ndarray:
    """Alpha float32 0..1 at a size of so many pixels at most."""
    height, width = alpha.shape
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    return cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _sized(plane: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(plane, (like.shape[1], like.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


# What only the ladder does: it needs no strength and suits no button.
MENDS: dict[str, Edit] = {
    "refit": refit,
    "sharpen": sharpen,
    "smooth": smooth,
    "fill": partial(mend, _filled),
    "bring-back": partial(mend, _returned),
    "take-out": partial(mend, _taken_out),
    "take-out-fresh": partial(mend, _taken_out, is_fresh=True),
    "leave-alone": partial(mend, _alone),
}
