"""Things that lie or hang: where they go on a surface seen from straight above or on a wall, and the shadow around them.

What lies touches its ground all over: its shadow is its own outline, pushed away from the light by its thickness, and not
the shape it would throw standing. Clothes, scarves, jewellery and wallets are shown so, because nothing holds them upright.
"""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from processing.imaging.backplates import Backplate, Light
from processing.imaging.framing import Placement, Window, inside_margins, limited_scale, padded_box
from processing.imaging.linear import Bytes, Floats
from processing.imaging.shadows import LEAST_CAST, STYLES
from processing.imaging.sizes import contain_scale, scaled

# How far the upper side is above the ground, as share of the longer side: a folded shirt, a wallet, a belt.
_THICKNESS = 0.026
# What hangs is farther from its wall: a plant, a shirt on a hanger, a lamp.
HANGING = 0.05
# What lies on a table and is seen at an angle: a tray, a book, a wallet.
LOW = 0.05
# A low light would throw the outline away from what lies there.
_LOWEST_DEG = 32.0
_CELLS = 480
_HEIGHTS = (0.3, 0.65, 1.0)
_WHOLE_SHOWN = (1.0, 1.22)


@dataclass(frozen=True)
class LyingScene:
    """Where it lies: canvas size, box of the whole cutout on it, light, how far its upper side is above the ground (share of the
    longer side)."""

    canvas: tuple[int, int]
    box_px: tuple[int, int, int, int]
    light: Light
    thickness: float = _THICKNESS


def place_lying(
    product: tuple[int, int],
    canvas: tuple[int, int],
    *,
    plate: Backplate,
    padding: float,
    enlarge: bool,
    rng: np.random.Generator,
    is_held_above: bool = False,
) -> tuple[Placement, Window]:
    """Product near the middle of a surface, on wide canvases towards the light; the surface fills the canvas and shows a
    part of itself that the rng chooses. `is_held_above`: what it hangs from is above the picture, it begins at the upper edge."""
    scale, limited = limited_scale(contain_scale(product, padded_box(canvas, padding)), enlarge=enlarge)
    size, side = scaled(product, scale), plate.side_px
    zoom = max(canvas) / side * float(rng.uniform(*_WHOLE_SHOWN))
    spare = (side - canvas[0] / zoom, side - canvas[1] / zoom)
    window = Window(spare[0] * float(rng.random()), spare[1] * float(rng.random()), zoom)
    wide = min(max(canvas[0] / canvas[1] - 1, 0.0), 1.0)
    towards_light = 0.16 * wide * math.copysign(1.0, math.cos(math.radians(plate.light.azimuth_deg)))
    middle = (0.5 + towards_light + float(rng.uniform(-0.015, 0.015)), 0.5 + float(rng.uniform(-0.012, 0.012)))
    foot = (
        size[0] / 2 + middle[0] * (canvas[0] - size[0]),
        size[1] + middle[1] * (canvas[1] - size[1]),
    )
    box = inside_margins(foot, size, canvas)
    box = (box[0], 0, *size) if is_held_above else box
    foot = (box[0] + size[0] / 2, float(box[1] + size[1]))
    return Placement(box, foot, scale, enlarged=scale > 1, limited=limited), window


def lying_shadow(alpha: Bytes, scene: LyingScene, *, style: str) -> Floats:
    """Missing light, float32 (h, w) of the canvas, of something lying flat whose alpha (uint8) fills the box."""
    if style == "none":
        return np.zeros(scene.canvas[::-1], np.float32)
    wanted, long_side = STYLES[style], max(scene.box_px[2:])
    cell = max(1.0, long_side / _CELLS)
    cover, grid = _on_grid(alpha, scene, cell=cell), long_side / cell
    softness = min(scene.light.softness, wanted.max_softness)
    thrown = _thrown(cover, scene.light, thickness=scene.thickness * grid, softness=softness)
    kept = 1 - max(wanted.cast, LEAST_CAST) * thrown
    kept *= 1 - 0.65 * wanted.ambient * _soft(cover, 0.030 * grid)
    kept *= 1 - 0.80 * wanted.contact * _soft(cover, 0.0045 * grid)
    grown = cv2.resize(kept, scene.canvas, interpolation=cv2.INTER_LINEAR)
    return cast(Floats, np.clip(1 - grown, 0, 1))


def _on_grid(alpha: Bytes, scene: LyingScene, *, cell: float) -> Floats:
    """Coverage 0..1 of the whole canvas in cells."""
    x, y, width, height = (value / cell for value in scene.box_px)
    size = tuple(max(2, math.ceil(side / cell)) for side in scene.canvas)
    small = cv2.resize(alpha, (max(1, round(width)), max(1, round(height))), interpolation=cv2.INTER_AREA)
    move = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cast(Floats, cv2.warpAffine(small.astype(np.float32) / np.float32(255), move, size))


def _thrown(cover: Floats, light: Light, *, thickness: float, softness: float) -> Floats:
    """The outline pushed away from the light by a few heights up to the thickness, each more blurred than the last."""
    azimuth = math.radians(light.azimuth_deg)
    run = thickness / math.tan(math.radians(max(light.elevation_deg, _LOWEST_DEG)))
    result = np.zeros_like(cover)
    for height in _HEIGHTS:
        move = np.array(
            [[1, 0, -math.cos(azimuth) * run * height], [0, 1, math.sin(azimuth) * run * height]], np.float32
        )
        moved = cv2.warpAffine(cover, move, cover.shape[::-1])
        sigma = max(0.5, thickness * height * (0.08 + 0.9 * softness))
        result = np.maximum(result, _soft(cast(Floats, moved), sigma))
    return result


def _soft(cover: Floats, sigma: float) -> Floats:
    return cast(Floats, cv2.GaussianBlur(cover, (0, 0), max(sigma, 0.4)))
