#!/usr/bin/env python3
"""Light empty rooms for things that stand on the floor, and write them beside the sets with their facts.

    python render_floors.py --out processing/backplates [--only lifestyle-home/floor-oak ...] [--size 2048] [--quality 82]

Needs numpy, scipy and Pillow. A floor and a wall are two planes: every pixel's ray meets one of them, in a texture that is
known there, and the light on it is a key through a window, a sky, and the little that each plane hides from the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import set_textures as textures
from developing import arguments, lamp_facts, linear_of, written
from render_flats import BIRCH, OAK, WALNUT, Lamp, branches, panes, plaster
from scipy.ndimage import gaussian_filter
from set_textures import Surface

ZOOM, EYE, HEIGHT_M, DISTANCE_M, WALL_M = 2.36, 0.25, 0.98, 4.7, 1.35
STAND_Y = 0.742
FLOOR_M, WALL_SIZE_M, PIXEL_M = (3.1, 2.9), 2.0, 0.0014
BOARD_M, BOARD_DEPTH_M = 0.085, 0.014
RAYS = 4


@dataclass(frozen=True)
class Room:
    style: str
    name: str
    floor: Callable[[np.random.Generator], Surface]
    wall: tuple[tuple[float, float, float], tuple[float, float, float]]
    lamp: Lamp
    level: float  # linear luminance of the floor at the stand
    seed: int
    gobo: Callable[[int, np.random.Generator], np.ndarray] | None = None
    gloss: float = 0.10
    skirting: tuple[float, float, float] | None = (0.91, 0.885, 0.845)
    bulbs: bool = False


def boards(**kind):
    def make(rng):
        return textures.wood(FLOOR_M, PIXEL_M, rng, boards=round(FLOOR_M[0] / 0.165), seam=0.0016, **kind)

    return make


def concrete(base, deep):
    def make(rng):
        return textures.stone(
            FLOOR_M, PIXEL_M, rng, base=base, deep=deep, fleck=(0.6, 0.6, 0.6), pits=0.15, speckle=0.1, reach=0.16
        )

    return make


WINDOW_LEFT = Lamp(150, 40, 0.45, sky_share=0.50)
WINDOW_RIGHT = Lamp(30, 42, 0.45, sky_share=0.50)
SUN = Lamp(142, 46, 0.08, colour=(1.0, 0.93, 0.80), sky=(0.82, 0.92, 1.0), sky_share=0.34)
EVENING = Lamp(148, 45, 0.5, colour=(1.0, 0.86, 0.66), sky=(1.0, 0.92, 0.84), sky_share=0.5)

CREAM, CHALK = ((0.91, 0.88, 0.83), (0.86, 0.82, 0.76)), ((0.95, 0.95, 0.945), (0.92, 0.92, 0.915))
LIME = ((0.95, 0.92, 0.86), (0.90, 0.86, 0.78))
FIR = ((0.25, 0.32, 0.28), (0.19, 0.25, 0.22))
STUDIO = Lamp(128, 55, 0.6, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 0.55)
SAGE, MIST = ((0.55, 0.585, 0.52), (0.49, 0.525, 0.455)), ((0.87, 0.875, 0.87), (0.83, 0.835, 0.83))
SHELL, BERRY = ((0.96, 0.90, 0.84), (0.91, 0.84, 0.77)), ((0.40, 0.19, 0.17), (0.31, 0.14, 0.13))
SUN_RIGHT = Lamp(38, 46, 0.08, colour=(1.0, 0.93, 0.80), sky=(0.82, 0.92, 1.0), sky_share=0.34)
EVENING_RIGHT = Lamp(34, 45, 0.5, colour=(1.0, 0.86, 0.66), sky=(1.0, 0.92, 0.84), sky_share=0.5)
TERRACE = ((1.03, 0.06, 170), (0.92, -0.05, 130), (-0.04, 0.24, 10), (0.06, -0.05, 60))
GARDEN = ((-0.03, 0.10, 8), (0.05, -0.06, 50), (0.95, -0.05, 120), (1.04, 0.22, 172), (0.25, -0.06, 80))

ROOMS = [
    Room("lifestyle-home", "floor-oak", boards(**OAK), CREAM, WINDOW_LEFT, 0.34, 81,
         lambda n, rng: 0.30 + 0.70 * panes(n, rng, angle=16, across=0.42)),
    Room("lifestyle-office", "floor-concrete", concrete((0.74, 0.735, 0.72), (0.64, 0.635, 0.62)), CHALK, WINDOW_RIGHT, 0.36, 82,
         lambda n, rng: 0.42 + 0.58 * panes(n, rng, angle=-18, across=0.46), skirting=None),
    Room("seasonal-summer", "floor-terrace", concrete((0.86, 0.81, 0.73), (0.76, 0.70, 0.61)), LIME, SUN, 0.52, 83,
         lambda n, rng: branches(n, rng, stems=GARDEN, leaf=0.10, blur=0.006), skirting=None, gloss=0.03),
    Room("seasonal-holiday", "floor-walnut", boards(**WALNUT), FIR, EVENING, 0.085, 84, skirting=(0.24, 0.30, 0.265), bulbs=True),
    Room("studio-white", "floor-birch", boards(**BIRCH), CHALK, STUDIO, 0.56, 85),
    Room("lifestyle-home", "floor-walnut-sage", boards(**WALNUT), SAGE, WINDOW_RIGHT, 0.17, 86,
         lambda n, rng: 0.34 + 0.66 * panes(n, rng, angle=-14, across=0.40), skirting=(0.62, 0.645, 0.59)),
    Room("lifestyle-office", "floor-birch-mist", boards(**BIRCH), MIST, WINDOW_LEFT, 0.42, 87,
         lambda n, rng: 0.42 + 0.58 * panes(n, rng, angle=20, across=0.48)),
    Room("seasonal-summer", "floor-patio", concrete((0.80, 0.78, 0.74), (0.70, 0.67, 0.62)), SHELL, SUN_RIGHT, 0.50, 88,
         lambda n, rng: branches(n, rng, stems=TERRACE, leaf=0.09, blur=0.006), skirting=None, gloss=0.03),
    Room("seasonal-holiday", "floor-oak-berry", boards(**OAK), BERRY, EVENING_RIGHT, 0.20, 89, skirting=(0.36, 0.17, 0.15), bulbs=True),
    Room("studio-white", "floor-screed", concrete((0.90, 0.90, 0.895), (0.84, 0.84, 0.835)), CHALK, STUDIO, 0.62, 90, skirting=None),
]  # fmt: skip


def room(spec: Room, size: int) -> np.ndarray:
    """Linear picture (size, size, 3), the floor at the stand at the wished-for level."""
    rng = np.random.default_rng(spec.seed)
    edge = EYE + ZOOM * HEIGHT_M / (DISTANCE_M + WALL_M)
    top_rows = round(edge * size)
    gobo = spec.gobo(size, rng) if spec.gobo else np.ones((size, size), np.float32)
    # On the floor the same shadows are drawn out to the side and shortened, as they are seen at a low angle.
    rows = top_rows + (np.arange(size - top_rows) * 1.9).astype(int)
    gobo = np.concatenate([gobo[:top_rows], _sheared(gobo, rows, spec.lamp)])
    wall = _wall(spec, size, top_rows, gobo, rng)
    floor = _floor(spec, size, top_rows, gobo, rng)
    mirror = wall[::-1][: len(floor)]
    soft = gaussian_filter(mirror, (0.05 * size, 0.01 * size, 0))
    grazing = np.linspace(1.0, 0.35, len(floor))[: len(soft), None, None]
    floor[: len(soft)] += spec.gloss * grazing * soft
    picture = np.concatenate([gaussian_filter(wall, (2.2 * size / 2048, 2.2 * size / 2048, 0)), floor])
    stand = picture[
        round((STAND_Y - 0.02) * size) : round((STAND_Y + 0.02) * size), round(0.4 * size) : round(0.6 * size)
    ]
    picture = picture * (spec.level / float(stand.mean((0, 1)) @ (0.2126, 0.7152, 0.0722)))
    return picture + _glow(size, edge, rng) if spec.bulbs else picture


def _sheared(gobo: np.ndarray, rows: np.ndarray, lamp: Lamp) -> np.ndarray:
    size = len(gobo)
    inside = size - 1 - np.abs(size - 1 - rows % (2 * size - 2))
    shift = (rows - rows[0]) * 0.7 * (1 if math.cos(math.radians(lamp.azimuth_deg)) < 0 else -1)
    columns = (np.arange(size)[None] - shift[:, None]).astype(int) % (2 * size - 2)
    return gobo[inside[:, None], size - 1 - np.abs(size - 1 - columns)]


def _floor(spec: Room, size: int, first: int, gobo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    made = spec.floor(rng)
    colour, height = linear_of(made.albedo).astype(np.float32), made.height
    gy, gx = np.gradient(height / PIXEL_M)
    a, e = math.radians(spec.lamp.azimuth_deg), math.radians(spec.lamp.elevation_deg)
    relief = np.clip(1 + (-gx * math.cos(a) + gy * math.sin(a)) / math.tan(e), 0.3, 1.6).astype(np.float32)
    colour = colour * (0.5 + 0.5 * relief[..., None])
    jj, ii = np.mgrid[first:size, 0:size].astype(np.float32)
    total = np.zeros((*jj.shape, 3), np.float32)
    for _ in range(RAYS):
        v = (jj + rng.random(jj.shape, np.float32)) / size - EYE
        d = ZOOM * HEIGHT_M / v
        x = ((ii + rng.random(jj.shape, np.float32)) / size - 0.5) * d / ZOOM
        row = ((WALL_M - (d - DISTANCE_M)) / PIXEL_M).astype(int).clip(0, colour.shape[0] - 1)
        total += colour[row, (x / PIXEL_M + colour.shape[1] / 2).astype(int).clip(0, colour.shape[1] - 1)]
    behind = np.clip((WALL_M - (ZOOM * HEIGHT_M / ((jj + 0.5) / size - EYE) - DISTANCE_M)), 0, None)
    hidden = 1 - 0.42 * np.exp(-behind / 0.16) - 0.18 * np.exp(-behind / 0.03)
    slope = 1 + 0.16 * math.cos(a) * (ii / size - 0.5) * 2
    return total / RAYS * _light(spec.lamp, gobo[first:] * slope, hidden)


def _wall(spec: Room, size: int, rows: int, gobo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    made = plaster(*spec.wall, relief=0.4)(0.62 / size, rng)
    albedo = linear_of(made.albedo[:rows, :size]).astype(np.float32)
    jj, ii = np.mgrid[0:rows, 0:size].astype(np.float32)
    up = HEIGHT_M - ((jj + 0.5) / size - EYE) * (DISTANCE_M + WALL_M) / ZOOM
    a = math.radians(spec.lamp.azimuth_deg)
    slope = 0.82 + 0.24 * math.cos(a) * (ii / size - 0.5) * 2
    hidden = 1 - 0.30 * np.exp(-np.clip(up, 0, None) / 0.16)
    # A wall is met more steeply by light from the side than a floor by light from above.
    light = _light(spec.lamp, 0.72 * gobo[:rows] * slope, 0.95 * hidden)
    if spec.skirting is not None:
        board = np.clip((BOARD_M - up) / 0.004, 0, 1)[..., None]
        edge = np.exp(-(((up - BOARD_M + 0.004) / 0.004) ** 2))[..., None]
        albedo = albedo * (1 - board) + linear_of(np.array(spec.skirting)) * board
        under = np.exp(-np.clip(up - BOARD_M, 0, None) / 0.012)[..., None] * (1 - board)
        light = (
            light
            * (1 + 0.25 * edge)
            * (1 - 0.16 * under)
            * (1 - 0.55 * np.exp(-np.clip(up, 0, None) / 0.006))[..., None]
        )
    return albedo * light


def _light(lamp: Lamp, key: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    share = lamp.sky_share
    return ((1 - share) * key * (0.5 + 0.5 * hidden))[..., None] * np.array(lamp.colour, np.float32) + (share * hidden)[
        ..., None
    ] * np.array(lamp.sky, np.float32)


def _glow(size: int, edge: float, rng: np.random.Generator) -> np.ndarray:
    """Warm lamps of two strings hanging along the wall, out of focus, and their light on it."""
    dots = np.zeros((size, size), np.float32)
    yy, xx = np.mgrid[0:size, 0:size].astype(np.float32)
    for string in range(2):
        for index in range(15):
            x = (index + 0.5 + rng.uniform(-0.2, 0.2)) / 15
            sag = 0.10 * (1 - (2 * ((x * 1.5 + 0.4 * string) % 1) - 1) ** 2)
            y = 0.07 + 0.13 * string + sag + rng.uniform(-0.012, 0.012)
            radius = size * rng.uniform(0.0095, 0.0125)
            near = (
                slice(max(0, int(y * size - 40)), int(y * size + 40)),
                slice(max(0, int(x * size - 40)), int(x * size + 40)),
            )
            away = np.hypot(xx[near] - x * size, yy[near] - y * size)
            dots[near] += np.clip((radius - away) / 1.6 + 0.5, 0, 1) * rng.uniform(0.4, 0.95)
    spill = 9.0 * gaussian_filter(dots, 0.035 * size)
    spill[round(edge * size) :] *= 0.35
    return (dots + 0.10 * spill)[..., None] * np.array((1.0, 0.70, 0.36), np.float32)


def facts(spec: Room, linear: np.ndarray) -> dict:
    edge = EYE + ZOOM * HEIGHT_M / (DISTANCE_M + WALL_M)
    place = {"horizon": round(edge, 3), "ground": [0.68, 0.88], "stand": [0.5, STAND_Y], "product_height": [0.30, 0.66]}
    return {"name": spec.name, "style": spec.style, "view": "floor", **place, **lamp_facts(spec.lamp, linear)}


def main() -> None:
    options = arguments(__doc__)
    for spec in ROOMS:
        if not options.only or f"{spec.style}/{spec.name}" in options.only:
            linear = room(spec, options.size)
            written(linear, facts(spec, linear), out=options.out, seed=spec.seed, quality=options.quality)


if __name__ == "__main__":
    main()
