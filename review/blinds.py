"""Audits and known faults look like every other picture in the room: what would give them away is not shown, or shown as a
doubted picture would have it.

People miss what they do not expect. So a picture that shipped unseen comes with the check that was nearest to its limit, as if it
had just missed it, and with a score as doubted pictures have it. What is kept is what was measured; only what the room shows differs.
"""

import hashlib
import random
from collections.abc import Sequence
from typing import Any

from processing.models import Check, Rendition
from processing.scoring.limits import Limit, excess
from processing.scoring.measurement import Measurement
from review.models import ReviewTask, Verdict, VerdictOutcome
from review.policies import HARD_CODES, UNMEASURED, Rule, RuleBook, backdrop_of, ensure_policy, label_of

# A limit is missed by this much, of itself.
LEAST_MISS, MOST_MISS = 0.03, 0.6
DOUBTED_LOOKED_AT = 200
MOST_COMPARED = 2000
# The room draws rulers for these: a number that was not measured would contradict them.
RULED = frozenset({"FILL", "CENTRE", "MARGIN"})


def doubts_shown(task: ReviewTask) -> list[dict[str, Any]]:
    """The doubts that the room shows for a task, worst first, without their heat maps."""
    if task.known_fault is not None:
        rows = task.known_fault.doubts
    else:
        rendition = task.rendition
        rows = rendition.verdict.doubts if hasattr(rendition, "verdict") else []
        rows = rows or [_nearly(task)]
    # How a hard rule was broken has to be told. Elsewhere the sentence repeats the value, and would tell an audit from a doubt.
    return [
        {**row, "label": label_of(row["code"]), "detail": row["detail"] if row["severity"] == "block" else ""}
        for row in rows
    ]


def _nearly(task: ReviewTask) -> dict[str, Any]:
    """The check nearest to its limit, as if it had just missed it; of a picture made like an escape that whose fault was found."""
    rendition = task.rendition
    rules = RuleBook(ensure_policy()).rules(rendition)
    checks = {one.code: one for one in rendition.checks.all()}
    is_named = task.is_follow_up and task.queue in checks and task.queue in rules
    code = task.queue if is_named else nearest_check(rendition, rules)
    check: Check | None = checks.get(code)
    rule = rules.get(code)
    value, limit = check.value if check else None, rule.limit if rule else None
    if rule is not None and limit and code not in HARD_CODES:
        miss = LEAST_MISS + (MOST_MISS - LEAST_MISS) * chance(rendition, "miss") ** 2
        value = limit * (1 + miss) if rule.direction == "max" else limit * (1 - miss / 2)
    return {
        "code": code, "label": label_of(code), "value": value, "unit": check.unit if check else "", "limit": limit,
        "direction": rule.direction if rule else "max", "severity": "high", "box": check.box if check else None,
        "worst": check.worst if check else None, "detail": "",
        "backdrop": (check.backdrop if check else "") or backdrop_of(code),
    }  # fmt: skip


def score_shown(task: ReviewTask, doubted: Sequence[float]) -> float:
    """The picture's score, of an audit that of some doubted picture. `doubted`: scores of those, in order."""
    if task.known_fault is not None:
        return task.known_fault.score
    if task.is_audit and doubted:
        return doubted[int(chance(task.rendition, "score") * len(doubted))]
    return task.rendition.score


def doubted_scores() -> list[float]:
    """Scores of the pictures doubted last, in order."""
    rows = Verdict.objects.filter(outcome=VerdictOutcome.IN_REVIEW).order_by("-pk")
    return sorted(rows.values_list("score", flat=True)[:DOUBTED_LOOKED_AT])


def hide_among_doubted(task: ReviewTask) -> None:
    """Gives a saved task a place in the queue like that of a doubted picture of the same urgency, drawn by chance."""
    least = 10.0 * task.rendition.job.priority
    waiting = ReviewTask.objects.open().real().filter(is_audit=False, rank__gte=least, rank__lt=least + 10)
    ranks = list(waiting.values_list("rank", flat=True)[:MOST_COMPARED])
    # Chance that nobody has to repeat, and nobody may foresee.
    task.rank = random.choice(ranks) + random.uniform(-1e-3, 1e-3) if ranks else least + random.random()
    task.save(update_fields=["rank"])


def nearest_check(rendition: Rendition, rules: dict[str, Rule]) -> str:
    """Code of the check that came closest to its limit: where an audited picture waits, between doubted ones.

    One that says where to look comes first: a picture without a mark would stand out among the others.
    """
    measured = [check for check in rendition.checks.all() if check.code in rules]
    known = [check for check in measured if check.code not in RULED] or measured
    ways = [(check.worst is not None, not rules[check.code].hard, _way(check, rules), check.code) for check in known]
    return max(ways, default=(False, False, 0.0, UNMEASURED))[-1]


def _way(check: Check, rules: dict[str, Rule]) -> float:
    rule = rules[check.code]
    bound = Limit(check.code, rule.limit, "min" if rule.direction == "min" else "max")
    return excess(Measurement(check.code, check.value, check.unit), bound)


def chance(rendition: Rendition, purpose: str) -> float:
    """A number in 0..1 fixed by the picture's content and place."""
    text = f"{purpose}:{rendition.artifact.sha256}:{rendition.job_id}:{rendition.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
