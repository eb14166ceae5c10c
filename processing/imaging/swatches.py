"""Swatch: a square of nothing but the product, where its material shows best, as shops show colours and fabrics."""

import cv2
import numpy as np
from PIL import Image

VERSION = "1"
# Looked for on a small picture: a pixel of it is too little to matter.
_SEARCH_PX = 360
_SOLID = 250
# A square may be so much smaller than the largest one, to get out of the way of prints, seams and lights: the first of these
# that is even enough, by the mean square distance from the product's own colour in CIELAB of 8 bit.
_SHARES = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3)
_EVEN = 14.0**2
# Colours of one bin are one colour; one that takes less than this share of the product is not its own.
_BIN, _LEAST_SHARE = 20, 0.12


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
    lab = cv2.cvtColor(small[..., :3], cv2.COLOR_RGB2LAB).astype(np.float64)
    row, column, side = _best_square(lab, solid > 0, reach, scale=scale, least_px=least_px)
    left = min(max(0, round((column + 0.5) / scale - side / 2)), cutout.width - side)
    top = min(max(0, round((row + 0.5) / scale - side / 2)), cutout.height - side)
    return left, top, side


def _best_square(
    lab: np.ndarray, solid: np.ndarray, reach: np.ndarray, *, scale: float, least_px: int
) -> tuple[int, int, int]:
    """(row, column, side in px of the cut-out) of the largest even square in the fullest colour that has one; of the evenest
    where none has: a label full of print may be the largest part of a bottle. NoSwatch."""
    found = []
    for colour in _own_colours(lab[solid]):
        square = _largest_even(((lab - colour) ** 2).sum(axis=2), reach, scale=scale, least_px=least_px)
        if square and square[0] <= _EVEN:
            return square[1:]
        found += [square] if square else []
    if not found:
        raise NoSwatch(f"the product has no even square of {least_px} px")
    return min(found)[1:]


def _largest_even(
    away: np.ndarray, reach: np.ndarray, *, scale: float, least_px: int
) -> tuple[float, int, int, int] | None:
    """(spread, row, column, side) of the largest square that is even, of the evenest where none is; None when none fits."""
    found: list[tuple[float, int, int, int]] = []
    for half in (float(reach.max()) * share for share in _SHARES):
        # A pixel of rounding at either end is taken off.
        side = int((2 * half - 2) / scale)
        if side < least_px:
            break
        row, column, spread = _evenest(away, reach, int(half))
        found.append((spread, row, column, side))
        if spread <= _EVEN:
            return found[-1]
    return min(found, default=None)


def _own_colours(lab: np.ndarray) -> list[np.ndarray]:
    """The colours that most of the product has, fullest first: means of bins. A median would lie between two colours."""
    bins = (lab // _BIN).astype(np.int64) @ np.array([10_000, 100, 1])
    values, counts = np.unique(bins, return_counts=True)
    order = np.argsort(-counts)
    full = [index for index in order if counts[index] >= _LEAST_SHARE * len(bins)] or list(order[:1])
    return [lab[bins == values[index]].mean(axis=0) for index in full]


def _evenest(away: np.ndarray, reach: np.ndarray, half: int) -> tuple[int, int, float]:
    """Centre (row, column) of the square that is nearest to the product's own colour, and how near it is."""
    spread = cv2.boxFilter(away, cv2.CV_64F, (2 * half - 1, 2 * half - 1), borderType=cv2.BORDER_REPLICATE)
    spread[reach < half] = np.inf
    row, column = np.unravel_index(int(np.argmin(spread)), spread.shape)
    return int(row), int(column), float(spread[row, column])
