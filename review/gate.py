"""The gate: measured renditions in, "ship it" or "needs a look" out."""

import math
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from accounts import events
from accounts.models import User
from processing.jobs import touch
from processing.models import Check, Rendition, RenditionState
from processing.scoring.limits import Limit, excess, severity
from processing.scoring.measurement import Measurement
from review.audit_rates import AuditRates
from review.blinds import chance, hide_among_doubted, nearest_check
from review.models import ReviewTask, TaskState, Verdict, VerdictOutcome
from review.policies import UNMEASURED, Rule, RuleBook, backdrop_of, ensure_policy, label_of
from review.promises import AUDITED_KINDS
from review.returns import keep_for_askers
from review.twins import hand_on, without_twins

BATCH = 100
SEVERITIES = ("block", "high", "low", "none")
# The result of a rework comes back before everything else, so that whoever asked for it sees it while it is fresh.
HEAD_OF_QUEUE = -100.0


def judge_pending(*, limit: int = 500) -> int:
    """Gives every measured rendition its verdict, at most `limit` of them. Returns how many were judged.

    Safe beside other callers: rows are locked, and rows locked elsewhere are left to their holder.
    """
    judged = 0
    # Asked every second, mostly in vain.
    while judged < limit and Rendition.objects.awaiting_verdict().exists():
        count = _judge_batch(min(BATCH, limit - judged))
        judged += count
        if count == 0:
            break
    withdraw_superseded()
    return judged


def withdraw_superseded() -> int:
    """Closes tasks about renditions that a newer attempt has replaced."""
    stale = ReviewTask.objects.open().filter(rendition__is_current=False)
    if not stale.exists():
        return 0
    with transaction.atomic():
        hand_on(stale.real().filter(is_audit=False).select_related("rendition"))
        return stale.update(state=TaskState.WITHDRAWN, lease_until=None, decided_at=timezone.now())


@transaction.atomic
def _judge_batch(limit: int) -> int:
    book = RuleBook(ensure_policy())
    pending = list(
        Rendition.objects.awaiting_verdict()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("job", "variant__product", "artifact")
        .prefetch_related(Prefetch("checks", Check.objects.defer("heat")))
        .order_by("id")[:limit]
    )
    verdicts = [judge(rendition, book) for rendition in pending]
    _store(verdicts)
    _effect(verdicts)
    leaving, rates = _leaving(verdicts), AuditRates(book.policy)
    tasks = [task for one in verdicts if (task := _task_for(one, book, leaving, rates)) is not None]
    # In one go, so that the numbers of the tasks tell nothing either.
    opened = without_twins(tasks)
    keep_for_askers(opened)
    for task in ReviewTask.objects.bulk_create(opened):
        if task.is_audit:
            hide_among_doubted(task)
    if pending:
        # After the commit: watching pages are told by the job's row, which workers lock before their renditions.
        transaction.on_commit(partial(touch, {rendition.job_id for rendition in pending}))
    return len(pending)


def judge(rendition: Rendition, book: RuleBook) -> Verdict:
    """The unsaved verdict of a policy on a rendition's stored checks. One broken limit is enough: nothing averages away."""
    doubts = find_doubts(rendition.checks.all(), book.rules(rendition))
    return Verdict(
        rendition=rendition,
        policy=book.policy,
        outcome=VerdictOutcome.IN_REVIEW if doubts else VerdictOutcome.AUTO_APPROVED,
        doubts=doubts,
        score=rendition.score,
    )


def find_doubts(checks: Iterable[Check], rules: dict[str, Rule]) -> list[dict[str, Any]]:
    """Checks beyond their limit, worst first. A check the policy does not know keeps the outcome it was stored with."""
    rows, seen = [], False
    for check in checks:
        seen = True
        rule = rules.get(check.code)
        fine = rule.passes(check.value) if rule else check.passed
        if not fine:
            rows.append(_doubt(check, rule))
    if not seen:
        rows.append(_unmeasured())
    rows.sort(key=lambda row: (SEVERITIES.index(row["severity"]), -row.pop("excess")))
    return rows


def _doubt(check: Check, rule: Rule | None) -> dict[str, Any]:
    hard = check.is_hard or bool(rule and rule.hard)
    limit = rule.limit if rule else check.limit
    direction = rule.direction if rule else "max"
    grade, over = ("block" if hard else "high"), 4.0
    if limit is not None and math.isfinite(check.value):
        measured = Measurement(check.code, check.value, check.unit, hard=hard)
        bound = Limit(check.code, limit, "min" if direction == "min" else "max")
        over = excess(measured, bound)
        grade = severity(measured, bound)
        grade = ("block" if hard else "low") if grade == "none" else grade
    return {
        "code": check.code,
        "label": label_of(check.code),
        "value": check.value if math.isfinite(check.value) else None,
        "unit": check.unit,
        "limit": limit,
        "direction": direction,
        "severity": grade,
        "box": check.box,
        "worst": check.worst,
        "backdrop": check.backdrop or backdrop_of(check.code),
        "detail": check.detail,
        "excess": over,
    }


