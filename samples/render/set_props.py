"""Things that furnish the sets. Lengths in metres; the product stands at the origin, x right, y away, z up."""

from __future__ import annotations

import math

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np
from materials import pbr, srgb
from modelling import ball, catmull, fillet, finish, grid, hair, lathe, move, quad, rbox, shift, tube, turn
from set_light import emitter, leafy, picture_emitter


def wall(y, colour, *, rough=0.9, bump=(), width=8.0, top=3.0, bottom=-0.9):
    return quad("wall", (0, y, (top + bottom) / 2), (width, 0, 0), (0, 0, (top - bottom) / 2), pbr("wall", colour, rough, spec=0.3, bump=list(bump)))


def floor(z, colour, *, y=(-2.0, 12.0), rough=0.5, stops=None):
    return quad("floor", (0, sum(y) / 2, z), (9, 0, 0), (0, (y[1] - y[0]) / 2, 0), pbr("floor", colour, rough, stops=stops, stop_scale=3, stretch=(1, 7, 1)))


def window(x, y, z, w, h, view, strength, frame, *, panes=(2, 2), bar=0.045):
    """A window in the back wall: a glowing view and a frame; (x, z) is its lower left corner."""
    quad("view", (x + w / 2, y + 0.025, z + h / 2), (w / 2, 0, 0), (0, 0, h / 2), picture_emitter("view", view, strength))
    for k in range(panes[0] + 1):
        wide = bar * (1.6 if k in (0, panes[0]) else 1)
        rbox("post", (wide, 0.07, h + bar), 0.006, frame, (x + w * k / panes[0], y, z + h / 2))
    for k in range(panes[1] + 1):
        wide = bar * (1.6 if k in (0, panes[1]) else 1)
        rbox("rail", (w, 0.06, wide), 0.006, frame, (x + w / 2, y, z + h * k / panes[1]))
    rbox("sill", (w + 0.2, 0.2, 0.04), 0.008, frame, (x + w / 2, y - 0.08, z - 0.05))


def outdoors(rng, *, sky_top=(0.80, 0.89, 0.98), sky_low=(0.97, 0.97, 0.95), green=(0.42, 0.52, 0.30), tree_line=0.45):
    """A soft garden view for windows, display colours, row 0 on top."""
    from set_textures import field, mix, step

    h, w = 240, 320
    y = np.linspace(0, 1, h)[:, None] * np.ones((1, w))
    view = mix(sky_top, sky_low, np.clip(y / max(tree_line, 0.01), 0, 1))
    blob = field((h, w), (14, 18), 3, rng)
    trees = step(y + 0.10 * blob, 1 - tree_line - 0.06, 1 - tree_line + 0.10)
    leaf = mix(np.asarray(green) * 0.7, np.asarray(green) * 1.35, np.clip(0.5 + 0.25 * field((h, w), (6, 6), 2.4, rng), 0, 1))
    return np.clip(view * (1 - trees[..., None]) + leaf * trees[..., None], 0, 1)


def curtain(x0, x1, y, z0, z1, mat, rng, folds=7, depth=0.035):
    u = np.linspace(0, 1, 90)
    wave = np.sin(u * folds * 2 * math.pi + 0.6 * np.sin(u * 9)) * depth * (0.7 + 0.3 * np.sin(u * 5 + 1))
    return grid("curtain", [[(x0 + (x1 - x0) * a, y + b * (1.15 - 0.3 * t), z1 + (z0 - z1) * t) for a, b in zip(u, wave)] for t in np.linspace(0, 1, 6)], mat, sharp=0)


def shelf_board(x, y, z, w, mat, d=0.26, t=0.03):
    return rbox("shelf", (w, d, t), 0.003, mat, (x, y, z))


def cabinet(x, y, w, top, mat, *, d=0.42, bottom=-0.62, doors=3, knob=None, gap=0.006):
    rbox("carcase", (w, d, top - bottom), 0.006, mat, (x, y, (top + bottom) / 2))
    for k in range(doors):
        dw = w / doors
        cx = x - w / 2 + dw * (k + 0.5)
        rbox("door", (dw - gap, 0.02, top - bottom - 0.06), 0.003, mat, (cx, y - d / 2 - 0.011, (top + bottom) / 2 - 0.01))
        if knob:
            ball("knob", knob, (cx + dw * 0.38, y - d / 2 - 0.035, (top + bottom) / 2 + 0.1), (0.025, 0.025, 0.025), 16)
    if bottom > -0.7:
        for s in (-1, 1):
            tube("leg", [(x + s * (w / 2 - 0.08), y, bottom), (x + s * (w / 2 - 0.05), y, -0.74)], mat, r=0.018)


