"""Spreading known values over unknown places."""

import cv2
import numpy as np

_SIGMAS_PX = (1.5, 3.0, 6.0, 14.0, 36.0, 90.0, 240.0)


def spread(values: np.ndarray, weight: np.ndarray, *, sigmas_px: tuple[float, ...] = _SIGMAS_PX) -> np.ndarray:
    """Weighted local means, each place served by the narrowest Gaussian that finds enough known values near it.

    values float32 (h, w, n), weight float32 (h, w) 0..1. Gives float32 (h, w, n); where all weight is zero, zeros.
    """
    missing = np.ones(weight.shape, np.float32)
    count = values.shape[2]
    stack = cv2.merge([*cv2.split(cv2.multiply(values, cv2.merge([weight] * count))), weight])
    found = np.zeros_like(stack)
    for sigma in sigmas_px:
        blurred = gaussian(stack, sigma)
        near = cv2.extractChannel(blurred, count)
        is_last = sigma == sigmas_px[-1]
        take = missing * (near > 1e-6) if is_last else missing * np.clip((near - 0.004) / 0.06, 0, 1)
        share = take / np.maximum(near, 1e-9)
        cv2.multiply(blurred, cv2.merge([share] * (count + 1)), dst=blurred)
        cv2.add(found, blurred, dst=found)
        missing -= take
        if float(missing.max()) <= 1e-4:
            break
    return np.ascontiguousarray(found[..., :count])


def gaussian(stack: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur; a wide one is done on a small copy, where it is the same thing and nearly free."""
    if sigma < 5:
        blurred: np.ndarray = cv2.GaussianBlur(stack, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return blurred
    height, width = stack.shape[:2]
    factor = sigma / 2.5
    size = (max(2, round(width / factor)), max(2, round(height / factor)))
    small = cv2.resize(stack, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 2.5, borderType=cv2.BORDER_REPLICATE)
    large: np.ndarray = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return large
