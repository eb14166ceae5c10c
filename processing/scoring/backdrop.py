"""A smooth backdrop for a photo whose product is known roughly: what the paper would look like without the product."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Floats = NDArray[Any]

# Residuals beyond this many codes are not paper: clutter, a cut-off part of the product, its shadow.
_OUTLIER_CODES = 14.0
_AGREEMENT_CODES = 14.0
_ROUNDS = 6


def estimate_backdrop(photo: Floats, alpha: Floats, *, base: Floats | None = None) -> Floats:
    """Backdrop of the whole picture in codes, float32 (h, w, 3), from the photo outside the alpha.

    photo   float32 (h, w, 3) sRGB codes at a small size; alpha float32 (h, w) 0..1
    base    an engine's own prediction of the same shape; without it a quadratic surface is fitted robustly

    On the base come what whole rows and columns have in common (a horizon, a table edge, the end of the roll) and the
    slow local rest. Shadows and parts left out are outliers and do not enter.
    """
    outside = _outside(alpha)
    if outside.sum() < 40:
        outside = np.ones(alpha.shape, bool)
    surface = _quadratic(photo, outside) if base is None else np.asarray(base, np.float32)
    for axis in (1, 0):
        surface = surface + _common(photo - surface, outside, axis=axis)
    surface = surface + _slow_rest(photo - surface, outside)
    return np.asarray(np.clip(surface, 0, 255), np.float32)


def _outside(alpha: Floats) -> NDArray[np.bool_]:
    """Pixels well off the product; its guard band is a fiftieth of the picture."""
    guard = max(3, round(max(alpha.shape) / 50)) | 1
    return np.asarray(cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((guard, guard), np.uint8)) == 0)


def _quadratic(photo: Floats, outside: NDArray[np.bool_]) -> Floats:
    """Second-order surface per band, reweighted with Tukey's biweight around a shrinking scale."""
    height, width = outside.shape
    rows, columns = np.nonzero(outside)
    step = max(1, rows.size // 3000)
    rows, columns = rows[::step], columns[::step]
    terms = _terms(columns / width - 0.5, rows / height - 0.5)
    values = photo[rows, columns].astype(np.float64)
    weights = np.ones(rows.size)
    # The frame is surest to be paper: start from it.
    weights += 3.0 * (np.maximum(np.abs(columns / width - 0.5), np.abs(rows / height - 0.5)) > 0.42)
    for _ in range(_ROUNDS):
        scaled = terms * weights[:, None]
        gram = scaled.T @ terms + 1e-6 * np.eye(terms.shape[1])
        solution = np.linalg.solve(gram, scaled.T @ values)
        residual = np.abs(values - terms @ solution).max(axis=1)
        spread = max(2.0, float(np.median(residual)))
        weights = np.clip(1 - (residual / (4.7 * spread)) ** 2, 0, 1) ** 2 + 1e-4
    return _surface(solution, width, height)


def _surface(solution: NDArray[Any], width: int, height: int) -> Floats:
    """The surface at every pixel, float32 (h, w, 3), one line of x and one of y at a time."""
    x = (np.arange(width) / width - 0.5)[:, None]
    y = (np.arange(height) / height - 0.5)[:, None, None]
    still, across, down, across2, both, down2 = solution
    level = (still + across * x + across2 * x * x).astype(np.float32)
    slope = (down + both * x).astype(np.float32)
    rise = y.astype(np.float32)
    return np.asarray(level + rise * (slope + rise * down2.astype(np.float32)), np.float32)


def _terms(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _common(residual: Floats, outside: NDArray[np.bool_], *, axis: int) -> Floats:
    """Median residual of each whole row (axis 1) or column (axis 0), zero where too little of it is backdrop."""
    thinned = (slice(None), slice(None, None, 6)) if axis == 1 else (slice(None, None, 6), slice(None))
    paper = outside[thinned]
    # Sorting with infinity for what is not paper puts the median at half of each line's own count.
    ordered = np.sort(np.where(paper[..., None], residual[thinned], np.inf), axis=axis)
    count = paper.sum(axis=axis)
    middle = np.expand_dims(np.maximum(count // 2, 0), (axis, 2))
    profile = np.take_along_axis(ordered, np.minimum(middle, ordered.shape[axis] - 1), axis=axis)
    quarter, three = (
        np.take_along_axis(ordered, np.minimum(middle * part // 2, ordered.shape[axis] - 1), axis=axis)
        for part in (1, 3)
    )
    enough = np.expand_dims(count > 0.3 * paper.shape[axis], (axis, 2))
    # A horizon moves a whole line alike; a line that disagrees with itself has a shadow or clutter in it.
    with np.errstate(invalid="ignore"):
        agreed = np.clip(1.5 - (three - quarter) / _AGREEMENT_CODES, 0, 1)
    found = np.where(enough, profile * agreed, 0)
    # A shadow's streak is a few lines wide, a wall or a floor is not: keep steps, drop streaks.
    window = max(3, found.shape[1 - axis] // 16)
    return np.asarray(median_filter(found, size=(window, 1, 1) if axis == 1 else (1, window, 1)), np.float32)


def _slow_rest(residual: Floats, outside: NDArray[np.bool_]) -> Floats:
    """Normalised Gaussian mean of what is left, outliers excluded, fading to zero far from any paper."""
    height, width = outside.shape
    bands = cv2.split(cv2.absdiff(residual, np.zeros(1)))
    paper = (outside & (cv2.max(cv2.max(bands[0], bands[1]), bands[2]) < _OUTLIER_CODES)).astype(np.float32)
    size = (max(1, width // 8), max(1, height // 8))
    weighted, share = (
        cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), max(size) / 12)
        for plane in (residual * paper[..., None], paper)
    )
    rest = weighted / (share[..., None] + np.float32(0.02))
    return np.asarray(cv2.resize(rest, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
