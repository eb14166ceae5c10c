"""Path-traced 'raw studio product photos' whose alpha is known exactly.

    python render_products.py --out DIR [--only NAME ...] [--size N] [--samples N] [--threads N]

Needs bpy (Blender as a module), numpy and Pillow. Everything in the pictures is modelled here.

How one shot is made (all sums in linear light, before the camera curve):

    P      render of the product alone: film transparent, studio hidden from camera rays but still
           lighting, mirrored and refracted by the product (premultiplied colour)
    A      coverage of the product: flat emission, many samples, no bounces
    B      render of the studio with the product hidden from camera rays: shadows and bounce stay
    photo  = P + (1 - A) * B, then exposure, white balance, camera curve, sensor noise, JPEG

Since a camera ray meets either the product or the studio first, that sum IS the full render.

Files per shot: photos/NAME.jpg (the photo), truth/NAME.alpha.png (A), with --foreground truth/NAME.fg.png (straight
foreground colour in the photo's exposure and white balance, no noise, with A as alpha). Glass counts as solid in A,
its colour is what the camera sees through it. Shots with glass also get NAME.alpha_t.png (and NAME.fg_t.png), where
light that reaches the studio straight through the glass counts as see-through.
A fair scorer accepts anything between the two.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import bpy  # noqa: F401  # isort: skip  # first: it brings mathutils
import numpy as np
from mathutils import Matrix  # noqa: F401

# The modules beside this one, also where it is imported as samples.render.render_products.
sys.path.insert(0, str(Path(__file__).resolve().parent))
from camera import save
from eyewear import acetate
from goods import basket, carton, plush, slip_on, speaker, wallet

# What samples/training models, lights and shoots with, too.
from materials import glass, label, link, pbr, srgb, texture  # noqa: F401
from modelling import GROUP, TAU, ball, catmull, fillet, fuse, grid, hair, lathe, mesh, move, quad, rbox, rrect, scatter, shift, slab, thicken, tube, turn  # noqa: F401
from studio import LIGHTS, PAPERS, move_all, vertices  # noqa: F401
from tracing import render
from vessels import flask, mug, shampoo, tumbler, vase, wine_bottle


def S(name, product, category, view, material, build, paper, light, wb="neutral", **more):
    return {"name": name, "product": product, "category": category, "view": view, "material": material, "build": build, "paper": paper, "light": light, "wb": wb, **more}


EYE = {"aspect": (4, 3), "clear": True, "clear_bounces": 10, "fstop": 16}
SHOTS = [
    S("MUG-01_2", "blue mug", "kitchen", "angle", "glazed ceramic", mug, "white", "left", turn=-28, el=14, fill=0.66, aspect=(1, 1)),
    S("SHAMPOO-01_1", "shampoo bottle", "beauty", "front", "plastic, paper label", shampoo, "light grey", "right", turn=8, el=5, fill=0.80, aspect=(3, 4), iso=200),
    S("BOX-01_2", "printed carton", "packaging", "angle", "corrugated card, tape", carton, "mid grey", "left", "warm", ev=-0.35, turn=-33, el=20, fill=0.72, iso=400),
    S("VASE-01_1", "white vase", "home", "front", "white glazed ceramic on white", vase, "white", "top", ev=0.12, el=7, fill=0.76, aspect=(4, 5)),
    S("AC4102_1", "acetate glasses", "eyewear", "front", "tortoise acetate, clear lenses", acetate, "white", "top", turn=0, el=7, fill=0.74, focus=0.08, **EYE),
    S("AC4102_2", "acetate glasses", "eyewear", "angle", "tortoise acetate, clear lenses", acetate, "light grey", "left", turn=-35, el=16, fill=0.74, focus=0.25, gradient=(1, 60), **EYE),
    S("AC4102_3", "acetate glasses", "eyewear", "side", "tortoise acetate, clear lenses", acetate, "white", "right", "slightly warm", turn=-90, el=5, fill=0.74, focus=0.1, edge=("table", 1.3, "light grey"), **EYE),
    S("BOTTLE-01_1", "wine bottle", "food", "front", "green glass, paper label, foil", wine_bottle, "light grey", "two strips", el=4, fill=0.84, aspect=(2, 3), gradient=(-1, 70), clear=True, clear_bounces=12),
    S("BASKET-01_2", "wicker basket", "home", "angle", "woven straw with holes", basket, "white", "right", "slightly warm", turn=24, el=17, fill=0.76, aspect=(1, 1), edge=("roll", 1.30)),
    S("PLUSH-01_1", "plush toy", "toys", "front", "long fur, glossy eyes", plush, "powder blue", "top", turn=14, el=8, fill=0.70, aspect=(1, 1), iso=200),
    S("FLASK-01_1", "steel bottle", "outdoor", "front", "brushed steel, black cap", flask, "light grey", "two strips", "cool", turn=12, el=4, fill=0.86, aspect=(2, 3)),
    S("SPEAKER-01_2", "loudspeaker", "electronics", "angle", "matte black plastic", speaker, "dark grey", "left", ev=-0.4, turn=-26, el=9, fill=0.76, aspect=(4, 5), iso=400),
    S("SHOE-01_2", "slip-on shoe", "footwear", "angle", "canvas, rubber sole", slip_on, "sand", "left", turn=-152, el=16, fill=0.76, fstop=16, focus=0.3, iso=200),
    S("WALLET-01_2", "leather wallet", "accessories", "angle", "grained leather, stitching", wallet, "cream", "hard left", "warm", turn=-24, el=34, fill=0.72),
    S("MUG-01_1", "blue mug", "kitchen", "front", "glazed ceramic", mug, "light grey", "right", turn=6, el=7, fill=0.66, aspect=(1, 1)),
    S("BOX-01_1", "printed carton", "packaging", "front", "corrugated card, tape", carton, "white", "top", turn=0, el=8, fill=0.74, iso=200),
    S("SPEAKER-01_1", "loudspeaker", "electronics", "front", "matte black plastic", speaker, "light grey", "two strips", turn=0, el=5, fill=0.78, aspect=(4, 5)),
    S("SHOE-01_3", "slip-on shoe", "footwear", "side", "canvas, rubber sole", slip_on, "white", "right", turn=180, el=6, fill=0.78, fstop=22, focus=0.3),
    S("VASE-01_2", "white vase", "home", "angle", "white glazed ceramic", vase, "sage", "left", el=20, fill=0.74, aspect=(4, 5)),
    # the next five are meant to be stopped by a careful gate
    S("FLASK-02_1", "short steel bottle", "outdoor", "front", "brushed steel, cut off by the frame", flask, "light grey", "two strips", turn=12, el=4, fill=0.98, offset=(0.0, 0.34), aspect=(3, 4)),
    S("MUG-02_2", "green mug", "kitchen", "angle", "glazed ceramic on a full table", lambda rng: mug(rng, (0.20, 0.36, 0.24)), "table", "left", "slightly warm", turn=-28, el=14, fill=0.44, aspect=(4, 3), clutter=True, ambient=0.25, iso=800),
    S("SPEAKER-02_2", "black loudspeaker", "electronics", "angle", "black on black paper", speaker, "near black", "left", ev=-0.3, turn=28, el=9, fill=0.76, aspect=(4, 5), iso=1600, ambient=0.03),
    S("TUMBLER-01_1", "glass tumbler", "kitchen", "front", "clear glass on white", tumbler, "white", "top", el=8, fill=0.62, aspect=(1, 1), clear=True, clear_bounces=12),
    S("VASE-02_1", "white vase, amber light", "home", "front", "white ceramic, coloured light, hard shadow", vase, "white", "bare bulb", "amber", ev=-0.5, el=9, fill=0.62, aspect=(4, 5), ambient=0.02, iso=800),
]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--only", nargs="*", help="shot names; default: all")
    p.add_argument("--size", type=int, default=1200, help="long side in pixels")
    p.add_argument("--samples", type=int, default=48)
    p.add_argument("--foreground", action="store_true", help="also write the straight foreground colours")
    p.add_argument("--threads", type=int, default=0, help="0: all cores")
    p.add_argument("--check", type=Path, help="folder for magenta composites")
    p.add_argument("--passes", type=Path, help="folder that keeps the linear renders; those found there are developed again, not rendered")
    args = p.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for index, shot in enumerate(SHOTS):
        if args.only and shot["name"] not in args.only:
            continue
        began = time.time()
        kept = args.passes / f"{shot['name']}.npz" if args.passes else None
        if kept and kept.exists():
            pictures = dict(np.load(kept))
        else:
            with tempfile.TemporaryDirectory() as tmp:
                pictures = render(shot, args.size, args.samples, args.threads, Path(tmp))
            if kept:
                args.passes.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **pictures)
        save(shot, index, pictures, args.out, args.check, args.foreground)
        print(f"done {shot['name']} in {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
