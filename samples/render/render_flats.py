#!/usr/bin/env python3
"""Light the surfaces that things lie on, seen from straight above, and write them beside the sets with their facts.

    python render_flats.py --out processing/backplates [--only lifestyle-home/above-linen ...] [--size 2048] [--quality 82]

Needs numpy, scipy and Pillow. Seen from above nothing hides anything: a surface is its texture's colour and relief under
a key light from one side and a sky, and what stands outside the picture (a branch, the bars of a window) is only a shadow
on it. So no path has to be traced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import set_textures as textures
from developing import arguments, lamp_facts, linear_of, written
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from set_textures import Surface, field

SIDE_M = 0.62  # what the picture shows, about the width of a folded shirt and its surroundings
LENS_PX = 0.75


@dataclass(frozen=True)
class Lamp:
    """Key light: azimuth as in the backplates' facts (0 right, 90 from the picture's top, 180 left), its linear colour, the
    colour of the sky, and how much of the light is sky."""

    azimuth_deg: float
    elevation_deg: float
    softness: float
    colour: tuple[float, float, float] = (1.0, 0.97, 0.92)
    sky: tuple[float, float, float] = (0.93, 0.97, 1.0)
    sky_share: float = 0.36


@dataclass(frozen=True)
class Flat:
    style: str
    name: str
    surface: Callable[[float, np.random.Generator], Surface]
    lamp: Lamp
    level: float  # linear luminance in the middle of the picture
    seed: int
    gobo: Callable[[int, np.random.Generator], np.ndarray] | None = None
    gloss: float = 0.0
    falloff: float = 0.22


# ---------------------------------------------------------------- what stands between lamp and surface


def branches(size, rng, *, stems, leaf=0.055, blur=0.0045, reach=0.34):
    """Shadow of leafy twigs that reach in from the edges, 0 shadow .. 1 light."""
    canvas = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(canvas)
    for x, y, angle in stems:
        twig(draw, size, (x, y), math.radians(angle), rng, leaf=leaf, length=reach * rng.uniform(0.9, 1.15))
    dark = np.asarray(canvas, np.float32) / 255
    near, far = gaussian_filter(dark, blur * size), gaussian_filter(dark, 3.2 * blur * size)
    return 1 - 0.92 * (0.65 * near + 0.35 * far)


def twig(draw, size, at, angle, rng, *, leaf, length):
    """One stem with leaves left and right in turn, smaller towards the tip, and one at its end."""
    steps, bend = 22, rng.uniform(-0.8, 0.8)
    x, y = at
    for index in range(steps):
        share = index / steps
        ahead = (x + math.cos(angle) * length / steps, y + math.sin(angle) * length / steps)
        width = max(2, round(size * 0.0045 * (1 - 0.7 * share)))
        draw.line([(x * size, y * size), (ahead[0] * size, ahead[1] * size)], fill=255, width=width)
        if index > 1:
            lean = angle + (1 if index % 2 else -1) * rng.uniform(0.45, 1.05)
            blade(
                draw, size, ahead, lean, leaf * (1.15 - 0.5 * share) * rng.uniform(0.75, 1.2), rng.uniform(0.22, 0.42)
            )
        x, y, angle = *ahead, angle + bend / steps + rng.normal(0, 0.06)
    blade(draw, size, (x, y), angle, 0.8 * leaf, 0.3)


def blade(draw, size, at, angle, length, width):
    """One leaf: a pointed oval."""
    t = np.linspace(0, 1, 14)
    half = width * length * np.sin(np.pi * t**0.8) / 2
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    spine = np.array(at) + t[:, None] * length * along
    outline = np.concatenate([spine + half[:, None] * across, (spine - half[:, None] * across)[::-1]]) * size
    draw.polygon([tuple(point) for point in outline], fill=255)


def panes(size, rng, *, angle=28.0, blur=0.020, across=0.50, bar=0.045):
    """Light of a window of two by three panes falling over the surface at a slant, 0 shadow .. 1 light."""
    yy, xx = (np.mgrid[0:size, 0:size] + 0.5) / size - 0.5
    turn = math.radians(angle)
    u, v = xx * math.cos(turn) + yy * math.sin(turn), -xx * math.sin(turn) + yy * math.cos(turn)
    u, v = u + 0.35 * v + rng.uniform(-0.05, 0.05), v + rng.uniform(-0.05, 0.05)
    inside = (np.abs(u) < across) & (np.abs(v) < 0.66)
    bars = (np.abs(u) < bar / 2) | (np.abs(np.abs(v) - 0.22) < bar / 2)
    return gaussian_filter((inside & ~bars).astype(np.float32), blur * size)


# ---------------------------------------------------------------- surfaces


def folded(surface: Surface, rng, *, depth_m: float, pixel: float, reach_m: float = 0.13) -> Surface:
    """The same cloth, not quite smoothed out: long soft waves across it."""
    shape = surface.height.shape
    waves = field(shape, (reach_m * 0.45 / pixel, reach_m * 1.7 / pixel), 3.4, rng)
    waves += 0.5 * field(shape, (reach_m * 1.4 / pixel, reach_m * 0.4 / pixel), 3.4, rng)
    return Surface(surface.albedo, surface.height + (depth_m * waves).astype(np.float32), surface.rough)


def cloth(colour, shade, *, thread=0.0011, depth_m=0.0011):
    def make(pixel, rng):
        made = textures.linen((SIDE_M, SIDE_M), pixel, rng, colour=colour, shade=shade, thread=thread)
        return folded(made, rng, depth_m=depth_m, pixel=pixel)

    return make


def planks(boards, *, light, dark, pore, **more):
    def make(pixel, rng):
        # A little deeper: boards are cut to whole pixels, and a few rows get lost between them.
        size = (SIDE_M * 1.02, SIDE_M)
        return textures.wood(size, pixel, rng, light=light, dark=dark, pore=pore, boards=boards, **more)

    return make


def plaster(base, deep, *, relief=1.0):
    """Trowelled lime: clouds, a few flat strokes, fine tooth."""

    def make(pixel, rng):
        shape = (round(SIDE_M / pixel), round(SIDE_M / pixel))
        cloud = field(shape, (0.10 / pixel, 0.14 / pixel), 2.8, rng)
        stroke = field(shape, (0.012 / pixel, 0.05 / pixel), 3, rng) + field(
            shape, (0.05 / pixel, 0.014 / pixel), 3, rng
        )
        tooth = field(shape, (1.4, 1.4), 2.2, rng)
        albedo = textures.mix(base, deep, np.clip(0.4 + 0.16 * cloud + 0.07 * stroke, 0, 1)) * (
            1 + 0.012 * tooth[..., None]
        )
        height = relief * (0.00010 * stroke + 0.000022 * tooth + 0.00016 * cloud)
        return Surface(np.clip(albedo, 0, 1), height.astype(np.float32), np.full(shape, 0.9, np.float32))

    return make


def felt(colour, shade):
    """Pressed wool: short fibres in all directions, flecked."""

    def make(pixel, rng):
        shape = (round(SIDE_M / pixel), round(SIDE_M / pixel))
        hairs = sum(field(shape, reach, 2.3, rng) for reach in ((1, 7), (7, 1), (3, 3)))
        clump = field(shape, (0.004 / pixel, 0.004 / pixel), 3, rng)
        cloud = field(shape, (0.08 / pixel, 0.08 / pixel), 3, rng)
        albedo = textures.mix(colour, shade, np.clip(0.45 + 0.10 * hairs + 0.08 * clump + 0.05 * cloud, 0, 1))
        height = 0.00009 * hairs + 0.00012 * clump + 0.0004 * cloud
        return Surface(np.clip(albedo, 0, 1), height.astype(np.float32), np.full(shape, 0.95, np.float32))

    return make


def sheet(colour):
    def make(pixel, rng):
        made = textures.paper((SIDE_M, SIDE_M), pixel, rng, colour=colour)
        return folded(made, rng, depth_m=0.0002, pixel=pixel, reach_m=0.3)

    return make


WINDOW_LEFT = Lamp(152, 38, 0.5)
WINDOW_RIGHT = Lamp(28, 40, 0.5)
SUN_LEFT = Lamp(140, 42, 0.10, colour=(1.0, 0.93, 0.80), sky=(0.80, 0.91, 1.0), sky_share=0.26)
SUN_RIGHT = Lamp(38, 45, 0.10, colour=(1.0, 0.94, 0.82), sky=(0.82, 0.92, 1.0), sky_share=0.26)
EVENING = Lamp(150, 44, 0.45, colour=(1.0, 0.86, 0.66), sky=(1.0, 0.92, 0.84), sky_share=0.4)
SOFTBOX = Lamp(128, 58, 0.7, colour=(1.0, 1.0, 1.0), sky=(1.0, 1.0, 1.0), sky_share=0.5)

OAK = {"light": (0.80, 0.66, 0.50), "dark": (0.58, 0.43, 0.29), "pore": (0.38, 0.27, 0.17), "late_gain": 0.6}
BIRCH = {"light": (0.88, 0.79, 0.66), "dark": (0.72, 0.59, 0.44), "pore": (0.56, 0.43, 0.31), "late_gain": 0.6}
WALNUT = {"light": (0.43, 0.30, 0.21), "dark": (0.26, 0.165, 0.11), "pore": (0.11, 0.07, 0.05), "late_gain": 0.7}
DECK = {"light": (0.72, 0.64, 0.54), "dark": (0.60, 0.51, 0.42), "pore": (0.42, 0.36, 0.30), "grey": (0.64, 0.60, 0.55)}

PLANT = ((1.05, 0.12, 170), (0.88, -0.06, 118), (1.05, 0.40, 192))

FLATS = [
    Flat("lifestyle-home", "above-linen", cloth((0.90, 0.86, 0.79), (0.71, 0.65, 0.56)), WINDOW_LEFT, 0.56, 61,
         lambda n, rng: 0.45 + 0.55 * panes(n, rng, angle=32)),
    Flat("lifestyle-home", "above-oak", planks(5, **OAK), WINDOW_RIGHT, 0.36, 62,
         lambda n, rng: 0.25 + 0.75 * branches(n, rng, stems=PLANT, leaf=0.12, blur=0.0075), gloss=0.05),
    Flat("lifestyle-office", "above-birch", planks(4, **BIRCH), WINDOW_LEFT, 0.50, 63,
         lambda n, rng: 0.5 + 0.5 * panes(n, rng, angle=-24, across=0.42), gloss=0.05),
    Flat("lifestyle-office", "above-felt", felt((0.60, 0.61, 0.62), (0.42, 0.43, 0.45)), WINDOW_RIGHT, 0.26, 64),
    Flat("seasonal-summer", "above-lime", plaster((0.93, 0.88, 0.79), (0.84, 0.76, 0.64)), SUN_LEFT, 0.58, 65,
         lambda n, rng: branches(n, rng, stems=((-0.05, 0.14, 10), (0.06, -0.06, 55), (0.34, -0.06, 75), (-0.05, 0.46, -5)), leaf=0.085)),
    Flat("seasonal-summer", "above-deck", planks(6, seam=0.0026, seam_depth=0.003, rough=0.7, **DECK), SUN_RIGHT, 0.42, 66,
         lambda n, rng: branches(n, rng, stems=((1.05, 0.10, 165), (0.86, -0.06, 115), (1.05, 0.42, 184), (0.60, -0.06, 95)), leaf=0.085)),
    Flat("seasonal-holiday", "above-walnut", planks(4, **WALNUT), EVENING, 0.10, 67, gloss=0.03, falloff=0.42),
    Flat("seasonal-holiday", "above-fir-linen", cloth((0.24, 0.33, 0.27), (0.13, 0.20, 0.16), thread=0.0013),
         EVENING, 0.062, 68, falloff=0.40),
    Flat("studio-white", "above-paper", sheet((0.97, 0.97, 0.965)), SOFTBOX, 0.82, 69, falloff=0.10),
]  # fmt: skip


# ---------------------------------------------------------------- light


def lit(flat: Flat, size: int) -> np.ndarray:
    """Linear picture (size, size, 3) of the surface, the middle at the wished-for level."""
    rng, pixel = np.random.default_rng(flat.seed), SIDE_M / size
    made = flat.surface(pixel, rng)
    albedo, height = (plane[:size, :size] for plane in (linear_of(made.albedo), made.height))
    a, e = math.radians(flat.lamp.azimuth_deg), math.radians(flat.lamp.elevation_deg)
    gy, gx = np.gradient(height / pixel)
    key = np.clip(math.sin(e) + math.cos(e) * (-gx * math.cos(a) + gy * math.sin(a)), 0.02, None) / math.sin(e)
    hollow = np.clip(1 + (height - gaussian_filter(height, 5)) / (7 * pixel), 0.55, 1.15)
    yy, xx = ((np.mgrid[0:size, 0:size] + 0.5) / size - 0.5).astype(np.float32)
    slope = 1 - flat.falloff * (0.5 - (xx * math.cos(a) - yy * math.sin(a)))
    gobo = flat.gobo(size, rng) if flat.gobo else np.ones((size, size))
    share = flat.lamp.sky_share
    light = ((1 - share) * key * gobo * slope)[..., None] * np.array(flat.lamp.colour)
    light = light + (share * hollow)[..., None] * np.array(flat.lamp.sky)
    shine = flat.gloss * gaussian_filter(key * gobo * slope**3, 1.2) * np.clip(1.2 - made.rough[:size, :size], 0, 1)
    picture = albedo * light + shine[..., None]
    middle = picture[size // 4 : -size // 4, size // 4 : -size // 4].mean((0, 1)) @ (0.2126, 0.7152, 0.0722)
    corners = 1 - 0.10 * np.clip((xx**2 + yy**2) / 0.5, 0, 1) ** 1.4
    return picture * (flat.level / middle) * corners[..., None]


def facts(flat: Flat, linear: np.ndarray) -> dict:
    place = {"view": "above", "horizon": 0.0, "ground": [0.0, 1.0], "stand": [0.5, 0.5], "product_height": [0.3, 0.8]}
    return {"name": flat.name, "style": flat.style, **place, **lamp_facts(flat.lamp, linear)}


def main() -> None:
    options = arguments(__doc__)
    for flat in FLATS:
        if options.only and f"{flat.style}/{flat.name}" not in options.only:
            continue
        # No lens is as sharp as a texture, and what it cannot resolve costs bytes.
        linear = gaussian_filter(lit(flat, options.size), (LENS_PX, LENS_PX, 0))
        written(linear, facts(flat, linear), out=options.out, seed=flat.seed, quality=options.quality)


if __name__ == "__main__":
    main()
