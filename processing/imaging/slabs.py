"""The rough solid behind a cutout, for its soft shadows.

Every height of the product is a slab lying flat above the ground; its outline is that of the base where two edges of
that are seen, else an ellipse over each run of columns seen in the alpha at that height. A shadow is the darkest of all
slabs, each moved along the light and blurred with its height: that is how a real shadow gets softer away from the foot.
"""

import math
from itertools import pairwise
from typing import cast

import cv2
import numpy as np

from processing.imaging.ground import Ground
from processing.imaging.linear import Floats

_SLABS = 12
# Cells along the longer side of the product: soft shadows hold nothing finer.
_SOFT_CELLS = 88


class Slabs:
    """Slabs of one product on a coarse grid over the canvas; lengths are in grid cells of `cell` px."""

    def __init__(
        self, ground: Ground, *, canvas: tuple[int, int], box_px: tuple[int, int, int, int], flatness: float
    ) -> None:
        self.cell = max(1.0, max(box_px[2:]) / _SOFT_CELLS)
        self.grid = (max(2, math.ceil(canvas[0] / self.cell)), max(2, math.ceil(canvas[1] / self.cell)))
        self._width = max(3, round(box_px[2] / self.cell))
        self.height = max(3, round(box_px[3] / self.cell))
        across, down = ground.scale_to((self._width, self.height))
        self.depth = ground.depth * down
        self._rise = ground.rise
        self._flat = max(0.45, flatness * 1.4)
        self._left, self._top = box_px[0] / self.cell, box_px[1] / self.cell
        self._line, self._centre, self._depth_ratio = self._base(ground, across=across, down=down)
        self._far_edge = None if ground.far_edge is None else self._columns(ground.far_edge) * down
        self._profiles = self._rectified(ground)

    def darkest(self, step: tuple[float, float], *, blur: float, growth: float, fade: float, every: int = 1) -> Floats:
        """Union of the slabs (each, or every other ...) moved by `step` per cell of height. `blur` is in product widths,
        `growth` adds to it per cell of height, `fade` thins the shadow per product height."""
        size = max(self._width, 0.5 * self.height)
        total = np.zeros(self.grid[::-1], np.float32)
        for height, coverage in self._profiles[::every]:
            real = height * self._rise
            sigma = max(blur * size + growth * real, 0.4)
            thin = math.exp(-fade * real / max(self.height, self._width))
            slab = self._slab(coverage * thin, move=(step[0] * real, step[1] * real))
            np.maximum(total, blurred(slab, sigma, max(sigma * self._flat, 0.4)), out=total)
        return total

    def _base(self, ground: Ground, *, across: float, down: float) -> tuple[Floats, Floats, float]:
        """Ground line and middle of the base for each grid column of the product; depth per width."""
        line = self._columns(ground.line) * down
        first, last = (min(round(column * across), self._width - 1) for column in ground.contact)
        chord = np.interp(np.arange(self._width), (first, last), line[[first, last]]).astype(np.float32)
        # The middle of a solid base lies behind its front; feet that stand apart are each their own base.
        solid = chord + float((line - chord).max())
        front = line + (solid - line) * np.float32(ground.solidity)
        middle = cast(Floats, front - np.float32(self.depth / 2))
        return line, middle, self.depth / max(last - first, 2)

    def _columns(self, values: Floats) -> Floats:
        """Values for each column of the analysis, for each grid column of the product."""
        return cast(Floats, cv2.resize(values[None], (self._width, 1))[0])

    def _rectified(self, ground: Ground) -> list[tuple[float, Floats]]:
        """(height, coverage for each column) of every slab, lowest first."""
        alpha = cv2.resize(ground.alpha, (self._width, self.height), interpolation=cv2.INTER_AREA)
        heights = np.arange(self.height + 1, dtype=np.float32)[:, None]
        rows = np.clip(self._line[None] - 0.5 - heights, -2, self.height).astype(np.float32)
        columns = np.broadcast_to(np.arange(self._width, dtype=np.float32), rows.shape)
        upright = cv2.remap(alpha, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR, borderValue=0)
        edges = np.unique(np.rint(self.height * (np.arange(_SLABS + 1) / _SLABS) ** 1.4).astype(int)).tolist()
        return [((low + high) / 2, upright[low:high].max(axis=0)) for low, high in pairwise(edges)]

    def _outline(self, coverage: Floats) -> tuple[Floats, Floats]:
        """Middle and depth of a slab in every column of the product."""
        if self._far_edge is not None:
            return cast(Floats, (self._line + self._far_edge) / 2), cast(Floats, self._line - self._far_edge)
        return self._centre, _ellipse_depth(coverage) * self._depth_ratio

    def _slab(self, coverage: Floats, *, move: tuple[float, float]) -> Floats:
        """One slab on the grid, moved."""
        middle, depth = self._outline(coverage)
        rows = np.arange(self.grid[1], dtype=np.float32)[:, None] - self._top
        inside = np.clip(0.5 + depth / 2 - np.abs(rows - middle), 0, 1) * coverage
        shift = np.array([[1, 0, self._left + move[0]], [0, 1, move[1]]], np.float32)
        return cast(Floats, cv2.warpAffine(inside.astype(np.float32), shift, self.grid))


def blurred(picture: Floats, sigma_x: float, sigma_y: float) -> Floats:
    """Gaussian cut off at 2.6 sigma, which nobody sees in a shadow and which saves a third of the work."""
    size = (2 * math.ceil(2.6 * sigma_x) + 1, 2 * math.ceil(2.6 * sigma_y) + 1)
    return cast(Floats, cv2.GaussianBlur(picture, size, sigma_x, sigmaY=sigma_y))


def _ellipse_depth(coverage: Floats) -> Floats:
    """Depth for each column of the rounded outlines over every run of covered columns; 1 x its length in its middle."""
    solid = np.concatenate([[False], coverage > 0.12, [False]])
    edges = np.flatnonzero(solid[1:] != solid[:-1])
    depth = np.zeros_like(coverage)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        length = int(end - start)
        across = (np.arange(length) + 0.5) / length * 2 - 1
        depth[start:end] = length * (1 - np.abs(across) ** 2.6) ** (1 / 2.6)
    return depth
