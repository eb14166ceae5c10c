"""Where a person and the machine saw the same fault, and where not: kept with each decision, summed up for the thresholds."""

from collections.abc import Iterable, Mapping
from typing import Any

from processing.scoring.limits import LABELS
from review.models import WISHES, DecisionVerdict

SHARED, MACHINE, PERSON = "shared", "machine", "person"


def agreement_of(doubts: Iterable[Mapping[str, Any]], *, verdict: str, reason: str) -> dict[str, str]:
    """For each check code: "shared" when both saw the fault, "machine" when the person did not mind it, "person" when the
    machine had not doubted it. What the person did not speak about is left out: one reason says nothing of the others.
    """
    doubted = [str(doubt["code"]) for doubt in doubts]
    if verdict == DecisionVerdict.APPROVE or reason in WISHES:
        return dict.fromkeys(doubted, MACHINE)
    if verdict not in (DecisionVerdict.REJECT, DecisionVerdict.REWORK) or reason not in LABELS:
        return {}
    return {reason: SHARED if reason in doubted else PERSON}
