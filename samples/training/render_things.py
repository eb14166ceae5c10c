"""Random products to path-trace: turned, boxed, sewn, bent, woven and draped things in the materials that sellers sell.

Built with the modelling helpers of samples/render/render_products.py inside Blender; about one unit tall, one unit is 10 cm.
"""

import math

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np

from samples.render import render_products as kit

Colour = tuple[float, float, float]
MOODS = ("white", "black", "grey", "colourful", "colourful", "mixed")


def colour(rng: np.random.Generator, mood: str) -> Colour:
    """A paint in display values 0..1."""
    if mood == "mixed":
        mood = str(rng.choice(["white", "black", "grey", "colourful"]))
    level = {"white": (0.80, 0.97), "black": (0.02, 0.16), "grey": (0.2, 0.8), "colourful": (0.1, 0.95)}[mood]
    stray = 0.28 if mood == "colourful" else 0.015
    paint = rng.uniform(*level) + rng.normal(0, stray, 3)
    return tuple(float(value) for value in np.clip(paint, 0.015, 0.97))  # type: ignore[return-value]


def material(rng: np.random.Generator, mood: str, *, metal: float = 0.12):
    """Paint, cloth, leather, metal or plastic."""
    base = kit.srgb(*colour(rng, mood))
    extra = {}
    if rng.random() < 0.35:
        other = kit.srgb(*colour(rng, mood if rng.random() < 0.6 else "mixed"))
        place = rng.uniform(0.35, 0.6)
        extra = {"stops": [(place, base), (place + rng.choice([0.01, 0.2]), other)], "stop_scale": rng.uniform(0.8, 12)}
        extra["stretch"] = (1, 1, 1) if rng.random() < 0.5 else tuple(rng.choice([0.05, 1, 8], 3))
    if rng.random() < metal:
        return kit.pbr("metal", base, rng.uniform(0.08, 0.45), metal=1.0, **extra)
    bump = [(float(rng.choice([6, 40, 120])), rng.uniform(0.0005, 0.006))] if rng.random() < 0.5 else []
    rough = float(rng.choice([rng.uniform(0.05, 0.3), rng.uniform(0.3, 0.6), rng.uniform(0.7, 1)]))
    coat = rng.uniform(0, 0.8) * (rng.random() < 0.3)
    sheen = rng.uniform(0.1, 0.6) * (rng.random() < 0.2)
    return kit.pbr("paint", base, rough, coat=coat, sheen=sheen, bump=bump, **extra)


def turned(rng: np.random.Generator, mood: str) -> None:
    """Bottles, jars, bowls, lamps, cups: a profile turned around, often with a label, a cap or a handle."""
    count, tall = int(rng.integers(3, 7)), rng.uniform(0.5, 1.6)
    heights = np.sort(rng.uniform(0, tall, count))
    heights[0], heights[-1] = 0.0, tall
    radii = np.clip(rng.uniform(0.15, 0.5) * np.exp(rng.normal(0, 0.3, count)), 0.06, 0.65)
    if rng.random() < 0.5:
        outside = kit.catmull(np.stack([radii, heights], axis=1), 12)
        outside[:, 0] = np.maximum(outside[:, 0], 0.04)
    else:
        corners = [(radius, height, rng.uniform(0, 0.1)) for radius, height in zip(radii, heights, strict=True)]
        outside = kit.fillet(corners, 6)
    thick = rng.uniform(0.015, 0.05)
    inside = outside[::-1] * [1, 1] - [thick, 0]
    inside[:, 0] = np.maximum(inside[:, 0], 0.002)
    inside[:, 1] = np.maximum(inside[:, 1], thick)
    is_open = rng.random() < 0.5
    profile = np.vstack([[(0.001, 0.0)], outside, inside if is_open else [(0.001, tall)]])
    flutes, depth = int(rng.integers(5, 30)), rng.uniform(0, 0.03) * (rng.random() < 0.25)
    ripple = (lambda angle, height: 1 + depth * np.cos(flutes * angle)) if depth else None
    kit.lathe("body", profile, material(rng, mood), 96, sharp=45, wobble=ripple)
    if not is_open and rng.random() < 0.7:
        cap = float(radii[-1]) * rng.uniform(0.4, 1.05)
        over = tall + rng.uniform(0.05, 0.3)
        kit.lathe("cap", kit.fillet([(0, over), (cap, over, 0.03), (cap, tall - 0.01)]), material(rng, mood), 64)
    if rng.random() < 0.4:
        _label(rng, outside, tall)
    if rng.random() < 0.35:
        _handle(rng, outside, tall, material(rng, mood))


