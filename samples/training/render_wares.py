"""More random products to path-trace, those that were cut out worst: trainers, thin spectacles, tents, perforated
sheets, caps, jars, lettering in the colour of the paper, and several things in one picture.

Built as render_things.py builds, with the same measures.
"""

import math
from collections.abc import Callable

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np

from samples.render import render_products as kit  # isort: skip  # first: the others are found beside it
from samples.render import eyewear
from samples.training import render_things as things
from samples.training.render_gear import blades, furnishing, headphones, instrument, keyboard, mouse, vehicle
from samples.training.render_paints import lettered, near_paper, surface
from samples.training.render_things import colour, material


def trainer(rng: np.random.Generator, mood: str) -> None:
    """One or two shoes: a sole, an upper of panels and stripes, laces."""
    before = _made()
    kit.slip_on(rng)
    upper = next(o for o in _new(before) if o.name.startswith("upper"))
    around = 168  # points around the upper, 34 rows of them from the sole to the collar
    for paint in [surface(rng, mood) for _ in range(4)]:
        upper.data.materials.append(paint)
    first = len(upper.data.materials) - 4
    panels = [
        (rng.uniform(0, 34), rng.uniform(4, 40), rng.uniform(4, 34), rng.uniform(4, 50), rng.normal(0, 1.5), int(rng.integers(4)))
        for _ in range(int(rng.integers(2, 8)))
    ]
    ground = first + int(rng.integers(4))
    for face in upper.data.polygons:
        row, place = divmod(face.index, around)
        aside = abs(place - around // 2)  # from the toe: both sides alike
        face.material_index = ground
        for top, tall, beside, wide, slant, paint in panels:
            if abs(row - top) < tall / 2 and abs(aside - beside - slant * (row - top)) < wide / 2:
                face.material_index = first + paint
    if rng.random() < 0.85:
        _laces(rng, upper, around)
    if rng.random() < 0.5:
        things_made = _new(before)
        place = kit.shift(rng.uniform(-0.4, 0.4), rng.uniform(0.55, 0.9), 0) @ kit.turn("Z", rng.normal(0, 20))
        for made in things_made:
            twin = made.copy()
            kit.GROUP["now"].objects.link(twin)
            twin.matrix_world = place @ made.matrix_world


def _laces(rng: np.random.Generator, upper, around: int) -> None:
    cord = kit.pbr("cord", kit.srgb(*(near_paper(rng) if rng.random() < 0.5 else colour(rng, "mixed"))), 0.9)
    points = np.array([tuple(vertex.co) for vertex in upper.data.vertices])
    apart, middle = int(rng.integers(9, 18)), around // 2
    for row in range(12, 31, int(rng.integers(3, 6))):
        left, right = (points[row * around + middle + side] + [0, 0, 0.02] for side in (-apart, apart))
        over = points[min(33, row + 1) * around + middle] + [0, 0, 0.045]
        lace = kit.tube("lace", kit.catmull([left, over, right], 8), cord, r=rng.uniform(0.014, 0.03), seg=8)
        lace.matrix_world = upper.matrix_world


def spectacles(rng: np.random.Generator, mood: str) -> None:
    """Thin frames with tinted or clear lenses."""
    metal = material(rng, mood, metal=0.8)
    tint = np.clip(rng.uniform(0.08, 0.95) * (1 - rng.uniform(0, 0.4, 3) * (rng.random() < 0.7)), 0.02, 0.98)
    fade = (-0.2, 0.2, tuple(np.clip(tint * 0.3, 0.01, 1))) if rng.random() < 0.3 else None
    pane = kit.glass("lens", tuple(tint), fade=fade)
    shape = eyewear.lens_shape(
        rng.uniform(0.22, 0.3), rng.uniform(0.16, 0.27), rng.uniform(2, 3.6), pinch=rng.uniform(0, 0.2), lift=rng.uniform(0, 0.05)
    )
    apart, thin = rng.uniform(0.33, 0.38), rng.uniform(0.008, 0.018)
    front, panes, arms = [], [], []
    for side in (-1, 1):
        ring = np.column_stack([side * (apart + shape[:, 0]), 0 * shape[:, 0], shape[:, 1]])
        front.append(kit.tube("rim", ring, metal, r=thin, loop=True, seg=10))
        panes.append(eyewear.lens(shape * 0.99, side, apart, pane))
        path = [
            (side * 0.63, 0, 0.1),
            (side * 0.69, 0.02, 0.12),
            (side * 0.7, 0.4, 0.12),
            (side * 0.68, 1.0, 0.1),
            (side * 0.65, 1.4, -0.15),
        ]
        arms.append(kit.tube("arm", kit.catmull(path, 12), metal, r=thin, seg=10))
    arch = [(-0.12, 0, 0.04), (0, -0.01, rng.uniform(0.06, 0.12)), (0.12, 0, 0.04)]
    front.append(kit.tube("bridge", kit.catmull(arch, 10), metal, r=thin, seg=10))
    eyewear.wrap(front + panes, rng.uniform(0, 0.12))
    eyewear.settle(front + panes + arms)


def tent(rng: np.random.Generator, mood: str) -> None:
    """A ridge of cloth with taut lines and pegs, or a parasol."""
    cloth, cord = surface(rng, mood), material(rng, "mixed", metal=0.2)
    if rng.random() < 0.35:
        ribs, wide = int(rng.integers(6, 12)), rng.uniform(0.5, 0.9)
        roof = [(wide * k, 0.35 * (1 - k**2) + 1) for k in np.linspace(0.02, 1, 12)]
        kit.lathe("roof", roof, cloth, ribs * 6, sharp=0, wobble=lambda angle, z: 1 - 0.05 * np.abs(np.sin(angle * ribs / 2)))
        kit.tube("shaft", [(0, 0, 0), (0, 0, 1.42)], cord, r=0.014, seg=10)
        return
    long, half, tall = rng.uniform(0.6, 1.3), rng.uniform(0.35, 0.7), rng.uniform(0.5, 0.9)
    slack = rng.uniform(0, 0.12)
    u, v = np.mgrid[0:1:14j, -1:1:24j]
    sag = slack * np.sin(math.pi * u)
    for side in (-1, 1):
        x = side * half * (1 - u) * (1 + 0 * v)
        kit.grid("sheet", np.stack([x - side * sag * 0.5, v * long / 2, tall * u - sag * 0.5], axis=-1), cloth, sharp=0)
    if rng.random() < 0.6:
        back = [(-half, long / 2, 0), (half, long / 2, 0), (0, long / 2, tall)]
        kit.mesh("back", back, [(0, 1, 2)], surface(rng, mood))
    thin = rng.uniform(0.003, 0.009)
    for end in (-1, 1):
        kit.tube("pole", [(0, end * long / 2, 0), (0, end * long / 2, tall)], cord, r=thin * 2, seg=8)
        for x in (-half * 1.5, 0, half * 1.5):
            kit.tube("line", [(0, end * long / 2, tall), (x, end * (long / 2 + 0.45), 0.01)], cord, r=thin, seg=6)
            kit.tube("peg", [(x, end * (long / 2 + 0.46), 0), (x, end * (long / 2 + 0.43), 0.07)], cord, r=thin * 1.6, seg=6)


def perforated(rng: np.random.Generator, mood: str) -> None:
    """Punched metal, suede or plastic: a sheet of round holes, turned, bent or flat, now and then lined."""
    rows, columns, open_share = int(rng.integers(6, 22)), int(rng.integers(10, 44)), rng.uniform(0.2, 0.42)
    angle = np.arange(12) / 12 * kit.TAU
    square = np.stack([np.cos(angle), np.sin(angle)], -1)
    rim = square / np.abs(square).max(axis=1, keepdims=True) / 2
    cell = np.stack([rim, square * open_share], axis=0) + 0.5  # (2, 12, 2)
    corner = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 1, 1, 2)
    places = (corner + cell) / [columns, rows]
    points = _bent(rng, places.reshape(-1, 2))
    base = np.arange(len(corner))[:, None, None] * 24
    one = np.array([(k, (k + 1) % 12, 12 + (k + 1) % 12, 12 + k) for k in range(12)])
    sheet = kit.mesh("punched", points[0], (base + one).reshape(-1, 4), surface(rng, mood), sharp=30)
    kit.thicken(sheet, rng.uniform(0.004, 0.02), 0)
    if rng.random() < 0.4:
        lining = np.stack(np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 20)), -1)
        kit.grid("lining", points[1](lining.reshape(-1, 2)).reshape(20, 60, 3), surface(rng, mood), sharp=0)
    for edge in (0, 1):
        along = np.stack([np.linspace(0, 1, 80), np.full(80, edge)], -1)
        kit.tube("rim", points[1](along, 1.0), material(rng, mood), r=rng.uniform(0.008, 0.03), seg=10)


