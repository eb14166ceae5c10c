"""Repairs of a cut-out: for each doubt a short ladder of things to try, before a person is asked.

Each try is measured like the first. What is better overall is kept, so the result is never worse than without repairs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from processing.imaging.matting import edges
from processing.imaging.matting.matte import Matte
from processing.scoring.measurement import Measurement
from processing.steps.base import Try
from processing.steps.checks import doubts, score_of

MAX_TRIES = 4
# A repair that is better by less than this is not worth a changed edge.
LEAST_GAIN = 0.01
Edit = Callable[[np.ndarray, Matte, float], Matte]
Measure = Callable[[Matte], list[Measurement]]


@dataclass(frozen=True)
class Rung:
    """One thing to try: an edit of the matte with its strength."""

    label: str
    edit: str
    px: float = 0.0


def tighten(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Edge inwards; colours are those of the old matte, which lie further inside."""
    return replace(matte, alpha=edges.tighten(matte.alpha, px))


def loosen(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Edge outwards; the new rim needs colours without backdrop."""
    alpha = edges.loosen(matte.alpha, px)
    return replace(matte, alpha=alpha, foreground=edges.decontaminate(photo, alpha))


def decontaminate(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Colours of the edge estimated anew."""
    return replace(matte, foreground=edges.decontaminate(photo, matte.alpha))


def fill_holes(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Small gaps in the product closed with the photo's own pixels."""
    alpha = edges.fill_holes(matte.alpha)
    return replace(matte, alpha=alpha, foreground=edges.decontaminate(photo, alpha))


def remove_islands(photo: np.ndarray, matte: Matte, px: float) -> Matte:
    """Small separate parts left out."""
    return replace(matte, alpha=edges.remove_islands(matte.alpha, keep_share=0.05))


EDITS: dict[str, Edit] = {
    "tighten": tighten,
    "loosen": loosen,
    "decontaminate": decontaminate,
    "fill-holes": fill_holes,
    "remove-islands": remove_islands,
}
_CLEAN = Rung("clean the edge's colours", "decontaminate")
_TIGHTER = Rung("tighten by half a pixel", "tighten", 0.5), Rung("tighten by 1 px", "tighten", 1.0)
LADDERS: dict[str, tuple[Rung, ...]] = {
    "EDGE_HALO": (_CLEAN, *_TIGHTER),
    "EDGE_SOFT": _TIGHTER,
    "EDGE_TIGHT": (Rung("loosen by half a pixel", "loosen", 0.5), Rung("loosen by 1 px", "loosen", 1.0)),
    "HOLE": (Rung("fill small holes", "fill-holes"),),
    "ISLAND": (Rung("leave out small separate parts", "remove-islands"),),
    "RESIDUE": (_CLEAN, Rung("leave out small separate parts", "remove-islands"), _TIGHTER[1]),
    "SHADOW_LEFT": (Rung("leave out small separate parts", "remove-islands"), _TIGHTER[1]),
}


def edited(photo: np.ndarray, matte: Matte, edits: Sequence[Mapping[str, Any]]) -> Matte:
    """The matte after what a person asked for, in order. ValueError for an edit that does not exist."""
    for edit in edits:
        if edit["edit"] not in EDITS:
            raise ValueError(f"there is no edit {edit['edit']!r}, choose one of {', '.join(EDITS)}")
        matte = EDITS[edit["edit"]](photo, matte, float(edit.get("px", 0.0)))
    return matte


def repaired(
    photo: np.ndarray, matte: Matte, measure: Measure, *, category: str
) -> tuple[Matte, list[Measurement], tuple[Try, ...]]:
    """The best matte of a bounded number of tries, its measurements, and the tries."""
    best, found = matte, measure(matte)
    tries: list[Try] = []
    tried: set[Rung] = set()
    while len(tries) < MAX_TRIES:
        step = _next(found, tried, category=category)
        if step is None:
            break
        doubt, rung = step
        tried.add(rung)
        candidate = EDITS[rung.edit](photo, best, rung.px)
        again = measure(candidate)
        gain = score_of(again, category=category) - score_of(found, category=category)
        after = next((one.value for one in again if one.code == doubt.code), doubt.value)
        tries.append(Try(rung.label, doubt.code, doubt.value, after, is_kept=gain >= LEAST_GAIN))
        if gain >= LEAST_GAIN:
            best, found = candidate, again
    return best, found, tuple(tries)


def _next(found: list[Measurement], tried: set[Rung], *, category: str) -> tuple[Measurement, Rung] | None:
    """The worst doubt that still has a rung, and that rung."""
    for doubt in doubts(found, category=category):
        for rung in LADDERS.get(doubt.code, ()):
            if rung not in tried:
                return doubt, rung
    return None
