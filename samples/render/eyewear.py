"""A pair of acetate glasses."""

from __future__ import annotations

import math

import bpy  # isort: skip  # first: it brings bmesh and mathutils
import numpy as np
from mathutils import Matrix
from materials import glass, pbr, srgb
from modelling import TAU, ball, catmull, fillet, fuse, grid, lathe, move, rbox, rrect, shift, tube, turn
from studio import vertices


# eyewear: x is the wearer's width, -y the front, z up; one unit is 10 cm


def lens_shape(a, b, power, pinch=0.0, lift=0.0, n=128, nasal=0.0):
    """Outline around (0, 0), nasal side at -x. pinch narrows the bottom, lift raises the outer corner,
    nasal slopes the nose side."""
    t = np.arange(n) / n * TAU
    c, s = np.cos(t), np.sin(t)
    x = a * np.sign(c) * np.abs(c) ** (2 / power)
    z = b * np.sign(s) * np.abs(s) ** (2 / power)
    low = np.clip(-z / b, 0, 1)
    x = x * (1 - pinch * low**1.5)
    x = x + nasal * low * np.clip(-x / a, 0, 1)
    z = z + lift * np.clip(x / a, -0.4, 1) * np.clip(z / b, 0, 1)
    smooth = np.stack([x, z], -1)
    for _ in range(3):
        smooth = (np.roll(smooth, 1, 0) + 2 * smooth + np.roll(smooth, -1, 0)) / 4
    return smooth


def outward(o):
    d = np.roll(o, -1, 0) - np.roll(o, 1, 0)
    return np.stack([d[:, 1], -d[:, 0]], -1) / np.linalg.norm(d, axis=1, keepdims=True)


def rim(name, outline, side, cx, width, depth, mat, y=0.0, soft=0.016):
    """Closed rim around a lens: width is one number or one per outline point."""
    width = np.broadcast_to(width, (len(outline),))
    nrm = outward(outline)
    rings = []
    for p, n, w in zip(outline, nrm, width, strict=True):
        sec = rrect(w + 0.006, depth, soft)
        u = sec[:, :1] + (w - 0.006) / 2
        xz = p + n * u
        rings.append(np.column_stack([side * (cx + xz[:, 0]), np.full(len(sec), y) + sec[:, 1], xz[:, 1]]))
    return grid(name, np.array(rings), mat, loop_i=True, loop_j=True)


def lens(outline, side, cx, mat, y=0.0, bulge=0.16, thick=0.018):
    """A meniscus lens that fills the outline."""
    k = np.linspace(0, 1, 14)[1:]
    rad = np.linalg.norm(outline, axis=1).max()
    def layer(offset):
        rings = [np.tile([[side * cx, y + offset - bulge * rad**2, 0]], (len(outline), 1))]
        for s in k:
            o = outline * s
            sag = bulge * (rad**2 - (o**2).sum(1)) * (1 - 0.65 * s**6)
            rings.append(np.column_stack([side * (cx + o[:, 0]), y + offset - sag, o[:, 1]]))
        return rings
    front, back = layer(0.0), layer(thick)
    return grid("lens", np.array(front + back[::-1]), mat, loop_j=True, sharp=60)


def wrap(objs, amount):
    for o in objs:
        co = np.empty(len(o.data.vertices) * 3)
        o.data.vertices.foreach_get("co", co)
        co = co.reshape(-1, 3)
        co[:, 1] += amount * co[:, 0] ** 2
        o.data.vertices.foreach_set("co", co.ravel())
        o.data.update()


def settle(objs, split=0.35):
    """Let a pair of glasses rest on its rims and temple tips."""
    for _ in range(4):
        co = np.vstack([vertices(o) for o in objs])
        front, back = co[co[:, 1] < split], co[co[:, 1] > 0.9]
        f, r = front[front[:, 2].argmin()], back[back[:, 2].argmin()]
        angle = math.atan2(r[2] - f[2], r[1] - f[1])
        for o in objs:
            o.matrix_world = Matrix.Rotation(-angle, 4, "X") @ o.matrix_world
        bpy.context.view_layer.update()


