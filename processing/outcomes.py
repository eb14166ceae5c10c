"""What becomes of a job's work in the database: each function is one transaction, fenced by the claim."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.events import record
from processing.crashpoints import crashpoint
from processing.errors import ArtifactGone, StepError
from processing.leases import Claim, in_seconds
from processing.models import (
    ACTIVE_JOB_STATES,
    Artifact,
    ArtifactState,
    Attempt,
    Batch,
    BatchState,
    Job,
    JobState,
    Outcome,
    Step,
    StepState,
)
from processing.pictures import Made, keep_pictures

if TYPE_CHECKING:  # it brings the imaging libraries along, which web processes must not load
    from processing.steps.base import Try

logger = logging.getLogger(__name__)
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 600.0


@dataclass(frozen=True)
class Success:
    """A step's end: its files are stored, the rows are still to be written.

    `attempt` is unsaved for a quick local step, saved for one that was written down before it began, None when the
    result was found done.
    """

    step: Step
    key: str
    artifacts: Sequence[Artifact]
    note: str = ""
    attempt: Attempt | None = None
    seconds: float = 0.0
    tries: "Sequence[Try]" = ()

    @property
    def is_reused(self) -> bool:
        return self.attempt is None


def bump(batch_id: int, job_ids: Iterable[int], **values: object) -> int:
    """Gives the jobs a new revision of their batch (and the values), so that watching pages see them. Call last in a
    transaction: the batch's row stays locked from here to the commit, which keeps revisions in the order of commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE processing_batch SET revision = revision + 1 WHERE id = %s RETURNING revision", [batch_id]
        )
        row = cursor.fetchone()
    revision = int(row[0]) if row else 0
    Job.objects.filter(pk__in=list(job_ids)).update(revision=revision, **values)
    return revision


def succeed(claim: Claim, job: Job, done: Sequence[Success], *, made: Made, next_stage: str) -> bool:
    """Writes the ends of steps in one transaction: artifacts, steps, attempts, renditions. True when the job was cancelled
    meanwhile. LeaseLost when the claim does not hold any more."""
    with transaction.atomic():
        is_cancelled = claim.hold()
        _mark_used([one for one in done if one.is_reused])
        _save_artifacts([one for one in done if not one.is_reused], made)
        _save_steps(done)
        _save_attempts([one for one in done if one.attempt is not None])
        keep_pictures(job, [one.step for one in done], made=made)
        if any(one.step.kind == "cutout" for one in done):
            record("job.progress", subject=f"job:{job.pk}", data=_thin(job, stage=next_stage))
        crashpoint("in-transaction")
        # Progress: the counter that ends poison jobs starts again.
        bump(job.batch_id, [job.pk], claim_count=0, stage=next_stage)
        return is_cancelled


def _mark_used(done: Sequence[Success]) -> None:
    """What was found done counts as new. ArtifactGone when retention has taken one since it was found."""
    steps = {row.pk: one.step.name for one in done for row in one.artifacts}
    stored = Artifact.objects.filter(pk__in=steps, state=ArtifactState.STORED)
    if stored.update(used_at=Now()) < len(steps):
        gone = Artifact.objects.filter(pk__in=steps).exclude(state=ArtifactState.STORED).first()
        raise ArtifactGone(steps[gone.pk] if gone else next(iter(steps.values())))


def _save_artifacts(done: Sequence[Success], made: Made) -> None:
    """Another job may have made the same at the same moment: the first one wins. A tombstone comes back to life with the
    new file."""
    rows = [row for one in done for row in one.artifacts]
    Artifact.objects.bulk_create(rows, ignore_conflicts=True)
    found = {
        (row.step_key, row.role): row for row in Artifact.objects.filter(step_key__in={row.step_key for row in rows})
    }
    for one in done:
        for row in one.artifacts:
            there = found[(row.step_key, row.role)]
            if there.state != ArtifactState.STORED:
                _revive(there, row)
            made.artifacts[(one.step.name, row.role)] = there


