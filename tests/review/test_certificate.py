import math
from statistics import NormalDist

import numpy as np
import pytest

from review.certificate import (
    CONFIDENCE,
    MAX_SHARE,
    certify,
    chance_of_at_most,
    labels_needed,
    shares_for,
    thresholds,
    upper_bound,
)

NORMAL = NormalDist()
RUNS = 1000


def test_binomial_chance_has_the_textbook_values():
    # R: pbinom(2, 20, 0.1), pbinom(0, 10, 0.5)
    assert chance_of_at_most(2, 20, 0.1) == pytest.approx(0.6769268, abs=1e-7)
    assert chance_of_at_most(0, 10, 0.5) == pytest.approx(0.0009765625)
    assert chance_of_at_most(5, 5, 0.1) == 1.0


def test_upper_bound_is_clopper_pearson():
    # R: qbeta(0.95, k + 1, n - k) for 0 of 149, 3 of 100, 10 of 1000
    assert upper_bound(0, 149) == pytest.approx(1 - 0.05 ** (1 / 149), abs=1e-9)
    assert upper_bound(3, 100) == pytest.approx(0.0757108, abs=1e-6)
    assert upper_bound(10, 1000) == pytest.approx(0.0169032, abs=1e-6)
    assert upper_bound(0, 0) == upper_bound(4, 4) == 1.0


def test_labels_needed_are_the_fewest():
    assert labels_needed() == 149
    for faults in (1, 3):
        needed = labels_needed(faults=faults)
        assert chance_of_at_most(faults, needed, MAX_SHARE) <= 1 - CONFIDENCE
        assert chance_of_at_most(faults, needed - 1, MAX_SHARE) > 1 - CONFIDENCE


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="5 faults of 4"):
        chance_of_at_most(5, 4, 0.1)


def test_thresholds_leave_the_shares_asked_for():
    history = [n / 100 for n in range(100)]
    assert thresholds(history, shares=(0.25, 1.0)) == [0.75, 0.0]
    assert thresholds([], shares=(0.5,)) == []


def test_shares_start_where_the_labels_can_say_something():
    assert shares_for(100)[0] == shares_for(100)[-1] == 1.0
    assert shares_for(300)[0] == pytest.approx(0.66, abs=0.01)
    assert (shares_for(10_000)[0], shares_for(10_000)[-1]) == (0.3, 1.0)


def test_too_few_labels_promise_nothing():
    assert certify([(0.9, False)] * 148, [0.5]) is None
    promise = certify([(0.9, False)] * 149, [0.5])
    assert promise is not None
    assert promise.bound <= MAX_SHARE


def test_certify_stops_at_the_first_failure():
    labels = [(0.9, False)] * 200 + [(0.6, True)] * 60 + [(0.3, False)] * 100_000
    promise = certify(labels, [0.8, 0.5, 0.2])
    assert promise is not None
    assert promise.threshold == 0.8


def naive(scores: np.ndarray, is_bad: np.ndarray) -> float | None:
    """What one would do by hand: the most lenient threshold that looks good on the labels themselves."""
    order = np.argsort(-scores)
    share = np.cumsum(is_bad[order]) / np.arange(1, len(order) + 1)
    fine = np.flatnonzero(share <= MAX_SHARE)
    return float(scores[order][fine[-1]]) if fine.size else None


def broken_share(*, auc: float, faulty: float, labels: int, seed: int) -> tuple[float, float, float]:
    """Share of runs in which the promise is false, for certify and for the naive choice; share of runs with a promise.

    Scores: good ~ N(0, 1), faulty ~ N(-d, 1) with the distance d that gives the AUC.
    """
    rng, distance = np.random.default_rng(seed), math.sqrt(2) * NORMAL.inv_cdf(auc)
    candidates = thresholds(
        (rng.normal(size=4000) - distance * (rng.random(4000) < faulty)).tolist(), shares=shares_for(labels)
    )

    def truth(threshold: float) -> float:
        bad = faulty * (1 - NORMAL.cdf(threshold + distance))
        return bad / (bad + (1 - faulty) * (1 - NORMAL.cdf(threshold)))

    broken = naive_broken = promised = 0
    for _ in range(RUNS):
        is_bad = rng.random(labels) < faulty
        scores = rng.normal(size=labels) - distance * is_bad
        promise = certify(list(zip(scores.tolist(), is_bad.tolist(), strict=True)), candidates)
        if promise is not None:
            promised += 1
            broken += truth(promise.threshold) > MAX_SHARE
        chosen = naive(scores, is_bad)
        naive_broken += chosen is not None and truth(chosen) > MAX_SHARE
    return broken / RUNS, naive_broken / RUNS, promised / RUNS


@pytest.mark.slow
@pytest.mark.parametrize("auc", [0.90, 0.97])
@pytest.mark.parametrize("faulty", [0.08, 0.15])
@pytest.mark.parametrize("labels", [300, 800, 2000])
def test_promise_is_broken_in_at_most_one_run_of_twenty(auc, faulty, labels):
    broken, naive_broken, promised = broken_share(auc=auc, faulty=faulty, labels=labels, seed=labels)
    assert broken <= 0.05
    assert naive_broken > 0.4
    assert naive_broken > 10 * broken
    if auc == 0.97:
        assert promised > (0.9 if labels == 2000 else 0.2)
