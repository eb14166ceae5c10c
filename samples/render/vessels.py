"""Mugs, bottles, flasks, vases and tumblers."""

from __future__ import annotations

import math

import numpy as np
from materials import glass, label, link, pbr, srgb, texture
from modelling import catmull, ellipse, fillet, lathe, rrect, tube


def handle(points, mat, w, h, flare=1.3, n=14):
    path = catmull(points, n)
    k = np.linspace(0, 1, len(path))
    scale = 1 + (flare - 1) * (np.exp(-k * 14) + np.exp(-(1 - k) * 14))
    return tube("handle", path, mat, section=ellipse(w, h, 28), scale=scale, up=(0, 1, 0), ends="flat")


def mug(rng, colour=(0.11, 0.29, 0.53)):
    glaze = pbr("glaze", srgb(*colour), 0.22, coat=0.7, bump=[(7, 0.002)])
    clay = pbr("foot", srgb(0.80, 0.76, 0.70), 0.8)
    prof = fillet(
        [(0.345, 0.012), (0.40, 0.012, 0.03), (0.425, 0.10, 0.06), (0.425, 0.93), (0.418, 0.962, 0.03), (0.39, 0.962, 0.02),
         (0.378, 0.93), (0.375, 0.12), (0.34, 0.055, 0.07), (0, 0.05)], 8)
    lathe("mug", prof, glaze, 160)
    lathe("foot", fillet([(0.0, 0.02), (0.33, 0.02), (0.335, 0, 0.01), (0.355, 0, 0.01), (0.36, 0.02)]), clay)
    handle([(0.395, 0, 0.80), (0.52, 0, 0.825), (0.655, 0, 0.74), (0.69, 0, 0.53), (0.62, 0, 0.31), (0.50, 0, 0.20), (0.40, 0, 0.20)], glaze, 0.075, 0.125)


def shampoo(rng):
    plastic = pbr("plastic", srgb(0.16, 0.47, 0.45), 0.28, coat=0.15, sss=0.1, bump=[(5, 0.001)])
    white = pbr("cap", srgb(0.93, 0.93, 0.92), 0.3, sss=0.1)
    art = label(
        1400, 1300, (244, 241, 232, 255),
        [(700, 250, "NORDHEM", 120, (25, 84, 80), 26), (700, 365, "botanical hair wash", 54, (70, 90, 88), 4),
         (700, 640, "rosemary", 110, (25, 84, 80), 4), (700, 760, "& sea salt", 110, (25, 84, 80), 4),
         (700, 960, "for fine and tired hair", 48, (70, 90, 88), 2), (700, 1160, "250 ml  e  8.4 fl oz", 44, (70, 90, 88), 2)],
        rules=[((110, 110, 1290, 1190), (25, 84, 80), 5)], bars=[((600, 450, 800, 456), (196, 140, 60)), ((600, 1050, 800, 1056), (196, 140, 60))])
    paper = pbr("label", (1, 1, 1), 0.35, image=texture("label", art))
    lathe("body", fillet([(0, 0.03), (0.22, 0.03), (0.24, 0, 0.02), (0.33, 0, 0.06), (0.34, 0.16, 0.1), (0.34, 1.08, 0.1), (0.30, 1.27, 0.16), (0.13, 1.36, 0.05), (0.125, 1.46)], 10), plastic)
    lathe("label", [(0.3415, 0.22), (0.3420, 0.225), (0.3420, 0.985), (0.3415, 0.99)], paper, 120, math.radians(-90 - 76), math.radians(-90 + 76))
    ribs = lambda th, z: 1 + 0.012 * np.clip(np.cos(60 * th), -0.4, 1) * ((z > 1.41) & (z < 1.60))
    lathe("cap", fillet([(0.125, 1.385), (0.182, 1.385, 0.01), (0.19, 1.41), (0.19, 1.42), (0.188, 1.59), (0.186, 1.61), (0.185, 1.70, 0.03), (0.12, 1.715, 0.02), (0, 1.712)], 6), white, 480, wobble=ribs)
    lathe("seam", [(0.1895, 1.598), (0.1895, 1.606)], pbr("dark", (0.1, 0.1, 0.1), 0.6))


def vase(rng):
    ceramic = pbr("ceramic", srgb(0.93, 0.925, 0.91), 0.18, coat=0.5, bump=[(4, 0.003)])
    out = catmull([(0.20, 0.0), (0.235, 0.03), (0.37, 0.25), (0.445, 0.52), (0.41, 0.80), (0.27, 1.02), (0.155, 1.20), (0.14, 1.34), (0.185, 1.47)], 14)
    inner = catmull([(0.165, 1.462), (0.12, 1.34), (0.132, 1.20), (0.24, 1.00), (0.37, 0.8), (0.40, 0.52), (0.0, 0.1)], 12)
    lip = [(0.185, 1.478), (0.176, 1.482), (0.168, 1.474)]
    lathe("vase", np.vstack([[(0, 0.008), (0.17, 0.008), (0.18, 0.0)], out, lip, inner]), ceramic, 176, sharp=60,
          wobble=lambda th, z: 1 + 0.006 * np.cos(24 * th) * np.clip((z - 0.1) / 0.2, 0, 1) * np.clip((1.15 - z) / 0.2, 0, 1))


