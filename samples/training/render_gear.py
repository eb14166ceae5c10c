"""Random gear to path-trace: keyboards, mice, instruments, pocket tools, headphones, things on wheels, furnishings.

Built as render_things.py builds, with the same measures.
"""

import itertools
import math

import bpy  # noqa: F401  # isort: skip  # first: it brings mathutils
import numpy as np

from samples.render import render_products as kit  # isort: skip  # first: the others are found beside it
from samples.render import set_props as props
from samples.training import render_things as things
from samples.training.render_paints import lettered, paper_paint, surface
from samples.training.render_things import colour, material


def keyboard(rng: np.random.Generator, mood: str) -> None:
    """A keyboard, or a netbook with its lid open, dark as a rule."""
    mood = str(rng.choice(["black", "black", "grey", "white", mood]))
    wide, deep, tall = rng.uniform(0.9, 1.4), rng.uniform(0.4, 0.9), rng.uniform(0.02, 0.07)
    shell = material(rng, mood, metal=0.3)
    kit.rbox("base", (wide, deep, tall), min(0.012, tall / 3), shell, (0, 0, tall / 2))
    keys, columns, rows = material(rng, mood, metal=0), int(rng.integers(9, 16)), int(rng.integers(3, 6))
    front = deep * rng.uniform(0, 0.3)
    step = np.array([wide * 0.92 / columns, (deep * 0.9 - front) / rows])
    for column in range(columns):
        for row in range(rows):
            at = (-wide * 0.46 + step[0] * (column + 0.5), -deep * 0.45 + front + step[1] * (row + 0.5), tall + 0.008)
            kit.rbox("key", (step[0] * 0.84, step[1] * 0.82, 0.018), 0.004, keys, at, 1)
    if front > 0.1:
        kit.rbox("pad", (wide * 0.3, front * 0.7, 0.004), 0, material(rng, mood), (0, -deep * 0.45 + front * 0.45, tall))
    if rng.random() < 0.6:
        lid = [kit.rbox("lid", (wide, 0.025, deep), 0.006, shell, (0, 0, deep / 2))]
        face = rng.choice([0, 1, 2])
        screen = (
            lettered(rng, "mixed")
            if face == 0
            else kit.pbr("screen", (0.005, 0.005, 0.006), 0.08)
            if face == 1
            else things.print_(rng)
        )
        lid.append(kit.quad("screen", (0, -0.0135, deep / 2), (wide * 0.46, 0, 0), (0, 0, deep * 0.42), screen))
        for part in lid:
            kit.move(part, kit.shift(0, deep / 2, tall) @ kit.turn("X", -rng.uniform(0, 45)))


def mouse(rng: np.random.Generator, mood: str) -> None:
    """A computer mouse, soap, iron or toy: a rounded lump in two paints, with a wheel or a cable now and then."""
    size = rng.uniform(0.5, 1.1), rng.uniform(0.8, 1.4), rng.uniform(0.3, 0.6)
    power = rng.uniform(2, 4)
    around, up = np.linspace(0, kit.TAU, 72, endpoint=False), np.linspace(0, math.pi / 2, 24)
    signed = [np.sign(wave) * np.abs(wave) ** (2 / power) for wave in (np.cos(around), np.sin(around))]
    ring, rise = np.cos(up) ** 0.7, np.sin(up)
    tilt = 1 + rng.uniform(-0.4, 0.4) * signed[1]
    points = np.stack(
        [ring[:, None] * signed[0] * size[0] / 2, ring[:, None] * signed[1] * size[1] / 2, rise[:, None] * tilt * size[2]], -1
    )
    lump = kit.grid("lump", points, material(rng, mood), loop_j=True, cap_i=(True, True), sharp=0)
    lump.data.materials.append(surface(rng, mood))
    low, (first, last) = rng.uniform(0, 16), np.sort(rng.integers(0, 73, 2))
    for face in lump.data.polygons:
        row, place = divmod(face.index, 72)
        face.material_index = int(row > low and first <= place < last)
    if rng.random() < 0.6:
        wheel = kit.lathe(
            "wheel", kit.fillet([(0, -0.03), (0.1, -0.03, 0.02), (0.1, 0.03, 0.02), (0, 0.03)]), material(rng, "mixed"), 40
        )
        kit.move(wheel, kit.shift(0, -size[1] * 0.25, size[2] * 0.85) @ kit.turn("Y", 90))
    if rng.random() < 0.5:
        path = [
            (0, -size[1] / 2, 0.05),
            (rng.normal(0, 0.3), -size[1], 0.02),
            (rng.normal(0, 0.6), -size[1] * 1.2, 0.02),
            (rng.normal(0, 0.9), -size[1] * 0.6, 0.02),
        ]
        kit.tube("cable", kit.catmull(path, 16), material(rng, "mixed", metal=0), r=0.018, seg=8)


