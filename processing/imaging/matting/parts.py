"""Separate parts of an alpha: specks dropped, what touches the frame named."""

import cv2
import numpy as np

_SEEN = 0.5


def tidy(alpha: np.ndarray, *, keep_islands: float) -> tuple[np.ndarray, tuple[str, ...]]:
    """(alpha without specks, notes). A part is kept when its area is at least `keep_islands` of the largest part's.

    Notes: "several-objects", "touches-frame".
    """
    count, labels, _, _ = cv2.connectedComponentsWithStats((alpha > 0.08).astype(np.uint8), connectivity=8)
    solid = np.bincount(labels.ravel(), weights=(alpha > _SEEN).ravel(), minlength=count)
    solid[0] = 0
    if solid.max(initial=0) < 1:
        return np.zeros_like(alpha), ()
    keep = solid >= max(4.0, keep_islands * float(solid.max()))
    # One pixel more, so that the faint foot of a soft edge stays.
    kept = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    cleaned = np.where(kept, alpha, 0).astype(np.float32)
    notes = []
    if int((solid[keep] > 0.15 * solid.max()).sum()) > 1:
        notes.append("several-objects")
    if frame_contact(cleaned) > 0.01:
        notes.append("touches-frame")
    return cleaned, tuple(notes)


def frame_contact(alpha: np.ndarray) -> float:
    """Share of the picture's frame covered by product."""
    ring = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    return float((ring > _SEEN).mean())
