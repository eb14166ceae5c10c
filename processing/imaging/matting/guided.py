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
    joint = mean(guide * target[..., None]) - centre * level[..., None]
    pairs = mean(np.dstack([guide * guide, guide[..., :1] * guide[..., 1:], guide[..., 1:2] * guide[..., 2:]]))
    spread = pairs - np.dstack([centre * centre, centre[..., :1] * centre[..., 1:], centre[..., 1:2] * centre[..., 2:]])
    slope = _solve(spread, joint, softness)
    offset = level - (slope * centre).sum(axis=2)
    return mean(np.dstack([slope, offset]))


def _solve(spread: np.ndarray, joint: np.ndarray, softness: float) -> np.ndarray:
    """Symmetric 3x3 systems by Cramer's rule, all pixels at once. `spread` holds rr, gg, bb, rg, rb, gb."""
    # Double precision: in flat windows the determinant is the cube of the softness, far below float32 rounding.
    rr, gg, bb, rg, rb, gb = (spread[..., i].astype(np.float64) for i in range(6))
    rr, gg, bb = rr + softness, gg + softness, bb + softness
    i_rr, i_rg, i_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    i_gg, i_gb, i_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = np.maximum(rr * i_rr + rg * i_rg + rb * i_rb, softness**3)
    jr, jg, jb = joint[..., 0], joint[..., 1], joint[..., 2]
    solved = np.dstack(
        [i_rr * jr + i_rg * jg + i_rb * jb, i_rg * jr + i_gg * jg + i_gb * jb, i_rb * jr + i_gb * jg + i_bb * jb]
    )
    slope: np.ndarray = (solved / determinant[..., None]).astype(np.float32)
    return slope