def books(x, y, z, w, rng, palette, *, d=0.17, height=(0.18, 0.27), lean=0.15):
    """A row of books, the last one leaning now and then."""
    at = x
    while at < x + w:
        t, h = rng.uniform(0.014, 0.045), rng.uniform(*height)
        col = np.array(palette[rng.integers(len(palette))]) * rng.uniform(0.85, 1.1)
        b = rbox("book", (t, d * rng.uniform(0.8, 1), h), 0.002, pbr("book", tuple(np.clip(col, 0, 1)), 0.6), (0, 0, h / 2))
        tilt = rng.uniform(3, 12) if rng.random() < lean * 0.4 else 0
        move(b, shift(at + t / 2, y + rng.uniform(-0.01, 0.01), z) @ turn("Y", tilt))
        at += t + 0.002 + (h * math.sin(math.radians(tilt)) if tilt else 0)


def stack(x, y, z, rng, palette, n=3, angle=8):
    for _ in range(n):
        t = rng.uniform(0.02, 0.035)
        col = tuple(palette[rng.integers(len(palette))])
        b = rbox("cover", (rng.uniform(0.19, 0.24), rng.uniform(0.14, 0.17), t), 0.003, pbr("cover", col, 0.6), (0, 0, t / 2))
        p = rbox("pages", (0.19, 0.142, t * 0.8), 0.001, pbr("pages", srgb(0.93, 0.90, 0.84), 0.8), (0.004, -0.004, t / 2))
        spin = shift(x, y, z) @ turn("Z", rng.uniform(-angle, angle))
        move(b, spin)
        move(p, spin)
        z += t
    return z


def frame(x, y, z, w, h, mat, art, tilt=0.0):
    """A picture on the wall or leaning; (x, z) is the middle of its lower edge."""
    from render_products import texture

    parts = [rbox("frame", (w, 0.02, h), 0.003, mat, (0, 0, h / 2)),
             quad("mount", (0, -0.0105, h / 2), (w / 2 - 0.015, 0, 0), (0, 0, h / 2 - 0.015), pbr("mount", srgb(0.95, 0.94, 0.91), 0.7)),
             quad("art", (0, -0.0108, h / 2), (w * 0.32, 0, 0), (0, 0, h * 0.32), pbr("art", (1, 1, 1), 0.6, image=texture("art", art)))]
    for p in parts:
        move(p, shift(x, y, z) @ turn("X", -tilt))


def abstract(rng, palette, size=(300, 400)):
    """Soft overlapping shapes, as prints for frames."""
    from PIL import Image, ImageDraw

    img = Image.new("RGBA", size, (*palette[0], 255))
    d = ImageDraw.Draw(img)
    for col in palette[1:]:
        cx, cy, r = rng.uniform(0.2, 0.8) * size[0], rng.uniform(0.2, 0.8) * size[1], rng.uniform(0.15, 0.4) * size[0]
        d.ellipse((cx - r, cy - r * rng.uniform(0.7, 1.4), cx + r, cy + r), fill=(*col, 255))
    return img


VESSELS = {  # (radius, height) outlines, height 1
    "bottle": [(0.0, 0), (0.24, 0.01), (0.33, 0.12), (0.35, 0.35), (0.26, 0.56), (0.11, 0.68), (0.095, 0.88), (0.12, 1.0)],
    "round": [(0.0, 0), (0.22, 0.01), (0.46, 0.22), (0.52, 0.45), (0.42, 0.72), (0.20, 0.86), (0.17, 0.95), (0.20, 1.0)],
    "tall": [(0.0, 0), (0.20, 0.01), (0.24, 0.1), (0.27, 0.5), (0.24, 0.8), (0.19, 0.93), (0.21, 1.0)],
    "bowl": [(0.0, 0), (0.30, 0.0), (0.34, 0.06), (0.75, 0.45), (0.98, 0.95), (1.0, 1.0)],
    "pot": [(0.0, 0), (0.36, 0.0), (0.40, 0.05), (0.50, 0.9), (0.54, 0.92), (0.54, 1.0)],
    "jar": [(0.0, 0), (0.36, 0.01), (0.40, 0.06), (0.40, 0.72), (0.36, 0.82), (0.30, 0.86), (0.30, 0.9), (0.33, 0.91), (0.33, 1.0)],
    "cup": [(0.0, 0), (0.30, 0.01), (0.42, 0.1), (0.47, 0.5), (0.49, 1.0)],
}


