"""Shadows of a cutout on the ground, as a map of how much light is missing (0 none .. 1 all).

Three parts, each with its own sharpness: *contact*, the dark line where product and ground meet; *cast*, thrown along
the main light; *ambient*, the wide soft darkening because the product hides part of the sky. Soft parts are made on a
coarse grid.
"""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.backplates import Light
from processing.imaging.ground import Ground
from processing.imaging.linear import Floats
from processing.imaging.slabs import Slabs, blurred

# Cells along the longer side of the product; the contact line is a few hundredths of it wide.
_CONTACT_CELLS = 420
# A cast shadow ends here at the latest, in product heights, or low lights would darken half the picture.
_MAX_REACH = 1.15
# Sets have a main light that is seen on all else in them: styles without one throw at least so strong a shadow there.
LEAST_CAST = 0.38
# Pool of shadow around a single foot: how far it reaches to the sides and to the front (shares of the product's longer side).
_POOL, _POOL_DENSITY = (0.028, 0.012), 0.62
# How soft the shadow of a cord is, as a share of the product's longer side.
_CORD_BLUR = 0.004
# A seat hides less sky from the floor than a base that stands on it.
_LEGS = 1.0


@dataclass(frozen=True)
class ShadowStyle:
    """Strengths 0..1 of the three parts; `max_softness` hardens the light; `lift` moves the soft shadow on plain white down,
    as if the product hung before it by that share of its height. In a set it would float: there it stands."""

    cast: float
    ambient: float
    contact: float
    max_softness: float = 1.0
    lift: float = 0.0


STYLES: dict[str, ShadowStyle] = {
    "natural": ShadowStyle(cast=0.62, ambient=0.54, contact=0.82),
    "ambient": ShadowStyle(cast=0.0, ambient=0.68, contact=0.86),
    "natural-outdoor": ShadowStyle(cast=0.70, ambient=0.40, contact=0.78, max_softness=0.14),
    "soft-drop": ShadowStyle(cast=0.0, ambient=0.62, contact=0.74, lift=0.012),
}
STUDIO_LIGHT = Light(azimuth_deg=118.0, elevation_deg=62.0, softness=0.85)


@dataclass(frozen=True)
class Scene:
    """Where the shadow falls: canvas size, box of the whole cutout on it, light, how flat the ground is seen (1 from
    straight above, 0 edge on) and the y beyond which there is no ground. A `closed` canvas keeps its edges free of shadow
    (white must stay white there); in a set a shadow may leave the picture as the ground does."""

    canvas: tuple[int, int]
    box_px: tuple[int, int, int, int]
    light: Light
    flatness: float = 0.34
    horizon_px: float | None = None
    strength: float = 1.0
    closed: bool = False


def shadow_map(ground: Ground, scene: Scene, *, style: str) -> Floats:
    """Missing light, float32 (h, w) of the canvas. ValueError for an unknown style."""
    if style == "none":
        return np.zeros(scene.canvas[::-1], np.float32)
    if style not in STYLES:
        raise ValueError(f"shadow is {style!r}, choose one of none, {', '.join(STYLES)}")
    wanted = STYLES[style]
    kept = _soft_kept(ground, scene, wanted)
    if wanted.contact:
        window, density = _contact(ground, scene)
        kept[window] *= 1 - wanted.contact * scene.strength * density
    if wanted.contact and ground.lying is not None:
        kept *= 1 - wanted.contact * scene.strength * _below_cord(ground.lying, scene)
    missing = 1 - kept
    return missing * _edge_fade(scene.canvas) if scene.closed else missing


def _soft_kept(ground: Ground, scene: Scene, wanted: ShadowStyle) -> Floats:
    """Light that cast and ambient shadow leave, float32 (h, w) of the canvas."""
    slabs = Slabs(ground, canvas=scene.canvas, box_px=scene.box_px, flatness=scene.flatness)
    kept = np.ones(slabs.grid[::-1], np.float32)
    cast_strength = wanted.cast if scene.closed else max(wanted.cast, LEAST_CAST)
    if cast_strength:
        shadow = _cast(slabs, ground, scene, max_softness=wanted.max_softness)
        kept *= 1 - cast_strength * scene.strength * on_ground(shadow, far_px=scene.horizon_px, cell=slabs.cell)
    if wanted.lift:
        pool = _dropped(slabs, wanted.lift) if scene.closed else np.maximum(_dropped(slabs, 0.0), _near(slabs))
        kept *= 1 - wanted.ambient * scene.strength * pool
    elif wanted.ambient:
        kept *= 1 - wanted.ambient * scene.strength * _ambient(slabs)
        if legs := _on_legs(ground, scene.box_px):
            kept *= 1 - wanted.ambient * scene.strength * legs * _between_legs(slabs)
    grown = cv2.resize(kept, scene.canvas, interpolation=cv2.INTER_CUBIC)
    return cast(Floats, np.minimum(grown, 1, out=grown))


