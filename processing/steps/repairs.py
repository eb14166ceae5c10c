"""Repairs of a cut-out: for each doubt a ladder of things to try, before a person is asked.

The ladder only edits what a check points at, from the photo's own evidence; another engine is asked last. Each try is measured
like the first and what is better overall is kept, unless an edit gives to one check on areas what it takes from another. What an
engine is unsure of is not edited: the checks believe in the same backdrop as the engine, so an edit would silence them and
leave the picture to a person all the same. And what was edited goes past a person only where the engine was as good as certain
(REPAIRED): a check that an edit was aimed at is no witness for it. The number of tries is bounded and time is not looked at:
the same photo gives the same bytes on every machine.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from processing.errors import StepError
from processing.imaging.matting.matte import Matte
from processing.scoring.edited import measure_repaired
from processing.scoring.limits import excess, limits_for
from processing.scoring.measurement import Measurement
from processing.steps.base import Try
from processing.steps.checks import doubts, score_of
from processing.steps.repair_edits import EDITS, MENDS, SHARPER

MAX_TRIES = 6
# A repair that is better by less than this is not worth a changed edge.
LEAST_GAIN = 0.01
# What areas of a cut-out are judged by: closing an opening must not pay for itself with the shade that shows through it.
AREA_CODES = frozenset({"HOLE", "SEE_THROUGH", "BLOTCH", "ISLAND", "PART_MISSING", "RESIDUE", "SHADOW_LEFT"})
Measure = Callable[[Matte], list[Measurement]]


@dataclass(frozen=True)
class Rung:
    """One thing to try: an edit of the matte with its strength, or another engine's matte."""

    label: str
    edit: str
    px: float = 0.0


@dataclass(frozen=True)
class Repaired:
    """The best matte of a bounded number of tries, its measurements, the tries, whose matte it is if another engine's, and the
    matte as that engine gave it, before edits."""

    matte: Matte
    measurements: list[Measurement]
    tries: tuple[Try, ...] = ()
    engine: str = ""
    given: Matte | None = None


# ---------------------------------------------------------------- the ladders

_CLEAN = Rung("clean the edge's colours", "decontaminate")
_TIGHTER = Rung("tighten by half a pixel", "tighten", 0.5), Rung("tighten by 1 px", "tighten", 1.0)
_LOOSER = Rung("loosen by half a pixel", "loosen", 0.5), Rung("loosen by 1 px", "loosen", 1.0)
_REFIT = Rung("lay the edge anew along the photo's", "refit", 3.0)
_SMOOTHER = Rung("smooth the edge and lay it anew", "smooth", 6.0)
_SHARPER = (
    Rung("sharpen where the edge is smudged", "sharpen", SHARPER),
    Rung("sharpen it more", "sharpen", 2 * SHARPER),
)
_TAKE_OUT = (
    Rung("take out what is backdrop or its shadow", "take-out"),
    Rung("estimate the backdrop anew and take it out", "take-out-fresh"),
)
_BRING_BACK = Rung("bring back what was left out", "bring-back")
_OTHER = Rung("another engine", "engine")
LADDERS: dict[str, tuple[Rung, ...]] = {
    "EDGE_HALO": (_CLEAN, *_TIGHTER, _REFIT, _OTHER),
    "EDGE_COLOUR": (_CLEAN, _REFIT, _OTHER),
    "EDGE_SOFT": (_REFIT, _SMOOTHER, *_TIGHTER, _OTHER),
    "EDGE_SMUDGE": (*_SHARPER, _REFIT, _SMOOTHER, _OTHER),
    "EDGE_TIGHT": (*_LOOSER, _REFIT, _OTHER),
    "EDGE_ROUGH": (_REFIT, _SMOOTHER, _OTHER),
    "EDGE_LOST": (*_TAKE_OUT, _BRING_BACK, _OTHER),
    "HOLE": (Rung("close holes", "fill"), Rung("fill small holes", "fill-holes"), _OTHER),
    "SEE_THROUGH": (Rung("close holes", "fill"), _OTHER),
    "BLOTCH": (Rung("close holes", "fill"), _OTHER),
    "ISLAND": (
        Rung("leave out parts that are backdrop", "leave-alone"),
        Rung("leave out small separate parts", "remove-islands"),
    ),
    "PART_MISSING": (_BRING_BACK, _OTHER),
    "RESIDUE": (*_TAKE_OUT, _TIGHTER[1], _OTHER),
    "SHADOW_LEFT": (*_TAKE_OUT, _TIGHTER[1], _OTHER),
    "CONFIDENCE": (_OTHER,),
}
# Where the last thing to try is another engine: after those of this machine one that is paid for, if the recipe allows it.
ASKS_ENGINES = frozenset(code for code, rungs in LADDERS.items() if _OTHER in rungs) | {"REPAIRED"}


# ---------------------------------------------------------------- in a set


class Measured(Protocol):
    """A picture that was measured."""

    @property
    def measurements(self) -> Sequence[Measurement]: ...


Picture = TypeVar("Picture", bound=Measured)
# What another draw of position, crop and side of the set may put right.
BY_SEED = frozenset({"LIGHT_SIDE", "SHADOW_SIDE", "CONTACT", "SCALE", "FIDELITY", "BG_MATCH"})
MAX_SEEDS = 3


