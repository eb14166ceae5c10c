"""The guided filter's model with a colour guide: one plane as a local linear function of a picture's colours."""

import cv2
import numpy as np


def colour_model(guide: np.ndarray, target: np.ndarray, *, radius_px: int, softness: float) -> np.ndarray:
    """Coefficients a, b of target = a . colour + b fitted in every window and averaged over windows, float32 (h, w, 4).

    He, Sun, Tang: Guided image filtering, 2013, equations 14 to 16. `softness` is its epsilon for values in 0..1.
    """
    side = (2 * radius_px + 1, 2 * radius_px + 1)

    def mean(plane: np.ndarray) -> np.ndarray:
        averaged: np.ndarray = cv2.blur(plane, side, borderType=cv2.BORDER_REPLICATE)
        return averaged

    centre, level = mean(guide), mean(target)
    products = mean(_products(guide, target))
    square = np.ones((side[1], side[0]), np.uint8)
    # Where a window holds one value the answer is that value; only the few others are worth solving for.
    busy = cv2.dilate(target, square) > cv2.erode(target, square)
    middle, height = centre[busy], level[busy]
    slope, offset = np.zeros_like(guide), level
    slope[busy] = _solve(products[busy] - _products(middle[None], height[None])[0], softness)
    offset[busy] = height - (slope[busy] * middle).sum(axis=1)
    return mean(cv2.merge([slope, offset]))


def _products(guide: np.ndarray, target: np.ndarray) -> np.ndarray:
    """rr, gg, bb, rg, rb, gb and the three bands times the target, (h, w, 9)."""
    return np.dstack(
        [guide * guide, guide[..., :1] * guide[..., 1:], guide[..., 1:2] * guide[..., 2:], guide * target[..., None]]
    )


def _solve(moments: np.ndarray, softness: float) -> np.ndarray:
    """Symmetric 3x3 systems by Cramer's rule, (n, 3) from centred products (n, 9)."""
    # Double precision: in flat windows the determinant is the cube of the softness, far below float32 rounding.
    rr, gg, bb, rg, rb, gb, jr, jg, jb = moments.T.astype(np.float64)
    rr, gg, bb = rr + softness, gg + softness, bb + softness
    i_rr, i_rg, i_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    i_gg, i_gb, i_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = np.maximum(rr * i_rr + rg * i_rg + rb * i_rb, softness**3)
    solved = np.stack(
        [i_rr * jr + i_rg * jg + i_rb * jb, i_rg * jr + i_gg * jg + i_gb * jb, i_rb * jr + i_gb * jg + i_bb * jb],
        axis=1,
    )
    slope: np.ndarray = (solved / determinant[:, None]).astype(np.float32)
    return slope