def _label(rng: np.random.Generator, outside: np.ndarray, tall: float) -> None:
    low = rng.uniform(0.1, 0.4) * tall
    height = np.linspace(low, low + rng.uniform(0.2, 0.5) * tall, 14)
    order = np.argsort(outside[:, 1], kind="stable")
    radius = np.interp(height, outside[order, 1], outside[order, 0]) + 0.004
    half = rng.uniform(0.7, 2.4)
    kit.lathe("label", np.stack([radius, height], axis=1), print_(rng), 60, -math.pi / 2 - half, -math.pi / 2 + half)


def print_(rng: np.random.Generator):
    """A printed label: bands of colour, rules and words, more often than not on white."""
    ground = (245, 244, 240, 255) if rng.random() < 0.6 else (*rng.integers(0, 255, 3).tolist(), 255)
    ink = tuple(rng.integers(0, 200, 3).tolist())
    words = ["NORD", "lumen", "250 ml", "No. 7", "PURE", "fresh", "Atelier", "8 oz", "daily"]
    lines = [
        (int(rng.integers(200, 600)), int(place), str(rng.choice(words)), int(rng.integers(50, 170)), ink, 4)
        for place in rng.uniform(80, 720, int(rng.integers(1, 5)))
    ]
    bars = [
        ((0, int(top), 800, int(top + rng.uniform(10, 160))), tuple(rng.integers(0, 255, 3).tolist()))
        for top in rng.uniform(0, 700, int(rng.integers(0, 3)))
    ]
    art = kit.label(800, 800, ground, lines, bars=bars)
    return kit.pbr("label", (1, 1, 1), rng.uniform(0.3, 0.9), image=kit.texture("label", art))


def _handle(rng: np.random.Generator, outside: np.ndarray, tall: float, mat) -> None:
    reach = float(outside[:, 0].max()) + rng.uniform(0.1, 0.4)
    low, high = rng.uniform(0.1, 0.35) * tall, rng.uniform(0.6, 0.95) * tall
    order = np.argsort(outside[:, 1], kind="stable")
    foot, head = (float(np.interp(z, outside[order, 1], outside[order, 0])) - 0.01 for z in (low, high))
    path = kit.catmull([(foot, 0, low), (reach, 0, low + 0.05), (reach, 0, high - 0.05), (head, 0, high)], 14)
    kit.tube("handle", path, mat, r=rng.uniform(0.02, 0.08), seg=16)


