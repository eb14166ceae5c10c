"""Paints that make a product hard to tell from its paper: letters, bars and whole parts in nearly the paper's colour."""

import numpy as np

from samples.render import render_products as kit
from samples.training.render_things import Colour, colour, material

PAPER: dict[str, Colour] = {"now": (0.9, 0.9, 0.9)}  # display values of the paper of the shot that is being built
_LETTERS = list("ABDEGHKMNOPRSTUX2358")


def lettered(rng: np.random.Generator, mood: str):
    """Paint with large letters, bars or dots in nearly the colour of the paper."""
    ground, ink = (tuple(int(255 * value) for value in paint) for paint in (colour(rng, mood), near_paper(rng)))
    lines = [
        (
            int(rng.integers(100, 700)),
            int(place),
            "".join(rng.choice(_LETTERS, int(rng.integers(1, 8)))),
            int(rng.integers(60, 300)),
            ink,
            4,
        )
        for place in rng.uniform(80, 720, int(rng.integers(1, 6)))
    ]
    bars = [
        ((int(left), int(top), int(left + rng.uniform(20, 600)), int(top + rng.uniform(8, 200))), ink)
        for left, top in rng.uniform(0, 700, (int(rng.integers(0, 4)), 2))
    ]
    art = kit.label(800, 800, (*ground, 255), lines, bars=bars)
    return kit.pbr("lettered", (1, 1, 1), rng.uniform(0.3, 0.9), image=kit.texture("lettered", art))


def near_paper(rng: np.random.Generator) -> Colour:
    """The paper's colour, a little lighter or darker, as display values."""
    return tuple(float(value) for value in np.clip(np.array(PAPER["now"]) * rng.uniform(0.92, 1.08), 0, 0.98))  # type: ignore[return-value]


def paper_paint(rng: np.random.Generator):
    """A plain paint of nearly the paper's colour."""
    return kit.pbr("pale", kit.srgb(*near_paper(rng)), rng.uniform(0.2, 0.9))


def surface(rng: np.random.Generator, mood: str):
    """A random paint, in half of all cases one of the two above."""
    kind = rng.random()
    return lettered(rng, mood) if kind < 0.25 else paper_paint(rng) if kind < 0.45 else material(rng, mood)
