"""Audit of an installation from its rows and files: what was lost, doubled or repeated, and whether the money adds up."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Sum

from catalog import files
from processing.models import (
    ACTIVE_JOB_STATES,
    Artifact,
    ArtifactState,
    Attempt,
    Job,
    JobState,
    Outcome,
    Rendition,
    Step,
    StepState,
)


def audit(creates: Mapping[str, int]) -> dict[str, Any]:
    """`creates`: calls that a loopback vendor accepted, by attempt id. "ok" is False when anything was lost, doubled or unknown."""
    found = {**_work(), **_money(creates), **_times()}
    clean = not any(found[name] for name in ("lost", "doubled", "files_missing", "calls_unknown_to_us"))
    return {
        **found,
        "ok": clean and found["paid_twice"] <= found["ambiguous"] and found["cost"] == found["cost_expected"],
    }


def _work() -> dict[str, Any]:
    """lost: jobs without an end and open steps of done jobs; doubled: results made twice; repeated: local tries cut off by a
    kill and made again."""
    # Repairs have rows of their own, and those that reach across steps have the steps between done again.
    ended = Attempt.objects.filter(outcome=Outcome.SUCCEEDED, repair={}, step__job__repairs=None)
    succeeded = ended.values("step").annotate(number=Count("pk"))
    failed = Job.objects.filter(state=JobState.FAILED)
    open_steps = Step.objects.filter(job__state=JobState.DONE).exclude(state=StepState.SUCCEEDED)
    return {
        "done": Job.objects.filter(state=JobState.DONE).count(),
        "failed": failed.count(),
        "failed_why": dict(failed.values_list("error_code").annotate(number=Count("pk")).order_by()),
        "lost": Job.objects.filter(state__in=ACTIVE_JOB_STATES).count() + open_steps.count(),
        "doubled": succeeded.filter(number__gt=1).count()
        + Rendition.objects.filter(attempt__gt=1, job__repairs=None).count(),
        "repeated": Attempt.objects.filter(outcome=Outcome.LOST, submitted_at=None).count(),
        "files_missing": _missing_files(),
    }


def _money(creates: Mapping[str, int]) -> dict[str, Any]:
    attempts = Attempt.objects.exclude(submitted_at=None)
    tokens = {str(token) for token in attempts.values_list("token", flat=True)}
    # By what was asked for, not by who asked: photos of one product want the same sets.
    per_request: dict[str | int, int] = {}
    # A call that the vendor itself failed, or whose result was of no use, is rightly made again.
    for step, key, token in attempts.exclude(outcome=Outcome.FAILED).values_list("step", "key", "token"):
        per_request[key or step] = per_request.get(key or step, 0) + creates.get(str(token), 0)
    paid = attempts.filter(outcome=Outcome.SUCCEEDED)
    return {
        "calls": sum(creates.values()),
        "calls_unknown_to_us": len(set(creates) - tokens),
        "paid_twice": sum(number - 1 for number in per_request.values() if number > 1),
        "ambiguous": attempts.filter(outcome=Outcome.AMBIGUOUS).count(),
        "cost": float(paid.aggregate(sum=Sum("cost"))["sum"] or 0),
        "cost_expected": float(sum((one.price for one in paid), Decimal(0))),
    }


def _times() -> dict[str, float]:
    """span_s: from the first start to the last end; work_s: what steps took, reading and storing their files included."""
    span = Job.objects.aggregate(start=Min("started_at"), end=Max("finished_at"))
    work_s = Step.objects.aggregate(sum=Sum("seconds"))["sum"] or 0.0
    span_s = (span["end"] - span["start"]).total_seconds() if span["start"] and span["end"] else 0.0
    return {"span_s": round(span_s, 2), "work_s": round(work_s, 2)}


def _missing_files() -> int:
    missing = 0
    for path in Artifact.objects.filter(state=ArtifactState.STORED).values_list("path", flat=True).iterator():
        try:
            files.size_of(path)
        except FileNotFoundError:
            missing += 1
    return missing