def boxed(rng: np.random.Generator, mood: str) -> None:
    """Cartons, gadgets, cameras, speakers, toasters: rounded boxes with knobs, plates, openings and cables."""
    size = rng.uniform(0.25, 1.3, 3) * [1, 0.7, 1]
    body = material(rng, mood)
    kit.rbox("body", tuple(size), float(rng.choice([0.004, 0.02, 0.08, 0.2])) * size.min(), body, (0, 0, size[2] / 2))
    for _ in range(int(rng.integers(0, 5))):
        part = size * rng.uniform(0.08, 0.6, 3)
        at = (rng.uniform(-0.5, 0.5, 3) * size) + [0, 0, size[2] / 2]
        at[1] = -size[1] / 2 if rng.random() < 0.7 else at[1]
        at[2] = max(at[2], part[2] / 2)
        part[1] = rng.uniform(0.02, 0.2)
        kit.rbox("part", tuple(part), 0.2 * part.min(), material(rng, mood), tuple(at))
    for _ in range(int(rng.integers(0, 4))):
        dial = kit.lathe("dial", kit.fillet([(0, 0.08), (0.5, 0.08, 0.02), (0.5, 0)]), material(rng, mood), 48)
        wide = rng.uniform(0.1, 0.5) * min(size[0], size[2])
        place = kit.shift(rng.uniform(-0.3, 0.3) * size[0], -size[1] / 2, rng.uniform(0.3, 0.8) * size[2])
        kit.move(dial, place @ kit.turn("X", 90) @ kit.Matrix.Diagonal((wide, wide, 1, 1)))
    if rng.random() < 0.35:
        side = size[0] * rng.uniform(0.3, 0.48)
        top = size[2] + rng.uniform(0.1, 0.6)
        path = kit.catmull(
            [(-side, 0, size[2] - 0.02), (-side * 0.8, 0, top), (side * 0.8, 0, top), (side, 0, size[2] - 0.02)], 14
        )
        kit.tube("grip", path, material(rng, mood), r=rng.uniform(0.015, 0.06), seg=14)
    if rng.random() < 0.2:
        path = [(size[0] / 2 + 0.08 * k, rng.uniform(-0.4, 0.4), 0.015) for k in range(7)]
        path[0] = (size[0] / 2 - 0.02, 0, size[2] * 0.2)
        kit.tube("cable", kit.catmull(path, 12), material(rng, mood), r=0.014, seg=10)
    if rng.random() < 0.5:
        kit.quad("print", (0, -size[1] / 2 - 0.003, size[2] * 0.5), (size[0] * 0.35, 0, 0), (0, 0, size[2] * 0.3), print_(rng))


def sewn(rng: np.random.Generator, mood: str) -> None:
    """Bags, cushions, purses: a padded body with straps and a flap."""
    size = np.array([rng.uniform(0.6, 1.2), rng.uniform(0.15, 0.45), rng.uniform(0.5, 1.1)])
    y, x = np.mgrid[-1:1:40j, -1:1:40j]
    puff = np.sqrt(np.clip((1 - x**4) * (1 - y**4), 0, 1)) ** rng.uniform(0.5, 1.2)
    puff *= 1 + rng.uniform(0, 0.12) * np.sin(rng.uniform(2, 9) * x + rng.uniform(0, 6)) * np.sin(rng.uniform(2, 9) * y)
    taper = 1 - rng.uniform(-0.1, 0.35) * (y + 1) / 2
    body = material(rng, mood, metal=0)
    for side in (-1, 1):
        points = np.stack([x * taper * size[0] / 2, side * puff * size[1] / 2, (y + 1) / 2 * size[2]], axis=-1)
        kit.grid("side", points, body, sharp=0)
    if rng.random() < 0.6:
        flap = rng.uniform(0.3, 0.8)
        part = slice(int(40 * (1 - flap)), 40)
        points = np.stack([x * taper * size[0] / 2 * 1.01, -puff * size[1] / 2 - 0.02, (y + 1) / 2 * size[2]], axis=-1)
        kit.grid("flap", points[part], material(rng, mood, metal=0), sharp=0)
        kit.rbox(
            "clasp", (0.1, 0.03, 0.1), 0.01, material(rng, "mixed", metal=0.8), (0, -size[1] / 2 - 0.03, size[2] * (1 - flap))
        )
    for depth in rng.choice([[], [0.0], [-0.1, 0.1]][int(rng.integers(0, 3))], 2) if rng.random() < 0.7 else []:
        wide, top = size[0] * rng.uniform(0.15, 0.4), size[2] + rng.uniform(0.15, 0.7)
        path = [
            (-wide, depth, size[2] * 0.9),
            (-wide * 0.8, depth, top * 0.95),
            (0, depth, top),
            (wide * 0.8, depth, top * 0.95),
            (wide, depth, size[2] * 0.9),
        ]
        kit.tube(
            "strap",
            kit.catmull(path, 10),
            material(rng, mood, metal=0),
            section=kit.rrect(rng.uniform(0.03, 0.1), 0.02, 0.008),
            up=(0, 1, 0),
            ends="flat",
        )
    if rng.random() < 0.4:
        for o in list(kit.GROUP["now"].objects):
            o.matrix_world = kit.turn("X", -84) @ o.matrix_world


