"""The sets themselves: what stands where, how it is lit, how it is developed."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as default

import numpy as np
import set_textures as surface
from render_products import ball, grid, move, pbr, quad, rbox, shift, srgb, turn
from set_props import *  # noqa: F403  # the furniture


@dataclass(frozen=True)
class Lens:
    """zoom is focal length over picture side; eye_line the height of the eye in the picture (0 = top)."""

    zoom: float = 2.36
    eye_line: float = 0.25
    height: float = 0.32
    distance: float = 1.57
    aperture: float = 0.020
    focus: float = -0.04


@dataclass
class Facts:
    """Key light as seen from the stand, the far end of the ground (y, z) and lamps to be drawn as discs."""

    azimuth: float
    elevation: float
    softness: float
    far: tuple[float, float]
    bulbs: list = default(default_factory=list)


@dataclass(frozen=True)
class Entry:
    style: str
    name: str
    build: Callable[[np.random.Generator], Facts]
    seed: int = 1
    lens: Lens = Lens()
    level: float = 0.30  # scene-linear luminance of the ground at the stand
    adapt: float = 0.8  # how much of the light's colour the camera takes out; above 1 it turns to the other side
    look: str = "AgX - High Contrast"
    veil: float = 0.03
    vignette: float = 0.12
    ground: tuple[float, float] = (0.66, 0.86)
    product_height: tuple[float, float] = (0.22, 0.56)


def lamp(at, target, size, watts, colour=(1, 1, 1)):
    """An area light that is the key, with its direction and softness as facts."""
    area(at, target, size, watts, colour)
    away = math.dist(at, (0, 0, 0))
    wide = 2 * math.degrees(math.atan(math.sqrt(size[0] * size[1]) / 2 / away))
    return math.degrees(math.atan2(at[1], at[0])) % 360, math.degrees(math.asin(at[2] / away)), min(1.0, wide / 75)


def top(made, size, origin, far, *, thick=0.035, edge=0.004, **more):
    """A table top whose upper side is z = 0; its far edge is at y = far."""
    mat = surfaced("ground", made, size, origin, **more)
    near = -1.25
    rbox("table", (3.2, far - near, thick), edge, mat, (0, (far + near) / 2, -thick / 2), 5)
    return (far, 0.0)


AREA = (1.27, 1.3)  # depth and width a ground texture covers, mirrored beyond; the camera sees no more
NEAR = (-0.65, -0.65)  # its near left corner
PX = 0.00042 * float(os.environ.get("SETS_COARSE", "1"))  # metres per pixel; coarser for quick looks

OAK = {"light": (0.81, 0.66, 0.48), "dark": (0.53, 0.37, 0.23), "pore": (0.33, 0.22, 0.13), "late_gain": 0.75}
WALNUT = {"light": (0.46, 0.31, 0.21), "dark": (0.24, 0.145, 0.09), "pore": (0.09, 0.055, 0.04), "late_gain": 0.75}
BIRCH = {"light": (0.88, 0.78, 0.64), "dark": (0.69, 0.55, 0.39), "pore": (0.52, 0.38, 0.26), "late_gain": 0.7}


# ---------------------------------------------------------------- lifestyle-home


def oak_window(rng):
    """Oak table, living room with a window at the left."""
    far = top(surface.wood(AREA, PX, rng, **OAK, boards=5, ring=0.0046, seam=0.0005, rough=0.40, tone=0.05), AREA, NEAR, 0.56, bump=0.8)
    white = pbr("lacquer", srgb(0.93, 0.93, 0.91), 0.35)
    wall(3.3, srgb(0.86, 0.83, 0.78))
    floor(-0.74, srgb(0.52, 0.40, 0.29), stops=[(0.3, srgb(0.48, 0.36, 0.25)), (0.7, srgb(0.58, 0.45, 0.33))])
    window(-1.35, 3.22, -0.05, 1.0, 1.5, outdoors(rng), 7.0, white, panes=(2, 2))
    curtain(-0.42, -0.08, 3.08, -0.74, 1.6, sheer("voile", srgb(0.93, 0.91, 0.87)), rng, folds=4)
    walnut = pbr("sideboard", srgb(0.42, 0.28, 0.19), 0.4, stops=[(0.3, srgb(0.36, 0.23, 0.15)), (0.7, srgb(0.48, 0.33, 0.23))], stop_scale=4, stretch=(1, 1, 9))
    cabinet(0.80, 2.95, 1.35, 0.04, walnut, doors=3)
    table_lamp(0.98, 2.9, 0.04, pbr("clay", srgb(0.62, 0.40, 0.30), 0.5), (1.0, 0.80, 0.58), lit=1.6, size=1.05)
    vessel("round", 0.38, 2.9, 0.04, 0.22, pbr("glaze", srgb(0.36, 0.43, 0.42), 0.25, coat=0.4))
    branch(0.38, 2.9, 0.26, 0.45, (0.08, 0), leafy("olive", srgb(0.45, 0.50, 0.33)), pbr("bark", srgb(0.30, 0.24, 0.18), 0.8), rng, leaf=0.06, twigs=10)
    stack(0.64, 2.86, 0.04, rng, [srgb(0.80, 0.74, 0.64), srgb(0.58, 0.36, 0.28), srgb(0.32, 0.38, 0.42)], 3)
    frame(0.70, 3.26, 0.46, 0.55, 0.75, pbr("oak frame", srgb(0.70, 0.54, 0.36), 0.5), abstract(rng, [(232, 224, 208), (190, 120, 84), (74, 92, 96), (214, 170, 110)]))
    sofa(-0.95, 2.2, 1.3, pbr("sofa", srgb(0.60, 0.61, 0.57), 0.95, sheen=0.3, bump=[(220, 0.002)]), back=0.0)
    cushion(-0.62, 2.32, -0.2, 0.42, 0.36, pbr("cushion", srgb(0.74, 0.48, 0.34), 0.95, sheen=0.3))
    key = lamp((-2.1, 0.55, 1.25), (0, 0, 0.1), (1.5, 1.6), 95, (0.96, 0.98, 1.0))
    area((2.6, -1.2, 1.6), (0, 0.5, 0.1), (2.2, 2.0), 16, (1.0, 0.95, 0.88))
    area((-0.2, 1.2, 2.3), (0.4, 3.2, 0.2), (2.0, 1.0), 70, (1.0, 0.97, 0.92))
    world((0.95, 0.97, 1.0), 0.30)
    return Facts(*key, far)


def stone_kitchen(rng):
    """Pale stone counter, tiled kitchen with open shelves, daylight from the right."""
    far = top(surface.stone(AREA, PX, rng, base=(0.92, 0.91, 0.89), deep=(0.83, 0.82, 0.80), fleck=(0.70, 0.69, 0.67), vein=(0.52, 0.50, 0.48), pits=0.0, rough=0.30, speckle=0.1), AREA, NEAR, 0.50, bump=0.12)
    tile = pbr("tile", srgb(0.87, 0.87, 0.83), 0.14, coat=0.3, hue_jitter=0.03, bump=[(9, 0.004)])
    for i in range(9):
        for j in range(7):
            rbox("tile", (0.196, 0.012, 0.096), 0.004, tile, (-0.98 + i * 0.2 + 0.1 * (j % 2), 2.9 + rng.uniform(-0.001, 0.001), 0.02 + j * 0.1), 2)
    wall(2.92, srgb(0.80, 0.79, 0.76))
    green = pbr("front", srgb(0.40, 0.47, 0.41), 0.45)
    brass = pbr("brass", srgb(0.76, 0.60, 0.34), 0.25, metal=1)
    cabinet(0.0, 2.6, 3.2, -0.07, green, d=0.58, bottom=-0.74, doors=5, knob=brass)
    rbox("worktop", (3.2, 0.66, 0.035), 0.004, pbr("oak", srgb(0.70, 0.52, 0.34), 0.4, stops=[(0.3, srgb(0.62, 0.45, 0.28)), (0.7, srgb(0.76, 0.59, 0.40))], stop_scale=5, stretch=(1, 9, 1)), (0, 2.57, -0.05))
    board = pbr("shelf", srgb(0.66, 0.49, 0.32), 0.45)
    shelf_board(0.15, 2.76, 0.50, 1.7, board)
    cream, blue = pbr("cream", srgb(0.91, 0.88, 0.82), 0.3, coat=0.3), pbr("blue", srgb(0.32, 0.42, 0.50), 0.3, coat=0.3)
    rust = pbr("rust", srgb(0.66, 0.38, 0.26), 0.4)
    for k, (x, kind, h, m) in enumerate([(-0.55, "cup", 0.09, cream), (-0.42, "cup", 0.09, blue), (-0.29, "cup", 0.09, cream), (0.02, "jar", 0.20, rust), (0.18, "jar", 0.16, cream), (0.56, "tall", 0.22, blue), (0.78, "round", 0.19, cream)]):
        vessel(kind, x, 2.74, 0.515, h, m)
    for k in range(4):
        vessel("bowl", 0.38, 2.74, 0.515 + k * 0.022, 0.06, cream if k % 2 else blue)
    vessel("bowl", -0.62, 2.5, -0.03, 0.13, cream)
    for k, (dx, dy) in enumerate([(-0.04, 0), (0.05, 0.02), (0.0, -0.05), (0.01, 0.04)]):
        ball("lemon", pbr("lemon", srgb(0.93, 0.76, 0.25), 0.4, bump=[(120, 0.001)]), (-0.62 + dx, 2.5 + dy, 0.105 + 0.01 * k), (0.085, 0.07, 0.07), 24)
    slab_board = pbr("board", srgb(0.55, 0.38, 0.25), 0.5)
    move(rbox("board", (0.30, 0.02, 0.42), 0.012, slab_board, (0, 0, 0.21)), shift(0.30, 2.83, -0.03) @ turn("X", -8))
    house_plant(0.66, 2.5, -0.03, 0.40, leafy("herb", srgb(0.36, 0.52, 0.24)), pbr("terracotta", srgb(0.70, 0.44, 0.32), 0.8), rng, n=42)
    vessel("bottle", -0.10, 2.6, -0.03, 0.30, pbr("oil", srgb(0.36, 0.37, 0.18), 0.1, coat=0.5))
    key = lamp((2.0, 0.35, 1.15), (0, 0, 0.1), (1.3, 1.5), 85, (1.0, 0.99, 0.97))
    area((1.9, 2.0, 1.2), (0, 2.9, 0.1), (0.9, 1.2), 46, (1.0, 0.99, 0.97))
    area((-2.6, -1.0, 1.6), (0, 0.5, 0.1), (2.2, 2.0), 13, (0.95, 0.97, 1.0))
    world((0.97, 0.98, 1.0), 0.24)
    return Facts(*key, far)


def sunny_plaster(rng):
    """Walnut console against a plaster wall, low sun through a window and leaves."""
    far = top(surface.wood(AREA, PX, rng, **WALNUT, boards=4, ring=0.005, seam=0.0004, rough=0.36, tone=0.04), AREA, NEAR, 0.62, bump=0.7)
    wall(0.95, srgb(0.84, 0.765, 0.67), bump=((5, 0.010), (22, 0.003), (130, 0.0006)))
    clay = pbr("clay", srgb(0.90, 0.87, 0.81), 0.75, bump=[(60, 0.0012)])
    vessel("round", -0.36, 0.40, 0.0, 0.24, clay)
    reed = pbr("reed", srgb(0.74, 0.60, 0.40), 0.8)
    grass(-0.36, 0.40, 0.18, rng, reed, n=70, height=0.42, spread=0.035, r=0.0011)
    vessel("bowl", 0.42, 0.36, 0.0, 0.055, pbr("bowl", srgb(0.42, 0.36, 0.31), 0.55, bump=[(50, 0.0012)]))
    gobo = pbr("black", (0, 0, 0), 1.0)
    az, el = 212, 31
    a, e = math.radians(az), math.radians(el)
    ray = np.array((math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)))
    side = np.array((-math.sin(a), math.cos(a), 0))
    up = np.cross(ray, side)
    up = up if up[2] > 0 else -up
    hub = np.array((0.05, 0.42, 0.16)) + ray * 2.6  # the window, held in the sun's way
    for k in (-1.9, -0.62, 0.62, 1.9):
        quad("bar", hub + side * k * 0.46, side * 0.035, up * 2.2, gobo)
    for k in (-1.5, -0.25, 1.0):
        quad("bar", hub + up * k * 0.5, side * 1.9, up * 0.03, gobo)
    for s_ in (-1, 1):
        quad("blind", hub + side * s_ * 1.9, side * 0.6, up * 2.6, gobo)
    quad("blind", hub + up * 1.15, side * 2.4, up * 0.45, gobo)
    p = sphere_points(90, rng)
    roots = hub - ray * 0.5 + np.outer(rng.uniform(-0.55, 0.9, 90), side) + np.outer(rng.uniform(0.15, 0.62, 90), up)
    leaves("shade leaves", roots, p + up * -0.4, rng.uniform(0.09, 0.17, 90), 0.05, gobo, rng, 0.2)
    sun(az, el, 5.2, (1.0, 0.86, 0.68), angle=1.6)
    area((-2.2, -0.9, 1.5), (0, 0.2, 0.1), (1.8, 1.8), 34, (0.90, 0.95, 1.0))
    world((0.93, 0.96, 1.0), 0.35)
    return Facts(az, el, 0.12, far)


# ---------------------------------------------------------------- lifestyle-office


GREY_BLUE = [srgb(0.30, 0.37, 0.44), srgb(0.78, 0.76, 0.72), srgb(0.18, 0.20, 0.23), srgb(0.60, 0.64, 0.66), srgb(0.70, 0.52, 0.36)]


def screen(rng, strength=1.6):
    """A soft wallpaper, nothing to read."""
    h, w = 90, 160
    y, x = np.mgrid[0:h, 0:w] / np.array((h, w)).reshape(2, 1, 1)
    wave = 0.5 + 0.5 * np.sin(5 * x + 3 * y + 1.2 * np.sin(4 * y + 2 * x))
    return picture_emitter("screen", surface.mix((0.24, 0.34, 0.44), (0.80, 0.78, 0.74), np.clip(wave * 0.7 + 0.3 * (1 - y), 0, 1)), strength)


def birch_desk(rng):
    """Birch desk; a second desk with a screen, shelves and a plant behind; window at the left."""
    far = top(surface.wood(AREA, PX, rng, **BIRCH, boards=2, ring=0.0055, seam=0.0003, rough=0.38, tone=0.025, open_pores=0.5), AREA, NEAR, 0.52, bump=0.6)
    wall(3.4, srgb(0.84, 0.85, 0.85))
    floor(-0.74, srgb(0.48, 0.48, 0.48), rough=0.8)
    white, black = pbr("white", srgb(0.90, 0.90, 0.89), 0.4), pbr("black", srgb(0.10, 0.10, 0.105), 0.45)
    rbox("desk", (1.7, 0.7, 0.03), 0.004, white, (0.62, 2.2, -0.04))
    monitor(0.48, 2.3, -0.025, 0.62, black, screen(rng), turn_by=-8)
    rbox("keyboard", (0.40, 0.13, 0.015), 0.004, white, (0.46, 2.02, -0.017))
    desk_lamp(0.98, 2.35, -0.025, pbr("lamp", srgb(0.83, 0.62, 0.26), 0.4), flip=-1)
    pens(0.06, 2.25, -0.025, rng, black, GREY_BLUE)
    oak = pbr("oak", srgb(0.74, 0.60, 0.43), 0.45)
    for z in (0.36, 0.76):
        shelf_board(0.45, 3.22, z, 1.3, oak)
    binders(-0.12, 3.24, 0.375, 6, GREY_BLUE, rng)
    books(0.42, 3.2, 0.375, 0.42, rng, GREY_BLUE)
    vessel("tall", 0.98, 3.2, 0.375, 0.24, pbr("vase", srgb(0.78, 0.55, 0.42), 0.6))
    house_plant(-0.40, 2.75, -0.42, 1.05, leafy("fig", srgb(0.20, 0.38, 0.18), 0.35), pbr("pot", srgb(0.82, 0.81, 0.78), 0.7), rng, n=30)
    frame_mat = pbr("frame", srgb(0.30, 0.31, 0.32), 0.4)
    window(-1.75, 3.3, -0.2, 1.15, 1.7, outdoors(rng, green=(0.50, 0.56, 0.46), tree_line=0.3), 6.0, frame_mat, panes=(2, 1), bar=0.035)
    key = lamp((-2.1, 0.75, 1.3), (0, 0, 0.1), (1.4, 1.7), 95, (0.94, 0.97, 1.0))
    area((2.4, -1.2, 1.7), (0, 0.6, 0.1), (2.2, 2.0), 20, (1.0, 0.97, 0.93))
    area((0.6, 1.6, 2.4), (0.6, 2.6, 0), (1.6, 1.2), 26, (1.0, 0.98, 0.95))
    world((0.95, 0.97, 1.0), 0.30)
    return Facts(*key, far)


def library_desk(rng):
    """Dark desk before a wall of books, a warm lamp at the back, cool daylight from the right."""
    far = top(surface.wood(AREA, PX, rng, **WALNUT, boards=3, ring=0.0048, seam=0.0004, rough=0.33, tone=0.04), AREA, NEAR, 0.50, coat=0.1, bump=0.6)
    dark = pbr("case", srgb(0.25, 0.19, 0.15), 0.5)
    wall(3.2, srgb(0.30, 0.33, 0.33))
    palette = [srgb(0.42, 0.20, 0.15), srgb(0.20, 0.28, 0.33), srgb(0.66, 0.56, 0.40), srgb(0.24, 0.30, 0.22), srgb(0.78, 0.73, 0.64), srgb(0.13, 0.14, 0.16), srgb(0.56, 0.36, 0.18)]
    for z in (-0.42, -0.06, 0.30, 0.66, 1.02):
        shelf_board(0, 3.02, z, 3.4, dark, d=0.32)
    for x in (-1.05, -0.15, 0.75):
        rbox("upright", (0.03, 0.32, 2.2), 0.003, dark, (x, 3.02, 0.3))
    for z in (-0.405, -0.045, 0.315, 0.675):
        for x, w in ((-1.03, 0.82), (-0.12, 0.80), (0.78, 0.6)):
            if rng.random() < 0.22:
                books(x, 2.98, z, w * 0.45, rng, palette)
                vessel(("round", "jar", "bottle")[rng.integers(3)], x + w * 0.7, 2.98, z, rng.uniform(0.16, 0.24), pbr("pot", palette[rng.integers(len(palette))], 0.4, coat=0.3))
            else:
                books(x, 2.98, z, w * rng.uniform(0.75, 0.97), rng, palette)
    green = pbr("lamp", srgb(0.12, 0.22, 0.17), 0.25, coat=0.6)
    rbox("side table", (0.9, 0.5, 0.03), 0.004, dark, (0.78, 2.05, -0.03))
    table_lamp(0.62, 2.05, -0.015, green, (1.0, 0.66, 0.34), lit=1.5, size=0.95)
    stack(0.92, 2.0, -0.015, rng, palette, 3)
    leather = pbr("chair", srgb(0.36, 0.21, 0.13), 0.4, coat=0.1)
    rbox("chair", (0.62, 0.16, 0.72), 0.07, leather, (-0.55, 1.75, -0.18), 6)
    key = lamp((2.0, 0.2, 1.25), (0, 0, 0.1), (1.1, 1.5), 80, (0.90, 0.95, 1.0))
    area((0.62, 1.75, 0.55), (0.4, 3.0, 0.2), (0.3, 0.3), 9, (1.0, 0.66, 0.36))
    area((1.8, 1.6, 1.8), (-0.2, 3.0, 0.2), (1.2, 1.2), 45, (0.92, 0.96, 1.0))
    area((-2.4, -1.0, 1.5), (0, 0.5, 0.1), (2.0, 2.0), 12, (1.0, 0.90, 0.78))
    world((0.90, 0.95, 1.0), 0.14)
    return Facts(*key, far)


def loft_window(rng):
    """White desk in front of a wide window, town far outside, plant and screen at the sides."""
    made = surface.paper(AREA, PX * 2, rng, colour=(0.90, 0.90, 0.89))
    far = top(surface.Surface(made.albedo, made.height, np.full(made.height.shape, 0.33, np.float32) + 0.05 * surface.field(made.height.shape, (60, 90), 3, rng)), AREA, NEAR, 0.55, bump=0.5)
    town = np.zeros((300, 400, 3), np.float32)
    y = np.linspace(0, 1, 300)[:, None]
    town[:] = surface.mix((0.70, 0.82, 0.95), (0.96, 0.96, 0.94), np.clip(y * 1.5, 0, 1))
    for depth in (0, 1, 2):
        x = 0
        while x < 400:
            w, h = int(rng.uniform(14, 34)), int(rng.uniform(0.24, 0.46) * 300 * (1.0 - 0.16 * depth))
            tone = np.array(((0.80, 0.85, 0.90), (0.74, 0.78, 0.82), (0.72, 0.68, 0.64))[depth]) * rng.uniform(0.9, 1.1)
            town[300 - h :, x : x + w] = np.clip(tone, 0, 1)
            for wy in range(300 - h + 8, 296, 12):
                for wx in range(x + 4, min(x + w - 5, 394), 9):
                    town[wy : wy + 6, wx : wx + 4] *= rng.uniform(0.78, 1.08)
            x += w + int(rng.uniform(0, 10))
    from PIL import Image, ImageFilter

    town = np.asarray(Image.fromarray((town.clip(0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(4.5))) / 255  # it is far behind the glass
    frame_mat = pbr("frame", srgb(0.16, 0.16, 0.17), 0.4)
    wall(3.4, srgb(0.74, 0.74, 0.72), width=9)
    window(-1.9, 3.32, -0.35, 3.8, 2.4, np.clip(town, 0, 1), 6.5, frame_mat, panes=(4, 1), bar=0.05)
    floor(-0.74, srgb(0.50, 0.43, 0.36), rough=0.35)
    black = pbr("black", srgb(0.09, 0.09, 0.095), 0.45)
    house_plant(-0.72, 2.3, -0.55, 1.15, leafy("rubber", srgb(0.17, 0.33, 0.17), 0.3), pbr("pot", srgb(0.30, 0.31, 0.32), 0.6), rng, n=34)
    rbox("desk", (1.3, 0.7, 0.03), 0.004, pbr("desk", srgb(0.60, 0.46, 0.32), 0.45), (0.95, 2.3, -0.06))
    monitor(0.74, 2.3, -0.045, 0.56, black, screen(rng, 1.2), turn_by=24)
    pens(0.42, 2.2, -0.045, rng, pbr("cup", srgb(0.80, 0.48, 0.30), 0.5), GREY_BLUE)
    chair = pbr("chair", srgb(0.80, 0.66, 0.52), 0.8, sheen=0.3)
    rbox("chair", (0.5, 0.09, 0.46), 0.045, chair, (0.08, 1.95, -0.12), 6)
    key = lamp((-0.55, 2.9, 1.65), (0, 0, 0.0), (2.6, 1.5), 210, (0.96, 0.98, 1.0))
    area((-2.0, -0.8, 1.6), (0, 0.2, 0.1), (2.0, 2.0), 55, (1.0, 0.98, 0.96))
    area((2.2, -0.9, 1.4), (0, 0.2, 0.1), (2.0, 2.0), 30, (1.0, 0.98, 0.96))
    area((0.4, 0.9, 2.2), (0.3, 2.3, -0.1), (1.6, 1.0), 60, (1.0, 0.97, 0.93))
    world((0.95, 0.97, 1.0), 0.45)
    return Facts(*key, far)


# ---------------------------------------------------------------- seasonal-summer


GREENS = [(0.30, 0.42, 0.14), (0.20, 0.33, 0.10), (0.42, 0.50, 0.20), (0.15, 0.27, 0.10)]


def hedge(rng, y, z0, z1, *, width=14.0, light=(0.46, 0.56, 0.22), dark=(0.07, 0.13, 0.05), gap=None):
    """A wall of leaves for the far distance, painted as clumps, leaves and gaps."""
    shape = (360, round(360 * 2 * width / (z1 - z0) / 2))
    clump = surface.field(shape, (16, 20), 3, rng)
    leaf = surface.field(shape, (3, 3), 2.6, rng)
    tone = surface.step(0.7 * clump + 0.8 * leaf + np.linspace(0.9, -0.7, shape[0])[:, None], -1.8, 2.4)
    art = surface.mix(dark, light, tone)
    art = surface.mix(art, np.broadcast_to((0.80, 0.84, 0.50), art.shape), surface.step(leaf + 0.4 * clump, 1.9, 2.7) * 0.8)
    if gap is not None:  # sky between the crowns, more of it higher up
        hole = surface.step(clump + 0.5 * leaf + np.linspace(1.3, -1.6, shape[0])[:, None], 0.6, 1.5)
        art = surface.mix(art, np.broadcast_to(gap, art.shape), hole)
    mat = picture_emitter("hedge", art, 1.35)
    mat.cycles.emission_sampling = "NONE"
    quad("hedge", (0, y, (z0 + z1) / 2), (width, 0, 0), (0, 0, (z1 - z0) / 2), mat)


def garden(rng, *, near=3.0, deep=7.0, low=-0.9, tall=2.0, n=16, width=4.5, leaf=0.09, flowers=()):
    mats = [leafy(f"leaf{k}", srgb(*c), 0.35, 0.45) for k, c in enumerate(GREENS)]
    for k in range(n):
        y = near + (deep - near) * (k / n) ** 0.8
        size = rng.uniform(0.45, 0.9)
        pick = [mats[i] for i in rng.choice(len(mats), 2, replace=False)]
        bush(rng.uniform(-1, 1) * width * (0.45 + 0.12 * y), y, low + rng.uniform(0, tall) * (0.4 + 0.1 * y), (size * 1.1, size, size * 0.9), pick, rng, n=900, leaf=leaf)
    for col in flowers:
        m = leafy("petal", col, 0.5, 0.4, (1, 1, 1))
        k = 140
        roots = np.stack([rng.uniform(-1.8, 1.8, k), rng.uniform(near - 0.6, near + 0.3, k), rng.uniform(low + 0.4, low + 1.15, k)], 1)
        leaves("petals", roots, rng.normal(0, 1, (k, 3)) + (0, -0.6, 0.6), 0.06, 0.05, m, rng, 0.05)


def dapple(rng, azimuth, elevation, box, n, size=0.07):
    """Leaves held outside the frame whose shadows fall into a box on the ground."""
    a, e = math.radians(azimuth), math.radians(elevation)
    ray = np.array((math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)))
    spots = np.stack([rng.uniform(*box[0], n), rng.uniform(*box[1], n), np.zeros(n)], 1)
    leaves("shade", spots + ray * rng.uniform(1.3, 1.9, (n, 1)), sphere_points(n, rng), size * rng.uniform(0.6, 1.4, n), size * 0.55, pbr("shade", (0.02, 0.03, 0.01), 0.9), rng, 0.2)


def garden_deck(rng):
    """Weathered deck in full sun, shrubs and lawn far behind."""
    made = surface.wood(AREA, PX, rng, light=(0.72, 0.56, 0.41), dark=(0.50, 0.36, 0.25), pore=(0.30, 0.22, 0.16), boards=9, ring=0.004, grey=(0.67, 0.615, 0.54), seam=0.0045, tone=0.08, rough=0.62, seam_depth=0.006)
    far = top(made, AREA, NEAR, 0.50, bump=1.0)
    quad("lawn", (0, 6, -0.75), (14, 0, 0), (0, 6, 0), pbr("lawn", srgb(0.42, 0.52, 0.22), 0.9, stops=[(0.3, srgb(0.33, 0.45, 0.15)), (0.7, srgb(0.52, 0.60, 0.28))], stop_scale=6))
    hedge(rng, 11.5, -0.8, 4.4, gap=(0.93, 0.96, 0.97))
    garden(rng, near=5.0, deep=9.5, n=22, low=-0.7, tall=0.7, width=1.6, leaf=0.10, flowers=(srgb(0.90, 0.45, 0.55), srgb(0.95, 0.93, 0.86)))
    az, el = 205, 44
    dapple(rng, az, el, ((-0.55, -0.22), (-0.4, 0.45)), 34)
    dapple(rng, az, el, ((0.24, 0.5), (0.12, 0.45)), 14)
    sun(az, el, 4.6, (1.0, 0.93, 0.83))
    sky(az, el, 0.16, dust=0.8)
    return Facts(az, el, 0.03, far)


def pool_stone(rng):
    """Limestone coping in hard sun, turquoise pool and a hedge behind."""
    made = surface.stone(AREA, PX, rng, base=(0.90, 0.86, 0.79), deep=(0.80, 0.74, 0.65), fleck=(0.66, 0.60, 0.52), pits=0.7, rough=0.6, reach=0.09)
    far = top(made, AREA, NEAR, 0.46, bump=1.0, thick=0.05, edge=0.012)
    water = pbr("water", srgb(0.16, 0.62, 0.68), 0.04, spec=0.6, stops=[(0.35, srgb(0.20, 0.62, 0.68)), (0.65, srgb(0.50, 0.84, 0.84))], stop_scale=3.4, stretch=(1, 0.7, 1), bump=[(4, 0.03), (11, 0.012)])
    quad("water", (0, 3.4, -0.16), (8, 0, 0), (0, 3.2, 0), water)
    rbox("far edge", (16, 0.9, 0.06), 0.012, pbr("coping", srgb(0.86, 0.81, 0.73), 0.7), (0, 6.9, -0.06))
    quad("terrace", (0, 9.0, -0.04), (10, 0, 0), (0, 2.0, 0), pbr("terrace", srgb(0.83, 0.77, 0.68), 0.8))
    hedge(rng, 10.8, -0.1, 2.6, light=(0.46, 0.57, 0.26), dark=(0.11, 0.19, 0.07), gap=(0.80, 0.88, 0.96))
    garden(rng, near=9.3, deep=10.6, low=0.1, tall=0.5, n=12, width=0.9, leaf=0.14)
    bloom = leafy("bougainvillea", srgb(0.86, 0.26, 0.50), 0.5, 0.5, (1, 1, 1))
    bush(-2.1, 9.0, 0.9, (1.1, 0.6, 0.8), [bloom, leafy("vine", srgb(0.24, 0.38, 0.14))], rng, n=1500, leaf=0.12)
    quad("house", (3.9, 10.2, 1.0), (1.9, 0, 0), (0, 0, 2.2), pbr("house", srgb(0.93, 0.90, 0.85), 0.9, bump=[(9, 0.01)]))
    az, el = 222, 47
    sun(az, el, 4.7, (1.0, 0.94, 0.86))
    sky(az, el, 0.17, dust=0.5)
    return Facts(az, el, 0.03, far)


def beach_sand(rng):
    """Sand with soft ripples, dune grass, the sea behind."""
    mat = surfaced("ground", surface.sand(AREA, PX, rng, light=(0.93, 0.85, 0.73), dark=(0.77, 0.66, 0.52)), AREA, NEAR, bump=1.0)
    nx, ny = 420, 300
    xs, ys = np.linspace(-1.6, 1.6, nx), np.linspace(-1.25, 0.95, ny)
    ripple = surface.field((ny, nx), (7, 26), 3.2, rng) * 0.0024 + surface.field((ny, nx), (30, 60), 4, rng) * 0.006
    x, y = np.meshgrid(xs, ys)
    flat = np.exp(-((x / 0.30) ** 2 + (y / 0.22) ** 2))
    z = ripple * (1 - 0.9 * flat) - 0.012 * np.clip((y - 0.45) / 0.3, 0, 1) ** 2 - 0.06 * np.clip((y - 0.62) / 0.33, 0, 1) ** 2
    z -= np.median(z[(abs(x) < 0.2) & (abs(y) < 0.15)])
    grid("sand", np.stack([x, y, z], -1), mat, sharp=0, merge=False)
    beach = pbr("beach", srgb(0.86, 0.76, 0.62), 0.9)
    quad("beach", (0, 4.5, -0.55), (30, 0, 0), (0, 4.2, 0), beach)
    sea = pbr("sea", srgb(0.12, 0.42, 0.52), 0.12, spec=0.6, stops=[(0.35, srgb(0.10, 0.36, 0.48)), (0.7, srgb(0.22, 0.56, 0.62))], stop_scale=0.12, stretch=(0.3, 1, 1), bump=[(0.9, 0.5), (3, 0.12)])
    quad("sea", (0, 1009, -0.7), (2500, 0, 0), (0, 1000, 0), sea)
    foam = pbr("foam", srgb(0.95, 0.96, 0.95), 0.8)
    for y0, w in ((9.4, 0.25), (11.5, 0.16), (16, 0.22)):
        xs2 = np.linspace(-12, 12, 60)
        wob = np.cumsum(rng.normal(0, 0.05, 60))
        grid("foam", [[(a, y0 + b + k * w * (0.6 + 0.4 * math.sin(a * 0.7 + y0)), -0.62 - 0.02 * k) for a, b in zip(xs2, wob)] for k in (0, 1)], foam, sharp=0)
    straw, green = leafy("straw", srgb(0.78, 0.70, 0.44), 0.6, 0.3, (1, 1, 0.8)), leafy("marram", srgb(0.50, 0.56, 0.32), 0.6, 0.3)
    for gx, gy, h, k in ((-0.52, 0.60, 0.46, 0), (-0.44, 0.55, 0.38, 1), (-0.56, 0.48, 0.34, 1), (0.46, 0.66, 0.30, 0), (0.52, 0.58, 0.26, 1), (-0.36, 0.66, 0.30, 0)):
        grass(gx, gy, -0.03, rng, (straw, green)[k], n=170, height=h, spread=0.07, lean=(0.22, 0), r=0.0017)
    for sx, sy, r in ((0.30, 0.16, 0.016), (-0.33, -0.12, 0.012), (0.38, -0.22, 0.010)):
        ball("pebble", pbr("pebble", srgb(*rng.uniform(0.5, 0.75, 1).repeat(3)), 0.6), (sx, sy, 0.002), (r * 2.2, r * 1.7, r), 24)
    az, el = 152, 40
    sun(az, el, 4.4, (1.0, 0.93, 0.82))
    sky(az, el, 0.17, dust=0.6)
    return Facts(az, el, 0.03, (0.62, -0.012))


# ---------------------------------------------------------------- seasonal-holiday


WARM, GOLD = (1.0, 0.48, 0.15), (1.0, 0.60, 0.25)


def lights(rng, n, box, *, power=3.0, colours=(WARM, GOLD), spread=0.75):
    """Fairy lights in a box ((x0, x1), (y0, y1), (z0, z1)) as (x, y, z, r, g, b, power, seed)."""
    out = []
    for k in range(n):
        p = [rng.uniform(*side) for side in box]
        out.append((*p, *colours[rng.integers(len(colours))], power * rng.uniform(1 - spread, 1 + spread), k + int(rng.integers(1e6))))
    return out


def on_tree(rng, n, x, y, z, height, radius, **more):
    bulbs = []
    for k, b in enumerate(lights(rng, n, ((0, 1), (0, 1), (0, 1)), **more)):
        t = b[1] ** 0.65
        a = math.pi + b[0] * math.pi
        bulbs.append((x + radius * t * 1.04 * math.cos(a), y + radius * t * 1.04 * math.sin(a), z + height * (1 - t), *b[3:]))
    return bulbs


def fir_corner(rng, x, y, angle, length=0.34, n=3):
    needle = pbr("needle", srgb(0.15, 0.26, 0.14), 0.42, stops=[(0.3, srgb(0.11, 0.21, 0.11)), (0.7, srgb(0.21, 0.33, 0.17))], stop_scale=9, sheen=0.1)
    bark = pbr("bark", srgb(0.34, 0.24, 0.16), 0.85)
    for k in range(n):
        fir_twig(x + 0.03 * k, y + 0.09 * (k - (n - 1) / 2), 0.006 + 0.014 * k, angle + rng.uniform(-14, 14) + 12 * (k - 1), length * rng.uniform(0.85, 1.1), needle, bark, rng)


def walnut_lights(rng):
    """Dark table, tree and fairy lights far behind, fir and baubles at the sides."""
    far = top(surface.wood(AREA, PX, rng, light=(0.36, 0.25, 0.175), dark=(0.16, 0.10, 0.068), late_gain=0.75, pore=(0.08, 0.05, 0.035), boards=4, ring=0.0045, seam=0.0012, rough=0.38, tone=0.06), AREA, NEAR, 0.52, bump=0.8)
    wall(4.2, srgb(0.22, 0.24, 0.22))
    fir = leafy("fir", srgb(0.13, 0.24, 0.13), 0.5, 0.15)
    fir_tree(0.72, 3.3, -0.75, 2.2, 0.95, fir, rng)
    fir_corner(rng, -0.66, 0.30, -12, 0.40)
    fir_corner(rng, 0.68, 0.42, 196, 0.36, 2)
    red, gold = pbr("red", srgb(0.55, 0.06, 0.07), 0.16, metal=0.7, coat=0.6), pbr("gold", srgb(0.85, 0.63, 0.32), 0.22, metal=1)
    bauble(-0.34, 0.24, 0.036, red)
    bauble(-0.42, 0.16, 0.027, gold)
    bauble(0.40, 0.33, 0.033, gold)
    bulbs = on_tree(rng, 95, 0.72, 3.3, -0.75, 2.2, 0.95, power=1.0) + lights(rng, 34, ((-1.3, 0.1), (3.4, 4.0), (-0.1, 0.9)), power=0.7)
    for x, y, r in ((0.45, 2.75, 0.05), (0.95, 2.6, 0.055), (0.62, 2.5, 0.05), (1.05, 3.0, 0.05)):
        ball("far bauble", red if x < 0.7 else gold, (x, y, rng.uniform(-0.2, 0.5)), (2 * r, 2 * r, 2 * r), 32)
    candle(-0.72, 1.4, -0.05, 0.04, 0.14, pbr("wax", srgb(0.93, 0.88, 0.78), 0.5, sss=0.3))
    rbox("side", (0.8, 0.4, 0.03), 0.004, pbr("side", srgb(0.30, 0.20, 0.13), 0.4), (-0.85, 1.45, -0.07))
    bulbs += [(-0.72, 1.4, 0.115, 1.0, 0.55, 0.2, 3.0, 3)]
    key = lamp((-1.7, -0.35, 1.45), (0, 0, 0.08), (0.9, 0.9), 48, (1.0, 0.84, 0.66))
    area((1.7, 1.6, 1.0), (0, 0.1, 0.1), (0.9, 0.9), 22, (1.0, 0.70, 0.42))
    area((0.2, 2.2, 1.6), (0.6, 3.6, 0.3), (1.0, 0.8), 16, (1.0, 0.72, 0.45))
    world((0.75, 0.82, 1.0), 0.05)
    return Facts(*key, far, bulbs)


def linen_tree(rng):
    """Linen cloth, candle-warm room with a lit tree at the left."""
    made = surface.linen((0.9, 1.1), 0.00030, rng, colour=(0.90, 0.87, 0.81), shade=(0.70, 0.66, 0.59))
    mat = surfaced("ground", made, (0.9, 1.1), (-0.55, -0.5), sheen=0.25, bump=1.0)
    nx, ny = 360, 260
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, nx), np.linspace(-1.25, 0.56, ny))
    fold = surface.field((ny, nx), (16, 30), 3.4, rng)
    keep = 1 - 0.92 * np.exp(-((x / 0.34) ** 2 + (y / 0.26) ** 2))
    z = np.maximum(np.abs(fold) - 0.35, 0) * 0.0042 * keep
    z -= 0.5 * np.clip(y - 0.53, 0, 1) ** 1.2
    z -= np.median(z[(abs(x) < 0.15) & (abs(y) < 0.12)])
    grid("cloth", np.stack([x, y, z], -1), mat, sharp=0, merge=False)
    quad("drop", (0, 0.565, -0.4), (1.6, 0, 0), (0, 0, 0.4), mat)
    wall(3.6, srgb(0.63, 0.55, 0.46))
    fir = leafy("fir", srgb(0.15, 0.26, 0.14), 0.5, 0.15)
    fir_tree(-0.78, 2.9, -0.75, 2.1, 0.85, fir, rng)
    fir_corner(rng, 0.66, 0.34, 186, 0.38)
    red = pbr("berry", srgb(0.62, 0.07, 0.07), 0.25, coat=0.4)
    for k in range(9):
        ball("berry", red, (0.33 + rng.uniform(-0.035, 0.06), 0.30 + rng.uniform(-0.05, 0.05), 0.009), (0.017, 0.017, 0.017), 24)
    wax = pbr("wax", srgb(0.95, 0.91, 0.83), 0.45, sss=0.4)
    brass = pbr("brass", srgb(0.80, 0.62, 0.34), 0.25, metal=1)
    rbox("mantel", (1.9, 0.34, 0.05), 0.006, pbr("mantel", srgb(0.86, 0.83, 0.77), 0.5), (0.95, 3.3, -0.02))
    bulbs = on_tree(rng, 85, -0.78, 2.9, -0.75, 2.1, 0.85, power=1.0)
    for cx, h in ((0.30, 0.20), (0.52, 0.28), (0.74, 0.16), (0.98, 0.24)):
        vessel("cup", cx, 3.24, 0.005, 0.05, brass)
        candle(cx, 3.24, 0.04, 0.022, h, wax)
        bulbs.append((cx, 3.24, 0.06 + h, 1.0, 0.60, 0.24, 3.4, int(h * 1000)))
    bulbs += [(x0, 3.25, 0.01 + 0.03 * math.sin(7 * x0), *GOLD, 0.6, int(x0 * 999)) for x0 in np.linspace(0.12, 1.2, 16)]
    frame(0.66, 3.55, 0.42, 0.62, 0.7, brass, abstract(rng, [(120, 112, 96), (170, 150, 120), (80, 88, 84)]))
    key = lamp((1.75, -0.25, 1.35), (0, 0, 0.08), (1.1, 1.1), 62, (1.0, 0.88, 0.74))
    area((-1.6, 1.5, 1.0), (0, 0.1, 0.1), (0.9, 0.9), 20, (1.0, 0.74, 0.48))
    area((0.5, 2.2, 1.8), (0.3, 3.6, 0.3), (1.2, 0.8), 26, (1.0, 0.78, 0.54))
    world((0.85, 0.88, 1.0), 0.08)
    return Facts(*key, far=(0.53, 0.0), bulbs=bulbs)


def white_christmas(rng):
    """Bleached wood by a winter window, string lights and snow light behind."""
    far = top(surface.wood(AREA, PX, rng, light=(0.85, 0.80, 0.73), dark=(0.60, 0.52, 0.43), pore=(0.40, 0.33, 0.27), late_gain=0.75, boards=4, ring=0.0045, seam=0.0016, rough=0.5, tone=0.05), AREA, NEAR, 0.52, bump=0.9)
    white = pbr("lacquer", srgb(0.92, 0.92, 0.91), 0.4)
    wall(3.3, srgb(0.70, 0.71, 0.71))
    snow = outdoors(rng, sky_top=(0.66, 0.76, 0.90), sky_low=(0.82, 0.88, 0.95), green=(0.48, 0.55, 0.60), tree_line=0.5)
    window(-0.95, 3.2, -0.02, 1.9, 1.5, snow, 1.5, white, panes=(3, 2), bar=0.05)
    fir_corner(rng, -0.64, 0.36, -8, 0.40)
    fir_corner(rng, 0.70, 0.30, 190, 0.30, 2)
    cone = pbr("cone", srgb(0.42, 0.30, 0.20), 0.7)
    for cx, cy, r in ((-0.33, 0.20, 0.024), (0.37, 0.30, 0.026)):
        for k in range(60):
            t = k / 60
            a = k * 2.399
            rad = r * math.sin(math.pi * (0.12 + 0.80 * t)) ** 0.8
            sc = ball("scale", cone, (0, 0, 0), (0.016, 0.011, 0.004), 10)
            move(sc, shift(cx + rad * math.cos(a), cy + rad * math.sin(a), 0.006 + 2.1 * r * t) @ turn("Z", math.degrees(a)) @ turn("Y", 20 - 60 * t))
    silver, glass_blue = pbr("silver", srgb(0.86, 0.86, 0.87), 0.16, metal=1), pbr("blue", srgb(0.45, 0.55, 0.64), 0.2, metal=0.7, coat=0.5)
    bauble(-0.43, 0.13, 0.028, silver)
    bauble(0.45, 0.18, 0.030, glass_blue)
    bulbs = []
    for x0, x1, z0, sag in ((-1.2, 0.0, 0.78, 0.22), (0.0, 1.2, 0.78, 0.26), (-1.2, 1.2, 0.42, 0.16)):
        for t in np.linspace(0, 1, 17):
            bulbs.append((x0 + (x1 - x0) * t, 2.95 + rng.normal(0, 0.05), z0 - sag * 4 * t * (1 - t) + rng.normal(0, 0.015), *(GOLD if rng.random() < 0.6 else WARM), 1.5 * rng.uniform(0.4, 1.4), int(rng.integers(1e6))))
    rbox("sideboard", (2.6, 0.4, 0.5), 0.01, white, (0, 2.9, -0.33))
    bulbs += [(x0, 2.8, -0.06 + rng.uniform(0, 0.05), *WARM, 1.0 * rng.uniform(0.4, 1.4), int(rng.integers(1e6))) for x0 in np.linspace(-0.95, 0.95, 22)]
    fir = leafy("fir", srgb(0.17, 0.28, 0.18), 0.5, 0.15)
    fir_tree(1.0, 2.6, -0.75, 1.9, 0.62, fir, rng, n=3600)
    bulbs += on_tree(rng, 40, 1.0, 2.6, -0.75, 1.9, 0.62, power=1.1)
    key = lamp((-1.9, 0.5, 1.2), (0, 0, 0.08), (1.4, 1.4), 85, (0.92, 0.96, 1.0))
    area((1.9, -0.7, 1.3), (0, 0.3, 0.1), (1.4, 1.4), 26, (1.0, 0.86, 0.68))
    world((0.90, 0.95, 1.0), 0.24)
    return Facts(*key, far, bulbs)


# ---------------------------------------------------------------- studio-white


def sweep(rng, colour, *, bend=0.55, radius=0.9):
    mat = pbr("paper", colour, 0.9, spec=0.2, bump=[(900, 0.00003)])
    prof = [(-1.4, 0.0), (0.0, 0.0), (bend, 0.0)] + [(bend + radius * math.sin(a), radius - radius * math.cos(a)) for a in np.linspace(0, math.pi / 2, 60)[1:]] + [(bend + radius, 4.0)]
    grid("sweep", [[(x, y, z) for x in (-4, 0, 4)] for y, z in prof], mat, sharp=0, merge=False)
    return (bend + 0.25, 0.03)


def white_soft(rng):
    """White paper, one big softbox from the upper left, bounce from the right."""
    far = sweep(rng, srgb(0.95, 0.95, 0.95))
    key = lamp((-1.25, -0.2, 1.75), (0, 0.1, 0.0), (1.2, 1.2), 60)
    area((1.9, -0.6, 1.0), (0, 0.2, 0.1), (1.6, 1.6), 12)
    area((0.2, 0.9, 2.1), (0, 1.6, 0.6), (1.6, 0.7), 22)
    world((1, 1, 1), 0.16)
    return Facts(*key, far)


def white_window(rng):
    """Warm white paper, side light that falls off to the left."""
    far = sweep(rng, srgb(0.93, 0.92, 0.90))
    key = lamp((2.3, 0.4, 1.4), (0, 0.0, 0.0), (1.2, 1.5), 90, (1.0, 0.99, 0.97))
    area((-2.2, -0.8, 1.2), (0, 0.2, 0.1), (1.6, 1.6), 26, (0.97, 0.98, 1.0))
    world((1, 1, 1), 0.22)
    return Facts(*key, far)


def white_high(rng):
    """Very light paper, light from above and behind, nearly shadowless."""
    far = sweep(rng, srgb(0.96, 0.96, 0.965), bend=0.7, radius=1.2)
    key = lamp((0.15, 0.75, 1.9), (0, 0.0, 0.0), (1.9, 1.3), 66)
    for s_ in (-1, 1):
        area((s_ * 1.9, -0.5, 1.1), (0, 0.2, 0.1), (1.5, 1.5), 20)
    area((0, 1.0, 1.6), (0, 1.9, 0.9), (2.4, 0.7), 26)
    world((1, 1, 1), 0.25)
    return Facts(*key, far)


# ---------------------------------------------------------------- all


OUTSIDE = Lens(eye_line=0.30, height=0.285, aperture=0.022)
GLOWING = Lens(aperture=0.030)  # fairy lights want a wider lens
WHITE = {"level": 0.80, "adapt": 0.9, "look": "plain", "veil": 0.0, "vignette": 0.03}

SETS = [
    Entry("lifestyle-home", "oak-window", oak_window, 11, level=0.42),
    Entry("lifestyle-home", "stone-kitchen", stone_kitchen, 12, level=0.80),
    Entry("lifestyle-home", "sunny-plaster", sunny_plaster, 13, level=0.2, adapt=0.55),
    Entry("lifestyle-office", "birch-desk", birch_desk, 21, level=0.54),
    Entry("lifestyle-office", "library-desk", library_desk, 22, level=0.165, adapt=0.7),
    Entry("lifestyle-office", "loft-window", loft_window, 23, level=0.98),
    Entry("seasonal-summer", "garden-deck", garden_deck, 31, lens=OUTSIDE, level=0.4, adapt=0.7, ground=(0.68, 0.86)),
    Entry("seasonal-summer", "pool-stone", pool_stone, 32, lens=OUTSIDE, level=0.76, adapt=0.5, ground=(0.68, 0.86)),
    Entry("seasonal-summer", "beach-sand", beach_sand, 33, lens=OUTSIDE, level=0.70, adapt=3.0, ground=(0.68, 0.84)),
    Entry("seasonal-holiday", "walnut-lights", walnut_lights, 41, lens=GLOWING, level=0.115, adapt=0.8, veil=0.06),
    Entry("seasonal-holiday", "linen-tree", linen_tree, 42, lens=GLOWING, level=0.56, adapt=0.5, veil=0.06),
    Entry("seasonal-holiday", "white-christmas", white_christmas, 43, lens=GLOWING, level=0.62, adapt=0.6, veil=0.05),
    Entry("studio-white", "soft-left", white_soft, 51, **WHITE),
    Entry("studio-white", "window-right", white_window, 52, **(WHITE | {"level": 0.76})),
    Entry("studio-white", "high-key", white_high, 53, **(WHITE | {"level": 0.92})),
]
