"""Sets of studio-white."""

from __future__ import annotations

import math

import numpy as np
from materials import pbr, srgb
from modelling import grid
from scene_kit import Facts, lamp
from set_light import area, world


def sweep(rng, colour, *, bend=0.55, radius=0.9):
    mat = pbr("paper", colour, 0.9, spec=0.2, bump=[(900, 0.00003)])
    prof = [(-1.4, 0.0), (0.0, 0.0), (bend, 0.0)] + [(bend + radius * math.sin(a), radius - radius * math.cos(a)) for a in np.linspace(0, math.pi / 2, 60)[1:]] + [(bend + radius, 4.0)]
    grid("sweep", [[(x, y, z) for x in (-4, 0, 4)] for y, z in prof], mat, sharp=0, merge=False)
    return (bend + 0.25, 0.03)


def white_soft(rng):
    """White paper, one big softbox from the upper left, bounce from the right."""
    far = sweep(rng, srgb(0.95, 0.95, 0.95))
    key = lamp((-1.25, -0.2, 1.75), (0, 0.1, 0.0), (1.2, 1.2), 60)
    area((1.9, -0.6, 1.0), (0, 0.2, 0.1), (1.6, 1.6), 12)
    area((0.2, 0.9, 2.1), (0, 1.6, 0.6), (1.6, 0.7), 22)
    world((1, 1, 1), 0.16)
    return Facts(*key, far)


def white_window(rng):
    """Warm white paper, side light that falls off to the left."""
    far = sweep(rng, srgb(0.93, 0.92, 0.90))
    key = lamp((2.3, 0.4, 1.4), (0, 0.0, 0.0), (1.2, 1.5), 90, (1.0, 0.99, 0.97))
    area((-2.2, -0.8, 1.2), (0, 0.2, 0.1), (1.6, 1.6), 26, (0.97, 0.98, 1.0))
    world((1, 1, 1), 0.22)
    return Facts(*key, far)


def white_high(rng):
    """Very light paper, light from above and behind, nearly shadowless."""
    far = sweep(rng, srgb(0.96, 0.96, 0.965), bend=0.7, radius=1.2)
    key = lamp((0.15, 0.75, 1.9), (0, 0.0, 0.0), (1.9, 1.3), 66)
    for s_ in (-1, 1):
        area((s_ * 1.9, -0.5, 1.1), (0, 0.2, 0.1), (1.5, 1.5), 20)
    area((0, 1.0, 1.6), (0, 1.9, 0.9), (2.4, 0.7), 26)
    world((1, 1, 1), 0.25)
    return Facts(*key, far)
