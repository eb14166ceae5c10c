"""Lenses: the network believes a tinted pane in patches, though a pane of glass is as clear on its left as on its right.

A lens is a smooth, convex area that firm product of another colour rings. It gets one coverage; where its colour leaves
its own gradient, as at the rim, at a temple seen through it and in reflections, it goes over into solid.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import steepness
from processing.imaging.matting.light import LEAST_PAPER, decode

# Of tinted lenses in cut-outs that retouchers made.
_TINTED = 0.8
# Share of light passed from which on a lens is not tinted any more, and from which on it is clear; what clear glass mirrors. On
# paper darker than the last, a lens that mirrors the room may be as bright as what it hides.
_CLEAR, _MIRRORED, LIGHT_PAPER = (0.75, 0.9), 0.08, 0.7
# Clear ones on such paper: a traced pair has a tint of 0.02 and an unevenness of 0.25; of four tinted lenses as bright as the
# paper two have a tint of 0.07, two an unevenness above 0.5. In shares of the paper's light.
_AS_PAPER, _TINT, _UNEVEN_PAPER = (0.8, 1.1), 0.04, 0.35
# Found on lenses of 20 pictures, and on what else is smooth, ringed and doubted: tents, mugs, panels of shoes.
_FLAT = 0.02
_SMALLEST, _MOST_LACKING, _MOST_LONG = 0.06, 0.15, 2.5  # of the product's area; of the convex hull; long by wide
_DOUBT, _LEAST_BELIEVED, _MOST_BELIEVED = 0.1, 0.3, 0.98
_FIRM, _FIRM_SHARE, _RIM_CONTRAST, _UNEVEN = 0.85, 0.72, 0.25, 0.12
_PAIR_COLOUR, _PAIR_AREA = 0.1, 2.0
_REACH_PX, _RIM_PX = 5, 6
_GOES_OVER = (0.2, 0.7)  # of the rim's contrast
_LARGEST_CORNER, _LEAST_TINT = 0.3, 0.015  # of the lens's area; sRGB units


@dataclass(frozen=True)
class _Pane:
    """A smooth ringed area, bool (h, w), its convex `hull`, and what is seen of it; `area` in pixels, `colour` (3,) sRGB 0..1,
    shares in 0..1."""

    inside: np.ndarray
    hull: np.ndarray
    area: int
    colour: np.ndarray
    contrast: float
    believed: float
    doubted: float


def even_lenses(alpha: np.ndarray, raw: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """Coarse alpha float32 (h, w) in which each lens has one coverage. `raw` is the network's own answer, `picture`
    float32 (h, w, 3) what it saw, `backdrop` the paper behind. A lens that was believed whole follows its doubted twin.
    Pictures without come back as they are."""
    middle = cv2.erode(((raw > 0.1) & (raw < 0.9)).astype(np.uint8), np.ones((3, 3), np.uint8))
    if float(middle.sum()) < _DOUBT * _SMALLEST * float((raw > 0.5).sum()):
        return alpha
    within = product_with_openings(raw)
    panes = _panes(within, raw, picture)
    doubted = [pane for pane in panes if _is_doubted(pane)]
    lenses = [pane for pane in panes if _is_doubted(pane) or any(_is_pair(pane, other) for other in doubted)]
    if not lenses:
        return alpha
    mean = _averaged(doubted, [pane.believed for pane in doubted])
    passed = _averaged(doubted, [light_passed(pane.inside, picture, backdrop) for pane in doubted])
    coverage = tinted_by(passed) if mean > 0.5 else mean
    evened = alpha.copy()
    for pane in lenses:
        _even(evened, pane, within, picture, coverage)
        _fill_corners(evened, pane, (alpha < 0.5) & within, np.abs(picture - backdrop).max(axis=2), coverage)
    return evened


def _averaged(panes: list[_Pane], values: list[float]) -> float:
    return float(np.average(values, weights=[pane.area for pane in panes]))


def light_passed(inside: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> float:
    """Share of the paper's light that is seen through a pane, bool (h, w); on darker paper all that clear glass passes, or 0."""
    seen, behind = picture[inside], backdrop[inside]
    if float(np.median(behind, axis=0).mean()) < LIGHT_PAPER:
        return _CLEAR[1] if _is_paper(decode(seen) / np.maximum(decode(behind), LEAST_PAPER)) else 0.0
    return float((decode(np.median(seen, axis=0)) / decode(np.median(behind, axis=0))).mean())


def _is_paper(ratio: np.ndarray) -> bool:
    """Whether the pixels of a pane, (n, 3) of the paper's light, have its very colour all over: what a tinted lens mirrors of
    the room may be as bright as the paper, but hardly as grey and as even."""
    darkest = ratio.min(axis=1)
    usual, tint = float(np.median(darkest)), float(np.median(np.ptp(ratio, axis=1)))
    uneven = float(np.quantile(darkest, 0.9) - np.quantile(darkest, 0.1))
    return _AS_PAPER[0] < usual < _AS_PAPER[1] and tint < _TINT and uneven < _UNEVEN_PAPER


def tinted_by(passed: float) -> float:
    """Of a lens that passes a share of the light: clear ones hold back what is missing and a little that they mirror."""
    clear = float(np.clip((passed - _CLEAR[0]) / (_CLEAR[1] - _CLEAR[0]), 0, 1))
    return _TINTED * (1 - clear) + max(0.0, 1 - passed + _MIRRORED) * clear


