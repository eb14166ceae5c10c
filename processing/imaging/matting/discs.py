"""The round neighbourhood of everything that grows, shrinks, opens or closes a shape here."""

import cv2
import numpy as np


def disc(radius_px: int) -> np.ndarray:
    """A filled circle, uint8 (2 r + 1, 2 r + 1), to erode or dilate by."""
    circle: np.ndarray = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))
    return circle
