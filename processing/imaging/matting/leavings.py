"""What the network took from the paper: mirror images below temples, the rim of a shadow, white of the paper in a corner.

What is reached from outside without crossing an edge, and has a colour that the paper may have in shadow, is paper where it hangs
out of the product into the open. Pale product without an edge, such as the silicone of nose pads, has product around it.
"""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import shadow_line, steepness

_OUTSIDE = 0.05  # of coverage
# Share of the paper's light (encoded), distance from the line of its shadows, change from pixel to pixel, sRGB units.
_SHADED, _OFF, _EDGE = (0.75, 1.08), 0.035, 0.02
_SOFT_PX, _BROAD_PX, _AROUND_PX = 4, 2, 3
# Share of its surroundings that is open: 0.74 to 0.99 for eight leavings in four photos, up to 0.46 for parts of 12 products.
_OPEN = 0.6
# More than this share of the product is no leaving: a product of the paper's colour has no edge anywhere.
_MOST = 0.06


def without_leavings(alpha: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """Coarse alpha float32 (h, w) without what is paper, of a photo and its paper, both float32 (h, w, 3) 0..1."""
    ratio, off_line = shadow_line(picture, backdrop)[:2]
    like_paper = (ratio > _SHADED[0]) & (ratio < _SHADED[1]) & (off_line < _OFF)
    outside = alpha < _OUTSIDE
    passable = outside | (like_paper & (steepness(picture, 1.0) < _EDGE))
    _, labels = cv2.connectedComponents(passable.astype(np.uint8), connectivity=4)
    reached = np.isin(labels, np.unique(labels[outside])) & ~outside
    # Their own soft outline, too.
    paper = (cv2.dilate(_loose(reached, outside), disc(_SOFT_PX)) > 0) & like_paper
    if not paper.any() or float(alpha[paper].sum()) > _MOST * float(alpha.sum()):
        return alpha
    cleared: np.ndarray = np.where(paper, 0, alpha).astype(np.float32)
    return cleared


def _loose(shape: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The parts of a shape, uint8 (h, w), that the outside surrounds and that are broad somewhere: along rims and wires paper and
    product are mixed."""
    core = cv2.morphologyEx(shape.astype(np.uint8), cv2.MORPH_OPEN, disc(_BROAD_PX)) > 0
    loose = np.zeros(shape.shape, np.uint8)
    _, labels = cv2.connectedComponents(shape.astype(np.uint8))
    for label in np.unique(labels[core]):
        part = (labels == label).astype(np.uint8)
        around = (cv2.dilate(part, disc(_AROUND_PX)) > 0) & (cv2.dilate(part, disc(1)) == 0)
        # What fills the picture has nothing around it.
        if around.any() and float(outside[around].mean()) > _OPEN:
            loose |= part
    return loose
