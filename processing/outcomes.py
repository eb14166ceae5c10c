"""What becomes of a job's work in the database: each function is one transaction, fenced by the claim."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.events import record
from processing.errors import StepError
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
from processing.pictures import keep_picture

logger = logging.getLogger(__name__)
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 600.0


@dataclass(frozen=True)
class Success:
    """A step's end: its files are stored, the rows are still to be written. `next_stage` is what the job does next."""

    step: Step
    key: str
    artifacts: Sequence[Artifact]
    note: str = ""
    is_reused: bool = False
    seconds: float = 0.0
    next_stage: str = ""


def bump(batch_id: int, job_ids: Iterable[int]) -> int:
    """Gives the jobs a new revision of their batch, so that watching pages see them. Call last in a transaction: the
    batch's row stays locked from here to the commit, which keeps revisions in the order of commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE processing_batch SET revision = revision + 1 WHERE id = %s RETURNING revision", [batch_id]
        )
        row = cursor.fetchone()
    revision = int(row[0]) if row else 0
    Job.objects.filter(pk__in=list(job_ids)).update(revision=revision)
    return revision


def save_artifacts(rows: Sequence[Artifact]) -> list[Artifact]:
    """The rows as they are in the database afterwards. Another job may have made the same at the same moment: first one
    wins. A tombstone comes back to life with the new file."""
    if not rows:
        return []
    Artifact.objects.bulk_create(rows, ignore_conflicts=True)
    found = {row.role: row for row in Artifact.objects.filter(step_key=rows[0].step_key)}
    for row in rows:
        there = found[row.role]
        if there.state != ArtifactState.STORED:
            for name in ("sha256", "path", "media_type", "bytes", "width", "height", "meta"):
                setattr(there, name, getattr(row, name))
            there.state, there.expires_at = ArtifactState.STORED, None
            there.save()
    return [found[row.role] for row in rows]


def succeed(claim: Claim, job: Job, done: Success, *, attempt: Attempt | None) -> list[Artifact]:
    """Writes a step's end: artifacts, step, attempt, rendition. LeaseLost when the claim does not hold any more."""
    with transaction.atomic():
        claim.hold()
        artifacts = save_artifacts(done.artifacts) if not done.is_reused else list(done.artifacts)
        Step.objects.filter(pk=done.step.pk).update(
            state=StepState.SUCCEEDED, key=done.key, is_reused=done.is_reused, note=done.note[:400],
            seconds=F("seconds") + done.seconds, error="", error_code="", available_at=None,
        )  # fmt: skip
        if attempt is not None:
            Attempt.objects.filter(pk=attempt.pk).update(
                outcome=Outcome.SUCCEEDED, finished_at=Now(), seconds=done.seconds, cost=attempt.cost,
                repair=attempt.repair,
            )  # fmt: skip
        keep_picture(job, done.step, artifacts)
        # Progress: the counter that ends poison jobs starts again.
        Job.objects.filter(pk=job.pk).update(claim_count=0, stage=done.next_stage or done.step.name)
        if done.step.kind == "cutout":
            record("job.progress", subject=f"job:{job.pk}", data=_thin(job, stage=done.next_stage))
        bump(job.batch_id, [job.pk])
    return artifacts


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
    pause = max(error.retry_after_s, min(FIRST_PAUSE_S * 4 ** max(0, job.claim_count - 1), LONGEST_PAUSE_S))
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
            enqueued_at=None, claim_count=job.claim_count if counts else 0,
        )  # fmt: skip
        bump(job.batch_id, [job.pk])


def stop(claim: Claim, job: Job, *, seconds: float) -> None:
    """The job was cancelled while it ran: it ends between two steps, and what is finished stays."""
    with transaction.atomic():
        claim.hold()
        job.steps.exclude(state=StepState.SUCCEEDED).update(state=StepState.CANCELLED)
        _leave(job, JobState.CANCELLED, seconds=seconds, stage="")
        bump(job.batch_id, [job.pk])
        finish_batch(job.batch_id)


def wait(claim: Claim, job: Job, step: Step, *, pause_s: float, seconds: float) -> None:
    """The job waits for a provider; no worker is held. It is looked at again after the pause."""
    with transaction.atomic():
        claim.hold()
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
    """False when the limit of claims without progress is reached."""
    return job.claim_count < settings.MAX_ATTEMPTS