def _bent(rng: np.random.Generator, places: np.ndarray) -> tuple[np.ndarray, Callable]:
    """Points of a sheet (n, 2) 0..1 in space, and the rule that put them there."""
    kind, wide, tall, flare = rng.integers(0, 3), rng.uniform(0.25, 0.5), rng.uniform(0.4, 1.1), rng.uniform(-0.3, 0.3)
    arc = kit.TAU if kind == 0 else rng.uniform(0.5, 3)

    def rule(at: np.ndarray, inner: float = 0.96) -> np.ndarray:
        u, v = at[:, 0], at[:, 1]
        if kind == 2:
            return np.stack([(u - 0.5) * 1.2, 0.1 * np.sin(3 * u) + 0.3 * v + 0.02 / inner, v * tall], -1)
        radius = wide * (1 + flare * v) * inner
        turn = -math.pi / 2 + (u - 0.5) * arc
        return np.stack([radius * np.cos(turn), radius * np.sin(turn), v * tall], -1)

    return rule(places, 1.0), rule


def cap(rng: np.random.Generator, mood: str) -> None:
    """A peaked cap or a brimmed hat, dark more often than not."""
    mood = str(rng.choice(["black", "black", mood]))
    cloth = material(rng, mood, metal=0)
    wide, tall = rng.uniform(0.4, 0.5), rng.uniform(0.3, 0.5)
    bulge = rng.uniform(1.6, 3.2)
    dome = [(wide * (1 - k**bulge) ** (1 / bulge), tall * k) for k in np.linspace(0, 0.999, 24)]
    seams = int(rng.integers(4, 9))
    kit.thicken(
        kit.lathe("dome", dome, cloth, 120, sharp=0, wobble=lambda angle, z: 1 - 0.012 * np.abs(np.cos(angle * seams / 2)) ** 12),
        0.02,
    )
    kit.ball("button", cloth, (0, 0, tall), (0.06, 0.06, 0.03), 16)
    half = rng.uniform(0.7, 1.2) if rng.random() < 0.7 else math.pi
    reach, droop = rng.uniform(0.2, 0.5), rng.uniform(0, 0.5)
    angle, out = np.meshgrid(np.linspace(-half, half, 60), np.linspace(0, 1, 10))
    length = reach * (np.sqrt(np.clip(1 - (angle / half) ** 2, 0, 1)) if half < 3 else 1) * out
    radius = wide * 0.98 + length
    drop = droop * length * np.abs(np.sin(angle)) + 0.15 * length
    brim = np.stack([radius * np.sin(angle), -radius * np.cos(angle), 0.02 - drop], -1)
    kit.thicken(kit.grid("brim", brim, cloth if rng.random() < 0.6 else surface(rng, mood), sharp=0), 0.02)
    if rng.random() < 0.6:
        kit.move(
            kit.quad("badge", (0, 0, 0), (0.14, 0, 0), (0, 0, 0.09), lettered(rng, mood)),
            kit.shift(0, -wide * 0.97, tall * 0.5) @ kit.turn("X", -20),
        )