def instrument(rng: np.random.Generator, mood: str) -> None:
    """Telescopes, torches, pens, flutes, on three legs or lying: rings and tubes on one axis."""
    long, wide = rng.uniform(0.8, 1.5), rng.uniform(0.04, 0.18)
    steps = np.sort(rng.uniform(0, long, int(rng.integers(2, 7))))
    cuts = [0.0, *steps, long]
    parts = []
    for low, high in itertools.pairwise(cuts):
        radius = wide * rng.uniform(0.5, 1.2)
        profile = kit.fillet([(0, low), (radius, low, 0.01), (radius * rng.uniform(0.8, 1.1), high, 0.01), (0, high)])
        parts.append(kit.lathe("part", profile, surface(rng, mood), 48))
    is_standing = rng.random() < 0.5
    lean = rng.uniform(30, 85) if is_standing else 90
    for part in parts:
        kit.move(part, kit.shift(0, 0, 0.8 if is_standing else 0) @ kit.turn("Y", lean) @ kit.shift(0, 0, -long / 2))
    if is_standing:
        leg = material(rng, mood, metal=0.5)
        for angle in np.arange(3) * kit.TAU / 3 + rng.uniform(0, 2):
            kit.tube(
                "leg", [(0, 0, 0.8), (0.45 * math.cos(angle), 0.45 * math.sin(angle), 0)], leg, r=rng.uniform(0.01, 0.025), seg=10
            )


def blades(rng: np.random.Generator, mood: str) -> None:
    """Pocket tools, cutlery, scissors, combs: plates of bright metal fanned from a handle."""
    steel = kit.pbr("steel", kit.srgb(*(rng.uniform(0.6, 0.95) + np.zeros(3))), rng.uniform(0.1, 0.4), metal=1.0)
    grip, long = surface(rng, mood), rng.uniform(0.6, 1.0)
    kit.slab("grip", kit.rrect(long, rng.uniform(0.12, 0.25), 0.06), 0, rng.uniform(0.06, 0.16), 0.02, grip)
    for layer in range(int(rng.integers(1, 6))):
        reach, wide = rng.uniform(0.3, 0.9), rng.uniform(0.04, 0.14)
        outline = [
            (0, -wide / 2),
            (reach * 0.8, -wide / 2),
            (reach, rng.uniform(-0.5, 0.5) * wide),
            (reach * 0.85, wide / 2),
            (0, wide / 2),
        ]
        plate = kit.slab(
            "blade", outline, 0.01 + 0.02 * layer, 0.022 + 0.02 * layer, 0.002, steel if rng.random() < 0.8 else paper_paint(rng)
        )
        kit.move(plate, kit.shift(rng.choice([-1, 1]) * long * 0.42, 0, 0) @ kit.turn("Z", rng.uniform(0, 360)))


def headphones(rng: np.random.Generator, mood: str) -> None:
    """A band over two cups."""
    band, cup = material(rng, mood), surface(rng, mood)
    wide, tall, size = rng.uniform(0.35, 0.5), rng.uniform(0.5, 0.8), rng.uniform(0.16, 0.3)
    angle = np.linspace(0, math.pi, 40)
    arch = np.stack([wide * np.cos(angle), 0 * angle, size + tall * np.sin(angle)], 1)
    kit.tube("band", arch, band, section=kit.rrect(rng.uniform(0.02, 0.06), rng.uniform(0.06, 0.16), 0.01), up=(0, 1, 0))
    for side in (-1, 1):
        shell = kit.lathe("cup", kit.fillet([(0, 0.1), (size, 0.1, 0.05), (size, 0, 0.02), (0, 0)]), cup, 60)
        pad = kit.lathe(
            "pad",
            kit.fillet([(size * 0.4, 0), (size * 0.98, 0, 0.04), (size * 0.98, -0.09, 0.04), (size * 0.4, -0.08)]),
            material(rng, mood, metal=0),
            60,
        )
        for part in (shell, pad):
            kit.move(part, kit.shift(side * wide, 0, size) @ kit.turn("Y", side * 90))


