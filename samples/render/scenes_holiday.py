"""Sets of seasonal-holiday."""

from __future__ import annotations

import math

import numpy as np
import set_textures as surface
from materials import pbr, srgb
from modelling import ball, grid, move, quad, rbox, shift, turn
from scene_kit import AREA, Facts, NEAR, PX, lamp, top
from set_light import area, leafy, surfaced, world
from set_props import abstract, bauble, candle, fir_tree, fir_twig, frame, outdoors, vessel, wall, window


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
