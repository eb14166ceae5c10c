"""What can be promised about pictures that ship unseen: pure functions from labels to a bound that holds.

A label is (score, is_faulty) of a picture that shipped unseen and was chosen for a look by chance alone. Candidate thresholds
are fixed from unlabelled scores before any label is seen, then tested from the strictest to the most lenient, each with the
exact binomial test, until one fails (fixed-sequence testing: Bauer, "Multiple testing in clinical trials", 1991; as used for
selective prediction by Angelopoulos et al., "Learn then Test", 2021). Stopping at the first failure keeps the chance of any
broken promise at 1 - confidence without a correction for the number of thresholds.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

MAX_SHARE = 0.02
CONFIDENCE = 0.95
# Candidate thresholds between the strictest and "ship everything".
STEPS = 16
# A strictest threshold below this share of the history would promise something about too little.
LEAST_SHARE = 0.3

Label = tuple[float, bool]


@dataclass(frozen=True)
class Promise:
    """At most `max_share` faulty among pictures scored `threshold` or better, `confidence` sure. `bound` is the exact upper limit."""

    threshold: float
    max_share: float
    confidence: float
    labels: int
    faults: int
    bound: float


def chance_of_at_most(faults: int, labels: int, share: float) -> float:
    """Exact binomial P(X <= faults) for X of `labels` draws that are each faulty with chance `share`."""
    if not 0 <= faults <= labels:
        raise ValueError(f"{faults} faults of {labels} labels")
    if share <= 0 or faults == labels:
        return 1.0
    if share >= 1:
        return 0.0
    log_in, log_out = math.log(share), math.log1p(-share)
    whole = math.lgamma(labels + 1)
    terms = (
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(labels - k + 1) + k * log_in + (labels - k) * log_out)
        for k in range(faults + 1)
    )
    return min(1.0, math.fsum(terms))


def upper_bound(faults: int, labels: int, *, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson limit: the share of faults is below it with at least this confidence. 1 without labels."""
    if labels == 0 or faults == labels:
        return 1.0
    low, high = faults / labels, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if chance_of_at_most(faults, labels, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def lower_bound(hits: int, shown: int, *, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson limit from below: the true share of hits is above it with this confidence. 0 without any."""
    return 1 - upper_bound(shown - hits, shown, confidence=confidence)


def labels_needed(*, faults: int = 0, max_share: float = MAX_SHARE, confidence: float = CONFIDENCE) -> int:
    """The fewest labels that can carry the promise with so many faults among them: 149 for none, 2 % and 95 %."""
    labels = max(faults + 1, math.ceil(math.log(1 - confidence) / math.log1p(-max_share)))
    while chance_of_at_most(faults, labels, max_share) > 1 - confidence:
        labels += 1
    return labels


def shares_for(label_count: int, *, max_share: float = MAX_SHARE, confidence: float = CONFIDENCE) -> list[float]:
    """Shares of the history to try, from the smallest that such a number of labels can say anything about up to all.

    Uses how many labels there are, never what they say. A third above the fewest needed leaves room for chance.
    """
    needed = labels_needed(max_share=max_share, confidence=confidence)
    first = min(1.0, max(LEAST_SHARE, 1.33 * needed / max(label_count, 1)))
    return [first + (1 - first) * step / (STEPS - 1) for step in range(STEPS)]


def thresholds(history: Sequence[float], *, shares: Sequence[float]) -> list[float]:
    """Candidates from unlabelled scores, strictest first: those above which the given shares of the history lie."""
    ordered = sorted(history, reverse=True)
    if not ordered:
        return []
    chosen = [ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))] for share in shares]
    return sorted(set(chosen), reverse=True)


def certify(
    labels: Sequence[Label],
    candidates: Sequence[float],
    *,
    max_share: float = MAX_SHARE,
    confidence: float = CONFIDENCE,
) -> Promise | None:
    """The most lenient threshold whose promise holds, or None when not even the strictest does.

    labels: drawn by chance alone; candidates: strictest first, chosen without looking at the labels.
    """
    worst_first = sorted(labels)
    scores = [score for score, _ in worst_first]
    # How many of the first n, counted from the worst, are faulty.
    faulty = [0, *accumulate(is_faulty for _, is_faulty in worst_first)]
    promised = None
    for threshold in candidates:
        below = bisect_left(scores, threshold)
        seen, faults = len(scores) - below, faulty[-1] - faulty[below]
        if chance_of_at_most(faults, seen, max_share) > 1 - confidence:
            break
        promised = (threshold, seen, faults)
    if promised is None:
        return None
    threshold, seen, faults = promised
    return Promise(threshold, max_share, confidence, seen, faults, upper_bound(faults, seen, confidence=confidence))
