"""Webhook endpoints over the API: a token manages those of its user."""

from typing import Annotated, Any, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError
from pydantic import Field

from accounts import endpoints
from accounts.access import scoped
from accounts.idempotency import answer_once, digest_of
from accounts.models import DeliveryState, Scope, User, WebhookDelivery, WebhookEndpoint
from accounts.schemas import (
    ProblemOut,
    WebhookChange,
    WebhookDeliveriesOut,
    WebhookDeliveryOut,
    WebhookIn,
    WebhookOut,
    WebhookSecretOut,
)

router = Router(tags=["webhooks"], auth=scoped(Scope.WEBHOOKS))
Problems = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 422: ProblemOut}


@router.get("/webhooks", response={200: list[WebhookOut], 401: ProblemOut, 403: ProblemOut})
def list_webhooks(request: HttpRequest) -> Any:
    """Your endpoints, newest first."""
    return WebhookEndpoint.objects.filter(user=_user(request))


@router.post("/webhooks", response={201: WebhookSecretOut, 409: ProblemOut, **Problems})
def create_webhook(request: HttpRequest, body: WebhookIn) -> Status[dict[str, Any]]:
    """Registers an endpoint. Answers its secret, once. Takes an Idempotency-Key."""
    user = _user(request)
    status, answer = answer_once(
        request, user=user, digest=digest_of(b"webhooks", request.body), make=lambda: (201, _registered(user, body))
    )
    return Status(status, answer)


def _registered(user: User, body: WebhookIn) -> dict[str, Any]:
    try:
        endpoint = endpoints.register(user=user, url=body.url, kinds=body.kinds)
    except endpoints.EndpointError as error:
        raise HttpError(422, str(error)) from error
    return WebhookSecretOut.from_orm(endpoint).model_dump(mode="json")


@router.get("/webhooks/{int:endpoint_id}", response={200: WebhookOut, **Problems})
def get_webhook(request: HttpRequest, endpoint_id: int) -> Any:
    """One endpoint, without its secret."""
    return _endpoint(request, endpoint_id)


@router.patch("/webhooks/{int:endpoint_id}", response={200: WebhookOut, **Problems})
def change_webhook(request: HttpRequest, endpoint_id: int, body: WebhookChange) -> Any:
    """Changes the address or the kinds, switches on or off."""
    endpoint = _endpoint(request, endpoint_id)
    try:
        endpoints.change(
            endpoint, url=endpoint.url if body.url is None else body.url,
            kinds=endpoint.kinds if body.kinds is None else body.kinds,
        )  # fmt: skip
    except endpoints.EndpointError as error:
        raise HttpError(422, str(error)) from error
    if body.is_active is not None:
        endpoints.switch(endpoint, is_active=body.is_active)
    return endpoint


@router.delete("/webhooks/{int:endpoint_id}", response={204: None, **Problems})
def delete_webhook(request: HttpRequest, endpoint_id: int) -> Status[None]:
    """Forgets the endpoint with its deliveries."""
    _endpoint(request, endpoint_id).delete()
    return Status(204, None)


@router.post("/webhooks/{int:endpoint_id}/secret", response={200: WebhookSecretOut, **Problems})
def rotate_secret(request: HttpRequest, endpoint_id: int) -> Any:
    """A new secret. The old one signs beside it for a day."""
    endpoint = _endpoint(request, endpoint_id)
    endpoints.rotate_secret(endpoint)
    return endpoint


@router.post("/webhooks/{int:endpoint_id}/test", response={202: WebhookDeliveryOut, 409: ProblemOut, **Problems})
def test_webhook(request: HttpRequest, endpoint_id: int) -> Status[Any]:
    """Sends a webhook.test event."""
    try:
        return Status(202, _delivery(endpoints.send_test(_endpoint(request, endpoint_id))))
    except endpoints.EndpointError as error:
        raise HttpError(409, str(error)) from error


@router.get("/webhooks/{int:endpoint_id}/deliveries", response={200: WebhookDeliveriesOut, **Problems})
def list_webhook_deliveries(
    request: HttpRequest,
    endpoint_id: int,
    state: DeliveryState | None = None,
    cursor: Annotated[str, Field(pattern="^[0-9]{0,18}$")] = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """What was sent to an endpoint and what it answered, newest first."""
    rows = WebhookDelivery.objects.filter(endpoint=_endpoint(request, endpoint_id)).order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if cursor:
        rows = rows.filter(pk__lt=int(cursor))
    page = list(rows.select_related("event")[: limit + 1])
    shown = page[:limit]
    return {"items": [_delivery(row) for row in shown], "next": str(shown[-1].pk) if len(page) > limit else None}


@router.post(
    "/webhooks/{int:endpoint_id}/deliveries/{int:delivery_id}/replay",
    response={202: WebhookDeliveryOut, 409: ProblemOut, **Problems},
)
def replay_delivery(request: HttpRequest, endpoint_id: int, delivery_id: int) -> Status[Any]:
    """Sends a delivery again under the same webhook-id."""
    rows = WebhookDelivery.objects.select_related("event", "endpoint")
    delivery = get_object_or_404(rows, pk=delivery_id, endpoint=_endpoint(request, endpoint_id))
    try:
        endpoints.replay(delivery)
    except endpoints.EndpointError as error:
        raise HttpError(409, str(error)) from error
    delivery.refresh_from_db()
    return Status(202, _delivery(delivery))


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _endpoint(request: HttpRequest, pk: int) -> WebhookEndpoint:
    if pk >= 2**63:
        raise HttpError(404, "There is nothing under this address.")
    return get_object_or_404(WebhookEndpoint, pk=pk, user=_user(request))


def _delivery(row: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "event": row.event.kind,
        "message_id": f"evt_{row.event_id}",
        "state": row.state,
        "attempt_count": row.attempt_count,
        "next_at": row.next_at if row.state == DeliveryState.PENDING else None,
        "created_at": row.created_at,
        "delivered_at": row.delivered_at,
        "log": row.log,
    }
