"""Gaps inside a product: real openings stay open, pale areas that only look like paper are closed."""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import steepness

_SMALLEST_PX = 12
_REACH_PX = 4
# Found on gaps of 21 real and composed pictures: openings show paper, at most in shadow; product areas that were taken for
# openings have another hue or are brighter, or are half believed by the network and framed by a faint outline only. Paper seen
# through a basket is 3 to 5 % brighter than the fitted one, and believed up to 0.23; brighter product from 0.29 on.
_STRANGE, _HALF_BELIEVED = 0.05, 0.25
# And on 806 gaps of 160 pictures: what is far from paper and quarter believed is product of the hue of a shadow; what is too
# dark for one is product as soon as it is believed at all.
_FAR, _QUARTER_BELIEVED = 0.15, 0.22
_TOO_DARK, _BELIEVED_AT_ALL = 0.35, 0.1
_BELIEVED, _FAINT_RIM, _UNEVEN_INSIDE = 0.2, 0.13, 0.02
# The rim of an opening is as sharp as the photo: its contrast over its steepest gradient is 2.7 to 4.5 px along three quarters of
# it (326 gaps of 46 products). Glints, reflections and folds fade out over more. So do large openings with a shadow in them, and
# pale rims of small ones, where paper is seen; but paper made pure white has no shadow.
_FADING_PX, _LARGE, _SHADED, _STEEP_PX, _CONTRAST_PX = 5.1, 0.04, 0.03, 5, 9
_COMMIT = 0.9
_PIN_PX = 3  # perforations and weaves that the network half believes; a lens is wider
# What is paper: this close to it, a little less close where it is blown out and clips to white in patches.
_SAME, _SAME_BLOWN_OUT, _BLOWN_OUT = 0.012, 0.02, 0.985
_DOUBTED, _FIRM_RIM = 0.97, 0.2


