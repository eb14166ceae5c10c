"""Batches, jobs, renditions and estimates over the API."""

from contextlib import closing
from typing import Annotated, Any, cast

from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError
from pydantic import Field

from accounts.access import scoped
from accounts.idempotency import Answer, answer_once
from accounts.inputs import row_number
from accounts.models import Scope, User
from catalog.models import Category
from processing import backpressure, jobs, makers, recipes, submissions
from processing.answers import batch_answer, batch_line, job_answer, rendition_answers
from processing.estimates import estimate as estimate_of
from processing.models import Batch, Job, Rendition, RenditionKind, RenditionState
from processing.schemas import (
    MANIFEST_BODY,
    BatchesOut,
    BatchOut,
    EstimateIn,
    EstimateOut,
    JobOut,
    ProblemOut,
    RenditionsOut,
    RetryIn,
)

router = Router(tags=["processing"])
MAX_LIMIT = 200
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
Problems = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 422: ProblemOut}


@router.post(
    "/batches",
    auth=scoped(Scope.UPLOAD),
    response={202: BatchOut, 401: ProblemOut, 403: ProblemOut, 409: ProblemOut, 422: ProblemOut, 429: ProblemOut},
    openapi_extra={"requestBody": MANIFEST_BODY},
)
def create_batch(request: HttpRequest) -> Status[dict[str, Any]]:
    """Submits photos: a manifest with links, or the files themselves. With an Idempotency-Key a repeat changes nothing.

    Up to 10,000 items in one request: as one JSON document, or as NDJSON with an item a line. Both are streamed: they go to a file
    and are read item by item. Items that cannot be used are listed in `rejected` and stop nothing. Nothing starts before all has come.
    """
    backpressure.require_room(cast(User, request.user))
    try:
        with closing(submissions.read(request)) as submission:
            owner = cast(User, request.user)
            status, body = answer_once(
                request, user=owner, digest=submission.digest, make=lambda: _created(submission, owner)
            )
    except backpressure.Overloaded:
        raise
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    return Status(status, _answer(body))


def _created(submission: submissions.Submission, owner: User) -> Answer:
    return 202, {"id": submissions.submit(submission, owner=owner).pk}


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    return batch_answer(Batch.objects.select_related("recipe").get(pk=body["id"]))


@router.get("/batches", auth=scoped(Scope.READ), response={200: BatchesOut, **Problems})
def list_batches(request: HttpRequest, cursor: str = "", limit: Limit = 50) -> dict[str, Any]:
    """Batches, newest first."""
    rows = Batch.objects.select_related("recipe").order_by("-pk")
    if cursor:
        rows = rows.filter(pk__lt=_position(cursor))
    page = list(rows[: limit + 1])
    shown = page[:limit]
    photos = dict(Job.objects.filter(batch__in=shown).values_list("batch").annotate(Count("pk")))
    return {"items": [batch_line(row, photos=photos.get(row.pk, 0)) for row in shown], "next": _next(page, shown)}


@router.get("/batches/{int:batch_id}", auth=scoped(Scope.READ), response={200: BatchOut, **Problems})
def get_batch(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    """A batch with its photos by stage and the files that were refused."""
    return batch_answer(get_object_or_404(Batch.objects.select_related("recipe"), pk=batch_id))


@router.get("/jobs/{int:job_id}", auth=scoped(Scope.READ), response={200: JobOut, **Problems})
def get_job(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """The work on one photo: its steps, what failed and why, its pictures with their checks."""
    return job_answer(get_object_or_404(Job, pk=job_id))


@router.post("/jobs/{int:job_id}/retry", auth=scoped(Scope.UPLOAD), response={202: JobOut, 409: ProblemOut, **Problems})
def retry_job(request: HttpRequest, job_id: int, body: RetryIn | None = None) -> Status[dict[str, Any]]:
    """Makes an ended job again, at the step it failed at or from a named one. Finished parts are kept."""
    job = get_object_or_404(Job, pk=job_id)
    try:
        is_queued = jobs.retry_job(job, from_step=body.from_step if body else None)
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    if not is_queued:
        raise HttpError(409, f"Job {job_id} is {job.state}: only a job that has ended can be tried again.")
    job.refresh_from_db()
    return Status(202, job_answer(job))


@router.get("/renditions", auth=scoped(Scope.READ), response={200: RenditionsOut, **Problems})
def list_renditions(
    request: HttpRequest,
    batch: int | None = None,
    sku: str = "",
    state: RenditionState | None = None,
    kind: RenditionKind | None = None,
    cursor: str = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Current pictures, newest first, with their checks."""
    rows = Rendition.objects.current().select_related("artifact", "job").prefetch_related("checks").order_by("-pk")
    wanted = {"job__batch": batch, "job__sku": sku, "state": state, "kind": kind}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value not in (None, "")})
    if cursor:
        rows = rows.filter(pk__lt=_position(cursor))
    page = list(rows[: limit + 1])
    shown = page[:limit]
    return {"items": rendition_answers(shown), "next": _next(page, shown)}


@router.post("/estimates", auth=scoped(Scope.UPLOAD), response={200: EstimateOut, **Problems})
def estimate(request: HttpRequest, body: EstimateIn) -> dict[str, Any]:
    """What a batch would take, before it starts."""
    if body.category not in Category.values:
        raise HttpError(422, f"category must be one of {', '.join(Category.values)}.")
    try:
        recipe = makers.recipe_named(body.recipe)
    except recipes.RecipeError as error:
        raise HttpError(422, str(error)) from error
    found = estimate_of(recipe, photos=body.photos, category=body.category)
    return {
        "recipe": f"{recipe.name}@{recipe.version}",
        "photos": found.photos,
        "pictures": found.pictures,
        "seconds": found.seconds,
        "cost": float(found.cost),
        "basis": found.basis,
    }


def _position(cursor: str) -> int:
    position = row_number(cursor)
    if not position:
        raise HttpError(422, "This cursor was not given out by this call: use the value of next.")
    return position


def _next(page: list[Any], shown: list[Any]) -> str | None:
    return str(shown[-1].pk) if len(page) > len(shown) else None
