from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageChops

from processing.scoring.bench import (
    EXPECTED_CODES,
    auroc,
    gate_bench,
    is_held_out,
    product_of,
    report_of,
    touches_frame,
)
from processing.scoring.defects import CUTOUT_DEFECTS, good, inject
from processing.scoring.limits import LABELS
from processing.scoring.output_defects import OUTPUT_DEFECTS
from tests.scoring.scenes import scene


def test_auroc_of_separate_equal_and_empty_lists():
    assert auroc([1, 2], [3, 4]) == 1
    assert auroc([3, 4], [1, 2]) == 0
    assert auroc([1, 1], [1, 1]) == 0.5
    assert auroc([], [1]) == 0.5


def test_is_held_out_splits_products_about_in_half_and_stays():
    split = [is_held_out(f"product {number}") for number in range(400)]
    assert 150 < sum(split) < 250
    assert split == [is_held_out(f"product {number}") for number in range(400)]


def test_expected_codes_cover_every_defect():
    assert set(EXPECTED_CODES) == set(CUTOUT_DEFECTS) | set(OUTPUT_DEFECTS)
    assert {code for codes in EXPECTED_CODES.values() for code in codes} <= set(LABELS)


@pytest.mark.parametrize("defect", list(CUTOUT_DEFECTS))
def test_inject_is_repeatable_and_changes_the_alpha(defect):
    triple = scene(size=(240, 200))
    first, second = inject(triple, defect, 2), inject(triple, defect, 2)
    assert first.cutout.tobytes() == second.cutout.tobytes()
    assert (np.asarray(first.cutout)[..., 3] != np.asarray(good(triple).cutout)[..., 3]).any()
    assert first.cutout.size == first.photo.size == triple.photo.size


def test_inject_refuses_an_unknown_strength():
    with pytest.raises(ValueError, match="strength"):
        inject(scene(size=(240, 200)), "hole", 4)


def test_gate_bench_reports_every_defect():
    told = []
    report = gate_bench(
        [scene(size=(360, 300))], strengths=(3,), progress=lambda done, total: told.append((done, total))
    )
    assert told == [(1, 1)]
    assert report.examples == 1 + len(CUTOUT_DEFECTS) + len(OUTPUT_DEFECTS)
    assert {one.defect for one in report.defects} == set(EXPECTED_CODES)
    assert report.false_alarms == 0
    assert report.auroc_high > 0.99
    assert {"cut-out", "EDGE_*", "HOLE", "file", "COLOUR_DRIFT", "BLUR", "FIDELITY"} <= set(report.cpu_ms)
    assert report.picture_ms > 0


def test_product_that_leaves_the_photo_is_no_good_picture():
    whole = scene(size=(240, 200))
    cropped = replace(whole, alpha=ImageChops.offset(whole.alpha, whole.alpha.width // 2, 0))
    assert not touches_frame(whole)
    assert touches_frame(cropped)


def test_report_of_nothing_is_empty():
    report = report_of([])
    assert (report.triples, report.defects, report.false_alarms) == (0, (), 0)


@pytest.mark.parametrize(
    ("name", "product"),
    [("AC4102_1_t", "AC4102"), ("mug_2", "mug"), ("white-tee--mid-grey", "white-tee"), ("plain", "plain")],
)
def test_product_of_leaves_view_and_backdrop_out(name, product):
    assert product_of(name) == product