def bent(rng: np.random.Generator, mood: str) -> None:
    """Stools, racks, hangers, stands, jewellery: tubes and rings with a seat or a pane now and then."""
    frame = material(rng, mood, metal=0.5)
    radius = rng.uniform(0.008, 0.04)
    tall, wide, deep = rng.uniform(0.4, 1.4), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.6)
    kind = rng.integers(0, 3)
    if kind == 0:  # legs and rails
        splay = rng.uniform(0.8, 1.4)
        for sx in (-1, 1):
            for sy in (-1, 1):
                kit.tube(
                    "leg",
                    [(sx * wide * splay / 2, sy * deep * splay / 2, 0), (sx * wide / 2, sy * deep / 2, tall)],
                    frame,
                    r=radius,
                    seg=12,
                )
        for _ in range(int(rng.integers(0, 4))):
            z, y = rng.uniform(0.15, 0.9) * tall, rng.choice([-0.5, 0.5]) * deep
            kit.tube("rail", [(-wide / 2, y, z), (wide / 2, y, z)], frame, r=radius * 0.8, seg=10)
        kit.rbox("seat", (wide * 1.15, deep * 1.15, rng.uniform(0.02, 0.15)), 0.01, material(rng, mood), (0, 0, tall))
        if rng.random() < 0.5:
            for x in np.linspace(-wide / 2, wide / 2, int(rng.integers(2, 9))):
                kit.tube("bar", [(x, deep / 2, tall), (x * 1.05, deep * 0.65, tall * 1.8)], frame, r=radius * 0.7, seg=10)
            kit.tube(
                "top", [(-wide / 2, deep * 0.65, tall * 1.8), (wide / 2, deep * 0.65, tall * 1.8)], frame, r=radius * 1.5, seg=12
            )
    elif kind == 1:  # rings
        for k in range(int(rng.integers(1, 6))):
            angle = np.linspace(0, kit.TAU, 60, endpoint=False)
            ring = np.stack(
                [wide * np.cos(angle) * rng.uniform(0.5, 1), rng.uniform(0.3, 1) * wide * np.sin(angle), 0 * angle], axis=1
            )
            loop = kit.tube("ring", ring, material(rng, mood, metal=0.6), r=radius * rng.uniform(0.6, 2.5), loop=True, seg=14)
            kit.move(
                loop,
                kit.shift(rng.uniform(-0.3, 0.3), 0.1 * k, wide * rng.uniform(0.2, 1))
                @ kit.turn("X", rng.uniform(0, 100))
                @ kit.turn("Z", rng.uniform(0, 180)),
            )
    else:  # one long wire, coiled or hooked
        turns, count = rng.uniform(0.5, 5), 90
        t = np.linspace(0, 1, count)
        path = np.stack(
            [
                wide * np.cos(turns * kit.TAU * t) * (1 - rng.uniform(0, 0.7) * t),
                wide * np.sin(turns * kit.TAU * t) * rng.uniform(0.3, 1),
                0.02 + rng.uniform(0, 1) * t,
            ],
            axis=1,
        )
        kit.tube("wire", path, frame, r=radius, seg=12)
        kit.ball("end", material(rng, mood), tuple(path[-1]), (0.2, 0.2, 0.2))


def woven(rng: np.random.Generator, mood: str) -> None:
    """Baskets, sieves, lamp shades: a turned sheet with a pattern of openings."""
    tall, low, high = rng.uniform(0.4, 1.1), rng.uniform(0.25, 0.6), rng.uniform(0.25, 0.6)
    rows, columns = int(rng.integers(8, 26)), int(rng.integers(30, 80))
    step_i, step_j = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    height = np.linspace(0, tall, rows)
    radius = np.interp(height, [0, tall], [low, high]) * (1 + rng.uniform(-0.25, 0.25) * np.sin(math.pi * height / tall))
    angle = np.linspace(0, kit.TAU, columns, endpoint=False)
    points = np.stack([radius[:, None] * np.cos(angle), radius[:, None] * np.sin(angle), height[:, None] + 0 * angle], axis=-1)
    faces = [
        (i * columns + j, i * columns + (j + 1) % columns, (i + 1) * columns + (j + 1) % columns, (i + 1) * columns + j)
        for i in range(rows - 1)
        for j in range(columns)
        if i % step_i == 0 or j % step_j == 0 or i in (1, rows - 3)
    ]
    mat = material(rng, mood)
    kit.thicken(kit.mesh("weave", points.reshape(-1, 3), faces, mat), rng.uniform(0.012, 0.03), 0)
    kit.lathe("floor", [(0, 0.0), (low, 0.0), (low, 0.03), (0, 0.03)], mat, 60)
    if rng.random() < 0.5:
        _handle(rng, np.stack([radius, height], axis=1), tall, mat)