def settle(alpha: np.ndarray, picture: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Coarse alpha float32 (h, w) with false gaps closed and the haze inside the product made solid."""
    differs = _largest(np.abs(picture - paper))
    large, is_blown_out = _LARGE * float((alpha > 0.5).sum()), float(paper.min()) > _BLOWN_OUT
    strange = _off_shadow(picture, paper)
    closed = alpha.copy()
    gaps = (alpha < 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(gaps, connectivity=4)
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    for label in range(1, count):
        if label in outside or stats[label, cv2.CC_STAT_AREA] < _SMALLEST_PX:
            continue
        window = _window(stats[label], alpha.shape)
        gap = labels[window] == label
        is_small = stats[label, cv2.CC_STAT_AREA] < large
        may_fade = is_small and (float(np.median(differs[window][gap])) > _SHADED or is_blown_out)
        if _is_product(gap, alpha[window], differs[window], strange[window]) or (
            may_fade and _fades_out(gap, alpha[window], picture[window])
        ):
            closed[window] = _close(closed[window], gap, np.isin(labels[window], outside) & (labels[window] > 0))
    return _commit(_cleared(closed, picture, differs, paper))


def _cleared(alpha: np.ndarray, picture: np.ndarray, differs: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Haze taken off areas that are paper to the last code value: around the product, and in strongly framed openings.

    Weakly framed ones stay: a white product on white may look just so inside.
    """
    grey = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    square = np.ones((5, 5), np.uint8)
    same = np.where(paper.min(axis=2) > _BLOWN_OUT, _SAME_BLOWN_OUT, _SAME)
    plain = (differs < same) & (cv2.dilate(grey, square) - cv2.erode(grey, square) < _SAME)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(plain.astype(np.uint8), connectivity=4)
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    reached = np.isin(np.arange(count), outside)
    reached[0] = False  # what is no paper at all
    cleared = alpha.copy()
    cleared[_mostly_doubted(reached[labels], alpha)] = 0
    for label in range(1, count):
        if label in outside or stats[label, cv2.CC_STAT_AREA] < _SMALLEST_PX:
            continue
        window = _window(stats[label], alpha.shape)
        area = labels[window] == label
        if (
            float(alpha[window][area].mean()) < 0.6
            and _rim(area, differs[window], reach_px=6, quantile=0.75) > _FIRM_RIM
        ):
            cleared[window][area] = 0
    return cleared


def _mostly_doubted(paper: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """What of the paper outside is doubted to be product, and spots in its midst that are not."""
    count, labels = cv2.connectedComponents((paper & (alpha > _BELIEVED)).astype(np.uint8), connectivity=4)
    doubted, places = alpha < _DOUBTED, labels.ravel()
    mostly = 2 * np.bincount(places, weights=doubted.ravel(), minlength=count) > np.bincount(places, minlength=count)
    mostly[0] = False
    spots: np.ndarray = paper & (doubted | mostly[labels])
    return spots


def _window(stat: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, width, height = (int(value) for value in stat[:4])
    margin = 2 * _REACH_PX
    rows = slice(max(0, top - margin), min(shape[0], top + height + margin))
    return rows, slice(max(0, left - margin), min(shape[1], left + width + margin))


def _is_product(gap: np.ndarray, alpha: np.ndarray, differs: np.ndarray, strange: np.ndarray) -> bool:
    believed = float(alpha[gap].mean())
    inner = cv2.erode(gap.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    core = inner if inner.sum() > 8 else gap
    if believed > _HALF_BELIEVED and float(np.median(strange[core])) > _STRANGE:
        return True
    off = float(np.median(differs[core]))
    if (believed > _QUARTER_BELIEVED and off > _FAR) or (believed > _BELIEVED_AT_ALL and off > _TOO_DARK):
        return True
    faint = _rim(gap, differs) < _FAINT_RIM
    return believed > _BELIEVED and faint and off > _UNEVEN_INSIDE


def _fades_out(gap: np.ndarray, alpha: np.ndarray, picture: np.ndarray) -> bool:
    """Whether a gap that the network believes a little has a rim softer than the photo's edges are."""
    if float(alpha[gap].mean()) < _BELIEVED_AT_ALL:
        return False
    rim = cv2.dilate(gap.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~gap
    around = np.ones((_CONTRAST_PX, _CONTRAST_PX), np.uint8)
    contrast = _largest(cv2.dilate(picture, around) - cv2.erode(picture, around))
    steepest = cv2.dilate(steepness(picture, 0.7), np.ones((_STEEP_PX, _STEEP_PX), np.uint8))
    widths_px = contrast[rim] / np.maximum(steepest[rim], 0.004)
    return bool(widths_px.size) and float(np.quantile(widths_px, 0.75)) > _FADING_PX


def _rim(area: np.ndarray, differs: np.ndarray, *, reach_px: int = 4, quantile: float = 0.5) -> float:
    """Difference from paper in the few pixels around an area."""
    side = 2 * reach_px + 1
    around = cv2.dilate(area.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool) & ~area
    return float(np.quantile(differs[around], quantile)) if around.any() else 1.0


def _off_shadow(picture: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Distance from every colour that a shadow on this paper can have."""
    ratio = np.minimum(_summed(picture * paper) / _summed(paper * paper), 1)
    distance: np.ndarray = np.sqrt(_summed(np.square(picture - ratio[..., None] * paper)))
    return distance


def _summed(bands: np.ndarray) -> np.ndarray:
    total: np.ndarray = cv2.transform(bands, np.ones((1, 3), np.float32))
    return total


def _largest(bands: np.ndarray) -> np.ndarray:
    first, second, third = cv2.split(bands)
    largest: np.ndarray = np.maximum(np.maximum(first, second), third)
    return largest


def _close(alpha: np.ndarray, gap: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The gap and its soft rim made solid, but nothing that lies beside the true outside."""
    side = 2 * _REACH_PX + 1
    wide = cv2.dilate(gap.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    near_outside = cv2.dilate(outside.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    closed: np.ndarray = np.where(wide & (~near_outside | gap), 1, alpha).astype(np.float32)
    return closed


def _commit(alpha: np.ndarray) -> np.ndarray:
    """Deep inside, pin-holes close and nearly solid becomes solid; edges and see-through areas keep their value."""
    side = 2 * _REACH_PX + 1
    deep = cv2.erode((alpha > 0.5).astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    filled = cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, disc(_PIN_PX))
    solid = np.clip(filled / _COMMIT, 0, 1)
    weight = np.clip((filled - 0.8) / 0.1, 0, 1)
    committed: np.ndarray = np.where(deep, filled + weight * (solid - filled), alpha).astype(np.float32)
    return committed
