"""The result of every matting engine."""

from dataclasses import dataclass

import numpy as np

# The note of a matte that is see-through where a product of clear glass is.
CLEAR_GLASS = "clear-glass"


@dataclass(frozen=True)
class Matte:
    """What a matting engine found.

    alpha       uint8 (h, w), full size of the picture
    foreground  uint8 (h, w, 3) straight colour with no backdrop left; equals the photo where alpha is 255
    backdrop    uint8 (h/k, w/k, 3) smooth predicted backdrop at reduced size, shadow excluded
    confidence  0..1, low where the cut-out is likely to be bad
    unsure      float32 (h/k, w/k) 0..1, where it is unsure
    notes       codes such as "touches-frame" "cluttered-backdrop" "low-contrast" "see-through" "clear-glass" "nothing-found"
    """

    alpha: np.ndarray
    foreground: np.ndarray
    backdrop: np.ndarray
    confidence: float
    unsure: np.ndarray
    notes: tuple[str, ...] = ()
