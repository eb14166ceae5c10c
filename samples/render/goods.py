"""What is no vessel: carton, loudspeaker, wallet, shoe, basket, plush toy."""

from __future__ import annotations

import math

import bpy  # noqa: F401  # isort: skip  # first: it brings bmesh and mathutils
import numpy as np
from mathutils import Matrix
from PIL import Image, ImageDraw
from eyewear import outward
from materials import label, link, pbr, srgb, text, texture
from modelling import GROUP, TAU, ball, catmull, fillet, frames, grid, hair, lathe, move, quad, rbox, rrect, scatter, settled, shift, slab, thicken, tube, turn
from studio import move_all


def carton(rng):
    kraft = [(0.25, srgb(0.66, 0.50, 0.34)), (0.75, srgb(0.73, 0.57, 0.40))]
    card = pbr("kraft", (0.4, 0.3, 0.2), 0.85, stops=kraft, stop_scale=28, stretch=(1, 1, 7), bump=[(90, 0.0015)])
    def art(front):
        img = Image.new("RGBA", (1200, 900), (0, 0, 0, 0))
        d = ImageDraw.Draw(img)
        for k, col in enumerate(((196, 62, 44, 235), (236, 171, 60, 235), (32, 92, 110, 235))):
            d.rectangle((0, 560 + k * 82, 1200, 560 + k * 82 + 56), fill=col)
        if front:
            text(d, (600, 240), "HOLM & VIK", 150, (40, 34, 30, 240), spread=14)
            text(d, (600, 390), "small batch coffee  ·  12 x 250 g", 58, (40, 34, 30, 230), spread=3)
        else:
            for k in range(3):
                x = 230 + k * 190
                d.rectangle((x, 180, x + 130, 340), outline=(40, 34, 30, 230), width=8)
                d.polygon([(x + 65, 205), (x + 100, 260), (x + 30, 260)], fill=(40, 34, 30, 230))
                d.rectangle((x + 55, 260, x + 75, 315), fill=(40, 34, 30, 230))
            text(d, (930, 260), "FRAGILE", 66, (40, 34, 30, 230))
        return img
    for front, u, c in ((True, (0.588, 0, 0), (0, -0.4012, 0.41)), (False, (0, 0.388, 0), (0.6012, 0, 0.41))):
        printed = pbr("print", (1, 1, 1), 0.8, stops=kraft, stop_scale=28, stretch=(1, 1, 7), image=texture("art", art(front)), bump=[(90, 0.0015)])
        quad("print", c, u, (0, 0, 0.398), printed)
    rbox("box", (1.2, 0.8, 0.82), 0.012, card, (0, 0, 0.41))
    for s in (-1, 1):
        flap = rbox("flap", (1.2, 0.397, 0.012), 0.004, card, (0, s * -0.1985, 0.006))
        move(flap, shift(0, s * 0.4, 0.82) @ turn("X", -s * 1.2))
    tape = pbr("tape", srgb(0.72, 0.58, 0.40), 0.16, coat=0.6, bump=[(12, 0.003)])
    bow = np.linspace(-0.1, 0.1, 9)
    pts = [[(x, y, 0.8385 - abs(y) * 0.02 + 0.0012) for y in bow] for x in np.linspace(-0.6, 0.6, 30)]
    grid("tape", pts, tape)
    drop = [[(s * 0.6022, y, 0.838 - z) for y in bow] for s in (1,) for z in np.linspace(0, 0.17, 6)]
    grid("tape end", drop, tape)


