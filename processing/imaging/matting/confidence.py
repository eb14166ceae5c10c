"""How far a studio matte can be trusted, and where not."""

import cv2
import numpy as np

from processing.imaging.matting.lift import Coarse
from processing.imaging.matting.paper import Paper
from processing.imaging.matting.parts import frame_contact


def judge(raw: np.ndarray, coarse: Coarse, paper: Paper) -> tuple[float, np.ndarray, tuple[str, ...]]:
    """(confidence 0..1, map of unsureness float32, notes)."""
    undecided = 1 - np.abs(2 * raw - 1)
    inner = cv2.blur(undecided.astype(np.float32), (7, 7))
    unsure = np.clip(inner * 1.6 - 0.5, 0, 1).astype(np.float32)
    outline = max(1.0, float(np.abs(np.diff((raw > 0.5).astype(np.int8), axis=0)).sum()))
    doubt = float(undecided.sum()) / outline
    confidence = float(np.clip(1.25 - doubt / 8, 0, 1)) * min(1.0, paper.share * 1.1)
    notes = []
    if paper.share < 0.75:
        notes.append("cluttered-backdrop")
    if frame_contact(coarse.alpha) > 0.25:
        confidence *= 0.6
    return float(np.clip(confidence, 0, 1)), unsure, tuple(notes)