def jar(rng: np.random.Generator, mood: str) -> None:
    """Thick clear walls, something inside, a lid and a label."""
    wide, tall, wall = rng.uniform(0.25, 0.5), rng.uniform(0.3, 1.1), rng.uniform(0.02, 0.06)
    out = kit.fillet([(0, 0), (wide, 0, 0.06), (wide, tall * 0.85, 0.1), (wide * 0.85, tall)], 8)
    inn = kit.fillet([(wide * 0.85 - wall, tall), (wide - wall, tall * 0.84, 0.08), (wide - wall, 0.06, 0.05), (0, 0.05)], 8)
    tint = tuple(1 - rng.uniform(0, 0.7, 3) * (rng.random() < 0.4))
    kit.lathe("jar", np.vstack([out, inn]), kit.glass("glass", tint, rough=0.15 * (rng.random() < 0.25)), 96, sharp=60)
    if rng.random() < 0.7:
        level, slim = tall * rng.uniform(0.2, 0.8), wide - wall - 0.004
        kit.lathe("content", [(0, 0.06), (slim, 0.06), (slim, level), (0, level)], surface(rng, mood), 72)
    if rng.random() < 0.8:
        lid = kit.fillet([(0, tall + 0.12), (wide * 0.9, tall + 0.12, 0.03), (wide * 0.9, tall - 0.06)])
        kit.lathe("lid", lid, surface(rng, mood), 72)
    if rng.random() < 0.5:
        band, half = np.linspace(tall * 0.15, tall * 0.7, 8), rng.uniform(0.7, 2)
        kit.lathe(
            "label",
            np.stack([0 * band + wide + 0.004, band], 1),
            lettered(rng, "mixed"),
            60,
            -math.pi / 2 - half,
            -math.pi / 2 + half,
        )