def draped(rng: np.random.Generator, mood: str) -> None:
    """Shirts, scarves, towels that lie flat or hang: a wrinkled sheet with a garment's outline."""
    count = 110
    y, x = np.mgrid[-1 : 1 : count * 1j, -1 : 1 : count * 1j]
    inside = _garment(rng, x, y)
    wrinkle = np.zeros_like(x)
    for _ in range(7):
        along, across = rng.normal(0, 5, 2)
        wrinkle += np.abs(np.sin(along * x + across * y + rng.uniform(0, 6))) ** rng.uniform(0.6, 2) * rng.uniform(0, 0.022)
    rim = np.minimum(1, _depth(inside) / 4)
    points = np.stack([x * 0.8, y * 0.8, 0.02 + (wrinkle + 0.03) * rim], axis=-1)
    index = np.arange(count * count).reshape(count, count)
    whole = inside[:-1, :-1] & inside[1:, :-1] & inside[:-1, 1:] & inside[1:, 1:]
    faces = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1)[whole]
    used, inverse = np.unique(faces, return_inverse=True)
    uvs = (np.stack([x, y], axis=-1).reshape(-1, 2)[faces] + 1) / 2
    sheet = kit.mesh(
        "cloth", points.reshape(-1, 3)[used], inverse.reshape(faces.shape), material(rng, mood, metal=0), uvs, 0, merge=False
    )
    kit.thicken(sheet, rng.uniform(0.01, 0.03))
    mod = sheet.modifiers.new("smooth", "SMOOTH")
    mod.factor, mod.iterations = 0.5, 3
    if rng.random() < 0.45:
        kit.quad("print", (0, 0.1, 0.1), (rng.uniform(0.08, 0.3), 0, 0), (0, rng.uniform(0.05, 0.25), 0), print_(rng))
    for _ in range(int(rng.choice([0, 0, 1, 5]))):
        kit.ball("button", material(rng, "mixed"), (0.0, rng.uniform(-0.5, 0.5), 0.09), (0.05, 0.05, 0.03), 16)


def _depth(inside: np.ndarray) -> np.ndarray:
    depth, core = np.zeros(inside.shape), inside.copy()
    for _ in range(6):
        depth += core
        shrunk = core.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                shrunk &= np.roll(core, step, axis)
        core = shrunk
    return depth


