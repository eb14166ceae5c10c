"""Path-trace random products in random studios: NAME.npz with the passes of one shot, for make_shots.py to develop.

python -m samples.training.render_shots --out out/passes --count 300        (needs bpy, numpy and Pillow)

product  float16 (h, w, 4)  the product's own light, premultiplied, lit and mirrored by the studio it stands in
cover    uint8 (h, w)       true coverage; where glass is looked through, half way between solid and clear
plate    float16 (h, w, 3)  the studio without the product, with its cast and contact shadows, reflections and bounce

Shot n of a seed is always the same. What composed shots cannot teach is here: seams of shadow, floor reflections, bounce.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np

from samples.render import render_products as kit
from samples.training import render_models as models
from samples.training import render_paints as paints
from samples.training import render_things as things
from samples.training import render_wares as wares

# Modelled products of the sample catalogue that take part, in other paints. Vase, wallet and mug are kept for judging.
CATALOGUE = (kit.shampoo, kit.carton, kit.speaker, kit.flask, kit.slip_on, kit.slip_on, kit.basket, kit.plush)
GLASSES = (kit.acetate, kit.wine_bottle, kit.tumbler)


def main() -> None:
    chosen = _arguments()
    chosen.out.mkdir(parents=True, exist_ok=True)
    found = models.find_models(chosen.models) if chosen.models else []
    for index in range(chosen.first, chosen.first + chosen.count):
        path = chosen.out / f"traced-{chosen.seed}-{index:05d}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([chosen.seed, index])
        with tempfile.TemporaryDirectory() as folder:
            try:
                shot = _shot_of_model(rng, found) if found else _shot(rng, chosen.wares)
                passes = kit.render(shot, chosen.long_px, chosen.samples, chosen.threads, Path(folder))
            except (RuntimeError, ValueError, IndexError) as why:  # a shape that cannot be built is no loss
                sys.stdout.write(f"shot {index} left out: {why}\n")
                continue
        _write(path, passes)
    sys.stdout.write(f"passes up to {chosen.first + chosen.count} in {chosen.out}\n")


def _shot(rng: np.random.Generator, wares_share: float) -> dict:
    mood = str(rng.choice(things.MOODS))
    kind = rng.random()
    from_catalogue = kind < 0.28
    build = (
        CATALOGUE[int(rng.integers(len(CATALOGUE)))]
        if from_catalogue
        else things.KINDS[int(rng.integers(len(things.KINDS)))]
    )
    is_clear = build is things.clear
    if kind < 0.06:
        build, is_clear = GLASSES[int(rng.integers(len(GLASSES)))], True
    if wares_share and rng.random() < wares_share:
        build = wares.KINDS[int(rng.integers(len(wares.KINDS)))]
        is_clear = build in wares.CLEAR
    lies_flat = build is things.draped and rng.random() < 0.85
    from_above = build in wares.FLAT and rng.random() < 0.7
    made = (lambda r: (build(r), _repaint(rng, mood))) if build in CATALOGUE + GLASSES else (lambda r: build(rng, mood))
    height = rng.uniform(60, 89) if lies_flat else rng.uniform(15, 80) if from_above else None
    return _set_up(rng, mood, made, is_clear=is_clear, elevation=height, has_edge=not lies_flat)


def _shot_of_model(rng: np.random.Generator, found: list[Path]) -> dict:
    """A model from a file, in other paints half of the time."""
    mood = str(rng.choice(things.MOODS))
    model = found[int(rng.integers(len(found)))]
    is_repainted, from_above = rng.random() < 0.5, rng.random() < 0.2

    def made(_: object) -> None:
        models.imported(model, rng)
        if is_repainted:
            _repaint(rng, mood)

    height = rng.uniform(25, 75) if from_above else None
    return _set_up(rng, mood, made, is_clear=models.is_clear(model), elevation=height, has_edge=True)


def _set_up(
    rng: np.random.Generator,
    mood: str,
    made: Callable[[object], object],
    *,
    is_clear: bool,
    elevation: float | None,
    has_edge: bool,
) -> dict:
    """A studio for what `made` builds: paper, lamps, camera. `elevation` of the camera in degrees, low ones as a rule."""
    paints.PAPER["now"] = _paper(rng, mood)
    kit.PAPERS["any"] = kit.srgb(*paints.PAPER["now"])
    kit.PAPERS["wall"] = kit.srgb(*_paper(rng, "mixed"))
    kit.LIGHTS["any"] = _lamps(rng)
    shot = {
        "name": "any",
        "build": lambda r: _scaled(rng, made(r)),
        "paper": "any",
        "light": "any",
        "turn": float(rng.uniform(-60, 60)) if rng.random() < 0.8 else float(rng.uniform(0, 360)),
        "el": float(np.clip(rng.gamma(2, 7), 1, 60) if elevation is None else elevation),
        "fill": float(rng.uniform(0.5, 0.9)),
        "aspect": ((1, 1), (1, 1), (4, 5), (5, 4), (3, 4), (4, 3))[int(rng.integers(6))],
        "lens": float(rng.choice([50, 85, 120])),
        "ambient": float(np.exp(rng.uniform(np.log(0.02), np.log(0.5)))),
        "plate_percent": 60,
        "cover_samples": 48,
        "clear": is_clear,
        "clear_bounces": 8 if is_clear else 4,
    }
    if has_edge and rng.random() < 0.12:
        shot["edge"] = ("table", float(rng.uniform(0.6, 2)), "wall")
    if rng.random() < 0.06:
        shot["offset"] = (float(rng.normal(0, 0.25)), float(rng.normal(0, 0.25)))
    if rng.random() < 0.2:
        shot["gradient"] = (int(rng.choice([-1, 1])), float(rng.uniform(20, 120)))
    return shot


def _paper(rng: np.random.Generator, mood: str) -> things.Colour:
    """White and light greys most of the time; as pale or dark as the product more often than chance would."""
    kind = rng.random()
    if mood == "grey" and kind < 0.4:
        return tuple(float(v) for v in np.clip(rng.uniform(0.35, 0.75) + rng.normal(0, 0.01, 3), 0, 0.98))
    if mood == "black" and kind < 0.35:
        return things.colour(rng, "black")
    if kind < 0.45 or (mood == "white" and kind < 0.75):
        return tuple(float(v) for v in np.clip(rng.uniform(0.86, 0.97) + rng.normal(0, 0.008, 3), 0, 0.98))
    if kind < 0.7:
        return tuple(float(v) for v in np.clip(rng.uniform(0.35, 0.88) + rng.normal(0, 0.012, 3), 0, 0.98))
    return tuple(float(v) for v in np.clip(rng.uniform(0.2, 0.9) + rng.normal(0, 0.11, 3), 0.03, 0.97))


def _lamps(rng: np.random.Generator) -> list:
    """One to three lamps from bare bulb to large softbox; hard ones throw hard-edged shadows."""
    lamps = []
    for _ in range(int(rng.choice([1, 2, 2, 3, 3]))):
        angle = rng.uniform(-2.8, 2.8)
        away, height = rng.uniform(1.5, 3.5), rng.uniform(0.8, 4)
        wide = float(np.exp(rng.uniform(np.log(0.05), np.log(2.8))))
        at = (float(away * np.sin(angle)), float(-away * np.cos(angle)), float(height))
        power = float(np.exp(rng.uniform(np.log(15), np.log(130))))
        lamps.append((at, (wide, wide * float(rng.uniform(0.6, 1.8))), power, 0.4))
    return lamps


def _repaint(rng: np.random.Generator, mood: str) -> None:
    """Other colours for a product of the catalogue; prints and weaves keep their pattern and turn in hue."""
    if rng.random() < 0.2:
        return
    for paint in {slot.material for o in kit.GROUP["now"].objects for slot in o.material_slots if slot.material}:
        node = paint.node_tree.nodes.get("Principled BSDF")
        if node is None or node.inputs["Transmission Weight"].default_value > 0.5:
            continue
        base = node.inputs["Base Color"]
        if not base.is_linked:
            base.default_value = (*kit.srgb(*things.colour(rng, mood)), 1)
            continue
        shift = paint.node_tree.nodes.new("ShaderNodeHueSaturation")
        shift.inputs["Hue"].default_value = rng.uniform(0, 1)
        shift.inputs["Saturation"].default_value = rng.uniform(0, 1.2)
        shift.inputs["Value"].default_value = rng.uniform(0.3, 1.5)
        kit.link(paint.node_tree, base.links[0].from_socket, shift.inputs["Color"])
        kit.link(paint.node_tree, shift.outputs["Color"], base)


def _scaled(rng: np.random.Generator, _: object) -> None:
    """Everything about as large as the lamps expect, lying on a side now and then."""
    cycles = bpy.context.scene.cycles  # called once all settings are made: quick denoising is good enough here
    cycles.denoising_prefilter, cycles.denoising_quality = "NONE", "FAST"
    bpy.context.view_layer.update()
    points = np.vstack([kit.vertices(o) for o in kit.GROUP["now"].objects])
    span = float((points.max(axis=0) - points.min(axis=0)).max())
    kit.move_all(kit.Matrix.Diagonal((*[rng.uniform(0.8, 1.5) / span] * 3, 1)))
    if rng.random() < 0.1:
        kit.move_all(kit.turn("X", 90) if rng.random() < 0.5 else kit.turn("Y", 90))


def _write(path: Path, passes: dict[str, np.ndarray]) -> None:
    cover = passes["cover"]
    if "through" in passes:
        cover = (cover + np.minimum(passes["through"][..., 3], cover)) / 2
    if not 0.01 < float((cover > 0.5).mean()) < 0.9:
        return
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as stream:
        np.savez(
            stream,
            product=np.minimum(passes["product"], 6e4).astype(np.float16),
            cover=(cover * 255 + 0.5).astype(np.uint8),
            solid=(passes["cover"] * 255 + 0.5).astype(np.uint8),
            plate=np.minimum(passes["plate"], 6e4).astype(np.float16),
        )
    unfinished.replace(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long-px", type=int, default=448)
    parser.add_argument("--wares", type=float, default=0.7, help="share of products of render_wares.py, 0..1")
    parser.add_argument("--models", type=Path, help="folder of OBJ and GLB files: these instead of made products")
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
