"""Shadows that came along with a cut-out: product pictures on transparency often have a soft one painted in, well below
the product. A set and its light have shadows of their own, and what hangs above a painted one floats."""

from typing import cast

import cv2
import numpy as np

from processing.imaging.linear import Bytes

# What is nowhere more opaque than this, darker than that and without colour is no part of a product.
_MOST_ALPHA = 190
_DARK = 70
_MOST_CHROMA = 24
# Alpha from here on is seen.
_SEEN = 4
# A shadow is one wide part: specks of a dithered or damaged alpha, of which there may be millions, are not asked one by one.
_LEAST_OF_PRODUCT, _MOST_PARTS = 0.002, 8


def without_baked_shadow(pixels: Bytes) -> Bytes:
    """Alpha (h, w) of a cut-out (RGBA, straight) without soft, dark, colourless parts that touch nothing else.

    Only what lies below the middle of the largest part goes: smoke and glass above it may be meant.
    """
    alpha = np.ascontiguousarray(pixels[..., 3])
    count, labels, stats, middles = cv2.connectedComponentsWithStats((alpha >= _SEEN).astype(np.uint8), connectivity=8)
    if count <= 2:
        return alpha
    areas = stats[:, cv2.CC_STAT_AREA]
    product = 1 + int(np.argmax((areas * _opacity(alpha, labels, count))[1:]))
    widest = [label for label in np.argsort(-areas)[: _MOST_PARTS + 2] if label not in (0, product)]
    shadows = [
        label
        for label in widest
        if areas[label] >= _LEAST_OF_PRODUCT * areas[product]
        and middles[label][1] > middles[product][1]
        and _is_shadow(pixels, labels == label)
    ]
    if not shadows:
        return alpha
    # What is too faint to be seen goes as well: a shadow's last traces would count as part of the product's box.
    gone = (labels == 0) | np.isin(labels, shadows)
    return cast(Bytes, np.where(gone, np.uint8(0), alpha))


def _opacity(alpha: Bytes, labels: np.ndarray, count: int) -> np.ndarray:
    """Mean alpha of each part."""
    total = np.bincount(labels.ravel(), weights=alpha.ravel(), minlength=count)
    return total / np.maximum(np.bincount(labels.ravel(), minlength=count), 1)


def _is_shadow(pixels: Bytes, part: np.ndarray) -> bool:
    values = pixels[part].astype(np.int16)
    if int(values[:, 3].max()) > _MOST_ALPHA:
        return False
    colour = np.average(values[:, :3], axis=0, weights=values[:, 3])
    return bool(colour.max() < _DARK and np.ptp(colour) < _MOST_CHROMA)
