"""Sets of lifestyle-office."""

from __future__ import annotations

import numpy as np
import set_textures as surface
from materials import pbr, srgb
from modelling import rbox
from scene_kit import AREA, BIRCH, Facts, NEAR, PX, WALNUT, lamp, top
from set_light import area, leafy, picture_emitter, world
from set_props import binders, books, desk_lamp, floor, house_plant, monitor, outdoors, pens, shelf_board, stack, table_lamp, vessel, wall, window


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