def acetate(rng):
    amber, brown, dark = srgb(0.72, 0.42, 0.14), srgb(0.40, 0.20, 0.08), srgb(0.10, 0.055, 0.03)
    shell = pbr("tortoise", amber, 0.14, coat=0.5, sss=0.05, stops=[(0.36, dark), (0.46, brown), (0.58, amber), (0.72, srgb(0.80, 0.54, 0.22))], stop_scale=5.5)
    steel = pbr("hinge", srgb(0.75, 0.74, 0.72), 0.22, metal=1)
    clear = glass("lens", (0.90, 0.925, 0.915))
    o = lens_shape(0.255, 0.205, 2.7, pinch=0.16, lift=0.02, nasal=0.03)
    cx = 0.355
    ang = np.arctan2(o[:, 1], o[:, 0])
    width = 0.040 + 0.018 * np.clip(np.sin(ang), 0, 1) + 0.014 * np.exp(-((ang - 0.6) ** 2) / 0.18)
    front, lenses, rest = [], [], []
    for s in (-1, 1):
        front.append(rim("rim", o, s, cx, width, 0.044, shell))
        end = catmull([(s * 0.632, 0.0, 0.127), (s * 0.66, 0.002, 0.130), (s * 0.69, 0.012, 0.128), (s * 0.70, 0.045, 0.122)], 8)
        front.append(tube("end piece", end, shell, section=rrect(0.044, 0.088, 0.016), up=(0, 0, 1), sharp=60))
        pad = ball("nose pad", shell, (0, 0, 0), (0.044, 0.060, 0.105))
        front.append(move(pad, shift(s * 0.088, 0.030, -0.060) @ turn("Y", s * 12)))
        lenses.append(lens(o * 0.995, s, cx, clear, y=0.0))
    bridge = catmull([(-0.088, 0, 0.050), (-0.05, -0.003, 0.076), (0, -0.005, 0.086), (0.05, -0.003, 0.076), (0.088, 0, 0.050)], 10)
    front.append(tube("bridge", bridge, shell, section=rrect(0.044, 0.062, 0.018), up=(0, 0, 1), ends="flat"))
    wrap(front + lenses, 0.10)
    front = [fuse("front", front, shell, 0.0065, 5)]
    for s in (-1, 1):
        path = catmull([(s * 0.697, 0.100, 0.122), (s * 0.70, 0.45, 0.122), (s * 0.69, 0.85, 0.118), (s * 0.675, 1.05, 0.075), (s * 0.655, 1.25, -0.05), (s * 0.635, 1.42, -0.20)], 14)
        k = np.linspace(0, 1, len(path))
        tall = np.interp(k, [0, 0.25, 0.6, 0.8, 0.95, 1], [1.0, 0.80, 0.68, 0.82, 0.92, 0.8])
        rest.append(tube("temple", path, shell, section=rrect(0.040, 0.092, 0.016), scale=np.stack([np.interp(k, [0, 1], [1, 0.85]), tall], -1), up=(0, 0, 1)))
        for z in (0.098, 0.122, 0.146):
            knuckle = lathe("knuckle", fillet([(0, -0.010), (0.016, -0.010, 0.003), (0.016, 0.010, 0.003), (0, 0.010)]), steel, 32)
            rest.append(move(knuckle, shift(s * 0.668, 0.098, z)))
        for y, length in ((0.072, 0.045), (0.140, 0.075)):
            rest.append(rbox("hinge leaf", (0.012, length, 0.062), 0.003, steel, (s * 0.672, y, 0.122)))
        for z in (0.112, 0.132):
            dot = lathe("rivet", fillet([(0, 0.006), (0.007, 0.006, 0.003), (0.008, 0)]), steel, 24)
            rest.append(move(dot, shift(s * 0.645, 0.0165, z) @ turn("X", 90)))
    settle(front + lenses + rest)
