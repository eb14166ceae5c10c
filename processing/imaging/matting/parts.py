"""Separate parts of an alpha: specks and stands dropped, what touches the frame named."""

import cv2
import numpy as np

from processing.imaging.matting.evidence import steepness

_SEEN = 0.5
_FAINT = 0.08
_FIRM = 0.8
_STAND_SHARE = 0.3
# Gradient along the middle of an outline, sRGB units per pixel: smears of light and shadow on the paper have 0.004 to 0.01, faint
# separate parts of products from 0.04 on.
_EDGELESS, _EDGE_NEAR_PX = 0.012, 5


def tidy(alpha: np.ndarray, *, keep_islands: float) -> tuple[np.ndarray, tuple[str, ...]]:
    """(alpha float32 without specks, notes). A part is kept when its area is at least `keep_islands` of the largest one's.

    Notes: "several-objects", "touches-frame", and "stand-at-frame" when a smaller part that reaches in from the frame, as
    clips, stands and edges of the paper do, was dropped.
    """
    count, labels = cv2.connectedComponents((alpha > _FAINT).astype(np.uint8), connectivity=8)
    solid = np.bincount(labels.ravel(), weights=(alpha > _SEEN).ravel(), minlength=count)
    solid[0] = 0
    largest = float(solid.max(initial=0))
    if largest < 1:
        return np.zeros_like(alpha), ()
    keep = (solid >= max(4.0, keep_islands * largest)) & _firm(labels, alpha, count, solid)
    stands = keep & _at_frame(labels, count) & (solid < _STAND_SHARE * largest)
    keep &= ~stands
    # One pixel more, so that the faint foot of a soft edge stays.
    kept = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    cleaned = np.where(kept, alpha, 0).astype(np.float32)
    several = int((solid[keep] > 0.15 * largest).sum()) > 1
    found = {
        "several-objects": several,
        "touches-frame": frame_contact(cleaned) > 0.01,
        "stand-at-frame": bool(stands.any()),
    }
    return cleaned, tuple(note for note, applies in found.items() if applies)


def without_smears(alpha: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Alpha float32 (h, w) without separate parts, other than the largest, that no edge of the picture float32 (h, w, 3) bounds:
    light and shadow on the paper that the network took for something."""
    count, labels = cv2.connectedComponents((alpha > _FAINT).astype(np.uint8), connectivity=8)
    seen = alpha > _SEEN
    solid = np.bincount(labels.ravel(), weights=seen.ravel(), minlength=count)
    solid[0] = 0
    others = [int(label) for label in np.flatnonzero(solid) if label != int(solid.argmax())]
    if not others:
        return alpha
    steep = cv2.dilate(steepness(picture, 0.7), np.ones((_EDGE_NEAR_PX, _EDGE_NEAR_PX), np.uint8))
    outline = seen & (cv2.erode(seen.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    smears = [label for label in others if float(np.median(steep[outline & (labels == label)])) < _EDGELESS]
    return np.where(np.isin(labels, smears), 0, alpha).astype(np.float32) if smears else alpha


def _firm(labels: np.ndarray, alpha: np.ndarray, count: int, solid: np.ndarray) -> np.ndarray:
    """A smear of shadow is never believed firmly; a part of a product is, somewhere."""
    firmest = np.zeros(count, np.float32)
    np.maximum.at(firmest, labels.ravel().astype(np.intp), alpha.ravel())
    firm: np.ndarray = (firmest > _FIRM) | (solid == solid.max())
    return firm


def _at_frame(labels: np.ndarray, count: int) -> np.ndarray:
    touching = np.zeros(count, bool)
    touching[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    return touching


def frame_contact(alpha: np.ndarray) -> float:
    """Share of the picture's frame covered by product."""
    ring = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    return float((ring > _SEEN).mean())
