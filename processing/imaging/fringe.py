"""White left in the rim of a cut-out that came along. Many were cut from white paper and kept it in the colours of their soft
edge, which nobody sees on white and everybody on a dark set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.linear import Bytes, Floats

# Alpha from here on is the product itself, between these two it is its rim.
_SOLID = 225
_RIM = (25, 210)
# The colour beside the rim is the mean of what is solid within so many px, the nearer and the more opaque the more, where that
# has some weight.
_REACH_PX, _NEARNESS_PX = 7, 2.0
_LEAST_WEIGHT = 0.002
_WEIGHTS = (np.clip((np.arange(256, dtype=np.float32) - _SOLID) / (255 - _SOLID), 0, 1) ** 2).astype(np.float32)
# Clean cut-outs of path-traced products have up to 0.37 of the white, which explains up to 0.76 of what the rim differs by
# (their edges mirror the paper); nine of 23 cut-outs of shops 0.5 to 1.1, and 0.72 to 0.95.
_LEAST_SHARE, _LEAST_EXPLAINED = 0.45, 0.6
_LEAST_PX = 200
_STRIP_ROWS = 256


@dataclass(frozen=True)
class _Rim:
    """Soft pixels of some rows: their places (n,) counted row by row in the whole, own colour (n, 3), and how much whiter (n, 3)
    paper would make the colour beside them."""

    place: npt.NDArray[np.intp]
    own: Floats
    beside: Floats
    whitened: Floats


def without_white(pixels: Bytes, alpha: Bytes) -> Bytes:
    """Colours (h, w, 3) of a cut-out (RGBA, straight) without the white in its rim; as they are where the rim has none.

    A rim mixed with white is lighter than the product beside it by (1 - alpha) of what is missing to white. The share of that
    which fits all of the rim best is taken out; it is left alone where it is small or explains little.
    """
    colour: Bytes = np.ascontiguousarray(pixels[..., :3])
    share = _white_share(colour, alpha)
    if share == 0:
        return colour
    cleaned = colour.copy()
    values = cleaned.reshape(-1, 3)
    for rim in _rims(colour, alpha, least_alpha=1):
        values[rim.place] = np.rint(rim.own - share * rim.whitened).clip(0, 255).astype(np.uint8)
    return cleaned


def _white_share(colour: Bytes, alpha: Bytes) -> float:
    """Least squares over the rim of (own - beside) = share x whitened; 0 where that is no fit."""
    count, crossed, whitened, differing = 0, 0.0, 0.0, 0.0
    for rim in _rims(colour, alpha, least_alpha=_RIM[0], most_alpha=_RIM[1]):
        off = rim.own - rim.beside
        count += len(off)
        crossed += float((off * rim.whitened).sum())
        whitened += float((rim.whitened**2).sum())
        differing += float((off**2).sum())
    if count < _LEAST_PX or min(whitened, differing) <= 0:
        return 0.0
    share, explained = crossed / whitened, crossed**2 / (whitened * differing)
    return min(share, 1.0) if share >= _LEAST_SHARE and explained >= _LEAST_EXPLAINED else 0.0


def _rims(colour: Bytes, alpha: Bytes, *, least_alpha: int, most_alpha: int = _SOLID - 1) -> Iterator[_Rim]:
    """The rim strip by strip: whole planes of wide numbers would be large."""
    for top in range(0, alpha.shape[0], _STRIP_ROWS):
        left, first, across, down = cv2.boundingRect(
            cv2.inRange(alpha[top : top + _STRIP_ROWS], least_alpha, most_alpha)
        )
        if down:
            yield _rim_in(
                colour, alpha, (left, top + first, across, down), least_alpha=least_alpha, most_alpha=most_alpha
            )


def _rim_in(colour: Bytes, alpha: Bytes, box: tuple[int, int, int, int], *, least_alpha: int, most_alpha: int) -> _Rim:
    """The rim in a box (x, y, w, h) of the planes."""
    left, top, width, height = box
    rows, columns = (
        slice(max(0, start - _REACH_PX), start + size + _REACH_PX) for start, size in ((top, height), (left, width))
    )
    window = (
        slice(top - rows.start, top - rows.start + height),
        slice(left - columns.start, left - columns.start + width),
    )
    weight = cast(Floats, cv2.LUT(alpha[rows, columns], _WEIGHTS))
    seen = colour[rows, columns]
    near = _averaged(weight)[window]
    part = alpha[rows, columns][window]
    y, x = np.nonzero((part >= least_alpha) & (part <= most_alpha) & (near >= _LEAST_WEIGHT))
    inside = _averaged(seen * weight[..., None])[window]
    beside = cast(Floats, inside[y, x] / near[y, x, None])
    clear = cast(Floats, 1 - part[y, x, None].astype(np.float32) / np.float32(255))
    place = (y + top) * alpha.shape[1] + x + left
    return _Rim(place, seen[window][y, x].astype(np.float32), beside, clear * (255 - beside))


def _averaged(plane: Floats) -> Floats:
    side = 2 * _REACH_PX + 1
    return cast(Floats, cv2.GaussianBlur(plane, (side, side), _NEARNESS_PX))