def product_with_openings(raw: np.ndarray) -> np.ndarray:
    """The product with all its openings, bool (h, w)."""
    solid = cv2.morphologyEx((raw > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    around = cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(around, None, (0, 0), 2)
    filled: np.ndarray = around[1:-1, 1:-1] != 2
    return filled


def _panes(within: np.ndarray, raw: np.ndarray, picture: np.ndarray) -> list[_Pane]:
    panes = [_pane(area, raw, picture) for area in smooth_areas(within, picture, least_share=_SMALLEST)]
    return [pane for pane in panes if pane is not None]


def smooth_areas(within: np.ndarray, picture: np.ndarray, *, least_share: float) -> list[np.ndarray]:
    """Areas without any edge, bool (h, w) each, inside of a product, less those below a share of it."""
    inner = cv2.erode(within.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    flat = ((steepness(picture, 1.0) < _FLAT) & inner).astype(np.uint8)
    smooth = cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    least = least_share * float(within.sum())
    return [labels == label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= least]


def _pane(smooth: np.ndarray, raw: np.ndarray, picture: np.ndarray) -> _Pane | None:
    """What is seen of a smooth area; None where its shape, its evenness or its rim are no lens's."""
    inside = cv2.morphologyEx(smooth.astype(np.uint8), cv2.MORPH_CLOSE, disc(4))
    outlines = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    corners = cv2.convexHull(np.vstack(outlines))
    sides = cv2.minAreaRect(corners)[1]
    if float(inside.sum()) < (1 - _MOST_LACKING) * cv2.contourArea(corners) or max(sides) > _MOST_LONG * min(sides):
        return None
    hull = cv2.fillConvexPoly(np.zeros_like(inside), corners, 1)
    ring = (cv2.dilate(inside, disc(_RIM_PX)) > 0) & (cv2.dilate(inside, np.ones((5, 5), np.uint8)) == 0)
    colours = picture[smooth]
    colour = np.median(colours, axis=0)
    contrast = float(np.abs(np.median(picture[ring], axis=0) - colour).max()) if ring.any() else 0.0
    firm = float((raw[ring] > _FIRM).mean()) if ring.any() else 0.0
    if contrast < _RIM_CONTRAST or firm < _FIRM_SHARE or float(colours.std(axis=0).max()) > _UNEVEN:
        return None
    believed = raw[smooth]
    mean, doubted = float(believed.mean()), float((believed < 0.9).mean())
    return _Pane(inside > 0, hull > 0, int(smooth.sum()), colour, contrast, mean, doubted)


def _is_doubted(pane: _Pane) -> bool:
    return pane.doubted > _DOUBT and _LEAST_BELIEVED < pane.believed < _MOST_BELIEVED


def _is_pair(pane: _Pane, other: _Pane) -> bool:
    """Whether two areas are lenses of one pair of glasses: as large and of one glass."""
    alike = float(np.abs(pane.colour - other.colour).max()) < _PAIR_COLOUR
    return alike and 1 / _PAIR_AREA < pane.area / other.area < _PAIR_AREA and pane.believed > _LEAST_BELIEVED


def _even(alpha: np.ndarray, pane: _Pane, within: np.ndarray, picture: np.ndarray, coverage: float) -> None:
    """Write the coverage into the lens and up to its rim, solid where the picture leaves the lens's own gradient."""
    reached = (cv2.dilate(pane.hull.astype(np.uint8), disc(_REACH_PX)) > 0) & within
    down, across = np.nonzero(reached)
    place = np.stack([np.ones(len(down)), down, across, down * down, across * across, down * across], axis=1)
    place[:, 1:] /= place[:, 1:].max(axis=0)
    own = pane.inside[reached]
    # Of what is smooth only: the temples behind and the rim would bend it.
    gradient = np.linalg.lstsq(place[own], picture[reached][own], rcond=None)[0]
    off = np.abs(picture[reached] - place @ gradient).max(axis=1) / pane.contrast
    solid = np.clip((off - _GOES_OVER[0]) / (_GOES_OVER[1] - _GOES_OVER[0]), 0, 1)
    alpha[reached] = coverage + (1 - coverage) * solid


def _fill_corners(alpha: np.ndarray, pane: _Pane, is_open: np.ndarray, off: np.ndarray, coverage: float) -> None:
    """Write the coverage into what a temple seen through the lens cuts off from it: open, beside the lens, tinted as it is.

    `off` is how far each pixel is from its paper. An opening beyond the rim shows the paper itself."""
    reached, beside = (cv2.dilate(pane.hull.astype(np.uint8), disc(_REACH_PX + more)) > 0 for more in (0, 2))
    least = max(_LEAST_TINT, float(np.median(off[pane.inside])) / 2)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((is_open & ~reached).astype(np.uint8))
    for label in range(1, count):
        corner = labels == label
        is_small = stats[label, cv2.CC_STAT_AREA] < _LARGEST_CORNER * pane.area
        if is_small and (corner & beside).any() and float(np.median(off[corner])) > least:
            around = cv2.dilate(corner.astype(np.uint8), disc(2)) > 0
            alpha[around] = np.maximum(alpha[around], coverage)