def vessel(kind, x, y, z, height, mat, wall_share=0.93):
    out = catmull(VESSELS[kind], 10)
    inner = out[::-1].copy()
    inner[:, 0] *= wall_share
    inner[:, 1] = np.maximum(inner[:, 1], 0.03)
    inner[-1, 0] = 0
    rim = [out[-1] * (0.985, 1.006)]
    obj = lathe(kind, np.vstack([out, rim, inner]) * height, mat, 96, sharp=70)
    return move(obj, shift(x, y, z))


def table_lamp(x, y, z, base, shade_colour, *, lit=0.0, size=1.0):
    vessel("round", x, y, z, 0.26 * size, base)
    tube("stem", [(x, y, z + 0.25 * size), (x, y, z + 0.36 * size)], pbr("brass", srgb(0.72, 0.58, 0.34), 0.3, metal=1), r=0.008)
    shade = leafy("shade", shade_colour, 0.9, 0.5, (1, 1, 1)) if not lit else emitter("shade", shade_colour, lit)
    move(lathe("shade", np.array([(0.19, 0.0), (0.13, 0.24)]) * size, shade, 64), shift(x, y, z + 0.31 * size))


def pendant(x, y, z, mat, *, r=0.16, lit=0.0):
    move(lathe("pendant", catmull([(r, 0), (r * 0.93, r * 0.42), (r * 0.6, r * 0.85), (r * 0.12, r), (r * 0.1, r * 1.25), (0.003, r * 1.3)], 8), mat, 72), shift(x, y, z))
    tube("cord", [(x, y, z + r * 1.2), (x, y, z + 2.2)], pbr("cord", (0.03, 0.03, 0.03), 0.7), r=0.003, seg=6)
    if lit:
        ball("bulb", emitter("bulb", (1.0, 0.80, 0.55), lit), (x, y, z + 0.02), (0.07, 0.07, 0.07), 16)