def _cast(slabs: Slabs, ground: Ground, scene: Scene, *, max_softness: float) -> Floats:
    """Shadow of the main light, softer and fainter with the height it comes from."""
    softness = min(scene.light.softness, max_softness)
    run = min(1 / math.tan(math.radians(scene.light.elevation_deg)), _MAX_REACH / max(ground.rise, 0.2))
    azimuth = math.radians(scene.light.azimuth_deg)
    step = (-math.cos(azimuth) * run, math.sin(azimuth) * run * scene.flatness)
    return slabs.darkest(step, blur=0.006 + 0.012 * softness, growth=0.04 + 0.34 * softness, fade=0.25 + 0.6 * softness)


def _ambient(slabs: Slabs) -> Floats:
    """Sky hidden by the product: dark under it, gone about half its width away."""
    wide = slabs.darkest((0.0, 0.0), blur=0.085, growth=0.4, fade=1.6, every=3)
    return 0.6 * _near(slabs) + 0.4 * wide


def _near(slabs: Slabs) -> Floats:
    return slabs.darkest((0.0, 0.0), blur=0.022, growth=0.55, fade=2.6, every=2)


def _on_legs(ground: Ground, box_px: tuple[int, int, int, int]) -> float:
    """0 for what stands on one base or lies low, 1 for what stands tall on feet apart: a chair, a stool, a tripod."""
    return (1 - ground.solidity) * min(max((box_px[3] / box_px[2] - 0.7) / 0.5, 0.0), 1.0)


def _between_legs(slabs: Slabs) -> Floats:
    """Sky hidden by a seat high above the ground: a wide pool around the feet, behind the nearest of them."""
    pool = slabs.darkest((0.0, 0.0), blur=0.07, growth=0.09, fade=0.6, every=2)
    move = np.array([[1, 0, 0], [0, 1, -0.6 * slabs.depth]], np.float32)
    return cast(Floats, _LEGS * cv2.warpAffine(pool, move, slabs.grid))


def _dropped(slabs: Slabs, lift: float) -> Floats:
    """Soft pool of shadow under the product, below it if it is lifted."""
    pool = slabs.darkest((0.0, 0.0), blur=0.035, growth=0.16, fade=0.9)
    shift = lift * slabs.height + (0.35 if lift else 0.08) * slabs.depth
    move = np.array([[1, 0, 0], [0, 1, shift]], np.float32)
    return cast(Floats, cv2.warpAffine(pool, move, slabs.grid))


def on_ground(shadow: Floats, *, far_px: float | None, cell: float = 1.0) -> Floats:
    """The shadow without what would lie beyond the far end of the ground, `far_px` of the canvas down; cells of `cell` px."""
    if far_px is None:
        return shadow
    rows = (np.arange(shadow.shape[0], dtype=np.float32) - far_px / cell) / (0.03 * shadow.shape[0])
    return cast(Floats, shadow * np.clip(rows, 0, 1)[:, None])


def _contact(ground: Ground, scene: Scene) -> tuple[tuple[slice, slice], Floats]:
    """Dark line under the foot, full where the product touches, thinner where it is off the ground: the rows and columns
    of the canvas around the foot, and the shadow there."""
    across, down = ground.scale_to(scene.box_px[2:])
    size = max(scene.box_px[2:])
    window = _foot_window(ground, scene, reach=0.07 * size)
    cell = max(1.0, size / _CONTACT_CELLS)
    canvas_y, canvas_x = (_cell_centres(side, cell) for side in window)
    columns = (canvas_x - scene.box_px[0]) / across - 0.5
    own = np.arange(ground.line.size)
    line = np.interp(columns, own, ground.line) * down
    gap = np.interp(columns, own, _bounded_gap(ground)) * down
    touch = np.interp(columns, own, _touch(ground), left=0, right=0)
    rows = canvas_y[:, None] - scene.box_px[1]
    density = _density(rows - line, touch, gap, size=size)
    for foot in ground.feet:
        beside = np.maximum(np.maximum(foot.start - columns, columns - foot.end), 0) * across
        spot = np.exp(-((beside / (0.011 * size)) ** 2))
        density = np.maximum(density, _density(rows - foot.y * down, spot, 0 * gap, size=size))
        density = np.maximum(density, _foot_pool(beside, rows - foot.y * down, size=size))
    sigma = max(0.0022 * size / cell, 0.35)
    full = (window[1].stop - window[1].start, window[0].stop - window[0].start)
    return window, cast(Floats, cv2.resize(blurred(density.astype(np.float32), sigma, sigma), full).clip(0, 1))