def chain(rng: np.random.Generator, mood: str) -> None:
    """Necklaces, bracelets and leads that lie: beads or links along a winding path."""
    turn = np.linspace(0, kit.TAU, 9)[:-1]
    reach = rng.uniform(0.3, 0.6) * np.exp(rng.normal(0, 0.2, 8))
    path = kit.catmull(np.stack([reach * np.cos(turn), reach * np.sin(turn), 0 * turn + 0.03], 1), 14, loop=True)
    paint, thin = material(rng, mood, metal=0.7), rng.uniform(0.012, 0.04)
    if rng.random() < 0.5:
        for at in path[:: int(rng.integers(1, 3))]:
            kit.ball("bead", paint, tuple(at), (thin * 2,) * 3, 14)
    else:
        kit.tube("cord", path, paint, r=thin * rng.uniform(0.3, 0.8), loop=True, seg=10)
    charm = kit.ball("charm", surface(rng, mood), (0, 0, 0), tuple(rng.uniform(0.05, 0.25, 3)), 24)
    kit.move(charm, kit.shift(*path[int(rng.integers(len(path)))]))


def several(rng: np.random.Generator, mood: str) -> None:
    """Two to four things side by side, as sets are sold."""
    across = 0.0
    build = SINGLE[int(rng.integers(len(SINGLE)))]
    is_set = rng.random() < 0.5
    for _ in range(int(rng.integers(2, 5))):
        before = _made()
        (build if is_set else SINGLE[int(rng.integers(len(SINGLE)))])(rng, mood)
        bpy.context.view_layer.update()
        made = _new(before)
        points = np.vstack([kit.vertices(o) for o in made])
        scale = rng.uniform(0.6, 1) / float(np.ptp(points, axis=0).max())
        low, high = points.min(axis=0) * scale, points.max(axis=0) * scale
        place = kit.shift(across - low[0], rng.normal(0, 0.12), -low[2]) @ kit.Matrix.Scale(scale, 4)
        for o in made:
            o.matrix_world = place @ o.matrix_world
        across += high[0] - low[0] + rng.uniform(-0.05, 0.2)


def _made() -> set[str]:
    return {o.name for o in kit.GROUP["now"].objects}


def _new(before: set[str]) -> list:
    return [o for o in kit.GROUP["now"].objects if o.name not in before]


SINGLE = (trainer, mouse, cap, instrument, blades, things.turned, things.boxed, things.sewn, headphones, vehicle)
CLEAR = (spectacles, jar)
FLAT = (keyboard, blades, chain, mouse, spectacles)  # seen from above more often than from the side
KINDS = (
    *(trainer, trainer, trainer, keyboard, keyboard, spectacles, spectacles, tent, perforated, perforated, cap, cap, jar, jar),
    *(mouse, mouse, instrument, blades, headphones, chain, vehicle, furnishing, furnishing, furnishing, several, several, several),
)