def _revive(there: Artifact, row: Artifact) -> None:
    for name in ("sha256", "path", "media_type", "bytes", "width", "height", "meta"):
        setattr(there, name, getattr(row, name))
    there.state, there.expired_at, there.used_at = ArtifactState.STORED, None, timezone.now()
    there.save()


def _save_steps(done: Sequence[Success]) -> None:
    """One round trip for all of them."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE processing_step SET state = %s, key = %s, is_reused = %s, note = %s, seconds = seconds + %s,"
            " attempt_count = attempt_count + %s, error = '', error_code = '', available_at = NULL WHERE id = %s",
            [
                (
                    StepState.SUCCEEDED.value, one.key, one.is_reused, one.note[:400], one.seconds,
                    int(one.attempt is not None and one.attempt.pk is None), one.step.pk,
                )
                for one in done
            ],
        )  # fmt: skip


def _save_attempts(done: Sequence[Success]) -> None:
    for one in done:
        assert one.attempt is not None
        one.attempt.outcome, one.attempt.seconds = Outcome.SUCCEEDED, one.seconds
        one.attempt.finished_at = timezone.now()
    attempts = [one.attempt for one in done if one.attempt is not None]
    for attempt in attempts:
        if attempt.pk is not None:
            attempt.save(update_fields=["outcome", "seconds", "finished_at", "cost", "repair"])
    tries = [row for one in done for row in _tried(one)]
    Attempt.objects.bulk_create([*(attempt for attempt in attempts if attempt.pk is None), *tries])


def _tried(done: Success) -> list[Attempt]:
    """Each repair that was tried on a step's result as an attempt of its own, with what was measured before and after. Their
    time is in the first one's."""
    assert done.attempt is not None
    return [
        Attempt(
            step=done.step, number=done.attempt.number + number, token=done.attempt.token, provider=done.attempt.provider,
            params={"repair": one.repair}, repair=one.to_dict(), outcome=Outcome.SUCCEEDED,
            started_at=done.attempt.started_at, finished_at=done.attempt.finished_at,
        )
        for number, one in enumerate(done.tries, 1)
    ]  # fmt: skip


def complete(claim: Claim, job: Job, *, seconds: float) -> None:
    """All steps are done: the job is, and maybe its batch."""
    with transaction.atomic():
        claim.hold()
        _leave(job, JobState.DONE, seconds=seconds, stage="", error="", error_code="", error_is_permanent=False)
        record("job.completed", subject=f"job:{job.pk}", data=_thin(job, state="done"))
        bump(job.batch_id, [job.pk])
        finish_batch(job.batch_id)


def fail(claim: Claim, job: Job, step: Step | None, error: StepError, *, seconds: float, is_permanent: bool) -> None:
    """The job ends here, with the stage and a short plain reason. Other jobs of the batch go on."""
    logger.warning("job=%s step=%s failed code=%s: %s", job.pk, step and step.name, error.code, error)
    stage = step.name if step else ""
    reason = str(error)[:400]
    with transaction.atomic():
        claim.hold()
        if step is not None:
            Step.objects.filter(pk=step.pk).exclude(state=StepState.AMBIGUOUS).update(
                state=StepState.FAILED, error=reason, error_code=error.code[:40]
            )
        _end_attempts(job, error, is_permanent=is_permanent)
        _leave(
            job, JobState.FAILED, seconds=seconds, stage=stage, error=reason, error_code=error.code[:40],
            error_is_permanent=is_permanent,
        )  # fmt: skip
        data = _thin(job, state="failed", stage=stage, code=error.code, error=reason)
        record("job.failed", subject=f"job:{job.pk}", data=data)
        bump(job.batch_id, [job.pk])
        finish_batch(job.batch_id)


