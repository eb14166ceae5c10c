"""The result of every matting engine."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

# What of a product the paper is known to shine through: nothing, the glass that it is made of, or the lenses of eyewear.
SeeThrough = Literal["", "glass", "lenses"]
# The note of a matte that is see-through there.
CLEAR_GLASS = "clear-glass"
# What the clearest pane holds back and mirrors: with less, a glass on a dark set could not be seen.
CLEAREST_PANE = 0.15


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