def _below_cord(lying: Floats, scene: Scene) -> Floats:
    """Contact shadow of something thin that lies on the ground, float32 (h, w) of the canvas."""
    x, y, width, height = scene.box_px
    sigma = _CORD_BLUR * max(width, height)
    grown = cv2.resize(lying, (width, height), interpolation=cv2.INTER_LINEAR)
    shown = cv2.warpAffine(grown, np.array([[1, 0, x], [0, 1, y + sigma]], np.float32), scene.canvas)
    return cast(Floats, blurred(cast(Floats, shown), sigma, sigma).clip(0, 1))


def _density(
    below: npt.NDArray[np.float64], touch: npt.NDArray[np.float64], gap: npt.NDArray[np.float64], *, size: int
) -> npt.NDArray[np.float64]:
    """Contact shadow (h, w) so far below the ground (px), for how closely each column touches it and how far it is off it."""
    # Behind the line it only has to reach up to the product; farther back it would show beside thin ends.
    tight = _falloff(below, down=0.0055 * size, up=gap + 0.008 * size)
    loose = _falloff(below, down=0.019 * size, up=1.2 * gap + 0.014 * size)
    return touch * (0.62 * tight + 0.38 * loose)


def _foot_pool(
    beside: npt.NDArray[np.float64], below: npt.NDArray[np.float64], *, size: int
) -> npt.NDArray[np.float64]:
    """Sky that a leg hides around its foot (h, w), for how far beside and below the foot a place is (px)."""
    across = np.exp(-((beside / (_POOL[0] * size)) ** 2))
    return _POOL_DENSITY * across * np.exp(-((below / (_POOL[1] * size)) ** 2))


def _foot_window(ground: Ground, scene: Scene, *, reach: float) -> tuple[slice, slice]:
    """Rows and columns of the canvas within `reach` px of the ground line, gaps included."""
    first, last = ground.contact
    across, down = ground.scale_to(scene.box_px[2:])
    line, gap = ground.line[first : last + 1], _bounded_gap(ground)[first : last + 1]
    feet = ground.feet
    farthest = min(float((line - 2 * gap).min()), *(foot.y for foot in feet), math.inf)
    first, last = min(first, *(foot.start for foot in feet), last), max(last, *(foot.end for foot in feet), first)
    top, bottom = farthest * down - reach, float(line.max()) * down + reach
    left, right = first * across - reach, last * across + reach
    x, y = scene.box_px[:2]
    return _clipped(y + top, y + bottom, scene.canvas[1]), _clipped(x + left, x + right, scene.canvas[0])


def _bounded_gap(ground: Ground) -> Floats:
    """Gap in which there may be contact shadow; 0 where there is more air than a tenth of the width, or no product."""
    return np.where(ground.gap > 0.1 * ground.gap.size, np.float32(0), ground.gap)


def _clipped(start: float, stop: float, side: int) -> slice:
    first = min(max(math.floor(start), 0), side - 1)
    return slice(first, min(max(math.ceil(stop), first + 1), side))


def _cell_centres(side: slice, cell: float) -> npt.NDArray[np.float64]:
    """Canvas positions of the middles of about `cell` px wide cells over a range of canvas pixels."""
    length = side.stop - side.start
    count = max(2, round(length / cell))
    centres: npt.NDArray[np.float64] = side.start + (np.arange(count) + 0.5) * length / count
    return centres


def _touch(ground: Ground) -> Floats:
    """How closely each column touches, 0..1, fading out softly at the ends of the contact."""
    columns = np.arange(ground.gap.size)
    within = (columns >= ground.contact[0]) & (columns <= ground.contact[1])
    close = np.exp(-ground.gap / (0.018 * max(ground.alpha.shape))) * within
    sigma = max(0.012 * ground.gap.size, 0.6)
    return cast(Floats, cv2.GaussianBlur(close.astype(np.float32)[None], (0, 0), sigma, sigmaY=0.1)[0])


def _falloff(below: npt.NDArray[np.float64], *, down: float, up: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """1 on the ground line, gone `down` below it and about `up` (for each column) behind it; px."""
    reach = np.where(below > 0, max(down, 0.5), np.maximum(up, 1.0))
    return cast(npt.NDArray[np.float64], np.exp(-((below / reach) ** 2)))


def _edge_fade(canvas: tuple[int, int]) -> Floats:
    """Lets every shadow end before the canvas does: 0 on its edge, 1 from 8 % of the short side inwards."""
    width = 0.08 * min(canvas)
    across, down = (
        np.clip((np.minimum(np.arange(side), np.arange(side)[::-1])) / width, 0, 1).astype(np.float32)
        for side in canvas
    )
    ramp = np.minimum(across[None], down[:, None])
    return cast(Floats, ramp * ramp * (3 - 2 * ramp))
