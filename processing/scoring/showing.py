"""On which backdrop a doubt is seen best: the one farthest in colour from what lies at its worst place."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from processing.scoring.colour import ciede2000, lab_of
from processing.scoring.limits import Show
from processing.scoring.measurement import Measurement, Point
from processing.scoring.view import Bytes, Floats, View

# As the review room paints them. Grey is never the farthest: one of the two is 50 L* away from any colour.
NAMED: dict[Show, tuple[int, int, int]] = {"black": (0, 0, 0), "white": (255, 255, 255)}
# What lies at the place: the fringe of the edge, backdrop that was left in, or product around what is missing.
FRINGE = frozenset({"EDGE_HALO", "EDGE_COLOUR", "EDGE_ROUGH", "EDGE_SOFT", "EDGE_SMUDGE", "EDGE_LOST"})
LEFT_IN = frozenset({"RESIDUE", "SHADOW_LEFT", "ISLAND"})
MISSING = frozenset({"HOLE", "SEE_THROUGH", "BLOTCH", "EDGE_TIGHT"})
# Half of the side looked at, as a share of the long side: a cell of the heat map, and a little beyond.
REACH = 1 / 40
# Weight of so many whole pixels says something.
LEAST_COVER = 1.0


def with_backdrops(measurements: Sequence[Measurement], view: View) -> list[Measurement]:
    """The measurements, `show` set where their worst place has a colour that one backdrop makes plain. 0.2 ms each."""
    return [replace(one, show=_shown_on(one, view)) if one.worst else one for one in measurements]


def _shown_on(measurement: Measurement, view: View) -> str:
    if measurement.worst is None:
        return ""
    area = view.area
    if measurement.code in FRINGE:
        place = _around(measurement.worst, view.alpha.shape)
        alpha = (view.alpha[place] / np.float32(255)).astype(np.float32)
        # Half covered pixels are the fringe.
        return _against(view.fore[place].astype(np.float32), alpha * (1 - alpha))
    place = _around(measurement.worst, area.alpha.shape)
    if measurement.code in LEFT_IN:
        return _against(area.photo[place], area.alpha[place] * ~area.other[place])
    return _against(area.photo[place], area.alpha[place]) if measurement.code in MISSING else ""


def _around(point: Point, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the square around a place."""
    reach = max(4, round(REACH * max(shape)))
    row, column = round(point[1] * shape[0]), round(point[0] * shape[1])
    return slice(max(0, row - reach), row + reach + 1), slice(max(0, column - reach), column + reach + 1)


def _against(colours: Floats, weight: Floats) -> str:
    """The backdrop for the mean of colours (h, w, 3) by weight (h, w); "" where there is next to nothing."""
    total = float(weight.sum())
    if total < LEAST_COVER:
        return ""
    return farthest(np.asarray((colours * weight[..., None]).sum(axis=(0, 1)) / total, np.uint8))


def farthest(colour: Bytes) -> Show:
    """The backdrop with the largest CIEDE2000 to an sRGB colour uint8 (3,)."""
    names = list(NAMED)
    apart = ciede2000(
        lab_of(np.repeat(colour[None], len(names), axis=0)), lab_of(np.array(list(NAMED.values()), np.uint8))
    )
    return names[int(apart.argmax())]
