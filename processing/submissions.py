"""A batch out of one request: a manifest with links, or files sent along."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from accounts.idempotency import digest_of
from accounts.models import User
from catalog.archives import is_table
from catalog.intake import (
    accepted_images,
    mark_submitted,
    open_intake,
    take_bytes,
    take_stream,
    take_table,
    take_zip,
    waiting_count,
)
from catalog.manifests import ManifestError, read_head, read_items, read_lines
from catalog.models import Intake, ItemState
from catalog.rows import Row
from processing import makers, scheduling
from processing.models import Batch, Priority
from processing.starting import start_batch, start_filling

LINE_TYPES = {"application/x-ndjson", "application/ndjson", "application/jsonl"}
MAX_MANIFEST_BYTES = 256 * 2**20
PIECE = 256 * 2**10
IN_MEMORY = 2 * 2**20


class SubmissionError(ValueError):
    """The request cannot become a batch; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What a request asks for. `rows` is a manifest that is read from `spool` while it is taken, `files` are photos or zips."""

    recipe: str
    mode: str | None
    name: str
    priority: int
    files: Sequence[UploadedFile]
    digest: str
    rows: Iterator[Row] | None = None
    spool: IO[bytes] | None = None
    not_before: datetime | None = None
    hours: scheduling.Hours | None = None

    def close(self) -> None:
        if self.spool is not None:
            self.spool.close()


def read(request: HttpRequest) -> Submission:
    """The submission in a request, JSON or multipart. SubmissionError when it is neither."""
    content_type = request.content_type or ""
    if content_type == "multipart/form-data":
        return _from_form(request)
    if content_type == "application/json":
        return _from_stream(request, _from_json)
    if content_type in LINE_TYPES:
        return _from_stream(request, _from_lines)
    raise SubmissionError("Send application/json, application/x-ndjson or multipart/form-data.")


def _from_json(request: HttpRequest, spool: IO[bytes], digest: str) -> Submission:
    """Looked through once for what it says beside its items, so that a broken document is refused before anything starts."""
    head, count = read_head(spool)
    if not count:
        raise SubmissionError('Send a list of items, or {"recipe": …, "items": [{"sku": …, "image_url": …}]}.')
    return _submission({**request.GET.dict(), **head}, digest=digest, rows=read_items(spool), spool=spool)


def _from_lines(request: HttpRequest, spool: IO[bytes], digest: str) -> Submission:
    return _submission(request.GET, digest=digest, rows=read_lines(spool), spool=spool)


def _from_stream(request: HttpRequest, make: Callable[[HttpRequest, IO[bytes], str], Submission]) -> Submission:
    """The body goes to a file piece by piece while its hash is made: nothing starts before all of it has come."""
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with its submission
    try:
        return make(request, spool, _spooled(request, spool))
    except BaseException:
        spool.close()
        raise


def _spooled(request: HttpRequest, spool: IO[bytes]) -> str:
    """Brings the body into the file; its hash, and that of what the address says."""
    digest = hashlib.sha256(repr(sorted(request.GET.items())).encode())
    while piece := request.read(PIECE):
        if spool.tell() + len(piece) > MAX_MANIFEST_BYTES:
            raise SubmissionError(f"A manifest may have {MAX_MANIFEST_BYTES // 2**20} MB: send it in parts.")
        digest.update(piece)
        spool.write(piece)
    if not spool.tell():
        raise SubmissionError('The body is empty: send items such as {"sku": …, "image_url": …}')
    spool.seek(0)
    return digest.hexdigest()


def _from_form(request: HttpRequest) -> Submission:
    files = [one for one in request.FILES.getlist("files") if isinstance(one, UploadedFile)]
    if not files:
        raise SubmissionError("Send at least one photo in the form field files.")
    parts = [f"{name}={value}".encode() for name, value in sorted(request.POST.items())]
    for one in files:
        parts += [str(one.name).encode(), one.read()]
        one.seek(0)
    return _submission(request.POST, files=files, digest=digest_of(*parts))


def _submission(
    values: Mapping[str, Any],
    *,
    digest: str,
    files: Sequence[UploadedFile] = (),
    rows: Iterator[Row] | None = None,
    spool: IO[bytes] | None = None,
) -> Submission:
    for name in ("recipe", "name", "priority", "mode", "not_before", "hours"):
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
        files=files,
        digest=digest,
        rows=rows,
        spool=spool,
        not_before=_moment(str(values.get("not_before") or "")),
        hours=scheduling.hours_from(values.get("hours")),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or is_naive(found)):
        raise SubmissionError(f"not_before must be a moment with its zone, as 2026-12-01T20:00:00Z, not {text!r}.")
    return found


def submit(submission: Submission, *, owner: User) -> Batch:
    """The batch of a submission. SubmissionError or ValueError when nothing in it can be used."""
    recipe = makers.recipe_named(submission.recipe)
    name = submission.name or f"API {recipe.label.partition(':')[0].lower()}"
    intake = open_intake(owner=owner, source="api", name=name)
    options: dict[str, Any] = {
        "priority": submission.priority, "mode": submission.mode, "source": "api", "not_before": submission.not_before,
        "hours": submission.hours,
    }  # fmt: skip
    if submission.rows is not None:
        _take_manifest(intake, submission.rows)
        return start_filling(owner=owner, recipe=recipe, name=name, intake=intake, **options)
    # Tables first: they say what the photos are.
    for file in sorted(submission.files, key=lambda one: not is_table(str(one.name))):
        _take(intake, file)
    if waiting_count(intake):
        return start_filling(owner=owner, recipe=recipe, name=name, intake=intake, **options)
    images = accepted_images(intake)
    if not images:
        mark_submitted(intake)
        first = intake.items.exclude(reason="").exclude(state=ItemState.OPENED).first()
        raise SubmissionError(
            f"None of the files can be used. {first.path}: {first.reason}" if first else "No photo came."
        )
    batch = start_batch(owner=owner, images=images, recipe=recipe, name=name, intake=intake, **options)
    mark_submitted(intake)
    return batch


def _take_manifest(intake: Intake, rows: Iterator[Row]) -> None:
    """Refused as a whole when nothing in it is of use, or when there is too much; nothing of it is kept then."""
    try:
        taken, first_fault = take_stream(intake, rows=rows)
    except ManifestError:
        intake.delete()
        raise
    if not taken:
        intake.delete()
        raise SubmissionError(f"Nothing in the manifest can be used. {first_fault or 'It has no line.'}")


def _take(intake: Intake, file: UploadedFile) -> None:
    name = str(file.name or "photo")
    if name.lower().endswith(".zip"):
        take_zip(intake, source=file, name=name)
    elif is_table(name):
        take_table(intake, source=file, name=name)
    else:
        take_bytes(intake, path=name, data=file.read())