def speaker(rng):
    shell = pbr("shell", srgb(0.15, 0.15, 0.155), 0.55, bump=[(160, 0.0012)])
    rubber = pbr("rubber", srgb(0.10, 0.10, 0.10), 0.6)
    cone = pbr("cone", srgb(0.21, 0.21, 0.215), 0.45, bump=[(60, 0.001)])
    ring = pbr("ring", srgb(0.30, 0.30, 0.31), 0.25, metal=1)
    body = rbox("body", (0.68, 0.56, 1.08), 0.045, shell, (0, 0, 0.56), 8)
    hold = GROUP["now"]
    for z, r, depth in ((0.40, 0.245, 0.09), (0.86, 0.105, 0.03)):
        cutter = lathe("cut", [(0, -0.15), (r, -0.15), (r, 0.15), (0, 0.15)], None)
        move(cutter, shift(0, -0.28, z) @ turn("X", 90))
        hold.objects.unlink(cutter)
        mod = body.modifiers.new("hole", "BOOLEAN")
        mod.object, mod.operation = cutter, "DIFFERENCE"
        parts = [
            lathe("trim", fillet([(r - 0.004, -0.05), (r - 0.004, 0.012, 0.006), (r + 0.016, 0.014, 0.008), (r + 0.02, 0)]), ring),
            lathe("well", [(r - 0.002, 0), (r - 0.002, -0.14), (0, -0.14)], rubber)]
        if z < 0.5:
            parts += [
                lathe("surround", catmull([(r, -0.02), (r - 0.02, 0.004), (r - 0.045, 0.006), (r - 0.065, -0.02)], 8), rubber),
                lathe("cone", [(r - 0.06, -0.018), (r * 0.36, -depth), (r * 0.30, -depth - 0.01)], cone),
                lathe("dust cap", [(r * 0.37 * math.cos(a), -depth + 0.07 * math.sin(a)) for a in np.linspace(-0.1, math.pi / 2, 14)], rubber)]
        else:
            parts += [
                lathe("horn", catmull([(r, 0.0), (r * 0.78, -0.010), (r * 0.58, -0.022), (r * 0.46, -0.040)], 8), shell),
                lathe("dome", [(r * 0.46 * math.cos(a), -depth - 0.012 + 0.035 * math.sin(a)) for a in np.linspace(0, math.pi / 2, 14)], cone)]
        for p in parts:
            move(p, shift(0, -0.28, z) @ turn("X", 90))
    settled(body)
    for x in (-0.27, 0.27):
        for z in (0.10, 1.02):
            move(lathe("screw", fillet([(0, 0.004), (0.008, 0.004), (0.014, 0.006, 0.004), (0.015, 0)]), ring, 24), shift(x, -0.28, z) @ turn("X", 90))
        for y in (-0.2, 0.2):
            lathe("foot", fillet([(0, 0), (0.04, 0, 0.01), (0.045, 0.03)]), rubber, 32).data.transform(shift(x, y, 0))
    badge = texture("badge", label(400, 100, (22, 22, 23, 255), [(200, 50, "LUMO", 76, (196, 196, 198), 18)]))
    quad("badge", (0, -0.2812, 0.105), (0.075, 0, 0), (0, 0, 0.019), pbr("badge", (1, 1, 1), 0.4, image=badge))