def vehicle(rng: np.random.Generator, mood: str) -> None:
    """Toy cars, prams, trolleys, cases on wheels."""
    size, radius = np.array([rng.uniform(0.7, 1.3), rng.uniform(0.35, 0.6), rng.uniform(0.15, 0.5)]), rng.uniform(0.07, 0.2)
    kit.rbox("body", tuple(size), float(rng.uniform(0.02, 0.12)), surface(rng, mood), (0, 0, radius + size[2] / 2))
    if rng.random() < 0.7:
        cabin = size * [rng.uniform(0.3, 0.7), 0.85, rng.uniform(0.5, 1)]
        kit.rbox(
            "cabin", tuple(cabin), 0.05, surface(rng, mood), (rng.uniform(-0.15, 0.15), 0, radius + size[2] + cabin[2] / 2 - 0.02)
        )
    tyre = material(rng, str(rng.choice(["black", mood])), metal=0)
    for x in (-1, 1):
        for y in (-1, 1):
            wheel = kit.lathe("wheel", kit.fillet([(0, -0.05), (radius, -0.05, 0.02), (radius, 0.05, 0.02), (0, 0.05)]), tyre, 48)
            kit.move(wheel, kit.shift(x * size[0] * 0.32, y * size[1] / 2, radius) @ kit.turn("X", 90))
    if rng.random() < 0.3:
        path = [(size[0] / 2, 0, radius + size[2] * 0.8), (size[0] * 0.8, 0, 1.0), (size[0] * 0.9, 0, 1.05)]
        kit.tube("handle", kit.catmull(path, 8), material(rng, mood, metal=0.5), r=0.02, seg=10)


def furnishing(rng: np.random.Generator, mood: str) -> None:
    """Lamps, cushions, plants, sofas, candles, books, screens and vessels of the sets."""

    def paint():
        return surface(rng, mood)

    leaf = kit.pbr("leaf", kit.srgb(*np.clip(np.array([0.2, 0.45, 0.15]) + rng.normal(0, 0.12, 3), 0.03, 0.9)), 0.5)
    kind = int(rng.integers(0, 8))
    if kind == 0:
        props.table_lamp(0, 0, 0, paint(), kit.srgb(*colour(rng, mood)), size=rng.uniform(0.8, 1.3))
    elif kind == 1:
        props.desk_lamp(0, 0, 0, paint(), reach=rng.uniform(0.1, 0.5))
    elif kind == 2:
        props.house_plant(
            0, 0, 0, rng.uniform(0.5, 1), leaf, paint(), rng, kind=str(rng.choice(["broad", "blade"])), n=int(rng.integers(8, 30))
        )
    elif kind == 3:
        props.soften(props.cushion(0, 0, 0, rng.uniform(0.4, 0.7), rng.uniform(0.3, 0.6), paint()))
    elif kind == 4:
        props.sofa(0, 0, rng.uniform(0.8, 2), paint())
    elif kind == 5:
        props.vessel(str(rng.choice(list(props.VESSELS))), 0, 0, 0, rng.uniform(0.4, 1), paint())
        if rng.random() < 0.5:
            props.grass(0, 0, 0.2, rng, leaf, n=int(rng.integers(20, 200)), height=0.7, r=0.003)
    elif kind == 6:
        props.monitor(0, 0, 0, rng.uniform(0.4, 0.8), paint(), things.print_(rng))
    else:
        palette = [kit.srgb(*colour(rng, mood)) for _ in range(4)]
        props.books(0, 0, 0, rng.uniform(0.1, 0.5), rng, palette)