def flask(rng):
    steel = pbr("steel", srgb(0.74, 0.74, 0.745), 0.30, metal=1, aniso=0.6, rough_noise=(6, 0.24, 0.36), bump=[(4, 0.0008, "noise", (1, 1, 60))])
    black = pbr("cap", srgb(0.10, 0.10, 0.105), 0.5, bump=[(140, 0.0008)])
    lathe("body", fillet([(0, 0.03), (0.26, 0.03), (0.28, 0.0, 0.02), (0.345, 0.0, 0.05), (0.35, 0.12, 0.05), (0.35, 1.62, 0.12), (0.31, 1.80, 0.12), (0.245, 1.90, 0.04), (0.245, 1.98)], 12), steel, 192)
    lathe("base ring", [(0.3505, 0.105), (0.3515, 0.107), (0.3515, 0.112), (0.3505, 0.114)], black)
    ribs = lambda th, z: 1 + 0.010 * np.clip(np.cos(48 * th) * 3, -1, 1) * ((z > 1.975) & (z < 2.14))
    lathe("cap", fillet([(0.24, 1.945), (0.268, 1.945, 0.01), (0.272, 1.97), (0.272, 1.98), (0.272, 2.13), (0.27, 2.15), (0.262, 2.20, 0.03), (0, 2.205)], 6), black, 480, wobble=ribs)
    path = catmull([(-0.235, 0, 2.17), (-0.22, 0, 2.31), (-0.12, 0, 2.40), (0, 0, 2.42), (0.12, 0, 2.40), (0.22, 0, 2.31), (0.235, 0, 2.17)], 12)
    tube("loop", path, black, section=rrect(0.055, 0.15, 0.022), up=(0, 1, 0))
    mark = label(900, 300, (0, 0, 0, 0), [(450, 140, "fjord", 200, (40, 42, 45, 255), 24)]).rotate(90, expand=True)
    etched = pbr("etch", srgb(0.74, 0.74, 0.745), 0.4, metal=0.3, image=texture("mark", mark))
    tree = etched.node_tree
    tex = next(n for n in tree.nodes if n.type == "TEX_IMAGE")
    link(tree, tex.outputs["Alpha"], tree.nodes["Principled BSDF"].inputs["Alpha"])
    lathe("etch", [(0.3508, 0.62), (0.3508, 1.16)], etched, 40, math.radians(-90 - 15), math.radians(-90 + 15))


def wine_bottle(rng):
    green = glass("glass", srgb(0.48, 0.72, 0.42), ior=1.5)
    art = label(1200, 900, (238, 232, 216, 255),
                [(600, 210, "VAL D'ORSE", 118, (58, 30, 34), 16), (600, 330, "appellation contrefaite", 46, (90, 70, 60), 2),
                 (600, 560, "2019", 150, (120, 30, 40), 18), (600, 760, "750 ml        12.5 % vol", 42, (90, 70, 60), 2)],
                rules=[((50, 50, 1150, 850), (150, 120, 60), 6), ((66, 66, 1134, 834), (150, 120, 60), 2)], bars=[((420, 400, 780, 405), (150, 120, 60))])
    foil = pbr("foil", srgb(0.40, 0.06, 0.09), 0.3, metal=0.6, bump=[(9, 0.003)])
    out = fillet([(0.0, 0.07), (0.16, 0.06, 0.05), (0.26, 0.0, 0.04), (0.355, 0.0, 0.07), (0.37, 0.12, 0.05), (0.37, 1.78, 0.25), (0.30, 2.10, 0.28), (0.142, 2.30, 0.16), (0.132, 2.86, 0.02), (0.152, 2.865, 0.012), (0.152, 2.96, 0.012), (0.135, 2.975)], 12)
    inn = fillet([(0.105, 2.972), (0.10, 2.93), (0.102, 2.33, 0.16), (0.258, 2.09, 0.28), (0.325, 1.75, 0.25), (0.325, 0.16, 0.06), (0.24, 0.085, 0.05), (0.13, 0.12, 0.05), (0.0, 0.125)], 12)
    lathe("bottle", np.vstack([out, inn]), green, 176, sharp=60)
    lathe("label", [(0.3722, 0.62), (0.3727, 0.625), (0.3727, 1.335), (0.3722, 1.34)], pbr("label", (1, 1, 1), 0.7, image=texture("label", art), bump=[(120, 0.0008)]), 100, math.radians(-90 - 80), math.radians(-90 + 80))
    lathe("foil", fillet([(0.1375, 2.45), (0.1385, 2.452), (0.1365, 2.85, 0.02), (0.1575, 2.86, 0.01), (0.1575, 2.965, 0.015), (0.13, 2.985, 0.01), (0, 2.985)], 6), foil)


def tumbler(rng):
    clear = glass("glass", (0.975, 0.985, 0.98), ior=1.5)
    out = fillet([(0.0, 0.0), (0.30, 0.0, 0.03), (0.315, 0.10, 0.05), (0.40, 1.02, 0.02), (0.392, 1.03, 0.008)], 10)
    inn = fillet([(0.384, 1.025), (0.295, 0.16, 0.06), (0.20, 0.12, 0.08), (0.0, 0.115)], 10)
    flutes = lambda th, z: 1 + 0.012 * np.cos(18 * th) * np.clip((0.55 - z) / 0.25, 0, 1) * np.clip(z / 0.08, 0, 1)
    lathe("tumbler", np.vstack([out, inn]), clear, 216, sharp=60, wobble=flutes)
