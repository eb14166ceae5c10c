"""What the scenes share: lens, facts, entry, table tops and kinds of wood."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as default

import numpy as np
from modelling import rbox
from set_light import area, surfaced


@dataclass(frozen=True)
class Lens:
    """zoom is focal length over picture side; eye_line the height of the eye in the picture (0 = top)."""

    zoom: float = 2.36
    eye_line: float = 0.25
    height: float = 0.32
    distance: float = 1.57
    aperture: float = 0.020
    focus: float = -0.04


@dataclass
class Facts:
    """Key light as seen from the stand, the far end of the ground (y, z) and lamps to be drawn as discs."""

    azimuth: float
    elevation: float
    softness: float
    far: tuple[float, float]
    bulbs: list = default(default_factory=list)


@dataclass(frozen=True)
class Entry:
    style: str
    name: str
    build: Callable[[np.random.Generator], Facts]
    seed: int = 1
    lens: Lens = Lens()
    level: float = 0.30  # scene-linear luminance of the ground at the stand
    adapt: float = 0.8  # how much of the light's colour the camera takes out; above 1 it turns to the other side
    look: str = "AgX - High Contrast"
    veil: float = 0.03
    vignette: float = 0.12
    ground: tuple[float, float] = (0.66, 0.86)
    product_height: tuple[float, float] = (0.22, 0.56)


def lamp(at, target, size, watts, colour=(1, 1, 1)):
    """An area light that is the key, with its direction and softness as facts."""
    area(at, target, size, watts, colour)
    away = math.dist(at, (0, 0, 0))
    wide = 2 * math.degrees(math.atan(math.sqrt(size[0] * size[1]) / 2 / away))
    return math.degrees(math.atan2(at[1], at[0])) % 360, math.degrees(math.asin(at[2] / away)), min(1.0, wide / 75)


def top(made, size, origin, far, *, thick=0.035, edge=0.004, **more):
    """A table top whose upper side is z = 0; its far edge is at y = far."""
    mat = surfaced("ground", made, size, origin, **more)
    near = -1.25
    rbox("table", (3.2, far - near, thick), edge, mat, (0, (far + near) / 2, -thick / 2), 5)
    return (far, 0.0)


AREA = (1.27, 1.3)  # depth and width a ground texture covers, mirrored beyond; the camera sees no more
NEAR = (-0.65, -0.65)  # its near left corner
PX = 0.00042 * float(os.environ.get("SETS_COARSE", "1"))  # metres per pixel; coarser for quick looks

OAK = {"light": (0.81, 0.66, 0.48), "dark": (0.53, 0.37, 0.23), "pore": (0.33, 0.22, 0.13), "late_gain": 0.75}
WALNUT = {"light": (0.46, 0.31, 0.21), "dark": (0.24, 0.145, 0.09), "pore": (0.09, 0.055, 0.04), "late_gain": 0.75}
BIRCH = {"light": (0.88, 0.78, 0.64), "dark": (0.69, 0.55, 0.39), "pore": (0.52, 0.38, 0.26), "late_gain": 0.7}
