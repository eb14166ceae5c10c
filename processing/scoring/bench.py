"""The gate against a known answer: good cut-outs, injected defects, and how well each check and the score tell them apart.

Pure functions on (photo, true alpha, foreground) triples; a management command brings the pictures and prints the report.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from processing.scoring.costs import Costs, costs_of
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import CUTOUT_DEFECTS, STRENGTHS, Case, Strength, Triple, good, inject
from processing.scoring.drift import measure_drift, measure_exposure
from processing.scoring.limits import excess, judge, limits_for
from processing.scoring.measurement import Measurement
from processing.scoring.output_defects import FILL, OUTPUT_DEFECTS, Output, packshot, spoil
from processing.scoring.rendition import Expected, measure_rendition
from processing.scoring.score import combined_score
from processing.scoring.sharpness import measure_sharpness

# The checks that are meant to see each defect; the largest way to the limit among them is its detector.
EXPECTED_CODES: dict[str, tuple[str, ...]] = {
    "halo": ("EDGE_HALO",),
    "erosion": ("EDGE_TIGHT",),
    "hole": ("HOLE",),
    "island": ("ISLAND",),
    "cut-off part": ("PART_MISSING", "EDGE_LOST"),
    "leftover shadow": ("SHADOW_LEFT", "RESIDUE", "EDGE_LOST"),
    "backdrop left": ("RESIDUE", "SHADOW_LEFT", "EDGE_LOST"),
    "soft edge": ("EDGE_SOFT",),
    "jaggies": ("EDGE_ROUGH",),
    "smudge": ("EDGE_SMUDGE",),
    "blotch": ("BLOTCH",),
    "hue shift": ("COLOUR_DRIFT",),
    "blur": ("BLUR",),
    "wrong scale": ("FILL",),
    "off-white floor": ("BG_NOT_WHITE",),
    "low jpeg quality": ("COMPRESSION",),
}
ALARM_SHARE = 0.05
FRAMED_SHARE = 0.002


@dataclass(frozen=True)
class Example:
    """One labelled set of measurements; `defect` is "" for a good one."""

    name: str
    product: str
    defect: str
    strength: int
    measurements: tuple[Measurement, ...]
    category: str = ""

    @property
    def score(self) -> float:
        """The combined score at the limits of its category."""
        return combined_score(self.measurements, limits=limits_for(self.category))


@dataclass(frozen=True)
class DefectResult:
    """How one defect at one strength is told from good ones: by its own checks, by the score, and at 5 % false alarms."""

    defect: str
    strength: int
    auroc_check: float
    auroc_score: float
    recall_at_alarm: float
    stopped: float


@dataclass(frozen=True)
class GateReport:
    """What the gate bench found. AUROCs are 0..1; `auroc_high` is over all defects at strength 3, `cpu_ms` per megapixel by check,
    `picture_ms` what all checks of one packshot from a 1600 px photo take."""

    triples: int
    examples: int
    false_alarms: float
    false_alarm_codes: dict[str, float]
    defects: tuple[DefectResult, ...]
    auroc_high: float
    auroc_tune: float
    auroc_held_out: float
    auroc_held_out_high: float
    cpu_ms: dict[str, float]
    picture_ms: float


def is_held_out(product: str) -> bool:
    """Half of all products, by the hash of their name; nothing in this package was fitted on them."""
    return hashlib.sha256(product.encode()).digest()[0] % 2 == 1


def touches_frame(triple: Triple) -> bool:
    """Whether the true product leaves the picture. FRAME_CONTACT is right to stop it, so it cannot stand for a good one."""
    alpha = np.asarray(triple.alpha.convert("L")) > 127
    rim = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    return bool(rim.mean() > FRAMED_SHARE)


def product_of(name: str) -> str:
    """Product of a file stem: the backdrop after "--", a see-through mark "_t" and a view number "_2" are left out."""
    return re.sub(r"(_\d+)?(_t)?$", "", name.split("--")[0])


def auroc(good_values: Sequence[float], bad_values: Sequence[float]) -> float:
    """Chance that a bad example has a higher value than a good one, ties half; 0.5 when a side is empty."""
    if not len(good_values) or not len(bad_values):
        return 0.5
    low, high = np.asarray(good_values, float)[None, :], np.asarray(bad_values, float)[:, None]
    return float((high > low).mean() + 0.5 * (high == low).mean())


def examples_of(triple: Triple, *, strengths: Sequence[Strength] = STRENGTHS) -> Iterator[Example]:
    """The good example of a triple and one per defect and strength.

    A cut-out defect leaves the output's measurements as they were and the other way round.
    """
    cutout_clean = _cutout_checks(good(triple))
    output_clean = _output_checks(triple, packshot(triple))
    label = partial(Example, triple.name, triple.product, category=triple.category)
    yield label(defect="", strength=0, measurements=(*cutout_clean, *output_clean))
    for strength in strengths:
        for defect in CUTOUT_DEFECTS:
            found = _cutout_checks(inject(triple, defect, strength))
            yield label(defect=defect, strength=strength, measurements=(*found, *output_clean))
        for defect in OUTPUT_DEFECTS:
            found = _output_checks(triple, spoil(triple, defect, strength))
            yield label(defect=defect, strength=strength, measurements=(*cutout_clean, *found))


def _cutout_checks(case: Case) -> tuple[Measurement, ...]:
    return tuple(_without_heat(measure_cutout(case.photo, case.cutout)))


def _output_checks(triple: Triple, output: Output) -> tuple[Measurement, ...]:
    """The source of an output is the decontaminated foreground, as in production."""
    source = triple.foreground.convert("RGB")
    expected = Expected(size=output.canvas.size, format="jpeg", background="white", fill=FILL, max_bytes=5_000_000)
    found = measure_rendition(output.encoded(), expected=expected, product_mask=output.mask)
    for measure in (measure_drift, measure_exposure, measure_sharpness):
        found.append(measure(source, triple.alpha, output.canvas, landing=output.landing))
    return tuple(_without_heat(found))


def _without_heat(found: list[Measurement]) -> list[Measurement]:
    """Thousands of examples stay in memory; their maps need not."""
    return [Measurement(one.code, one.value, one.unit, one.hard, one.worst, one.box) for one in found]


def gate_bench(
    triples: Sequence[Triple],
    *,
    strengths: Sequence[Strength] = STRENGTHS,
    progress: Callable[[int, int], None] | None = None,
) -> GateReport:
    """Build the labelled set from the triples and measure the gate on it. About 4 s of CPU for a triple of 1 MP."""
    examples: list[Example] = []
    for index, triple in enumerate(triples):
        examples.extend(examples_of(triple, strengths=strengths))
        if progress is not None:
            progress(index + 1, len(triples))
    return report_of(examples, costs=costs_of(triples[: min(8, len(triples))]))


def report_of(examples: Sequence[Example], *, costs: Costs | None = None) -> GateReport:
    """The report over examples that were measured before."""
    costs = costs or Costs({}, 0.0)
    clean = [example for example in examples if not example.defect]
    kinds = sorted({(example.defect, example.strength) for example in examples if example.defect})
    stopped = [_failed_codes(example) for example in clean]
    return GateReport(
        triples=len(clean),
        examples=len(examples),
        false_alarms=float(np.mean([bool(codes) for codes in stopped])) if stopped else 0.0,
        false_alarm_codes=_shares(stopped),
        defects=tuple(_result(clean, examples, defect, strength) for defect, strength in kinds),
        auroc_high=_score_auroc([one for one in examples if one.strength in (0, 3)]),
        auroc_tune=_score_auroc([one for one in examples if not is_held_out(one.product)]),
        auroc_held_out=_score_auroc([one for one in examples if is_held_out(one.product)]),
        auroc_held_out_high=_score_auroc(
            [one for one in examples if is_held_out(one.product) and one.strength in (0, 3)]
        ),
        cpu_ms=costs.ms_per_megapixel,
        picture_ms=costs.picture_ms,
    )


def _result(clean: Sequence[Example], examples: Sequence[Example], defect: str, strength: int) -> DefectResult:
    bad = [example for example in examples if example.defect == defect and example.strength == strength]
    low, high = [1 - one.score for one in clean], [1 - one.score for one in bad]
    bound = float(np.quantile(low, 1 - ALARM_SHARE)) if low else 0.0
    return DefectResult(
        defect,
        strength,
        auroc_check=auroc([_way(one, defect) for one in clean], [_way(one, defect) for one in bad]),
        auroc_score=auroc(low, high),
        recall_at_alarm=float(np.mean([value > bound for value in high])) if high else 0.0,
        stopped=float(np.mean([bool(_failed_codes(one)) for one in bad])) if bad else 0.0,
    )


def _way(example: Example, defect: str) -> float:
    """Largest way to the limit among the checks meant for a defect, uncapped so that ranks are kept."""
    limits = limits_for(None)
    ways = []
    for one in example.measurements:
        if one.code in EXPECTED_CODES[defect]:
            limit = limits[one.code]
            ways.append(one.value if limit.limit <= 0 else excess(one, limit, cap=1e6))
    return max(ways, default=0.0)


def _failed_codes(example: Example) -> list[str]:
    limits = limits_for(example.category)
    return [one.code for one in example.measurements if not judge(one, limits.get(one.code))]


def _shares(failed: Sequence[Sequence[str]]) -> dict[str, float]:
    codes = sorted({code for row in failed for code in row})
    return {code: sum(code in row for row in failed) / len(failed) for code in codes}


def _score_auroc(examples: Sequence[Example]) -> float:
    clean = [1 - one.score for one in examples if not one.defect]
    return auroc(clean, [1 - one.score for one in examples if one.defect])