def wallet(rng):
    hide = pbr("leather", srgb(0.38, 0.20, 0.11), 0.42, coat=0.08, stops=[(0.3, srgb(0.33, 0.165, 0.085)), (0.7, srgb(0.43, 0.235, 0.13))],
               stop_scale=6, bump=[(42, 0.006, "cells"), (9, 0.006), (120, 0.002)])
    inner = pbr("lining", srgb(0.56, 0.38, 0.25), 0.6, bump=[(60, 0.003)])
    thread = pbr("thread", srgb(0.86, 0.76, 0.58), 0.7)
    w, h = 1.15, 0.92
    for z0, z1, mat, x0 in ((0.0, 0.034, hide, 0.0), (0.036, 0.056, inner, 0.02), (0.060, 0.080, inner, 0.04), (0.088, 0.108, inner, 0.05),
                            (0.112, 0.130, inner, 0.03), (0.134, 0.170, hide, 0.0)):
        shape = rrect(w - x0, h - x0 * 1.2, 0.05, 8)
        layer = slab("layer", shape, z0, z1, 0.009, mat)
        move(layer, shift(-x0 / 2, 0, 0) @ turn("Y", (z0 - 0.05) * -8))
    # the fold: a half tube on the left
    sweep_z = [(-w / 2 + 0.02 - 0.072 * math.sin(a), 0.085 + 0.085 * math.cos(a)) for a in np.linspace(0, math.pi, 20)]
    pts = [[(x, y, z) for y in np.linspace(-h / 2 + 0.012, h / 2 - 0.012, 24)] for x, z in sweep_z]
    thicken(grid("fold", pts, hide), 0.03, -1)
    tilt = turn("Y", (0.134 - 0.05) * -8)
    def stitch(a, b):
        a, b = np.array(a), np.array(b)
        n = int(np.linalg.norm(b - a) / 0.034)
        for k in range(n):
            p = a + (b - a) * (k + 0.2) / n
            q = a + (b - a) * (k + 0.78) / n
            mid = (p + q) / 2
            move(tube("stitch", np.array([(*p, 0.1705), (*mid, 0.1745), (*q, 0.1705)]), thread, r=0.0042, seg=8), tilt)
    m = 0.045
    stitch((-w / 2 + 0.06, -h / 2 + m), (w / 2 - m, -h / 2 + m))
    stitch((w / 2 - m, -h / 2 + m), (w / 2 - m, h / 2 - m))
    stitch((w / 2 - m, h / 2 - m), (-w / 2 + 0.06, h / 2 - m))
    mark = texture("mark", label(500, 160, (0, 0, 0, 0), [(250, 80, "ASKER", 92, (36, 16, 8, 235), 16)]))
    stamp = pbr("stamp", srgb(0.38, 0.20, 0.11), 0.45, image=mark)
    m2 = stamp.node_tree
    tex = next(n for n in m2.nodes if n.type == "TEX_IMAGE")
    link(m2, tex.outputs["Alpha"], m2.nodes["Principled BSDF"].inputs["Alpha"])
    move(quad("stamp", (0.33, -0.27, 0.1712), (0.11, 0, 0), (0, 0.035, 0), stamp), tilt)
    card = pbr("card", srgb(0.20, 0.36, 0.55), 0.3, coat=0.3)
    slab("card", rrect(0.86, 0.54, 0.03, 6), 0.0815, 0.0865, 0.001, card).data.transform(shift(0.165, 0.04, 0.0))


