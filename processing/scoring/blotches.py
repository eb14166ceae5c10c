"""Blotches: patches of a solid product that came out part transparent, told from glass by how alpha gets there."""

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.components import Mask, Parts, grown, mean_of, opened, split, wider_labels
from processing.scoring.measurement import Measurement, located
from processing.scoring.view import Area, Floats

# Alpha of what is solid; below the second a place is an opening, which HOLE judges.
SOLID_ALPHA, OPEN_ALPHA = 0.97, 0.3
# Pixels at 400 px that belong to the outline's own softness, and to that of openings.
RIM_PX = 4
# How much of its depth alpha falls within 2 px of a rim that the photo draws: up to the first a blotch, from the second on glass.
DRAWN_FALL = (0.5, 0.72)
# Fewest pixels of a rim that say anything.
LEAST_RIM_PX = 4


def measure_blotch(area: Area) -> Measurement:
    """BLOTCH: 1 - alpha summed over part transparent patches, well inside the outline, that do not end where the photo has an
    edge, as a share of the product.

    A lens or a bottle becomes transparent at its rim, at once and where the photo draws that rim. A patch that an engine
    doubted fades in over an even side, whatever colour that has: this check asks for no contrast with the paper. Blind to patches
    that end sharply along lines of the product, to the outermost 4 px of 400 and to products without any solid part.
    Unit share of the product. Range 0 to 1. Source: own measure; 2 ms a megapixel.
    """
    plane = blotch_plane(area)
    return located("BLOTCH", float(plane.sum()) / area.product_px, "of product", plane)


def blotch_plane(area: Area) -> Floats:
    """How much alpha is missing by blotches at each pixel, 0..1."""
    solid = np.asarray(area.alpha >= SOLID_ALPHA)
    thin = ~solid & (area.alpha > OPEN_ALPHA) & (area.outlined > 0)
    parts = split(opened(thin))
    if parts.count < 2:
        return np.zeros(area.alpha.shape, np.float32)
    inside = cv2.erode(area.outlined, np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8)) > 0
    inside &= ~grown(np.asarray(area.alpha <= OPEN_ALPHA), RIM_PX)
    weight = _fades_in(parts, solid & inside, area)
    missing = weight[parts.labels] * (1 - area.alpha)
    return np.where(inside & thin, missing, 0).astype(np.float32)


def _fades_in(parts: Parts, solid: Mask, area: Area) -> NDArray[np.float64]:
    """0..1 per component: how surely alpha fades there instead of ending at an edge of the photo; 0 with too little solid rim."""
    lowest = cv2.erode(area.alpha, np.ones((5, 5), np.uint8))
    rim = np.where(solid, wider_labels(parts), 0)
    rows, columns = np.nonzero(rim)
    place = rim[rows, columns].astype(np.int64)
    drawn = area.rough[rows, columns] >= area.flat
    fall = (area.alpha - lowest)[rows, columns] * drawn
    count = np.bincount(place, minlength=parts.count)
    mean = np.bincount(place, weights=fall, minlength=parts.count) / np.maximum(count, 1)
    share = mean / np.maximum(mean_of(parts, 1 - area.alpha), 0.01)
    weight = np.clip((DRAWN_FALL[1] - share) / (DRAWN_FALL[1] - DRAWN_FALL[0]), 0, 1)
    weight[0] = 0
    return np.where(count >= LEAST_RIM_PX, weight, 0.0)
