"""A rework comes back to whoever asked for it: they know what was wrong with it."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from review.models import LEASE, Decision, DecisionVerdict, ReviewTask


def keep_for_askers(tasks: Sequence[ReviewTask]) -> None:
    """Leases unsaved tasks about made-again pictures to those who sent them to rework, if they are at work now.

    A lease like any other, so nobody waits longer than that for it; `claimed_at` stays empty until they have seen it.
    """
    returned = [task for task in tasks if task.rendition.attempt > 1 and not task.is_audit]
    if not returned:
        return
    now = timezone.now()
    askers = _askers({task.rendition.job_id for task in returned})
    present = at_work(set(askers.values()), now=now)
    for task in returned:
        asker = askers.get(task.rendition.job_id)
        if asker in present:
            task.claimed_by_id, task.lease_until = asker, now + LEASE


def _askers(jobs: set[int]) -> dict[int, int]:
    """Who sent a picture of each job to rework last; one that is remade takes others of its job along."""
    sent = Decision.objects.standing().real().filter(verdict=DecisionVerdict.REWORK, task__rendition__job__in=jobs)
    asked = sent.exclude(by=None).order_by("pk").values_list("task__rendition__job", "by")
    return {job: by for job, by in asked if by is not None}


def at_work(users: set[int], *, now: datetime) -> set[int]:
    """Those of them who hold pictures now, or have decided about one so lately that they may wait for more."""
    holding = ReviewTask.objects.held().filter(claimed_by__in=users)
    deciding = Decision.objects.filter(created_at__gt=now - LEASE, by__in=users)
    found = {*holding.values_list("claimed_by", flat=True), *deciding.values_list("by", flat=True)}
    return {user for user in found if user is not None}
