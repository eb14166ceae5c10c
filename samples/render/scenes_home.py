"""Sets of lifestyle-home."""

from __future__ import annotations

import math

import numpy as np
import set_textures as surface
from materials import pbr, srgb
from modelling import ball, move, quad, rbox, shift, turn
from scene_kit import AREA, Facts, NEAR, OAK, PX, WALNUT, lamp, top
from set_light import area, leafy, sheer, sun, world
from set_props import abstract, branch, cabinet, curtain, cushion, floor, frame, grass, house_plant, leaves, outdoors, shelf_board, sofa, sphere_points, stack, table_lamp, vessel, wall, window


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