def _garment(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    bend = 0.04 * np.sin(rng.uniform(2, 6) * y + rng.uniform(0, 6))
    x, kind = x + bend, rng.integers(0, 4)
    if kind == 0:  # shirt: body, two sleeves, a neck
        waist, sleeve, angle = rng.uniform(0.35, 0.55), rng.uniform(0.12, 0.22), rng.uniform(0.2, 1.4)
        body = (np.abs(x) < waist) & (y < 0.75) & (y > -0.9)
        along = (np.abs(x) - waist * 0.8) * np.cos(angle) - (y - 0.6) * np.sin(angle)
        across = (np.abs(x) - waist * 0.8) * np.sin(angle) + (y - 0.6) * np.cos(angle)
        arms = (
            (np.abs(across) < sleeve * (1 - 0.3 * along)) & (along > -0.1) & (along < rng.uniform(0.3, 1.1)) & (np.abs(x) < 0.97)
        )
        neck = (x / rng.uniform(0.12, 0.22)) ** 2 + ((y - 0.78) / rng.uniform(0.08, 0.3)) ** 2 < 1
        return (body | arms) & ~neck & (np.abs(y) < 0.95)
    if kind == 1:  # trousers
        spread = rng.uniform(0, 0.25)
        middle = 0.25 + spread * (0.6 - y) / 1.5
        legs = (np.abs(np.abs(x) - middle) < 0.22) & (y > -0.9) & (y < 0.5)
        return legs | ((np.abs(x) < 0.47) & (y >= 0.3) & (y < 0.9))
    if kind == 2:  # scarf or towel, now and then with fringes
        wide = rng.uniform(0.15, 0.8)
        fringe = (np.abs(y) > 0.8) & (np.sin(x * rng.uniform(40, 120)) < 0) & (rng.random() < 0.6)
        return (np.abs(x) < wide) & (np.abs(y) < 0.93) & ~fringe
    angle = np.arctan2(y, x)  # cap, hat, mat
    reach = rng.uniform(0.4, 0.7) + sum(rng.normal(0, 0.07) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(1, 6))
    return np.hypot(x, y) < np.clip(reach, 0.2, 0.92)


def furry(rng: np.random.Generator, mood: str) -> None:
    """Plush bodies, slippers, brushes: balls melted together, with hair."""
    mat = material(rng, mood, metal=0)
    parts = [kit.ball("core", mat, (0, 0, 0.4), tuple(rng.uniform(0.4, 0.8, 3)), 32)]
    for _ in range(int(rng.integers(1, 6))):
        at = rng.normal(0, 0.28, 3) + [0, 0, 0.45]
        parts.append(kit.ball("part", mat, tuple(at), tuple(rng.uniform(0.15, 0.5, 3)), 24))
    body = kit.fuse("body", parts, mat, 0.03)
    if rng.random() < 0.75:
        bpy.context.view_layer.update()
        roots, normals = kit.scatter(body, int(rng.choice([1500, 5000, 12000])), rng)
        kit.hair(
            "hair",
            roots,
            normals,
            rng.uniform(0.03, 0.2, len(roots)),
            mat,
            rng,
            r0=rng.uniform(0.001, 0.004),
            mess=rng.uniform(0.1, 0.6),
            droop=rng.uniform(0, 0.8),
        )
    for side in (-0.1, 0.1):
        kit.ball("eye", kit.pbr("eye", (0.01, 0.01, 0.01), 0.1), (side, -0.38, 0.55), (0.07, 0.07, 0.07), 16)


def clear(rng: np.random.Generator, mood: str) -> None:
    """Glasses, bottles and jars one can look through."""
    tint = tuple(1 - rng.uniform(0, 0.6, 3) * (rng.random() < 0.5))
    wide, tall, wall = rng.uniform(0.15, 0.45), rng.uniform(0.5, 1.4), rng.uniform(0.015, 0.04)
    neck = wide * (rng.uniform(0.3, 0.6) if rng.random() < 0.5 else rng.uniform(0.9, 1.2))
    out = kit.fillet([(0, 0), (wide, 0, 0.05), (wide, tall * 0.65, 0.1), (neck, tall * 0.8, 0.08), (neck, tall)], 8)
    inn = kit.fillet(
        [
            (neck - wall, tall),
            (neck - wall, tall * 0.8, 0.08),
            (wide - wall, tall * 0.64, 0.1),
            (wide - wall, 0.08, 0.05),
            (0, 0.07),
        ],
        8,
    )
    kit.lathe("glass", np.vstack([out, inn]), kit.glass("glass", tint), 96, sharp=60)
    if rng.random() < 0.5:
        kit.lathe(
            "cap",
            kit.fillet([(0, tall + 0.12), (neck + 0.02, tall + 0.12, 0.03), (neck + 0.02, tall - 0.05)]),
            material(rng, mood),
            64,
        )
    if rng.random() < 0.5:
        _label(rng, np.array([(wide, 0.0), (wide, tall * 0.6)]), tall * 0.6)


KINDS = (turned, turned, boxed, boxed, sewn, sewn, bent, bent, woven, draped, draped, draped, furry, clear)
