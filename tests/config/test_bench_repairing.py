"""The bench of the repair ladder."""

import pytest

from config.bench.repairing import RepairCase, repair_cases, results, run
from tests.scoring.scenes import scene


def case(*, passed: bool, before: float, after: float) -> RepairCase:
    return RepairCase("mug", "halo", 2, ("EDGE_HALO",), () if passed else ("EDGE_HALO",), 2, before, after)


def test_results_count_what_passes_and_what_is_truly_better():
    (row,) = results(
        [
            case(passed=True, before=2, after=0.5),
            case(passed=True, before=2, after=2.4),
            case(passed=False, before=2, after=2),
        ]
    )
    assert (row.stopped, row.repaired, row.truly, row.worse, row.tries) == (3, 2, 1, 1, pytest.approx(2))


def test_injected_defects_of_a_plain_product_are_repaired():
    told: list[str] = []
    triple = scene(size=(360, 300))
    rows = run([triple], told.append)
    assert {row["defect"] for row in rows} >= {"halo", "hole", "island", "cut-off part"}
    assert sum(int(str(row["truly"])) for row in rows) >= 5
    assert "nearer to the truth" in told[-1]
    assert all(one.error_after <= one.error_before + 0.5 for one in repair_cases([triple], strengths=[1]))