def best_of_seeds(
    draw: Callable[[int], Picture], *, category: str, max_seeds: int = MAX_SEEDS
) -> tuple[Picture, tuple[Try, ...]]:
    """The picture of the first seed that leaves no doubt a seed can remove, else the best; `draw` takes what is added to the seed."""
    best, tries = draw(0), []
    for number in range(1, max_seeds + 1):
        doubt = next((one for one in doubts(best.measurements, category=category) if one.code in BY_SEED), None)
        if doubt is None:
            break
        again = draw(number)
        gain = score_of(again.measurements, category=category) - score_of(best.measurements, category=category)
        after = next((one.value for one in again.measurements if one.code == doubt.code), doubt.value)
        tries.append(Try(f"next seed ({number})", doubt.code, doubt.value, after, is_kept=gain >= LEAST_GAIN))
        best = again if gain >= LEAST_GAIN else best
    return best, tuple(tries)


def edited(photo: np.ndarray, matte: Matte, edits: Sequence[Mapping[str, Any]]) -> Matte:
    """The matte after what a person asked for, in order. ValueError for an edit that does not exist."""
    for edit in edits:
        if edit["edit"] not in EDITS:
            raise ValueError(f"there is no edit {edit['edit']!r}, choose one of {', '.join(EDITS)}")
        matte = EDITS[edit["edit"]](photo, matte, float(edit.get("px", 0.0)))
    return matte


def repaired(
    photo: np.ndarray,
    matte: Matte,
    measure: Measure,
    *,
    category: str,
    max_tries: int = MAX_TRIES,
    others: Mapping[str, Callable[[], Matte]] | None = None,
    first: list[Measurement] | None = None,
) -> Repaired:
    """The best matte of at most `max_tries` tries. `others` are the engines that may be asked besides, by name, each once;
    `first` what the matte measures as it comes, where that is known."""
    best = Repaired(matte, measure(matte) if first is None else first, given=matte)
    left = dict(others or {})
    tried: set[tuple[object, Rung]] = set()
    while len(best.tries) < max_tries:
        step = _next(best, tried, has_others=bool(left), category=category)
        if step is None:
            break
        doubt, rung = step
        if rung.edit == "engine":
            name = next(iter(left))
            given = _asked(left.pop(name)) or best.matte
            candidate = replace(best, matte=given, engine=name, given=given)
            label = f"cut out with {name}"
        else:
            tried |= {(doubt.code, rung), (_kept_count(best), rung)}
            candidate = replace(best, matte=_edit(rung.edit)(photo, best.matte, rung.px))
            label = rung.label
        best = _better(best, candidate, measure, doubt=doubt, label=label, category=category)
    return _with_edits_told(best)


def _with_edits_told(done: Repaired) -> Repaired:
    """With REPAIRED, where the matte is not as its engine gave it. No try is judged by it: it would speak against each."""
    if done.given is None or done.matte is done.given:
        return done
    told = measure_repaired(done.given.alpha, done.matte.alpha, confidence=done.matte.confidence)
    return replace(done, measurements=[*done.measurements, told])


def _asked(engine: Callable[[], Matte]) -> Matte | None:
    """Another engine's matte; None where it cannot help: a repair that fails must not fail the photo."""
    try:
        matte = engine()
    except StepError:
        return None
    return matte if (matte.alpha > 127).any() else None


def _edit(name: str) -> Callable[[np.ndarray, Matte, float], Matte]:
    return MENDS.get(name) or EDITS[name]


def _better(
    best: Repaired, candidate: Repaired, measure: Measure, *, doubt: Measurement, label: str, category: str
) -> Repaired:
    """Whichever scores better, with the try on its list."""
    if candidate.matte is best.matte:
        return replace(best, tries=(*best.tries, Try(label, doubt.code, doubt.value, doubt.value, is_kept=False)))
    again = measure(candidate.matte)
    gain = score_of(again, category=category) - score_of(best.measurements, category=category)
    after = next((one.value for one in again if one.code == doubt.code), doubt.value)
    is_kept = gain >= LEAST_GAIN
    if candidate.engine == best.engine and _spoils(best.measurements, again, category=category):
        is_kept = False
    tries = (*best.tries, Try(label, doubt.code, doubt.value, after, is_kept))
    return replace(candidate, measurements=again, tries=tries) if is_kept else replace(best, tries=tries)


def _spoils(before: Sequence[Measurement], after: Sequence[Measurement], *, category: str) -> bool:
    """True when some check on areas fails by a whole limit more than it did."""
    limits = limits_for(category)
    ways = {one.code: excess(one, limits[one.code], cap=math.inf) for one in before if one.code in AREA_CODES}
    return any(
        excess(one, limits[one.code], cap=math.inf) > max(1.0, ways.get(one.code, 0.0) + 1)
        for one in after
        if one.code in AREA_CODES
    )


def _next(
    best: Repaired, tried: set[tuple[object, Rung]], *, has_others: bool, category: str
) -> tuple[Measurement, Rung] | None:
    """The worst doubt that still has a rung, and that rung. None is tried twice for one doubt, nor on one matte."""
    kept, found = _kept_count(best), doubts(best.measurements, category=category)
    is_unsure = any(doubt.code == "CONFIDENCE" for doubt in found)
    for doubt in found:
        for rung in LADDERS.get(doubt.code, ()):
            if rung.edit == "engine":
                if has_others:
                    return doubt, rung
            elif not is_unsure and not {(doubt.code, rung), (kept, rung)} & tried:
                return doubt, rung
    return None


def _kept_count(best: Repaired) -> int:
    return sum(one.is_kept for one in best.tries)