def leaves(name, roots, dirs, length, width, mat, rng, bend=0.25):
    """One mesh of many pointed leaves, folded along their rib and hanging a little."""
    n = len(roots)
    dirs = dirs / np.linalg.norm(dirs, axis=1, keepdims=True)
    side = np.cross(dirs, rng.normal(0, 1, (n, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, dirs)
    length = np.broadcast_to(length, (n,))[:, None]
    width = np.broadcast_to(width, (n,))[:, None]
    sag = np.array((0, 0, -1.0)) * bend * length
    mid = roots + dirs * length * 0.45 - up * width * 0.18
    v = np.stack([roots, mid + side * width / 2 + up * width * 0.2, mid + sag * 0.2, mid - side * width / 2 + up * width * 0.2, roots + dirs * length + sag], 1)
    base = (np.arange(n) * 5)[:, None]
    faces = np.concatenate([base + np.array(f) for f in ((0, 1, 2), (0, 2, 3), (1, 4, 2), (2, 4, 3))])
    me = bpy.data.meshes.new(name)
    me.from_pydata(v.reshape(-1, 3).tolist(), [], faces.tolist())
    return finish(bpy.data.objects.new(name, me), mat, 0)


def sphere_points(n, rng):
    p = rng.normal(0, 1, (n, 3))
    return p / np.linalg.norm(p, axis=1, keepdims=True)


def bush(x, y, z, size, mats, rng, n=900, leaf=0.06):
    """A rounded shrub out of leaf clumps."""
    for mat in mats:
        k = n // len(mats)
        p = sphere_points(k, rng)
        lump = 0.75 + 0.25 * np.sin(p @ rng.normal(0, 4, 3)) * np.sin(p @ rng.normal(0, 3, 3) + 1)
        r = rng.uniform(0.55, 1.0, k) * lump
        roots = p * r[:, None] * np.asarray(size) + (x, y, z)
        leaves("leaves", roots, p + rng.normal(0, 0.6, (k, 3)) + (0, 0, 0.2), leaf * rng.uniform(0.6, 1.3, k), leaf * 0.5 * rng.uniform(0.7, 1.2, k), mat, rng)


def house_plant(x, y, z, height, mat, pot, rng, *, kind="broad", n=26):
    vessel("pot", x, y, z, height * 0.28, pot)
    z0 = z + height * 0.26
    a = rng.uniform(0, 2 * math.pi, n)
    if kind == "blade":
        lean = rng.uniform(0.05, 0.35, n)
        dirs = np.stack([np.cos(a) * lean, np.sin(a) * lean, np.ones(n)], 1)
        roots = np.stack([x + 0.03 * np.cos(a), y + 0.03 * np.sin(a), np.full(n, z0)], 1)
        leaves("blades", roots, dirs, height * rng.uniform(0.5, 0.85, n), height * 0.07, mat, rng, 0.02)
        return
    stems = []
    for k in range(n):
        lean, tall = rng.uniform(0.1, 0.55), rng.uniform(0.35, 0.75) * height
        tip = np.array((x + math.cos(a[k]) * lean * tall, y + math.sin(a[k]) * lean * tall, z0 + tall))
        tube("stem", catmull([(x, y, z0 - 0.02), ((x + tip[0]) / 2, (y + tip[1]) / 2, z0 + tall * 0.6), tip], 5), mat, r=0.0035, seg=6)
        stems.append((tip, (math.cos(a[k]), math.sin(a[k]), 0.25)))
    roots, dirs = np.array([s[0] for s in stems]), np.array([s[1] for s in stems])
    leaves("broad", roots, dirs, height * rng.uniform(0.13, 0.24, n), height * 0.10, mat, rng, 0.35)


def branch(x, y, z, height, lean, mat, wood_mat, rng, *, leaf=0.03, twigs=9):
    """A cut branch in a vase: a few stems with small leaves."""
    roots, dirs = [], []
    for k in range(3):
        tip = np.array((x + lean[0] + rng.normal(0, 0.07), y + lean[1] + rng.normal(0, 0.05), z + height * rng.uniform(0.8, 1.0)))
        path = catmull([(x, y, z - 0.1), (x + lean[0] * 0.3 + rng.normal(0, 0.01), y + lean[1] * 0.3, z + height * 0.45), tip], 14)
        tube("stem", path, wood_mat, r=0.003, seg=8)
        for _ in range(twigs):
            p = path[rng.integers(len(path) // 3, len(path))]
            d = np.array((rng.normal(0, 1), rng.normal(0, 1), 0.5))
            end = p + d / np.linalg.norm(d) * rng.uniform(0.05, 0.13)
            tube("twig", [p, (p + end) / 2 + (0, 0, 0.008), end], wood_mat, r=0.0016, seg=6)
            for t in np.linspace(0.3, 1, 5):
                roots.append(p + (end - p) * t)
                dirs.append(d / np.linalg.norm(d) + rng.normal(0, 0.5, 3))
    leaves("leaf", np.array(roots), np.array(dirs), leaf * rng.uniform(0.7, 1.3, len(roots)), leaf * 0.5, mat, rng)


def grass(x, y, z, rng, mat, *, n=260, height=0.35, spread=0.08, lean=(0.0, 0.0), r=0.0016):
    a, d = rng.uniform(0, 2 * math.pi, n), spread * np.sqrt(rng.random(n))
    roots = np.stack([x + d * np.cos(a), y + d * np.sin(a), np.full(n, z)], 1)
    dirs = np.stack([np.cos(a) * d / spread * 0.35 + lean[0], np.sin(a) * d / spread * 0.35 + lean[1], np.ones(n)], 1)
    return hair("grass", roots, dirs, height * rng.uniform(0.5, 1.1, n), mat, rng, r, r * 0.25, steps=7, mess=0.14, droop=height * 0.55, curl=0.03)


def fir_twig(x, y, z, angle, length, needle, bark, rng, *, sides=7, reach=0.026):
    """A lying fir branch: a stem with side twigs, needles all around, denser above."""
    a = math.radians(angle)
    ahead, across = np.array((math.cos(a), math.sin(a), 0)), np.array((-math.sin(a), math.cos(a), 0))
    base = np.array((x, y, z))
    bow = rng.uniform(-0.08, 0.08)
    def at(t):
        return base + ahead * length * t + across * bow * length * t * t + np.array((0, 0, 0.012 + 0.02 * t * (1 - t)))
    paths = [np.array([at(t) for t in np.linspace(0, 1, 24)])]
    for k in range(sides):
        t, s = 0.18 + 0.68 * k / sides + rng.uniform(-0.03, 0.03), 1 if k % 2 else -1
        reach_k = length * (0.42 - 0.26 * t) * rng.uniform(0.85, 1.15)
        d = ahead * math.cos(0.85) + across * s * math.sin(0.85)
        p0 = at(t)
        paths.append(np.array([p0 + d * reach_k * u + ahead * reach_k * 0.18 * u * u + np.array((0, 0, 0.006 * math.sin(3 * u) - 0.004 * u)) for u in np.linspace(0, 1, 14)]))
    for i, path in enumerate(paths):
        k = np.linspace(1, 0.35, len(path))
        tube("twig", path, bark, r=0.0032 if i == 0 else 0.0019, scale=k, seg=8)
        seg = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
        n = int(seg / 0.00042)
        t = rng.uniform(0, len(path) - 1.001, n)
        j = t.astype(int)
        root = path[j] + (path[j + 1] - path[j]) * (t - j)[:, None]
        tan = (path[j + 1] - path[j]) / np.linalg.norm(path[j + 1] - path[j], axis=1, keepdims=True)
        out = np.cross(tan, rng.normal(0, 1, (n, 3)))
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        out[:, 2] = np.where(out[:, 2] < -0.25, -0.25 * rng.random(n), out[:, 2])
        dirs = out * 0.85 + tan * 0.75
        hair("needles", root, dirs, reach * rng.uniform(0.65, 1.05, n), needle, rng, 0.00062, 0.00030, steps=4, mess=0.10)


def fir_tree(x, y, z, height, radius, needle, rng, n=5200):
    """A standing tree for the far background: tiers of drooping tufts."""
    t = rng.random(n) ** 0.7
    a = rng.uniform(0, 2 * math.pi, n)
    tier = 0.82 + 0.18 * np.cos(t * 60)
    r = radius * t * tier * np.sqrt(rng.uniform(0.25, 1, n))
    roots = np.stack([x + r * np.cos(a), y + r * np.sin(a), z + height * (1 - t)], 1)
    dirs = np.stack([np.cos(a), np.sin(a), rng.uniform(-0.35, 0.25, n)], 1)
    leaves("fir", roots, dirs, 0.10 * rng.uniform(0.6, 1.3, n), 0.022, needle, rng, 0.3)


def bauble(x, y, r, mat, z=0.0):
    ball("bauble", mat, (x, y, z + r), (2 * r, 2 * r, 2 * r), 48)
    cap = pbr("cap", srgb(0.78, 0.62, 0.36), 0.25, metal=1)
    a = math.radians(35)
    move(lathe("cap", fillet([(r * 0.2, 0), (r * 0.2, r * 0.16, 0.001), (0, r * 0.17)]), cap, 32), shift(x, y, z + r) @ turn("Y", 35) @ shift(0, 0, r * 0.98))
    return a


def candle(x, y, z, r, h, wax, *, flame=0.0):
    lathe_profile = fillet([(0, 0), (r, 0), (r, h, r * 0.25), (r * 0.8, h, r * 0.15), (r * 0.6, h - 0.006), (0, h - 0.007)])
    move(lathe("candle", lathe_profile, wax, 64), shift(x, y, z))
    tube("wick", [(x, y, z + h - 0.008), (x + 0.001, y, z + h + 0.008)], pbr("wick", (0.02, 0.02, 0.02), 0.9), r=0.0009, seg=6)
    if flame:
        f = catmull([(0, 0), (0.0045, 0.008), (0.0038, 0.018), (0.001, 0.030), (0, 0.034)], 6)
        move(lathe("flame", f, emitter("flame", (1.0, 0.55, 0.18), flame, sampled=False), 24), shift(x, y, z + h + 0.005))


def soften(obj, levels=2):
    mod = obj.modifiers.new("subdivide", "SUBSURF")
    mod.levels = mod.render_levels = levels
    return obj


def cloth(x0, x1, y0, y1, mat, rng, *, z=0.0008, wrinkle=0.0015, n=160):
    """A cloth lying flat with a few soft creases."""
    from set_textures import field

    lift = field((n, n), (n * 0.05, n * 0.09), 3, rng)
    lift = np.maximum(lift - 0.6, 0) * wrinkle
    xs, ys = np.linspace(x0, x1, n), np.linspace(y0, y1, n)
    return grid("cloth", [[(xs[j], ys[i], z + lift[i, j]) for j in range(n)] for i in range(n)], mat, sharp=0, merge=False)


def cushion(x, y, z, w, h, mat, tilt=15):
    c = rbox("cushion", (w, 0.16, h), 0.07, mat, (0, 0, h / 2), 6)
    return move(c, shift(x, y, z) @ turn("X", -tilt))


def sofa(x, y, w, mat, seat=-0.32, back=0.02):
    rbox("seat", (w, 0.85, 0.24), 0.06, mat, (x, y, seat), 6)
    rbox("back", (w, 0.24, back + 0.6), 0.08, mat, (x, y + 0.4, (back - 0.6) / 2), 6)
    for s in (-1, 1):
        rbox("arm", (0.22, 0.9, 0.5), 0.07, mat, (x + s * w / 2, y, seat + 0.06), 6)


def monitor(x, y, z, w, mat, screen, turn_by=0.0):
    h = w * 0.58
    parts = [rbox("panel", (w, 0.025, h), 0.006, mat, (0, 0, 0.14 + h / 2)), quad("screen", (0, -0.0132, 0.14 + h / 2), (w / 2 - 0.008, 0, 0), (0, 0, h / 2 - 0.008), screen),
             rbox("neck", (0.05, 0.03, 0.2), 0.006, mat, (0, 0.03, 0.1)), rbox("stand", (0.24, 0.18, 0.012), 0.004, mat, (0, 0.02, 0.006))]
    for p in parts:
        move(p, shift(x, y, z) @ turn("Z", turn_by))


def binders(x, y, z, n, palette, rng):
    for k in range(n):
        col = palette[rng.integers(len(palette))]
        rbox("binder", (0.068, 0.27, 0.31), 0.003, pbr("binder", col, 0.55), (x + k * 0.072, y, z + 0.155))
        rbox("label", (0.042, 0.004, 0.14), 0.001, pbr("label", srgb(0.93, 0.92, 0.9), 0.7), (x + k * 0.072, y - 0.1352, z + 0.19))


def desk_lamp(x, y, z, mat, *, reach=0.3, lit=0.0, flip=1):
    move(lathe("foot", fillet([(0, 0), (0.085, 0, 0.004), (0.085, 0.014, 0.004), (0, 0.016)]), mat, 48), shift(x, y, z))
    elbow, head = (x - flip * 0.08, y, z + 0.30), (x + flip * reach * 0.6, y - 0.02, z + 0.44)
    tube("arm", [(x, y, z + 0.01), elbow], mat, r=0.006)
    tube("arm", [elbow, head], mat, r=0.006)
    cone = lathe("head", catmull([(0.075, 0), (0.07, 0.03), (0.04, 0.09), (0.025, 0.13), (0.0, 0.135)], 6), mat, 48)
    move(cone, shift(head[0] + flip * 0.02, head[1], head[2] - 0.10) @ turn("Y", -flip * 14))
    if lit:
        ball("bulb", emitter("bulb", (1, 0.82, 0.6), lit), (head[0] + flip * 0.02, head[1], head[2] - 0.085), (0.09, 0.09, 0.03), 16)


def pens(x, y, z, rng, cup_mat, palette):
    vessel("cup", x, y, z, 0.10, cup_mat)
    for _ in range(6):
        a, tilt = rng.uniform(0, 2 * math.pi), rng.uniform(0.02, 0.035)
        tube("pen", [(x, y, z + 0.01), (x + tilt * math.cos(a), y + tilt * math.sin(a), z + rng.uniform(0.13, 0.17))], pbr("pen", palette[rng.integers(len(palette))], 0.4), r=0.0038, seg=10)
