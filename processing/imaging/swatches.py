"""Swatch: a square of nothing but the product, where its material shows best, as shops show colours and fabrics."""

import cv2
import numpy as np
from PIL import Image

VERSION = "1"
# Looked for on a small picture: a pixel of it is too little to matter.
_SEARCH_PX = 360
_SOLID = 250
# A square may be this much smaller than the largest one, to get out of the way of prints, seams and lights.
_MAY_SHRINK = 0.6


class NoSwatch(ValueError):
    """The product has no square of that size; the text is for people."""


def swatch_of(cutout: Image.Image, *, most_px: int, least_px: int) -> Image.Image:
    """A square of the product as RGB, at most `most_px` a side, never enlarged. ValueError unless RGBA; NoSwatch."""
    left, top, side = swatch_box(cutout, least_px=least_px)
    square = cutout.convert("RGB").crop((left, top, left + side, top + side))
    if side <= most_px:
        return square
    return square.resize((most_px, most_px), Image.Resampling.LANCZOS, reducing_gap=2.0)


def swatch_box(cutout: Image.Image, *, least_px: int) -> tuple[int, int, int]:
    """(left, top, side) in px of the square that is most evenly the product's own colour; ValueError unless RGBA; NoSwatch."""
    if cutout.mode != "RGBA":
        raise ValueError(f"the cut-out is {cutout.mode}, it must be RGBA")
    scale = min(1.0, _SEARCH_PX / max(cutout.size))
    size = max(3, round(cutout.width * scale)), max(3, round(cutout.height * scale))
    # The least of all alphas that a small pixel stands for: a square may not hold a single soft one.
    small = cv2.resize(np.asarray(cutout), size, interpolation=cv2.INTER_AREA)
    solid = (small[..., 3] >= _SOLID).astype(np.uint8)
    reach = cv2.distanceTransform(cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_C, 3)[1:-1, 1:-1]
    largest = float(reach.max())
    # A pixel of rounding at either end is taken off.
    half = max(largest * _MAY_SHRINK, least_px * scale / 2 + 1)
    side = int((2 * half - 2) / scale)
    if half > largest or side < least_px:
        raise NoSwatch(f"the product has no even square of {least_px} px")
    row, column = _evenest(cv2.cvtColor(small[..., :3], cv2.COLOR_RGB2LAB), solid, reach, int(half))
    left = min(max(0, round((column + 0.5) / scale - side / 2)), cutout.width - side)
    top = min(max(0, round((row + 0.5) / scale - side / 2)), cutout.height - side)
    return left, top, side


def _evenest(lab: np.ndarray, solid: np.ndarray, reach: np.ndarray, half: int) -> tuple[int, int]:
    """Centre (row, column) of the square with the least spread of colour around the product's own, in CIELAB of 8 bit."""
    own = np.median(lab[solid > 0].astype(np.float64), axis=0)
    window = (2 * half - 1, 2 * half - 1)
    away = ((lab.astype(np.float64) - own) ** 2).sum(axis=2)
    spread = cv2.boxFilter(away, cv2.CV_64F, window, borderType=cv2.BORDER_REPLICATE)
    spread[reach < half] = np.inf
    found = np.unravel_index(int(np.argmin(spread)), spread.shape)
    return int(found[0]), int(found[1])
