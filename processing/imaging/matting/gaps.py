"""Gaps inside a product: real openings stay open, pale areas that only look like paper are closed."""

import cv2
import numpy as np

_SMALLEST_PX = 12
_REACH_PX = 4
# Found on gaps of 40 real and composed pictures: openings show paper, at most in shadow; product areas that were taken for
# openings have another hue or are brighter, or are half believed by the network and framed by a faint outline only.
_STRANGE, _HALF_BELIEVED = 0.05, 0.13
_BELIEVED, _FAINT_RIM, _UNEVEN_INSIDE = 0.2, 0.13, 0.02
_COMMIT = 0.9


def settle(alpha: np.ndarray, picture: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Coarse alpha float32 (h, w) with false gaps closed and the haze inside the product made solid."""
    differs = np.abs(picture - paper).max(axis=2)
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
        if _is_product(gap, alpha[window], differs[window], strange[window]):
            closed[window] = _close(closed[window], gap, np.isin(labels[window], outside) & (labels[window] > 0))
    return _commit(closed)


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
    rim = cv2.dilate(gap.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & ~gap
    faint = float(np.median(differs[rim])) < _FAINT_RIM if rim.any() else False
    return believed > _BELIEVED and faint and float(np.median(differs[core])) > _UNEVEN_INSIDE


def _off_shadow(picture: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Distance from every colour that a shadow on this paper can have."""
    ratio = np.minimum((picture * paper).sum(axis=2) / (paper * paper).sum(axis=2), 1)
    distance: np.ndarray = np.sqrt(np.square(picture - ratio[..., None] * paper).sum(axis=2))
    return distance


def _close(alpha: np.ndarray, gap: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The gap and its soft rim made solid, but nothing that lies beside the true outside."""
    side = 2 * _REACH_PX + 1
    wide = cv2.dilate(gap.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    near_outside = cv2.dilate(outside.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    closed: np.ndarray = np.where(wide & (~near_outside | gap), 1, alpha).astype(np.float32)
    return closed


def _commit(alpha: np.ndarray) -> np.ndarray:
    """Deep inside, nearly solid becomes solid; edges and see-through areas keep their value."""
    side = 2 * _REACH_PX + 1
    deep = cv2.erode((alpha > 0.5).astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    solid = np.clip(alpha / _COMMIT, 0, 1)
    weight = np.clip((alpha - 0.8) / 0.1, 0, 1)
    committed: np.ndarray = np.where(deep, alpha + weight * (solid - alpha), alpha).astype(np.float32)
    return committed
