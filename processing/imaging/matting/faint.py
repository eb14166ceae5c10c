"""Outlines that the photo hardly shows, white on white or black on black: there the network's answer nibbles at the product.

What people make has smooth sides. Where the colours of product and paper are nearly one, and neither a thin part nor a
sharp corner is near, the outline is drawn smoothly through the answer.
"""

from dataclasses import replace

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.lift import Coarse

# Largest difference of product and paper in any band, sRGB units: half of the lower counts as none.
_FAINT = 0.1
# At the size of the close look, and how much steeper the blurred edge has to be to be as sharp as before. Found on 124 shots with
# known alpha: a smaller one leaves the nibbles, a larger one rounds the product off.
_SMOOTH_PX, _STEEPER = 2.5, 3.2
_FIRM_PX, _THIN_PX, _LEAST_THIN = 7, 9, 12


def smooth_faint_edges(coarse: Coarse) -> Coarse:
    """The solution with a smooth outline where product and backdrop have nearly one colour."""
    alpha = coarse.alpha
    contrast = np.abs(coarse.product - coarse.backdrop).max(axis=2)
    share = _blurred(np.clip(2 - 2 * contrast / _FAINT, 0, 1).astype(np.float32))
    share *= _is_firm(alpha) & ~_near_thin_parts(alpha > 0.5)
    if not share.any():
        return coarse
    smooth = np.clip((_blurred(alpha) - 0.5) * _STEEPER + 0.5, 0, 1)
    return replace(coarse, alpha=alpha + share * (smooth - alpha))


def _is_firm(alpha: np.ndarray) -> np.ndarray:
    """Where alpha goes from nothing to whole within a few pixels: no glass, no hair."""
    around = np.ones((_FIRM_PX, _FIRM_PX), np.uint8)
    firm: np.ndarray = (cv2.erode(alpha, around) < 0.1) & (cv2.dilate(alpha, around) > 0.9)
    return firm


def _near_thin_parts(solid: np.ndarray) -> np.ndarray:
    """Beside straps, narrow gaps and sharp corners, which a smooth outline would lose."""
    around = disc(_THIN_PX // 2)
    shape = solid.astype(np.uint8)
    opened, closed = cv2.morphologyEx(shape, cv2.MORPH_OPEN, around), cv2.morphologyEx(shape, cv2.MORPH_CLOSE, around)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(((shape != opened) | (shape != closed)).astype(np.uint8))
    # The nibbles themselves are thin parts of a few pixels.
    is_part = stats[:, cv2.CC_STAT_AREA] >= _LEAST_THIN
    is_part[0] = False
    near: np.ndarray = cv2.dilate(is_part[labels].astype(np.uint8), np.ones((_THIN_PX, _THIN_PX), np.uint8)) > 0
    return near


def _blurred(plane: np.ndarray) -> np.ndarray:
    blurred: np.ndarray = cv2.GaussianBlur(plane, (0, 0), _SMOOTH_PX)
    return blurred
