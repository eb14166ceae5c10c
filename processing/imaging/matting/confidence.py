"""How far a studio matte can be trusted, and where not."""

import cv2
import numpy as np

from processing.imaging.matting.lift import Coarse
from processing.imaging.matting.paper import Paper
from processing.imaging.matting.parts import frame_contact

_NEAR_PX = 3
# Logistic fit of "a retoucher would send it back" on 126 pictures, and its level set again for the weights and looks of
# today on 132: composed and path-traced shots with known alpha, cluttered scenes. Area under its curve on these 0.90.
# One weight per signal and the constant.
_WEIGHTS = (6.71, 1.54, 17.73, -0.91, 0.2)
_CONSTANT = -3.57
_CLUTTERED_SPREAD = 0.03
_CLUTTERED_SHARE = 0.72
_LOW_CONTRAST = 0.06
_SEE_THROUGH_SHARE = 0.06


def judge(raw: np.ndarray, coarse: Coarse, paper: Paper) -> tuple[float, np.ndarray, tuple[str, ...]]:
    """(confidence 0..1, unsure map float32, notes) from the network's own answer and the solution made of it.

    Notes: "cluttered-backdrop", "low-contrast", "see-through".
    """
    found = signals(raw, coarse, paper)
    doubt = float(np.dot(found, _WEIGHTS)) + _CONSTANT
    confidence = float(1 / (1 + np.exp(np.clip(doubt, -30, 30))))
    notes = []
    if paper.share < _CLUTTERED_SHARE or paper.spread > _CLUTTERED_SPREAD:
        notes.append("cluttered-backdrop")
        confidence = min(confidence, 0.3)
    if found[3] < _LOW_CONTRAST:
        notes.append("low-contrast")
    if _see_through(coarse.alpha) > _SEE_THROUGH_SHARE:
        notes.append("see-through")
    return confidence, _unsure(raw), tuple(notes)


def signals(raw: np.ndarray, coarse: Coarse, paper: Paper) -> np.ndarray:
    """Five signs: undecided area away from the edge (share of the product), width of the undecided edge (px), misfit of
    the paper (sRGB units), contrast along the weakest tenth of the outline (sRGB units, to 0.3), frame covered by
    product (share)."""
    undecided = 1 - np.abs(2 * raw - 1)
    outline = _outline(raw)
    near = cv2.dilate(outline, np.ones((2 * _NEAR_PX + 1, 2 * _NEAR_PX + 1), np.uint8)) > 0
    area = max(16.0, float((raw > 0.5).sum()))
    length = max(16.0, float(outline.sum()))
    contrast = np.abs(coarse.product - coarse.backdrop).max(axis=2)[outline > 0]
    return np.array(
        [
            min(1.0, float(undecided[~near].sum()) / area),
            min(8.0, float(undecided[near].sum()) / length),
            paper.spread,
            min(0.3, float(np.quantile(contrast, 0.1))) if contrast.size else 0.0,
            frame_contact(coarse.alpha),
        ]
    )


def _outline(raw: np.ndarray) -> np.ndarray:
    solid = (raw > 0.5).astype(np.uint8)
    outline: np.ndarray = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    return outline


def _unsure(raw: np.ndarray) -> np.ndarray:
    """Undecided areas, but not the natural softness of an edge: what is left of the indecision in 7 px windows."""
    undecided = (1 - np.abs(2 * raw - 1)).astype(np.float32)
    unsure: np.ndarray = np.clip(cv2.blur(undecided, (7, 7)) * 1.8 - 0.6, 0, 1)
    return unsure


def _see_through(alpha: np.ndarray) -> float:
    """Share of the product that is even and half transparent, such as glass and lenses."""
    even = cv2.dilate(alpha, np.ones((5, 5), np.uint8)) - cv2.erode(alpha, np.ones((5, 5), np.uint8)) < 0.15
    middle = (alpha > 0.12) & (alpha < 0.88) & even
    return float(middle.sum()) / max(1.0, float((alpha > 0.1).sum()))
