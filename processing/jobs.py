"""Acts on batches and jobs that were started: retry, rework, pause, cancel."""

from collections.abc import Iterable, Sequence
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext

from accounts.models import User
from processing import actors, repairs
from processing.models import (
    ACTIVE_JOB_STATES,
    Batch,
    BatchState,
    Job,
    JobState,
    Priority,
    Rendition,
    RenditionState,
    StepState,
)
from processing.outcomes import bump, cancel_steps, finish_batch
from processing.painting import Painting, painted_rework
from processing.reworks import Rework, changed_params, rework_for

# ---------------------------------------------------------------- again


def retry_job(job: Job, *, from_step: str | None = None) -> bool:
    """Queues an ended job again, at the step it failed at or at a named one; what is finished before that is kept.

    False when the job is not ended. ValueError for a step it does not have.
    """
    names = set(job.steps.values_list("name", flat=True))
    if from_step is not None and from_step not in names:
        raise ValueError(f"Job {job.pk} has no step named {from_step}; it has {', '.join(sorted(names))}.")
    with transaction.atomic():
        if not _requeue(job, allowed=[JobState.FAILED, JobState.CANCELLED, JobState.DONE], from_step=from_step):
            return False
        bump(job.batch_id, [job.pk])
        transaction.on_commit(actors.send_ready, robust=True)
    return True


def retry_failed(batch: Batch) -> int:
    """Queues all failed jobs of a batch again, each at the step it failed at. Returns how many."""
    with transaction.atomic():
        jobs = list(batch.jobs.select_for_update().filter(state=JobState.FAILED).order_by("pk"))
        ids = [job.pk for job in jobs if _requeue(job, allowed=[JobState.FAILED], from_step=None)]
        bump(batch.pk, ids)
        transaction.on_commit(actors.send_ready, robust=True)
    return len(ids)


def _requeue(job: Job, *, allowed: Sequence[str], from_step: str | None) -> bool:
    queued = Job.objects.filter(pk=job.pk, state__in=allowed).update(
        state=JobState.QUEUED, available_at=Now(), enqueued_at=None, claim_count=0, cancel_requested_at=None,
        error="", error_code="", error_is_permanent=False, finished_at=None,
    )  # fmt: skip
    if not queued:
        return False
    if from_step is not None:
        reset_from(job, from_step)
    job.steps.exclude(state=StepState.SUCCEEDED).update(
        state=StepState.PENDING, error="", error_code="", attempt_count=0, available_at=None
    )
    ended = Batch.objects.filter(pk=job.batch_id, state__in=[BatchState.DONE, BatchState.CANCELLED])
    ended.update(state=BatchState.RUNNING, finished_at=None)
    return True


def reset_from(job: Job, name: str) -> list[str]:
    """Marks a step and all that depends on it as to be done. Returns their names. Inside a transaction."""
    affected = {name}
    for step in job.steps.order_by("position"):
        if affected.intersection(step.needs):
            affected.add(step.name)
    job.steps.filter(name__in=affected).update(state=StepState.PENDING, key="", is_reused=False, note="")
    return sorted(affected)


def rework(rendition: Rendition, *, rework_id: str, by: User | None = None) -> Job:
    """Makes a rendition again in another way, and everything that is made from the same step. ValueError when the rework
    does not suit the rendition or its job is being worked on."""
    return remake(rendition, rework_for(rendition, rework_id))


def repaint(rendition: Rendition, painting: Painting) -> Job:
    """Makes a cut-out again with a person's strokes on it, and everything made from it. ValueError as for `rework`."""
    return remake(rendition, painted_rework(rendition, painting))


