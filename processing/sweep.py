"""The periodic pass that puts right what got lost: messages, workers, the ends of batches."""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from processing import actors, starting
from processing.models import ACTIVE_JOB_STATES, Batch, BatchState, Job, JobState
from processing.outcomes import bump, cancel_steps, finish_batch

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SweepReport:
    """What a pass did."""

    filled: int = 0
    reclaimed: int = 0
    cancelled: int = 0
    finished: int = 0
    sent: int = 0
    polled: int = 0


def sweep() -> SweepReport:
    """One pass. Harmless to run twice or at the same time."""
    return SweepReport(
        filled=_fill_batches(),
        reclaimed=_reclaim(),
        cancelled=_cancel_left_over(),
        finished=_finish_batches(),
        sent=actors.send_ready(),
        polled=actors.send_waiting(),
    )


def _fill_batches() -> int:
    """Photos that were fetched meanwhile become jobs of the batches they were ordered in."""
    filling = Batch.objects.filter(is_filling=True, state__in=[BatchState.RUNNING, BatchState.PAUSED])
    return sum(starting.fill(batch) for batch in filling.select_related("intake", "recipe", "owner"))


def _reclaim(*, limit: int = 500) -> int:
    """Jobs whose worker went silent are queued again; what they had finished is kept."""
    silent = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=Now())
    if not silent.exists():
        return 0
    with transaction.atomic():
        left = list(silent.select_for_update(skip_locked=True).order_by("pk")[:limit])
        ids = [job.pk for job in left]
        Job.objects.filter(pk__in=ids).update(
            state=JobState.QUEUED, lease_token=None, lease_until=None, enqueued_at=None, available_at=Now()
        )
        for batch_id in sorted({job.batch_id for job in left}):
            bump(batch_id, [job.pk for job in left if job.batch_id == batch_id])
    if ids:
        logger.warning("jobs=%s were left by their workers and are queued again", ids)
    return len(ids)


def _cancel_left_over() -> int:
    """Jobs that came back to the queue of a batch that was cancelled meanwhile."""
    left = Job.objects.filter(state=JobState.QUEUED, batch__state=BatchState.CANCELLED)
    pairs = list(left.values_list("batch_id", "pk"))
    for batch_id in sorted({batch_id for batch_id, _ in pairs}):
        ids = [pk for other, pk in pairs if other == batch_id]
        with transaction.atomic():
            Job.objects.filter(pk__in=ids, state=JobState.QUEUED).update(state=JobState.CANCELLED, finished_at=Now())
            cancel_steps(Job.objects.filter(pk__in=ids, state=JobState.CANCELLED).values_list("pk", flat=True))
            bump(batch_id, ids)
    return len(pairs)


def _finish_batches() -> int:
    active = Job.objects.filter(batch=OuterRef("pk"), state__in=ACTIVE_JOB_STATES)
    idle = Batch.objects.filter(state=BatchState.RUNNING, is_filling=False).filter(~Exists(active))
    finished = 0
    for batch_id in idle.values_list("pk", flat=True):
        with transaction.atomic():
            bump(batch_id, [])
            finished += finish_batch(batch_id)
    return finished
