"""What is said for a cut-out that repairs have edited."""

import cv2

from processing.scoring.measurement import Measurement, located
from processing.scoring.view import Bytes

# Where alpha was changed is told at about this long side.
LONG_PX = 400


def measure_repaired(before: Bytes, after: Bytes, *, confidence: float) -> Measurement:
    """REPAIRED: the engine's own confidence in a cut-out that was edited, and where alpha, uint8 (h, w), was changed most.

    A check is no witness for an edit that was aimed at it. The engine looked at the photo by itself, without any check.
    Unit 0..1. Range 0 to 1, higher is better. Source: the engine; 3 ms a megapixel.
    """
    changed = cv2.absdiff(before, after)
    scale = min(1.0, LONG_PX / max(changed.shape))
    size = (max(1, round(changed.shape[1] * scale)), max(1, round(changed.shape[0] * scale)))
    return located("REPAIRED", confidence, "0..1", cv2.resize(changed, size, interpolation=cv2.INTER_AREA))