def remake(rendition: Rendition, chosen: Rework) -> Job:
    """Does a rework's step again with its parameters, and all that depends on it. ValueError while the job is worked on."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=rendition.job_id)
        if job.state in (JobState.RUNNING, JobState.WAITING):
            raise ValueError(gettext("This product is being worked on: wait until it is done."))
        repairs.abandon(job)
        step = job.steps.get(name=chosen.step)
        made = str(rendition.provenance.get("steps", {}).get(step.name, ""))
        params, provider = changed_params(step, chosen, made=made)
        job.steps.filter(pk=step.pk).update(params=params, provider=provider)
        affected = reset_from(job, step.name)
        if chosen.reseeds:
            _reseed(job, [name for name in affected if name != step.name])
        _requeue(job, allowed=[JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED], from_step=None)
        Job.objects.filter(pk=job.pk).update(priority=Priority.RUSH, stage=step.name, enqueued_at=Now())
        _mark_rework(job, affected)
        bump(job.batch_id, [job.pk])
        transaction.on_commit(partial(actors.carry_now.send, job.pk), robust=True)
    job.refresh_from_db()
    return job


def _reseed(job: Job, names: Sequence[str]) -> None:
    for step in job.steps.filter(name__in=names, params__has_key="seed"):
        job.steps.filter(pk=step.pk).update(params={**step.params, "seed": int(step.params["seed"]) + 1})


def _mark_rework(job: Job, steps: Sequence[str]) -> None:
    names = [name.removeprefix("render:") for name in steps if name.startswith("render:")]
    made = Rendition.objects.filter(job=job, name__in=names, is_current=True)
    made.exclude(state=RenditionState.RECALLED).update(state=RenditionState.REWORK, effective_at=None)


# ---------------------------------------------------------------- whole batches


def pause(batch: Batch) -> bool:
    """No further job of the batch is started; running ones finish. False when it was not running."""
    return _change(batch, BatchState.RUNNING, BatchState.PAUSED)


def resume(batch: Batch) -> bool:
    """Goes on with a paused batch. False when it was not paused."""
    changed = _change(batch, BatchState.PAUSED, BatchState.RUNNING)
    transaction.on_commit(actors.send_ready, robust=True)
    return changed


def _change(batch: Batch, old: BatchState, new: BatchState) -> bool:
    with transaction.atomic():
        changed = Batch.objects.filter(pk=batch.pk, state=old).update(state=new)
        bump(batch.pk, [])
    return bool(changed)


def cancel(batch: Batch) -> int:
    """Cancels what has not started or waits for a provider, and calls off what it waits for. Running jobs finish, unless it
    would take another paid call. Returns how many were cancelled."""
    with transaction.atomic():
        open_jobs = batch.jobs.select_for_update().filter(state__in=[JobState.QUEUED, JobState.WAITING])
        ids = list(open_jobs.order_by("pk").values_list("pk", flat=True))
        Job.objects.filter(pk__in=ids).update(state=JobState.CANCELLED, finished_at=Now(), cancel_requested_at=Now())
        cancel_steps(ids)
        Batch.objects.filter(pk=batch.pk, state__in=[BatchState.RUNNING, BatchState.PAUSED]).update(
            state=BatchState.CANCELLED, finished_at=Now()
        )
        bump(batch.pk, ids)
        _let_others_go_on()
    return len(ids)


def cancel_job(job: Job) -> bool:
    """Cancels one job: at once when it is not running, otherwise between two of its steps. False when it had ended."""
    with transaction.atomic():
        asked = Job.objects.filter(pk=job.pk, state__in=ACTIVE_JOB_STATES).update(cancel_requested_at=Now())
        idle = Job.objects.filter(pk=job.pk, state__in=[JobState.QUEUED, JobState.WAITING])
        if idle.update(state=JobState.CANCELLED, finished_at=Now()):
            cancel_steps([job.pk])
        bump(job.batch_id, [job.pk])
        finish_batch(job.batch_id)
        _let_others_go_on()
    return bool(asked)


def _let_others_go_on() -> None:
    """After a cancel: its place is free, and what it asked of providers is called off."""
    transaction.on_commit(actors.send_ready, robust=True)
    transaction.on_commit(actors.send_cancelled_calls, robust=True)


def archive(batch: Batch, *, is_archived: bool = True) -> None:
    """Takes a batch off the lists of current work, or puts it back."""
    Batch.objects.filter(pk=batch.pk).update(is_archived=is_archived, revision=F("revision") + 1)


def touch(job_ids: Iterable[int]) -> None:
    """Tells watching pages that something about these jobs has changed, for example a verdict. Not inside a transaction
    that holds renditions: workers lock jobs before renditions."""
    with transaction.atomic():
        jobs = Job.objects.select_for_update().filter(pk__in=list(job_ids)).order_by("pk")
        pairs = list(jobs.values_list("batch_id", "pk"))
        for batch_id in sorted({batch_id for batch_id, _ in pairs}):
            bump(batch_id, [pk for other, pk in pairs if other == batch_id])
