"""Hair and loose fur: many fine strands that the network sees as one doubted haze with plates in its gaps.

There the picture says more than the network: each pixel is a mixture of two known colours, the backdrop and the solid hair
nearby, so its coverage is how far it lies on the line from one to the other.
"""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.evidence import steepness
from processing.imaging.matting.lift import mixture

_WINDOW_PX = 21
_DOUBT = (0.04, 0.96)
# Share of a window that is doubted, and that is no even area: an ordinary edge is a tenth of it, a lens is even.
_HAZY, _RESTLESS, _HAZY_BESIDE, _RESTLESS_BESIDE = 0.3, 0.5, 0.07, 0.3
_FINE, _FAINT = 0.02, 0.012
_LEAST, _REACH_PX, _NEAR_PX, _BELIEVED = 0.02, 81, 25, 0.85
_SOLID_PX, _NOTHING_PX, _NOTHING = 19, 9, 0.04
# What tells hair from doubted panels, meshes, laces, wire and lenses, on 150 pictures: strands are faint and lie between the
# two colours (the unrest of the mixture, its misfit), hardly any pixel is all hair or all backdrop, and the network sees most
# of them (its agreement, whole and fine).
_MOST_UNREST, _MOST_MISFIT, _AGREES, _AGREES_FINELY = 0.15, 0.05, 0.75, 0.6
_MIXED, _MOSTLY = (0.1, 0.9), 0.66


def with_hair(alpha: np.ndarray, raw: np.ndarray, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """(coarse alpha float32 (h, w) with hair as its colour says, share of each pixel for which that was done, or None where
    nothing is hair). `raw` is the network's own answer, `picture` float32 (h, w, 3) what it saw."""
    doubted = ((raw > _DOUBT[0]) & (raw < _DOUBT[1])).astype(np.float32)
    haze = cv2.blur(doubted, (_WINDOW_PX, _WINDOW_PX))
    least = _LEAST * float((raw > 0.5).sum())
    if float((haze > _HAZY).sum()) < max(16.0, least):
        return alpha, None
    fine = steepness(picture, 0.7)
    core = (haze > _HAZY) & (_share(fine > _FINE) > _RESTLESS)
    if float(core.sum()) < max(16.0, least):
        return alpha, None
    place, misfit = _mixture(raw, picture)
    hair = _hair(core, raw, place, misfit, least)
    if not hair.any():
        return alpha, None
    beside = (haze > _HAZY_BESIDE) & (_share(fine > _FAINT) > _RESTLESS_BESIDE)
    # Far from it only what the network doubts itself: seams and prints of clothes look restless too.
    beside &= (raw < _BELIEVED) | (cv2.dilate(hair, disc(_NEAR_PX)) > 0)
    area = (cv2.dilate(hair, disc(_REACH_PX)) > 0) & beside | (hair > 0)
    weight = cv2.blur(area.astype(np.float32), (9, 9))
    return alpha + weight * (_coverage(raw, place) - alpha), weight


def _share(where: np.ndarray) -> np.ndarray:
    return cv2.blur(where.astype(np.float32), (_WINDOW_PX, _WINDOW_PX))


def _mixture(raw: np.ndarray, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(place of each pixel between backdrop, 0, and product, 1; how far it lies off that line, as a share of its length)."""
    colours = spread_colours(picture, raw)
    place = mixture(picture, colours.backdrop, colours.product)
    way = colours.product - colours.backdrop
    off = np.abs(picture - colours.backdrop - place[..., None] * way).max(axis=2)
    return place, off / np.maximum(np.abs(way).max(axis=2), 0.05)


def _hair(core: np.ndarray, raw: np.ndarray, place: np.ndarray, misfit: np.ndarray, least: float) -> np.ndarray:
    """Those separate areas of the core that are hair, uint8 (h, w)."""
    joined = cv2.dilate(core.astype(np.uint8), disc(_WINDOW_PX // 2))
    count, labels = cv2.connectedComponents(joined)
    found = np.zeros(core.shape, np.uint8)
    ripple, ripple_raw = place - cv2.GaussianBlur(place, (0, 0), 4), raw - cv2.GaussianBlur(raw, (0, 0), 4)
    for label in range(1, count):
        area = (labels == label) & core
        if float(area.sum()) < max(16.0, least):
            continue
        found[area] = _is_hair(raw[area], place[area], misfit[area], ripple_raw[area], ripple[area])
    return found


def _is_hair(
    raw: np.ndarray, place: np.ndarray, misfit: np.ndarray, ripple_raw: np.ndarray, ripple: np.ndarray
) -> bool:
    """The signs of one area, from the values of its pixels."""
    mixed = float(((place > _MIXED[0]) & (place < _MIXED[1])).mean())
    unrest = float(np.sqrt(np.square(ripple).mean()))
    is_two_colours = unrest < _MOST_UNREST and float(np.median(misfit)) < _MOST_MISFIT and mixed > _MOSTLY
    agrees = float(np.corrcoef(raw, place)[0, 1]) > _AGREES
    return is_two_colours and agrees and float(np.corrcoef(ripple_raw, ripple)[0, 1]) > _AGREES_FINELY


def _coverage(raw: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The mixture, but solid where the network is sure all around, and nothing where it sees nothing all around."""
    within = cv2.erode(raw, np.ones((_SOLID_PX, _SOLID_PX), np.uint8))
    drawn = np.maximum(np.clip(place, 0, 1), np.clip((within - 0.85) / 0.13, 0, 1))
    around = cv2.dilate(raw, np.ones((_NOTHING_PX, _NOTHING_PX), np.uint8))
    covered: np.ndarray = np.where(around < _NOTHING, 0, drawn)
    return covered
