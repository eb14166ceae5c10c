"""A batch out of one request: a manifest with links, or files sent along."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from accounts.idempotency import digest_of
from accounts.models import User
from catalog.intake import accepted_images, mark_submitted, open_intake, take_bytes, take_manifest, take_zip
from catalog.models import Intake, ItemState
from processing import jobs, recipes
from processing.models import Batch, Priority

MAX_UNFINISHED = 100_000


class SubmissionError(ValueError):
    """The request cannot become a batch; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What a request asks for. `items` is a manifest, `files` are photos or zips."""

    recipe: str
    mode: str | None
    name: str
    priority: int
    items: list[Any]
    files: list[UploadedFile]
    digest: str


def read(request: HttpRequest) -> Submission:
    """The submission in a request, JSON or multipart. SubmissionError when it is neither."""
    content_type = request.content_type or ""
    if content_type == "multipart/form-data":
        return _from_form(request)
    if content_type == "application/json":
        return _from_json(request)
    raise SubmissionError("Send application/json or multipart/form-data.")


def _from_json(request: HttpRequest) -> Submission:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(f"The body is not JSON: {error}") from error
    if isinstance(body, list):
        body = {**request.GET.dict(), "items": body}
    if not isinstance(body, dict) or not isinstance(body.get("items"), list) or not body["items"]:
        raise SubmissionError('Send a list of items, or {"recipe": …, "items": [{"sku": …, "image_url": …}]}.')
    return _submission(body, items=body["items"], files=[], digest=digest_of(request.body))


def _from_form(request: HttpRequest) -> Submission:
    files = [one for one in request.FILES.getlist("files") if isinstance(one, UploadedFile)]
    if not files:
        raise SubmissionError("Send at least one photo in the form field files.")
    parts = [f"{name}={value}".encode() for name, value in sorted(request.POST.items())]
    for one in files:
        parts += [str(one.name).encode(), one.read()]
        one.seek(0)
    return _submission(request.POST, items=[], files=files, digest=digest_of(*parts))


def _submission(values: Mapping[str, Any], *, items: list[Any], files: list[UploadedFile], digest: str) -> Submission:
    for name in ("recipe", "name", "priority", "mode"):
        if not isinstance(values.get(name) or "", str):
            raise SubmissionError(f"{name} must be a text.")
    priority = str(values.get("priority") or "standard")
    if priority.upper() not in Priority.names:
        raise SubmissionError(f"priority must be one of rush, standard, bulk, not {priority!r}.")
    return Submission(
        recipe=str(values.get("recipe") or "packshot"),
        mode=values.get("mode") or None,
        name=str(values.get("name") or ""),
        priority=Priority[priority.upper()].value,
        items=items,
        files=files,
        digest=digest,
    )


def submit(submission: Submission, *, owner: User) -> Batch:
    """The batch of a submission. SubmissionError or ValueError when nothing in it can be used."""
    recipe = recipes.current(submission.recipe)
    name = submission.name or f"API {recipe.label.partition(':')[0].lower()}"
    intake = open_intake(owner=owner, source="api", name=name)
    options: dict[str, Any] = {"priority": submission.priority, "mode": submission.mode, "source": "api"}
    if submission.items:
        items = take_manifest(intake, manifest=submission.items)
        if all(item.state == ItemState.REJECTED for item in items):
            why = f"{items[0].path}: {items[0].reason}" if items else "No item has an image_url."
            raise SubmissionError(f"Nothing in the manifest can be used. {why}")
        return jobs.start_filling(owner=owner, recipe=recipe, name=name, intake=intake, **options)
    for file in submission.files:
        _take(intake, file)
    images = accepted_images(intake)
    if not images:
        first = intake.items.exclude(reason="").first()
        raise SubmissionError(
            f"None of the files can be used. {first.path}: {first.reason}" if first else "No photo came."
        )
    batch = jobs.start_batch(owner=owner, images=images, recipe=recipe, name=name, intake=intake, **options)
    mark_submitted(intake)
    return batch


def _take(intake: Intake, file: UploadedFile) -> None:
    name = str(file.name or "photo")
    if name.lower().endswith(".zip"):
        take_zip(intake, source=file, name=name)
    else:
        take_bytes(intake, path=name, data=file.read())
