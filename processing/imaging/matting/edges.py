"""Repairs of a finished alpha: tighter, looser, cleaner. Whole pictures in, new arrays out."""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.fill import spread
from processing.imaging.matting.lift import Coarse, free_colours

_COARSE_PIXELS = 250_000


def tighten(alpha: np.ndarray, px: float) -> np.ndarray:
    """Alpha uint8 with its edge moved inwards by `px` (fractions allowed), its softness kept. Removes halos."""
    return _moved(alpha, px, cv2.erode)


def loosen(alpha: np.ndarray, px: float) -> np.ndarray:
    """Alpha uint8 with its edge moved outwards by `px` (fractions allowed), its softness kept."""
    return _moved(alpha, px, cv2.dilate)


def remove_islands(alpha: np.ndarray, *, keep_share: float = 0.02) -> np.ndarray:
    """Alpha uint8 without the separate parts smaller than `keep_share` of the largest."""
    _checked(alpha)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 8).astype(np.uint8), connectivity=8)
    if count <= 2:
        return alpha.copy()
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0
    keep = areas >= keep_share * areas.max()
    kept = cv2.dilate(keep[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    cleaned: np.ndarray = np.where(kept, alpha, 0).astype(np.uint8)
    return cleaned


def fill_holes(alpha: np.ndarray, *, max_share: float = 0.01) -> np.ndarray:
    """Alpha uint8 with enclosed gaps closed that are each smaller than `max_share` of the product's area."""
    _checked(alpha)
    gaps = (alpha < 200).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(gaps, connectivity=4)
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    small = stats[:, cv2.CC_STAT_AREA] < max_share * max(1, int((alpha > 127).sum()))
    small[0] = False
    small[outside] = False
    filled: np.ndarray = np.where(small[labels], 255, alpha).astype(np.uint8)
    return filled if count > 1 else alpha.copy()


def decontaminate(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Straight colours uint8 (h, w, 3) with no backdrop left, for a photo uint8 (h, w, 3) and alpha uint8 (h, w).

    Backdrop and product colours are taken from right beside the edge. Where alpha is 255 the photo stays as it is.
    """
    _checked(alpha)
    if photo.shape != (*alpha.shape, 3):
        raise ValueError(f"alpha is {alpha.shape[1]}x{alpha.shape[0]}, picture is {photo.shape[1]}x{photo.shape[0]}")
    return free_colours(photo, alpha, coarse_colours(photo, alpha))


def coarse_colours(photo: np.ndarray, alpha: np.ndarray) -> Coarse:
    """Backdrop and product colours beside the edge, at reduced size, from a photo uint8 and an alpha uint8."""
    height, width = alpha.shape
    scale = min(1.0, (_COARSE_PIXELS / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return spread_colours(picture, cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255)


def spread_colours(picture: np.ndarray, alpha: np.ndarray) -> Coarse:
    """What the alpha calls surely backdrop and surely product, spread over the edge; float32 0..1."""
    square = np.ones((3, 3), np.uint8)
    outside = cv2.erode((alpha < 0.03).astype(np.uint8), square).astype(np.float32)
    inside = cv2.erode((alpha > 0.97).astype(np.uint8), square).astype(np.float32)
    # Faint weights let thin parts and narrow gaps, which have no sure core, speak where nobody else does.
    backdrop = spread(picture, np.maximum(outside, 0.02 * np.clip(0.3 - alpha, 0, 1)))
    product = spread(picture, np.maximum(inside, 0.02 * np.clip(alpha - 0.5, 0, 1)))
    return Coarse(picture, alpha, backdrop, product)


def _moved(alpha: np.ndarray, px: float, operation: object) -> np.ndarray:
    _checked(alpha)
    if px < 0 or px > 50:
        raise ValueError(f"the edge cannot be moved by {px} px, choose 0 to 50")
    whole = int(px)
    near, far = _morph(alpha, whole, operation), _morph(alpha, whole + 1, operation)
    share = px - whole
    moved: np.ndarray = (near * (1 - share) + far * share + 0.5).astype(np.uint8)
    return moved


def _morph(alpha: np.ndarray, radius: int, operation: object) -> np.ndarray:
    if radius == 0:
        return alpha.astype(np.float32)
    morph = cv2.erode if operation is cv2.erode else cv2.dilate
    moved: np.ndarray = morph(alpha, disc(radius), borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    return moved


def _checked(alpha: np.ndarray) -> None:
    if alpha.dtype != np.uint8 or alpha.ndim != 2:
        raise ValueError(f"alpha is {alpha.dtype} with {alpha.ndim} axes, it must be uint8 with 2")
