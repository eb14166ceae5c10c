"""Targets and deliveries over the API."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, cast

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest
from ninja import Query, Router, Status
from ninja.errors import HttpError

from accounts.access import scoped
from accounts.idempotency import answer_once, digest_of
from accounts.models import Scope, User
from marketplaces.deliveries import start as acts
from marketplaces.deliveries.schemas import (
    DeliveriesIn,
    DeliveriesOut,
    DeliveryDetailOut,
    DeliveryIn,
    DeliveryOut,
    RecallIn,
    TargetOut,
)
from marketplaces.delivery_models import Delivery, DeliveryFile, DeliveryTarget
from marketplaces.models import Export
from processing.schemas import ProblemOut

router = Router(tags=["deliveries"])
Problems = {401: ProblemOut, 403: ProblemOut}


@router.get(
    "/targets",
    auth=scoped(Scope.EXPORT),
    response={200: list[TargetOut], **Problems},
    summary="Places exports are sent to",
)
def list_targets(request: HttpRequest) -> list[dict[str, Any]]:
    """Every target with its kind and channel. Secrets are never shown."""
    fields = TargetOut.model_fields
    return [
        {**{name: getattr(one, name) for name in fields}, "channel": one.channel.name}
        for one in DeliveryTarget.objects.select_related("channel")
    ]


@router.post(
    "/deliveries",
    auth=scoped(Scope.EXPORT),
    response={202: DeliveryOut, 409: ProblemOut, 422: ProblemOut, **Problems},
    summary="Send an export to a target",
)
def create_delivery(request: HttpRequest, body: DeliveryIn) -> Status[dict[str, Any]]:
    """Answers at once; follow it by its address, or by the webhooks delivery.completed and delivery.failed. Sent again for the
    same export and target it goes on with what has not arrived. Takes an Idempotency-Key."""
    user = cast(User, request.user)
    digest = digest_of(b"deliveries", request.body)
    status, answer = answer_once(request, user=user, digest=digest, make=lambda: (202, _started(body, user)))
    return Status(status, answer)


@router.get(
    "/deliveries",
    auth=scoped(Scope.EXPORT),
    response={200: DeliveriesOut, 422: ProblemOut, **Problems},
    summary="Deliveries, newest first",
)
def list_deliveries(request: HttpRequest, params: Query[DeliveriesIn]) -> dict[str, Any]:
    """A page of deliveries with how many of their files have arrived."""
    found = Delivery.objects.select_related("target__channel")
    if params.target:
        found = found.filter(target__name=params.target)
    if params.cursor:
        found = found.filter(pk__lt=params.cursor)
    rows = list(found[: params.limit + 1])
    shown = rows[: params.limit]
    return {"items": _summaries(shown), "next": str(shown[-1].pk) if len(rows) > len(shown) else None}


@router.get(
    "/deliveries/{int:delivery_id}",
    auth=scoped(Scope.EXPORT),
    response={200: DeliveryDetailOut, 404: ProblemOut, **Problems},
    summary="A delivery and its files",
)
def get_delivery(request: HttpRequest, delivery_id: int) -> dict[str, Any]:
    """How far it is, and for each file its state, its tries and where it went."""
    found = _delivery(delivery_id)
    return {**_summary(found), "files": [_file(file) for file in found.files.all()]}


@router.post(
    "/deliveries/{int:delivery_id}/retry",
    auth=scoped(Scope.EXPORT),
    response={202: DeliveryOut, 404: ProblemOut, **Problems},
    summary="Go on with what failed",
)
def retry_delivery(request: HttpRequest, delivery_id: int) -> Status[dict[str, Any]]:
    """Sends again only what failed; what has arrived is never sent twice."""
    return Status(202, _summary(acts.retry(_delivery(delivery_id))))


@router.post(
    "/deliveries/{int:delivery_id}/check",
    auth=scoped(Scope.EXPORT),
    response={202: DeliveryOut, 404: ProblemOut, **Problems},
    summary="Fetch what was published and compare it again",
)
def check_delivery(request: HttpRequest, delivery_id: int) -> Status[dict[str, Any]]:
    """Files that are missing are sent again."""
    acts.look_again(_delivery(delivery_id))
    return Status(202, _summary(_delivery(delivery_id)))


@router.post(
    "/deliveries/{int:delivery_id}/recall",
    auth=scoped(Scope.EXPORT),
    response={202: DeliveryOut, 404: ProblemOut, 422: ProblemOut, **Problems},
    summary="Take files back from the target",
)
def recall_delivery(request: HttpRequest, delivery_id: int, body: RecallIn) -> Status[dict[str, Any]]:
    """The webhook delivery.recalled names what was withdrawn. A recalled picture is withdrawn everywhere by itself."""
    acts.recall(_delivery(delivery_id), names=body.names or None)
    return Status(202, _summary(_delivery(delivery_id)))


def _started(body: DeliveryIn, user: User) -> dict[str, Any]:
    export = Export.objects.select_related("channel").filter(pk=body.export).first()
    if export is None:
        raise HttpError(422, f"There is no export {body.export}.")
    try:
        delivery = acts.start(export, acts.target_named(body.target), owner=user)
    except acts.CannotDeliver as error:
        raise HttpError(422, str(error)) from error
    return DeliveryOut(**_summary(delivery)).model_dump(mode="json")


def _delivery(delivery_id: int) -> Delivery:
    found = Delivery.objects.select_related("target__channel").filter(pk=delivery_id).first()
    if found is None:
        raise Http404
    return found


def _summary(delivery: Delivery) -> dict[str, Any]:
    return _summaries([delivery])[0]


def _summaries(deliveries: Iterable[Delivery]) -> list[dict[str, Any]]:
    shown = list(deliveries)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        DeliveryFile.objects.filter(delivery__in=shown).order_by().values("delivery", "state").annotate(n=Count("pk"))
    )
    for row in rows:
        counts[row["delivery"]][row["state"]] = row["n"]
    return [
        {
            "id": one.pk,
            "export": one.export_id,
            "target": one.target.name,
            "channel": one.target.channel.name,
            "state": one.state,
            "error": one.error,
            "created_at": one.created_at,
            "finished_at": one.finished_at,
            "counts": counts[one.pk],
            "links": {
                "self": f"{settings.SITE_URL}/api/v1/deliveries/{one.pk}",
                "page": f"{settings.SITE_URL}{one.get_absolute_url()}",
            },
        }
        for one in shown
    ]


def _file(file: DeliveryFile) -> dict[str, Any]:
    names = ("name", "sku", "state", "sha256", "bytes", "arrival", "error", "sent_at", "arrived_at", "withdrawn_at")
    return {**{name: getattr(file, name) for name in names}, "url": file.remote_url, "attempts": file.attempt_count}