def _unmeasured() -> dict[str, Any]:
    return {
        "code": UNMEASURED, "label": label_of(UNMEASURED), "value": None, "unit": "", "limit": None, "direction": "max",
        "severity": "block", "box": None, "worst": None, "backdrop": "spec", "detail": "No check has run on this file.",
        "excess": 4.0,
    }  # fmt: skip


def _store(verdicts: list[Verdict]) -> None:
    # A rendition sent back to "measured" is judged anew; its row says what holds now.
    Verdict.objects.bulk_create(
        verdicts,
        update_conflicts=True,
        unique_fields=["rendition"],
        update_fields=["policy", "outcome", "doubts", "score", "created_at"],
    )


def _effect(verdicts: list[Verdict]) -> None:
    now = timezone.now()
    for outcome, state, effective_at in (
        (VerdictOutcome.AUTO_APPROVED, RenditionState.APPROVED, now),
        (VerdictOutcome.IN_REVIEW, RenditionState.IN_REVIEW, None),
    ):
        ids = [verdict.rendition_id for verdict in verdicts if verdict.outcome == outcome]
        Rendition.objects.filter(pk__in=ids).update(state=state, decided_at=now, effective_at=effective_at)
    for verdict in verdicts:
        if verdict.outcome == VerdictOutcome.AUTO_APPROVED:
            announce("rendition.approved", verdict.rendition, by="gate")


def announce(kind: str, rendition: Rendition, *, by: str, actor: User | None = None, **more: Any) -> None:
    """Writes the event that tells integrators about a rendition."""
    data = {"rendition": rendition.pk, "sku": rendition.job.sku, "name": rendition.name, "kind": rendition.kind,
            "batch": rendition.job.batch_id, "by": by, **more}  # fmt: skip
    events.record(kind, subject=f"rendition:{rendition.pk}", data=data, actor=actor)


def _leaving(verdicts: list[Verdict]) -> set[int]:
    """Which of them may leave the house now. What waits for its cut-out has not shipped, and is no escape if that is faulty."""
    ids = [verdict.rendition_id for verdict in verdicts]
    return set(Rendition.objects.shippable().filter(pk__in=ids).values_list("pk", flat=True))


def _task_for(verdict: Verdict, book: RuleBook, leaving: set[int], rates: AuditRates) -> ReviewTask | None:
    rendition = verdict.rendition
    if verdict.outcome == VerdictOutcome.IN_REVIEW:
        return ReviewTask(rendition=rendition, queue=verdict.doubts[0]["code"], rank=_rank(rendition))
    if rendition.pk in leaving and is_audited(rendition, rate=rates.of(rendition)):
        return _audit(rendition, book)
    return None


def _audit(rendition: Rendition, book: RuleBook) -> ReviewTask:
    nearest = nearest_check(rendition, book.rules(rendition))
    return ReviewTask(rendition=rendition, queue=nearest, rank=_rank(rendition), is_audit=True)


def audit_what_follows(approved: Rendition) -> int:
    """Draws audits among the pictures that may leave now because a person approved what they are made from. In a transaction.

    They had passed the gate by themselves and were held back until now; nobody has looked at them. Returns how many.
    """
    freed = Rendition.objects.current().filter(
        Q(parent=approved) | Q(parent__parent=approved), state=RenditionState.APPROVED,
        verdict__outcome=VerdictOutcome.AUTO_APPROVED, review_tasks=None,
    )  # fmt: skip
    return audit_more(freed.select_related("job", "variant__product", "artifact").prefetch_related("checks"))


def audit_more(shipped: Iterable[Rendition]) -> int:
    """Draws audits among pictures that have passed and that nobody has looked at. In a transaction. Returns how many."""
    book = RuleBook(ensure_policy())
    rates = AuditRates(book.policy)
    drawn = [_audit(one, book) for one in shipped if is_audited(one, rate=rates.of(one))]
    for task in ReviewTask.objects.bulk_create(drawn):
        hide_among_doubted(task)
    return len(drawn)


def _rank(rendition: Rendition) -> float:
    """Most urgent job first, worst picture first."""
    if rendition.attempt > 1:
        return HEAD_OF_QUEUE + rendition.job.priority
    return 10.0 * rendition.job.priority + rendition.score


def is_audited(rendition: Rendition, *, rate: float) -> bool:
    """The same answer every time for the same picture, and not to be guessed from outside."""
    return rendition.kind in AUDITED_KINDS and chance(rendition, "audit") < rate