def slip_on(rng):
    canvas = pbr("canvas", srgb(0.72, 0.30, 0.22), 0.85, sheen=0.3, stops=[(0.3, srgb(0.68, 0.27, 0.195)), (0.7, srgb(0.75, 0.335, 0.25))], stop_scale=70, bump=[(220, 0.005)])
    elastic = pbr("elastic", srgb(0.16, 0.16, 0.18), 0.8, bump=[(30, 0.01, "noise", (12, 0.3, 0.3))])
    rubber = pbr("rubber", srgb(0.92, 0.90, 0.86), 0.5, bump=[(80, 0.001)])
    lining = pbr("lining", srgb(0.82, 0.77, 0.68), 0.9, bump=[(150, 0.002)])
    stripe = pbr("stripe", srgb(0.20, 0.24, 0.36), 0.5)
    ctrl = [(0, 0), (0.09, 0.24), (0.45, 0.335), (1.0, 0.325), (1.62, 0.42), (2.05, 0.435), (2.42, 0.31), (2.60, 0.04), (2.47, -0.25), (2.08, -0.405),
            (1.55, -0.40), (1.0, -0.33), (0.45, -0.33), (0.09, -0.23)]
    o = catmull(ctrl, 12, loop=True)
    n = len(o)
    nrm = outward(o)
    nrm *= 1 if np.dot(nrm[0], (-1, 0)) > 0 else -1
    spring = lambda x: 0.10 * np.clip((x - 1.75) / 0.85, 0, 1) ** 2
    def sole(z, grow):
        p = o + nrm * grow
        return np.column_stack([p, z + spring(p[:, 0])])
    grid("sole", [sole(z, g) for z, g in ((0, -0.02), (0.008, 0.012), (0.03, 0.028), (0.15, 0.032), (0.175, 0.026), (0.182, 0.0))], rubber, loop_j=True, cap_i=(True, True))
    grid("stripe", [sole(z, 0.0335) for z in (0.125, 0.140)], stripe, loop_j=True)
    phi = math.pi + np.arange(n) / n * TAU
    phi = -phi if o[12, 1] > 0 else phi
    collar = np.column_stack([0.66 + 0.60 * np.cos(phi), 0.235 * np.sin(phi), 0.66 + 0.16 * np.clip(-np.cos(phi), 0, 1) ** 2 + 0.10 * np.clip(np.cos(phi), 0, 1) ** 2])
    base = sole(0.17, 0.0)
    rows = []
    for s in np.linspace(0, 1, 34):
        toe = np.clip(np.cos(phi), 0, 1)[:, None]
        fxy, fz = s ** (1.9 - 0.5 * toe), (1 - (1 - s) ** (2.1 - 0.7 * toe))[:, 0]
        p = base.copy()
        p[:, :2] = base[:, :2] * (1 - fxy) + collar[:, :2] * fxy + nrm * 0.045 * math.sin(math.pi * min(1, s * 1.15)) * (1 - s)
        p[:, 2] = base[:, 2] * (1 - fz) + collar[:, 2] * fz
        rows.append(p)
    upper = grid("upper", rows, canvas, loop_j=True, sharp=0)
    upper.data.materials.append(elastic)
    for poly in upper.data.polygons:
        i, j = divmod(poly.index, n)
        if i >= 19 and (58 <= j < 69 or 99 <= j < 110):
            poly.material_index = 1
    thicken(upper, 0.035)
    ring = rows[-1]
    tube("collar", ring + np.array((0, 0, 0.004)), lining, r=0.028, loop=True, up=(0, 0, 1), sharp=0)
    grid("insole", [np.column_stack([o - nrm * 0.05, np.full(n, 0.20) + spring(o[:, 0])]), np.column_stack([o * 0.02 + np.array((1.2, 0)), np.full(n, 0.20)])], lining, loop_j=True, cap_i=(False, True))
    seam = np.array(rows)[8]
    tube("seam", seam[int(n * 0.36):int(n * 0.66)] * np.array((1.004, 1.004, 1.004)), rubber, r=0.006, seg=8)
    tab = catmull([(0.075, 0, 0.78), (0.02, 0, 0.86), (-0.02, 0, 0.80), (0.0, 0, 0.66)], 8)
    tube("pull tab", tab, canvas, section=rrect(0.016, 0.11, 0.006), up=(0, 1, 0))
    move_all(Matrix.Scale(0.6, 4))


