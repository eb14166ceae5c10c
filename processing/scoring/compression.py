"""Compression blocks in the decoded picture, without a reference."""

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.measurement import Measurement, located

GRID_PX = 8
# A real edge is far stronger than a block seam and falls on the grid only by chance.
SEAM_CEILING = 24.0
# By so many codes seams of rows and columns together must be higher than other steps to count in full: on smooth ceramic they are
# twice as high and still not to be seen at six times the contrast.
VISIBLE_CODES = 2.0
# Blocks have seams everywhere; a straight edge of the product lies along a few lines, and by chance on the grid.
LINES_LEFT_OUT = 0.2


def measure_compression(rgb: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> Measurement:
    """COMPRESSION: luma steps on the 8 px grid over the steps half a block away, inside the product's box.

    A step is |difference of neighbours minus the mean slope beside it|, capped at 24 codes (after Wang, Sheikh and
    Bovik, ICIP 2002, who compare differences across and within blocks), its mean over the lines without their strongest fifth.
    1 is clean; blind to blur and to filtered codecs, to blocks of a picture that was resized after its compression, and to chroma.
    Unit ratio. Range 1 up. Source as above; 1 ms a megapixel.
    """
    region = _cropped(rgb, mask)
    luma = np.asarray(cv2.cvtColor(np.ascontiguousarray(region), cv2.COLOR_RGB2GRAY), np.uint8)
    if min(luma.shape) < 3 * GRID_PX:
        return Measurement("COMPRESSION", 1.0, "ratio", detail="too small to see blocks")
    across = np.ascontiguousarray(luma.T)
    on_grid, between = (_seams(across, first) + _seams(luma, first) for first in (GRID_PX, GRID_PX // 2))
    seen = min(1.0, max(0.0, on_grid - between) / VISIBLE_CODES)
    ratio = 1 + ((on_grid + 0.1) / (between + 0.1) - 1) * seen
    return located("COMPRESSION", max(ratio, 1.0), "ratio", None)


def _cropped(rgb: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The product's box grown outwards to whole blocks, so that the grid keeps its phase."""
    if mask is None or not (mask > 127).any():
        return rgb
    rows, columns = np.flatnonzero((mask > 127).any(axis=1)), np.flatnonzero((mask > 127).any(axis=0))
    top, left = int(rows[0]) // GRID_PX * GRID_PX, int(columns[0]) // GRID_PX * GRID_PX
    return rgb[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]


def _seams(luma: NDArray[np.uint8], first: int) -> float:
    """Mean step into the rows `first`, `first` + 8, and so on, less the slope on both sides of it, without the strongest rows."""
    last = luma.shape[0] - 1
    before_2, before, after, after_2 = (luma[first + k : last + k : GRID_PX].astype(np.int16) for k in (-2, -1, 0, 1))
    slope = ((before - before_2) + (after_2 - after)) / np.float32(2)
    lines = np.sort(np.minimum(np.abs((after - before) - slope), np.float32(SEAM_CEILING)).mean(axis=1))
    return float(lines[: lines.size - int(LINES_LEFT_OUT * lines.size)].mean())