def postpone(
    claim: Claim, job: Job, step: Step | None, error: StepError, *, seconds: float, counts: bool = True
) -> None:
    """The job is tried again after a pause that grows with each try. `counts` False: the try is not held against it."""
    pause = max(error.retry_after_s, min(FIRST_PAUSE_S * 4 ** (_tries(job) - 1), LONGEST_PAUSE_S))
    logger.info("job=%s step=%s again in %.0f s code=%s: %s", job.pk, step and step.name, pause, error.code, error)
    with transaction.atomic():
        claim.hold()
        if step is not None:
            Step.objects.filter(pk=step.pk).update(
                state=StepState.PENDING, error=str(error)[:400], error_code=error.code[:40]
            )
        _end_attempts(job, error, is_permanent=False)
        _leave(
            job, JobState.QUEUED, seconds=seconds, stage=step.name if step else job.stage, available_at=in_seconds(pause),
            enqueued_at=None, claim_count=_tries(job) if counts else 0,
        )  # fmt: skip
        bump(job.batch_id, [job.pk])


def stop(claim: Claim, job: Job, *, seconds: float) -> None:
    """The job was cancelled while it ran: it ends between two steps, and what is finished stays."""
    with transaction.atomic():
        claim.hold()
        cancel_steps([job.pk])
        _leave(job, JobState.CANCELLED, seconds=seconds, stage="")
        bump(job.batch_id, [job.pk])
        finish_batch(job.batch_id)


def cancel_steps(job_ids: Iterable[int]) -> None:
    """What was still to do in jobs that have been cancelled; their open calls are looked at from now on."""
    left = Step.objects.filter(job__in=list(job_ids)).exclude(state=StepState.SUCCEEDED)
    left.update(state=StepState.CANCELLED, available_at=None)


def wait(claim: Claim, job: Job, step: Step, *, pause_s: float, seconds: float) -> None:
    """The job waits for a provider; no worker is held. It is looked at again after the pause. One that was cancelled
    meanwhile ends instead: what it asked for is called off apart."""
    with transaction.atomic():
        claim.hold()
        if Job.objects.cancelled().filter(pk=job.pk).exists():
            stop(claim, job, seconds=seconds)
            return
        Step.objects.filter(pk=step.pk).update(state=StepState.WAITING, available_at=in_seconds(pause_s))
        _leave(
            job, JobState.WAITING, seconds=seconds, stage=step.name, available_at=in_seconds(pause_s), enqueued_at=None,
            claim_count=0,
        )  # fmt: skip
        bump(job.batch_id, [job.pk])


def _leave(job: Job, state: JobState, *, seconds: float, **values: object) -> None:
    """Writes the job's new state and lets go of it."""
    is_end = state not in ACTIVE_JOB_STATES
    Job.objects.filter(pk=job.pk).update(
        state=state, lease_token=None, lease_until=None, seconds=F("seconds") + seconds,
        **({"finished_at": Now()} if is_end else {}), **values,
    )  # fmt: skip


def _end_attempts(job: Job, error: StepError, *, is_permanent: bool) -> None:
    # Calls to a provider are ended where their answer is known: an open one may still be paid for.
    Attempt.objects.filter(step__job=job, outcome=Outcome.RUNNING, submitted_at=None).update(
        outcome=Outcome.FAILED, error=str(error)[:400], error_code=error.code[:40], is_permanent=is_permanent,
        finished_at=Now(),
    )  # fmt: skip


def finish_batch(batch_id: int) -> bool:
    """Marks a running batch as done when none of its jobs is active. Call after `bump`, which makes enders queue up."""
    if Job.objects.filter(batch_id=batch_id, state__in=ACTIVE_JOB_STATES).exists():
        return False
    ended = Batch.objects.filter(pk=batch_id, state__in=[BatchState.RUNNING, BatchState.PAUSED], is_filling=False)
    return bool(ended.update(state=BatchState.DONE, finished_at=Now()))


def _thin(job: Job, **values: object) -> dict[str, object]:
    return {"job": job.pk, "batch": job.batch_id, "sku": job.sku, "file": job.file, **values}


def has_tries_left(job: Job) -> bool:
    """False when the limit of tries without progress is reached."""
    return _tries(job) < settings.MAX_ATTEMPTS


def _tries(job: Job) -> int:
    """Tries at the step it is at. A claim that finished a step and then failed at the next has tried that one once."""
    return max(1, job.claim_count)