def basket(rng):
    straw = pbr("straw", srgb(0.74, 0.56, 0.34), 0.6, hue_jitter=0.16, stops=[(0.3, srgb(0.62, 0.44, 0.25)), (0.7, srgb(0.80, 0.63, 0.40))], stop_scale=5, bump=[(40, 0.004)])
    stakes, rows, step = 30, 9, 0.076
    radius = lambda z: 0.46 + 0.20 * z - 0.05 * max(0, z - 0.5)
    t = np.linspace(0, TAU, 360, endpoint=False)
    for k in range(rows):
        z = 0.045 + k * step
        wave = 0.030 * np.cos(stakes / 2 * t + k * math.pi)
        r = radius(z) + wave
        p = np.stack([r * np.cos(t), r * np.sin(t), z + 0.006 * np.sin(3 * t + k) + rng.normal(0, 0.001, len(t))], -1)
        tube("weaver", p, straw, section=rrect(0.024, 0.040, 0.011, 4), loop=True, up=(0, 0, 1), sharp=0)
    top = 0.045 + rows * step
    for j in range(stakes):
        a = (j + 0.0) / stakes * TAU
        zs = np.linspace(0.01, top + 0.01, 14)
        p = [(radius(z) * math.cos(a), radius(z) * math.sin(a), z) for z in zs]
        tube("stake", p, straw, r=0.0165, seg=10)
    for ph in (0, TAU / 3, 2 * TAU / 3):
        r = radius(top) + 0.030 * np.cos(22 * t + ph)
        p = np.stack([r * np.cos(t), r * np.sin(t), top + 0.018 + 0.030 * np.sin(22 * t + ph)], -1)
        tube("rim", p, straw, r=0.023, loop=True, seg=10, up=(0, 0, 1), sharp=0)
    for k in range(22):
        r = 0.455 * (k + 0.6) / 22
        p = np.stack([r * np.cos(t), r * np.sin(t), 0.022 + 0.006 * np.cos(t * 15 + k * math.pi)], -1)
        tube("base", p[::3], straw, r=0.0125, loop=True, seg=8, up=(0, 0, 1), sharp=0)
    x0 = radius(top)
    a = np.linspace(0, math.pi, 70)
    arch = np.stack([-(x0 - 0.01) * np.cos(a), 0 * a, top - 0.12 + 0.74 * np.sin(a) ** 0.8], -1)
    for s in (-0.022, 0.022):
        tube("handle", arch + np.array((0, s, 0)), straw, r=0.022, seg=12)
    u = np.linspace(0.20, 0.80, 900)
    core = np.stack([np.interp(u, np.linspace(0, 1, len(arch)), arch[:, i]) for i in range(3)], -1)
    tan, side, upv = frames(core, False, (0, 1, 0))
    w = u * 330
    tube("wrap", core + side * (0.030 * np.cos(w))[:, None] + upv * (0.050 * np.sin(w))[:, None], straw, r=0.009, seg=8, up=None)


def plush(rng):
    under = pbr("skin", srgb(0.62, 0.44, 0.26), 0.9)
    fur = pbr("fur", srgb(0.76, 0.56, 0.34), 0.55, sheen=0.4, spec=0.25)
    pale = pbr("pale fur", srgb(0.90, 0.80, 0.64), 0.55, sheen=0.4, spec=0.25)
    black = pbr("eye", srgb(0.04, 0.035, 0.03), 0.06, coat=1)
    felt = pbr("felt", srgb(0.52, 0.34, 0.20), 0.9, sheen=0.5, bump=[(140, 0.004)])
    parts = [(ball("body", under, (0, 0, 0.50), (0.98, 0.94, 0.96)), 52000, 0.135, fur)]
    for s in (-1, 1):
        parts.append((ball("ear", under, (s * 0.33, 0.04, 0.99), (0.24, 0.13, 0.24)), 9000, 0.09, fur))
        parts.append((ball("foot", under, (s * 0.24, -0.30, 0.11), (0.26, 0.34, 0.17)), 9000, 0.07, pale))
        ball("eye", black, (s * 0.165, -0.555, 0.70), (0.095, 0.07, 0.095))
    parts.append((ball("muzzle", under, (0, -0.46, 0.545), (0.34, 0.24, 0.26)), 12000, 0.07, pale))
    ball("nose", felt, (0, -0.655, 0.60), (0.12, 0.08, 0.085))
    for obj, count, length, mat in parts:
        pos, nrm = scatter(obj, count, rng)
        eye = np.array([(s * 0.165, -0.52, 0.70) for s in (-1, 1)])
        far = np.min(np.linalg.norm(pos[:, None] - eye[None], axis=2), axis=1)
        k = np.clip((far - 0.045) / 0.06, 0.12, 1)
        ok = pos[:, 2] > 0.03
        hair("fur", pos[ok], nrm[ok], (length * k * rng.uniform(0.6, 1.1, len(pos)))[ok], mat, rng, 0.0022, 0.0006, mess=0.32, droop=0.25, curl=0.10)
