"""Sets of seasonal-summer."""

from __future__ import annotations

import math

import numpy as np
import set_textures as surface
from materials import pbr, srgb
from modelling import ball, grid, quad, rbox
from scene_kit import AREA, Facts, NEAR, PX, top
from set_light import leafy, picture_emitter, sky, sun, surfaced
from set_props import bush, grass, leaves, sphere_points


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
