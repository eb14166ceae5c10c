import pytest

from processing.scoring.limits import (
    BACKDROPS,
    CATEGORY_LIMITS,
    DEFAULT_LIMITS,
    LABELS,
    Limit,
    excess,
    judge,
    limits_for,
    severity,
)
from processing.scoring.measurement import Measurement
from processing.scoring.score import combined_score


def measured(code, value, *, hard=False):
    return Measurement(code, value, "", hard=hard)


def test_every_limit_has_words_and_a_backdrop():
    assert set(DEFAULT_LIMITS) == set(LABELS) == set(BACKDROPS)
    assert set(BACKDROPS.values()) <= {"black", "white", "grey", "spec"}
    for table in (DEFAULT_LIMITS, *CATEGORY_LIMITS.values()):
        assert all(code == limit.code and code in LABELS for code, limit in table.items())


def test_limits_for_a_category_overrides_and_keeps_the_rest():
    eyewear = limits_for("eyewear")
    assert eyewear["SEE_THROUGH"].limit > DEFAULT_LIMITS["SEE_THROUGH"].limit
    assert eyewear["HOLE"] == DEFAULT_LIMITS["HOLE"]
    assert limits_for("no such thing") == limits_for(None) == DEFAULT_LIMITS


@pytest.mark.parametrize(("direction", "value", "passes"), [("max", 1, True), ("max", 1.1, False), ("min", 0.9, False)])
def test_judge_holds_the_limit_in_its_direction(direction, value, passes):
    assert judge(measured("BLUR", value), Limit("BLUR", 1, direction)) is passes


def test_judge_without_a_limit_passes_and_refuses_a_foreign_one():
    assert judge(measured("BLUR", 0), None)
    with pytest.raises(ValueError, match="limit is for"):
        judge(measured("BLUR", 0), Limit("HOLE", 1))


def test_excess_is_one_at_the_limit_and_capped():
    assert excess(measured("HOLE", 0.5), Limit("HOLE", 0.5)) == 1
    assert excess(measured("HOLE", 99), Limit("HOLE", 0.5)) == 4
    assert excess(measured("BLUR", 0.7), Limit("BLUR", 0.7, "min")) == pytest.approx(1)
    assert excess(measured("BLUR", 1.2), Limit("BLUR", 0.7, "min")) == 0
    assert excess(measured("SIZE", 0), Limit("SIZE", 0)) == 0
    assert excess(measured("SIZE", 1), Limit("SIZE", 0)) == 4


def test_severity_names_hard_high_and_low():
    limit = Limit("HOLE", 0.5)
    assert severity(measured("HOLE", 0.4), limit) == "none"
    assert severity(measured("HOLE", 0.6), limit) == "low"
    assert severity(measured("HOLE", 1.1), limit) == "high"
    assert severity(measured("HOLE", 0.6, hard=True), limit) == "block"


def test_combined_score_falls_as_a_check_gets_worse():
    scores = [combined_score([measured("HOLE", value)]) for value in (0, 0.001, 0.002, 0.005)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.85
    assert scores[-1] < 0.3


def test_combined_score_is_zero_for_a_broken_hard_rule():
    assert combined_score([measured("SIZE", 3, hard=True)]) == 0
    assert combined_score([measured("SIZE", 0, hard=True)]) == 1


def test_combined_score_ignores_checks_without_a_limit_and_nothing():
    assert combined_score([measured("NEW", 9e9)]) == combined_score([]) == 1


def test_combined_score_gets_no_better_with_another_doubt():
    one = combined_score([measured("HOLE", 0.002)])
    assert combined_score([measured("HOLE", 0.002), measured("ISLAND", 0.001)]) < one


def test_combined_score_takes_the_limits_of_a_category():
    lens = [measured("SEE_THROUGH", 0.05)]
    assert combined_score(lens, limits=limits_for("eyewear")) > combined_score(lens)


def test_excess_starts_at_the_usual_level_and_survives_a_stricter_limit():
    assert excess(measured("EDGE_TIGHT", 0.5), Limit("EDGE_TIGHT", 1.1)) == 0
    assert excess(measured("EDGE_TIGHT", 0.4), Limit("EDGE_TIGHT", 0.4)) == pytest.approx(1)
    assert excess(measured("MARGIN", 0.08), Limit("MARGIN", 0.01, "min")) == 0
    assert excess(measured("MARGIN", 0.01), Limit("MARGIN", 0.01, "min")) == pytest.approx(1)
    assert excess(measured("BLUR", 0.95), Limit("BLUR", 0.95, "min")) == pytest.approx(1)
