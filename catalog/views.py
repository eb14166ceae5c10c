"""What the upload page talks to: announce files, send them one by one, edit the pattern, follow links being fetched."""

import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from accounts.access import may, requires, signed_in
from accounts.inputs import json_body
from catalog import files, listing
from catalog.intake import open_intake, take_file, take_table_again
from catalog.items import Declared, declare, rename
from catalog.models import Category, Intake, IntakeState
from catalog.naming import MAX_PATH, PatternError
from processing.imaging import codec

THUMB_PX = 160
# A table of the longest kind and a photo for each of its rows.
_MAX_ROWS = 20_000


class BadRequest(Exception):
    """The request is not what the page sends."""


@require_POST
@requires("submit")
def announce(request: HttpRequest) -> JsonResponse:
    """{intake?, name?, pattern?, files: [{path, size, mtime}]}: opens the intake or goes on with it, and says what is missing."""
    try:
        body = _body(request)
        declared = _declared(body)
        intake = owned_intake(request, int(body["intake"])) if body.get("intake") else _open(request, body)
    except (BadRequest, PatternError, ValueError) as error:
        return _refuse(422, str(error))
    if intake.state != IntakeState.OPEN:
        return _refuse(409, "This batch has been started already. Begin a new one.")
    if intake.items.count() + len(declared) > _MAX_ROWS:
        return _refuse(413, "Too many files for one batch. Start this one, then begin another.")
    return _answer(intake, listing.rows(declare(intake, declared=declared)))


@require_GET
@requires("submit")
def show(request: HttpRequest, pk: int) -> JsonResponse:
    """All rows, for a page that was reloaded; with ?links only those that are fetched by link."""
    intake = owned_intake(request, pk)
    items = intake.items.all()
    if "links" in request.GET:
        items = items.exclude(url="")
    return _answer(intake, listing.rows(items[:_MAX_ROWS]))


@require_POST
@requires("submit")
def upload(request: HttpRequest, pk: int, item_pk: int) -> JsonResponse:
    """The bytes of one announced file. Answers its row, and rows of what was inside a zip or table."""
    item = get_object_or_404(owned_intake(request, pk).items.select_related("intake__owner"), pk=item_pk)
    if item.intake.state != IntakeState.OPEN:
        return _refuse(409, "This batch has been started already. Begin a new one.")
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _refuse(422, "The file is missing from the request.")
    return _answer(item.intake, listing.rows(take_file(item, source=file)))


@require_POST
@requires("submit")
def change_pattern(request: HttpRequest, pk: int) -> JsonResponse:
    """{pattern}: all names read again. One that cannot work yet, as while it is typed, is answered with its problem."""
    intake = owned_intake(request, pk)
    try:
        items = rename(intake, pattern=str(_body(request).get("pattern", "")))
    except BadRequest as error:
        return _refuse(422, str(error))
    except PatternError as error:
        return JsonResponse({"problem": str(error), "items": []})
    return _answer(intake, listing.rows(items))


@require_POST
@requires("submit")
def name_columns(request: HttpRequest, pk: int, item_pk: int) -> JsonResponse:
    """{columns: {meaning: title}} for a table that was not understood."""
    item = get_object_or_404(owned_intake(request, pk).items.select_related("intake__owner"), pk=item_pk)
    try:
        columns = _body(request).get("columns")
    except BadRequest as error:
        return _refuse(422, str(error))
    if not isinstance(columns, dict) or item.reason_code != "columns":
        return _refuse(422, "Say which column is which: {columns: {sku: …, image: …}}.")
    return _answer(item.intake, listing.rows(take_table_again(item, columns=columns)))


@require_POST
@requires("submit")
def leave_out(request: HttpRequest, pk: int) -> JsonResponse:
    """{items: [ids]} or {refused: true}: rows that shall not be part of the batch."""
    intake = owned_intake(request, pk)
    try:
        body = _body(request)
        ids = [int(one) for one in body.get("items", [])]
    except (BadRequest, TypeError, ValueError):
        return _refuse(422, "Name the rows: {items: [12, 13]}.")
    with transaction.atomic():
        Intake.objects.select_for_update().get(pk=intake.pk)
        gone = intake.items.refused() if body.get("refused") else intake.items.filter(pk__in=ids)
        removed = list(gone.values_list("pk", flat=True))
        gone.delete()
    return JsonResponse({"removed": removed, "counts": listing.counts(intake)})


@require_GET
@requires("submit")
@cache_control(private=True, max_age=86_400, immutable=True)
def thumb(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """A small picture of a received photo; its address holds the content's hash, so it may be kept."""
    item = get_object_or_404(owned_intake(request, pk).items, pk=item_pk)
    if not item.file or not item.photo:
        raise Http404
    try:
        image = codec.decode(files.load(item.file), max_pixels=settings.MAX_PHOTO_PIXELS, target_long_px=2 * THUMB_PX)
    except (FileNotFoundError, codec.DecodeError) as error:
        raise Http404 from error
    image.thumbnail((THUMB_PX, THUMB_PX))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return HttpResponse(buffer.getvalue(), content_type="image/webp")


def owned_intake(request: HttpRequest, pk: int) -> Intake:
    """The user's own intake; managers see all. Http404 for others: whether it exists is nobody's business."""
    intake = get_object_or_404(Intake.objects.select_related("owner"), pk=pk)
    if intake.owner_id != signed_in(request).pk and not may(request.user, "manage"):
        raise Http404
    return intake


def _open(request: HttpRequest, body: dict[str, Any]) -> Intake:
    return open_intake(
        owner=signed_in(request),
        source="browser",
        name=str(body.get("name", "")),
        pattern=str(body.get("pattern", "")),
        default_category=str(body.get("category") or Category.DEFAULT),
    )


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json_body(request) if request.body else {}
    except ValueError as error:
        raise BadRequest("The request is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The request must be an object.")
    return body


def _declared(body: dict[str, Any]) -> list[Declared]:
    listed = body.get("files", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadRequest("files must be a list: [{path, size, mtime}].")
    if len(listed) > settings.MAX_MANIFEST_ITEMS:
        raise BadRequest(f"At most {settings.MAX_MANIFEST_ITEMS} files fit into one batch; start another for the rest.")
    return [
        Declared(
            path=str(one.get("path", ""))[: 2 * MAX_PATH],
            size=_whole(one.get("size")),
            modified_ms=_whole(one.get("mtime")),
        )
        for one in listed
    ]


def _whole(value: Any) -> int:
    """A count out of JSON; nonsense is 0, which at worst sends a file again."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value < 2**53 else 0


def _answer(intake: Intake, shown: list[dict[str, Any]]) -> JsonResponse:
    return JsonResponse(
        {"intake": intake.pk, "pattern": intake.pattern, "counts": listing.counts(intake), "items": shown}
    )


def _refuse(status: int, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=status)
