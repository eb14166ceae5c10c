"""Acts on batches and jobs under way over the API: when and in which order they run, and what a retry will take.

On the router of processing.api: two routers cannot share an address.
"""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from accounts.access import scoped
from accounts.models import Scope
from accounts.schemas import Body
from processing import jobs, scheduling
from processing.answers import job_answer
from processing.api import Problems, router
from processing.models import Batch, BatchState, Job, Priority
from processing.retries import in_words, plan_retry
from processing.schedule_form import place_of
from processing.schemas import JobOut, ProblemOut

__all__ = ["router"]


class ScheduleIn(Body):
    """Only what is named is changed."""

    state: Literal["running", "paused", "cancelled"] | None = Field(None, examples=["paused"])
    priority: Literal["rush", "standard", "bulk"] | None = Field(None, examples=["rush"])
    place: Literal["first", "turns", "last"] | None = Field(
        None, description="before or behind all others of its priority, or in turn with them", examples=["first"]
    )
    not_before: datetime | None = Field(None, description="null: at once", examples=["2026-12-01T20:00:00Z"])
    hours: str | None = Field(
        None, max_length=20, description='"off-peak", or times of day; null: at any time', examples=["22:00-06:00"]
    )


class ScheduleOut(Schema):
    id: int = Field(examples=[12])
    state: str = Field(description="running, paused, cancelled or done", examples=["running"])
    priority: str = Field(examples=["rush"])
    place: str = Field(examples=["first"])
    not_before: datetime | None = Field(examples=["2026-12-01T20:00:00Z"])
    hours: str | None = Field(examples=["22:00-06:00"])
    waits_for: str = Field(
        description="why nothing of it starts now; empty when it may", examples=["between 22:00 and 06:00"]
    )


class RetryPlanOut(Schema):
    jobs: int = Field(examples=[1])
    stages: list[str] = Field(description="the steps it begins at", examples=[["background:lifestyle-home"]])
    steps: int = Field(description="steps that are done again", examples=[3])
    kept: int = Field(description="finished steps that stay", examples=[5])
    cost: float = Field(description="USD for hosted providers, at most", examples=[0.003])
    perhaps_paid: int = Field(description="calls that may have been paid already", examples=[0])
    summary: str = Field(examples=["1 photo from getting the background for lifestyle home. It costs up to $0.003."])


@router.patch("/batches/{int:batch_id}", auth=scoped(Scope.UPLOAD), response={200: ScheduleOut, **Problems})
def change_batch(request: HttpRequest, batch_id: int, body: ScheduleIn) -> dict[str, Any]:
    """Pauses, resumes or cancels a batch; changes its priority, its place among others, and when it runs."""
    batch = get_object_or_404(Batch, pk=batch_id)
    wanted = body.model_dump(exclude_unset=True)
    try:
        _schedule(batch, wanted)
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    if state := wanted.get("state"):
        {"running": jobs.resume, "paused": jobs.pause, "cancelled": jobs.cancel}[state](batch)
    batch.refresh_from_db()
    return _answer(batch)


def _schedule(batch: Batch, wanted: dict[str, Any]) -> None:
    hours = scheduling.hours_from(wanted["hours"]) if "hours" in wanted else scheduling.hours_of(batch)
    if wanted.keys() & {"hours", "not_before"}:
        scheduling.set_times(batch, not_before=wanted.get("not_before", batch.not_before), hours=hours)
    if priority := wanted.get("priority"):
        scheduling.set_priority(batch, Priority[priority.upper()])
    if place := wanted.get("place"):
        scheduling.move(batch, place)


def _answer(batch: Batch) -> dict[str, Any]:
    hours = scheduling.hours_of(batch)
    return {
        "id": batch.pk,
        "state": BatchState(batch.state).value,
        "priority": Priority(batch.priority).name.lower(),
        "place": place_of(batch),
        "not_before": batch.not_before,
        "hours": str(hours) if hours else None,
        "waits_for": scheduling.waits_for(batch),
    }


@router.get("/jobs/{int:job_id}/retry", auth=scoped(Scope.READ), response={200: RetryPlanOut, **Problems})
def retry_plan(request: HttpRequest, job_id: int, from_step: str = "") -> dict[str, Any]:
    """What trying a job again would do and cost, before it is started."""
    job = get_object_or_404(Job, pk=job_id)
    try:
        plan = plan_retry([job], from_step=from_step or None)
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    return {**vars(plan), "stages": list(plan.stages), "cost": float(plan.cost), "summary": in_words(plan)}


@router.post(
    "/jobs/{int:job_id}/cancel", auth=scoped(Scope.UPLOAD), response={202: JobOut, 409: ProblemOut, **Problems}
)
def cancel_job(request: HttpRequest, job_id: int) -> Status[dict[str, Any]]:
    """Cancels the work on one photo: at once while it waits, otherwise between two of its steps. What is finished stays, and what
    it has asked of a hosted provider is called off."""
    job = get_object_or_404(Job, pk=job_id)
    if not jobs.cancel_job(job):
        raise HttpError(409, f"Job {job_id} is {job.state}: it has ended.")
    job.refresh_from_db()
    return Status(202, job_answer(job))
