"""Channels, exports, and the listings a shop keeps in sync with."""

from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Status
from ninja.errors import HttpError

from accounts.access import scoped
from accounts.idempotency import answer_once, digest_of
from accounts.models import Scope, User
from marketplaces import listings
from marketplaces.archive import zip_stream
from marketplaces.channels import TREE, UnknownChannel, ensure_channels
from marketplaces.exports import report_of
from marketplaces.models import Channel, Export, ExportState
from marketplaces.packs import RoleSpec
from marketplaces.schemas import (
    ChangesOut,
    ChannelOut,
    ExportDetailOut,
    ExportIn,
    ExportOut,
    ExportsIn,
    ExportsOut,
    FeedIn,
)
from marketplaces.selection import ScopeError
from marketplaces.starting import start_export
from processing.schemas import ProblemOut

router = Router(tags=["marketplaces"])
Problems = {401: ProblemOut, 403: ProblemOut}


@router.get(
    "/channels",
    auth=scoped(Scope.READ),
    response={200: list[ChannelOut], **Problems},
    summary="Channels and what they ask for",
)
def list_channels(request: HttpRequest) -> list[dict[str, Any]]:
    """Every channel that is switched on: its roles with canvas, file format, byte limit and name template, and its feeds."""
    ensure_channels()
    return [_channel(channel) for channel in Channel.objects.active()]


@router.post(
    "/exports",
    auth=scoped(Scope.EXPORT),
    response={202: ExportOut, 409: ProblemOut, 422: ProblemOut, **Problems},
    summary="Take approved pictures out to a channel",
)
def create_export(request: HttpRequest, body: ExportIn) -> Status[dict[str, Any]]:
    """Answers at once; follow the export by its address, or by the webhook export.completed. Takes an Idempotency-Key."""
    user = cast(User, request.user)
    status, answer = answer_once(
        request, user=user, digest=digest_of(b"exports", request.body), make=lambda: (202, _started(body, user))
    )
    return Status(status, answer)


@router.get(
    "/exports",
    auth=scoped(Scope.EXPORT),
    response={200: ExportsOut, 422: ProblemOut, **Problems},
    summary="Exports, newest first",
)
def list_exports(request: HttpRequest, params: Query[ExportsIn]) -> dict[str, Any]:
    """A page of exports and how far they are; files and what is blocked are at each one's own address."""
    found = Export.objects.select_related("channel").order_by("-pk")
    if params.channel:
        found = (
            found.filter(channel__isnull=True) if params.channel == TREE else found.filter(channel__name=params.channel)
        )
    if params.cursor:
        found = found.filter(pk__lt=params.cursor)
    rows = list(found[: params.limit + 1])
    shown = rows[: params.limit]
    return {"items": [_summary(one) for one in shown], "next": str(shown[-1].pk) if len(rows) > len(shown) else None}


@router.get(
    "/exports/{int:export_id}",
    auth=scoped(Scope.EXPORT),
    response={200: ExportDetailOut, 404: ProblemOut, **Problems},
    summary="An export, its files and what is blocked",
)
def get_export(request: HttpRequest, export_id: int) -> dict[str, Any]:
    """How far it is; when it is done, the files with their links, and for each product that stays behind the reason."""
    export = _export(export_id)
    report = report_of(export)
    links = dict(export.files.exclude(public_key="").values_list("name", "public_key"))
    files = [{**file, "url": _public(links.get(file["name"], ""), file["name"])} for file in report.files]
    return {**_summary(export), "files": files, "blocked": report.blocked, "warnings": report.warnings}


@router.get(
    "/exports/{int:export_id}/download",
    auth=scoped(Scope.EXPORT),
    response={404: ProblemOut, 409: ProblemOut, **Problems},
    summary="The export as a zip",
    openapi_extra={"responses": {200: {"description": "A zip file", "content": {"application/zip": {}}}}},
)
def download_export(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """409 while the export is not finished. Pictures are stored in the zip as they are; SHA256SUMS is inside."""
    export = _export(export_id)
    if export.state != ExportState.DONE:
        raise HttpError(409, f"This export is {export.get_state_display().lower()}; there is nothing to download yet.")
    return zip_response(export)


@router.get(
    "/channels/{slug:name}/listings",
    auth=scoped(Scope.EXPORT),
    response={200: ChangesOut, 404: ProblemOut, 422: ProblemOut, **Problems},
    summary="Every change of a channel's picture sets, once and in order",
)
def list_changes(request: HttpRequest, response: HttpResponse, name: str, params: Query[FeedIn]) -> Any:
    """Start without a cursor, keep `next_cursor`, come back with it. An item is a listing's whole set: put it in place of
    what you have. `withdrawn` means take it down. The ETag of the last page stays the same until something changes."""
    channel = Channel.objects.filter(name=name, is_active=True).first()
    if channel is None:
        raise Http404
    try:
        page = listings.page(channel, cursor=params.cursor, limit=params.limit)
    except listings.BadCursor as error:
        raise HttpError(422, str(error)) from error
    response["Cache-Control"] = "private, no-cache"
    return {
        "items": [listings.shown(one) for one in page.changes],
        "next_cursor": page.next_cursor,
        "has_more": page.has_more,
    }


def zip_response(export: Export) -> StreamingHttpResponse:
    """Without pictures that were taken back since."""
    files = export.files.filter(withdrawn_at=None).order_by("name")
    response = StreamingHttpResponse(zip_stream(files.iterator()), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{export.stem}.zip"'
    return response


def _started(body: ExportIn, user: User) -> dict[str, Any]:
    try:
        export = start_export(body.channel or None, scope=body.scope.model_dump(mode="json"), owner=user)
    except (UnknownChannel, ScopeError) as error:
        raise HttpError(422, str(error)) from error
    return ExportOut(**_summary(export)).model_dump(mode="json")


def _export(export_id: int) -> Export:
    export = Export.objects.select_related("channel").filter(pk=export_id).first()
    if export is None:
        raise Http404
    return export


def _summary(export: Export) -> dict[str, Any]:
    here = f"/api/v1/exports/{export.pk}"
    links = {"self": here, "download": f"{here}/download", "page": reverse("export", args=[export.pk])}
    return {
        "id": export.pk,
        "channel": export.channel.name if export.channel else TREE,
        "state": export.state,
        "scope": export.scope,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "done": export.done_count,
        "total": export.total_count,
        "error": export.error,
        "links": {name: f"{settings.SITE_URL}{path}" for name, path in links.items()},
    }


def _public(key: str, name: str) -> str:
    return listings.link_to(f"/m/{key}/{name}") if key else ""


def _channel(channel: Channel) -> dict[str, Any]:
    pack = channel.rules()
    return {
        "name": channel.name,
        "label": channel.label,
        "pack": pack.name,
        "pack_version": pack.version,
        "review_by": pack.review_by,
        "is_due": pack.is_due(timezone.localdate()),
        "is_sandbox": channel.is_sandbox,
        "is_active": channel.is_active,
        "feeds": list(pack.feeds),
        "roles": [_role(role) for role in pack.roles],
        "listings": f"{settings.SITE_URL}/api/v1/channels/{channel.name}/listings",
    }


def _role(role: RoleSpec) -> dict[str, Any]:
    return {
        "role": role.role,
        "is_required": role.is_required,
        "count": role.count,
        "width": role.size[0],
        "height": role.size[1],
        "format": role.encode.format,
        "max_bytes": role.max_bytes,
        "name": role.name,
    }
