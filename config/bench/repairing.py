"""How many injected defects of cut-outs the repair ladder repairs without a person, and whether truly so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from processing.imaging.matting.matte import Matte
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import CUTOUT_DEFECTS, Case, Strength, Triple, good, inject
from processing.scoring.measurement import Measurement
from processing.scoring.view import area_of
from processing.steps.checks import doubts
from processing.steps.repairs import Repaired, repaired


@dataclass(frozen=True)
class RepairCase:
    """One faulty cut-out and what became of it. Errors are mean differences of alpha from the truth over the product, in
    per cent; `is_passed`: no doubt is left; `is_closer`: the alpha is nearer to the truth than before."""

    name: str
    defect: str
    strength: int
    doubts_before: tuple[str, ...]
    doubts_after: tuple[str, ...]
    tries: int
    error_before: float
    error_after: float

    @property
    def is_passed(self) -> bool:
        return not self.doubts_after

    @property
    def is_closer(self) -> bool:
        return self.error_after < 0.9 * self.error_before


@dataclass(frozen=True)
class RepairResult:
    """Of one defect and strength: how many were stopped, how many of those pass after repairs, and how many of those are truly
    nearer to the truth. `worse`: stopped ones whose alpha the ladder moved away from the truth."""

    defect: str
    strength: int
    stopped: int
    repaired: int
    truly: int
    worse: int
    tries: float


def repair_cases(triples: Sequence[Triple], *, strengths: Sequence[Strength]) -> Iterator[RepairCase]:
    """Every cut-out defect of every triple that the gate stops, and the good ones that it stops ("")."""
    for triple in triples:
        cases = [("", 0, good(triple))]
        cases += [(defect, one, inject(triple, defect, one)) for one in strengths for defect in CUTOUT_DEFECTS]
        for defect, strength, case in cases:
            found = _repaired(triple, case, defect, strength)
            if found is not None:
                yield found


def _repaired(triple: Triple, case: Case, defect: str, strength: int) -> RepairCase | None:
    photo = np.asarray(case.photo)
    pixels = np.asarray(case.cutout)
    fore = np.where(pixels[..., 3:] > 0, pixels[..., :3], photo)
    backdrop = np.asarray(area_of(photo, pixels[..., 3]).backdrop, np.uint8)
    matte = Matte(pixels[..., 3], fore, backdrop, 1.0, np.zeros((1, 1), np.float32))

    def measure(one: Matte) -> list[Measurement]:
        whole = np.dstack([one.foreground, one.alpha])
        return measure_cutout(case.photo, Image.fromarray(whole))

    before = doubts(measure(matte), category=triple.category)
    if not before:
        return None
    made: Repaired = repaired(photo, matte, measure, category=triple.category)
    after = doubts(made.measurements, category=triple.category)
    error_before, error_after = (_error(one.alpha, triple) for one in (matte, made.matte))
    return RepairCase(
        triple.name, defect, strength, tuple(one.code for one in before), tuple(one.code for one in after),
        len(made.tries), error_before, error_after,
    )  # fmt: skip


def _error(alpha: np.ndarray, triple: Triple) -> float:
    """Mean error of an alpha over the true product's area, in per cent."""
    truth = np.asarray(triple.alpha.convert("L"), np.float32)
    return 100 * float(np.abs(alpha - truth).sum()) / max(255.0, float(truth.sum()))


def results(cases: Sequence[RepairCase]) -> list[RepairResult]:
    rows = []
    for defect, strength in sorted({(one.defect, one.strength) for one in cases}):
        same = [one for one in cases if (one.defect, one.strength) == (defect, strength)]
        passed = [one for one in same if one.is_passed]
        rows.append(
            RepairResult(
                defect, strength, len(same), len(passed), sum(one.is_closer for one in passed),
                sum(one.error_after > 1.1 * one.error_before + 0.1 for one in same),
                float(np.mean([one.tries for one in same])),
            )
        )  # fmt: skip
    return rows


def run(
    triples: Sequence[Triple], say: Callable[[str], None], *, strengths: Sequence[Strength] = (2,)
) -> list[dict[str, object]]:
    """Prints and returns one row for each defect and strength."""
    rows = results(list(repair_cases(triples, strengths=strengths)))
    say(f"{'repaired without a person':26} strength  stopped  repaired   truly  worse  tries")
    for row in rows:
        say(
            f"{row.defect or 'good ones stopped':26} {row.strength:8}  {row.stopped:7}  {row.repaired:8}  "
            f"{row.truly:6}  {row.worse:5}  {row.tries:5.1f}"
        )
    injected = [row for row in rows if row.defect]
    stopped, passed, truly = (sum(getattr(row, name) for row in injected) for name in ("stopped", "repaired", "truly"))
    if stopped:
        say(f"in all {passed} of {stopped} ({100 * passed / stopped:.0f} %), {truly} of them nearer to the truth")
    return [asdict(row) for row in rows]
