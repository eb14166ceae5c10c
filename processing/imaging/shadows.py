"""Shadows of a cutout on the ground, as a map of how much light is missing (0 none .. 1 all).

Three parts, each with its own sharpness: *contact*, the dark line where product and ground meet; *cast*, thrown along
the main light; *ambient*, the wide soft darkening because the product hides part of the sky. The cast shadow comes from
a rough solid: every height of the product is a slab whose outline is an ellipse over the width seen in the alpha; each
slab is moved along the light and blurred with its height, and the darkest slab wins. Soft parts are made small.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np

from processing.imaging.backplates import Light
from processing.imaging.ground import Ground
from processing.imaging.linear import Floats

_SLABS = 14
# Cells along the longer side of the product: soft shadows hold nothing finer, contact needs a bit more.
_SOFT_CELLS = 112
_CONTACT_CELLS = 420
# A cast shadow ends here at the latest, in product heights, or low lights would darken half the picture.
_MAX_REACH = 1.15


@dataclass(frozen=True)
class ShadowStyle:
    """Strengths 0..1 of the three parts; `max_softness` hardens the light; `lift` floats the product above the ground
    by that share of its height."""

    cast: float
    ambient: float
    contact: float
    max_softness: float = 1.0
    lift: float = 0.0


STYLES: dict[str, ShadowStyle] = {
    "natural": ShadowStyle(cast=0.46, ambient=0.34, contact=0.62),
    "ambient": ShadowStyle(cast=0.0, ambient=0.46, contact=0.58),
    "natural-outdoor": ShadowStyle(cast=0.66, ambient=0.26, contact=0.62, max_softness=0.14),
    "soft-drop": ShadowStyle(cast=0.0, ambient=0.40, contact=0.0, lift=0.045),
}
STUDIO_LIGHT = Light(azimuth_deg=118.0, elevation_deg=62.0, softness=0.85)


@dataclass(frozen=True)
class Scene:
    """Where the shadow falls: canvas size, box of the whole cutout on it, light, how flat the ground is seen (1 from
    straight above, 0 edge on) and the y beyond which there is no ground."""

    canvas: tuple[int, int]
    box_px: tuple[int, int, int, int]
    light: Light
    flatness: float = 0.34
    horizon_px: float | None = None
    strength: float = 1.0


def shadow_map(ground: Ground, scene: Scene, *, style: str) -> Floats:
    """Missing light, float32 (h, w) of the canvas. ValueError for an unknown style."""
    if style == "none":
        return np.zeros(scene.canvas[::-1], np.float32)
    if style not in STYLES:
        raise ValueError(f"shadow is {style!r}, choose one of none, {', '.join(STYLES)}")
    wanted = STYLES[style]
    kept = np.ones(scene.canvas[::-1], np.float32)
    slabs = _Slabs(ground, scene)
    if wanted.cast:
        kept *= 1 - wanted.cast * scene.strength * _on_ground(slabs.cast(wanted.max_softness), scene)
    if wanted.lift:
        kept *= 1 - wanted.ambient * scene.strength * slabs.floating(wanted.lift)
    elif wanted.ambient:
        kept *= 1 - wanted.ambient * scene.strength * slabs.ambient()
    if wanted.contact:
        kept *= 1 - wanted.contact * scene.strength * _contact(ground, scene)
    return cast(Floats, (1 - kept) * _edge_fade(scene.canvas))


class _Slabs:
    """The product as a stack of flat slabs on a coarse grid of the canvas."""

    def __init__(self, ground: Ground, scene: Scene) -> None:
        self._ground, self._scene = ground, scene
        self._cell = max(1.0, max(scene.box_px[2:]) / _SOFT_CELLS)
        self._grid = tuple(max(2, math.ceil(side / self._cell)) for side in scene.canvas)
        self._width = max(3, round(scene.box_px[2] / self._cell))
        self._unit = self._width / ground.alpha.shape[1]
        self._height = max(3, round(ground.alpha.shape[0] * self._unit))
        self._left = scene.box_px[0] / self._cell
        self._top = scene.box_px[1] / self._cell
        self._line, self._centre, self._depth_ratio = self._base()
        self._profiles = self._rectified()

    def cast(self, max_softness: float) -> Floats:
        """Shadow of the main light, softer and fainter with the height it comes from."""
        light = self._scene.light
        softness = min(light.softness, max_softness)
        run = 1 / math.tan(math.radians(max(light.elevation_deg, 12)))
        run = min(run, _MAX_REACH / max(self._ground.rise, 0.2))
        azimuth = math.radians(light.azimuth_deg)
        step = (-math.cos(azimuth) * run, math.sin(azimuth) * run * self._scene.flatness)
        base_blur = 0.006 + 0.012 * softness
        return self._darkest(step, blur=base_blur, growth=0.04 + 0.34 * softness, fade=0.25 + 0.6 * softness)

    def ambient(self) -> Floats:
        """Sky hidden by the product: dark under it, gone about half its width away."""
        near = self._darkest((0.0, 0.0), blur=0.022, growth=0.55, fade=2.6)
        wide = self._darkest((0.0, 0.0), blur=0.085, growth=0.4, fade=1.6)
        return cast(Floats, 0.6 * near + 0.4 * wide)

    def floating(self, lift: float) -> Floats:
        """Soft pool of shadow below a product that hovers."""
        pool = self._darkest((0.0, 0.0), blur=0.035, growth=0.16, fade=0.9)
        shift = lift * self._scene.box_px[3] + 0.35 * self._ground.depth * self._unit * self._cell
        move = np.array([[1, 0, 0], [0, 1, shift]], np.float32)
        return cast(Floats, cv2.warpAffine(pool, move, self._scene.canvas))

    def _base(self) -> tuple[Floats, Floats, float]:
        """Ground line and middle of the base for each grid column of the product, in cells; depth per width."""
        ground = self._ground
        line = cast(Floats, cv2.resize(ground.line[None], (self._width, 1))[0] * self._unit)
        first, last = (round(column * self._unit) for column in ground.contact)
        ends = (min(first, self._width - 1), min(last, self._width - 1))
        chord = np.interp(np.arange(self._width), ends, line[list(ends)]).astype(np.float32)
        bulge = float((line - chord).max())
        depth = ground.depth * self._unit
        return line, chord + bulge - depth / 2, depth / max(last - first, 2)

    def _rectified(self) -> list[tuple[float, Floats]]:
        """(height in cells, coverage for each column) of every slab, lowest first."""
        alpha = cv2.resize(self._ground.alpha, (self._width, self._height), interpolation=cv2.INTER_AREA)
        heights = np.arange(self._height + 1, dtype=np.float32)[:, None]
        rows = np.clip(self._line[None] - 0.5 - heights, -2, self._height).astype(np.float32)
        columns = np.broadcast_to(np.arange(self._width, dtype=np.float32), rows.shape)
        upright = cv2.remap(alpha, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR, borderValue=0)
        edges = np.unique(np.rint(self._height * (np.arange(_SLABS + 1) / _SLABS) ** 1.4).astype(int))
        return [((low + high) / 2, upright[low:high].max(axis=0)) for low, high in pairwise(edges.tolist())]

    def _darkest(self, step: tuple[float, float], *, blur: float, growth: float, fade: float) -> Floats:
        """Union of all slabs moved by `step` per cell of height. `blur` is in product widths, `growth` adds to it per
        cell of height, `fade` thins the shadow per product height."""
        size = max(self._width, 0.5 * self._height)
        total = np.zeros(self._grid[::-1], np.float32)
        for height, coverage in self._profiles:
            real = height * self._ground.rise
            sigma = blur * size + growth * real
            thin = math.exp(-fade * real / max(self._height, self._width))
            move = (step[0] * real, step[1] * real)
            np.maximum(total, self._slab(coverage, move=move, sigma=sigma) * thin, out=total)
        return cast(Floats, cv2.resize(total, self._scene.canvas, interpolation=cv2.INTER_CUBIC).clip(0, 1))

    def _slab(self, coverage: Floats, *, move: tuple[float, float], sigma: float) -> Floats:
        """One slab on the canvas grid, moved and blurred; flatter up and down as the ground is."""
        depth = _ellipse_depth(coverage) * self._depth_ratio
        rows = np.arange(self._grid[1], dtype=np.float32)[:, None] - self._top
        inside = np.clip(0.5 + depth / 2 - np.abs(rows - self._centre), 0, 1) * coverage
        shift = np.array([[1, 0, self._left + move[0]], [0, 1, move[1]]], np.float32)
        placed = cv2.warpAffine(inside.astype(np.float32), shift, self._grid)
        flat = max(0.45, self._scene.flatness * 1.4)
        return cast(Floats, cv2.GaussianBlur(placed, (0, 0), max(sigma, 0.4), sigmaY=max(sigma * flat, 0.4)))


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


def _contact(ground: Ground, scene: Scene) -> Floats:
    """Dark line under the foot: full where the product touches, thinner where it is off the ground."""
    cell = max(1.0, max(scene.box_px[2:]) / _CONTACT_CELLS)
    grid = (math.ceil(scene.canvas[0] / cell), math.ceil(scene.canvas[1] / cell))
    width = max(3, round(scene.box_px[2] / cell))
    unit = width / ground.alpha.shape[1]
    line = cv2.resize(ground.line[None], (width, 1))[0] * unit
    touch = cv2.resize(_touch(ground)[None], (width, 1))[0]
    below = np.arange(grid[1], dtype=np.float32)[:, None] - scene.box_px[1] / cell - line
    size = max(scene.box_px[2:]) / cell
    tight = _falloff(below, down=0.0045 * size, up=0.5 * ground.depth * unit)
    loose = _falloff(below, down=0.015 * size, up=0.7 * ground.depth * unit)
    density = touch * (0.62 * tight + 0.38 * loose)
    move = np.array([[1, 0, scene.box_px[0] / cell], [0, 1, 0]], np.float32)
    placed = cv2.warpAffine(density.astype(np.float32), move, grid)
    placed = cv2.GaussianBlur(placed, (0, 0), max(0.0022 * size, 0.35))
    return cast(Floats, cv2.resize(placed, scene.canvas, interpolation=cv2.INTER_LINEAR).clip(0, 1))


def _touch(ground: Ground) -> Floats:
    """How closely each column touches, 0..1, fading out softly at the ends of the contact."""
    columns = np.arange(ground.gap.size)
    within = (columns >= ground.contact[0]) & (columns <= ground.contact[1])
    close = np.exp(-ground.gap / (0.018 * max(ground.alpha.shape))) * within
    sigma = max(0.012 * ground.gap.size, 0.6)
    return cast(Floats, cv2.GaussianBlur(close.astype(np.float32)[None], (0, 0), sigma, sigmaY=0.1)[0])


def _falloff(below: Floats, *, down: float, up: float) -> Floats:
    """1 on the ground line, gone `down` below it and about `up` behind it."""
    reach = np.where(below > 0, max(down, 0.5), max(up, 1.0))
    return cast(Floats, np.exp(-((below / reach) ** 2)))


def _on_ground(shadow: Floats, scene: Scene) -> Floats:
    """The shadow without what would lie beyond the far end of the ground."""
    if scene.horizon_px is None:
        return shadow
    soft = 0.03 * scene.canvas[1]
    rows = (np.arange(scene.canvas[1], dtype=np.float32) - scene.horizon_px) / soft
    return cast(Floats, shadow * np.clip(rows, 0, 1)[:, None])


def _edge_fade(canvas: tuple[int, int]) -> Floats:
    """Lets every shadow end before the canvas does: 0 on its edge, 1 from 4 % of the short side inwards."""
    width = 0.04 * min(canvas)
    across, down = (
        np.clip((np.minimum(np.arange(side), np.arange(side)[::-1])) / width, 0, 1).astype(np.float32)
        for side in canvas
    )
    ramp = np.minimum(across[None], down[:, None])
    return cast(Floats, ramp * ramp * (3 - 2 * ramp))
