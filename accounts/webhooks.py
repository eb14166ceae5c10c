"""Sends waiting webhook deliveries by Standard Webhooks 1.0.0, for three days if it must be.

One worker at a time goes through the deliveries of one endpoint, so a slow endpoint holds up nobody but itself. A delivery is
claimed before it is sent; if the worker dies, its lease ends and the delivery is sent again under the same id.
"""

import json
import logging
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.guard import FetchError, check_url, explained, guarded_client
from accounts.models import DeliveryState, Event, WebhookDelivery, WebhookEndpoint

logger = logging.getLogger(__name__)
# Waits before each try, about 75 hours in all; then the delivery is given up.
SCHEDULE_S = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
TIMEOUT_S = 20.0
LEASE_S = 60
RESPONSE_BYTES = 1024
KEEP_DAYS = 30
# An endpoint that is down or overloaded is left alone for a moment instead of being sent the next event at once.
REST_S = 5
_BUSY_S = 120
_TURN_S = 45.0
_MAX_RETRY_AFTER_S = 86_400
_LOG_LENGTH = 30


@dataclass(frozen=True)
class Outcome:
    """What came back. `status` 0 means nothing did; `retry_after_s` is what the receiver asked for."""

    status: int
    error: str
    response: str
    ms: int
    retry_after_s: float = 0

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_overloaded(self) -> bool:
        """The next event would meet the same; any other answer may be about this event alone."""
        return self.status in (0, 429, 502, 503, 504)


def reserve_due() -> list[int]:
    """The endpoints that have something due and nobody at work on it; for a while they are the caller's to send to."""
    now = timezone.now()
    due = _due(now).filter(endpoint=OuterRef("pk"))
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    ids = WebhookEndpoint.objects.listening().filter(free, Exists(due)).values_list("pk", flat=True)
    until = now + timedelta(seconds=_BUSY_S)
    return [pk for pk in ids if WebhookEndpoint.objects.filter(free, pk=pk).update(busy_until=until)]


def deliver_for(endpoint_id: int) -> bool:
    """Works through what is due for one endpoint, for less than a minute. True if something due is left."""
    end = time.monotonic() + _TURN_S
    while delivery := _claim(endpoint_id):
        outcome = _attempt(delivery)
        _settle(delivery, outcome)
        if outcome.is_overloaded:
            _rest(endpoint_id, seconds=max(REST_S, outcome.retry_after_s))
            return False
        if time.monotonic() > end:
            return True
        WebhookEndpoint.objects.filter(pk=endpoint_id).update(busy_until=timezone.now() + timedelta(seconds=_BUSY_S))
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(busy_until=None)
    return False


def body_of(event: Event) -> bytes:
    """The bytes that are signed and sent: the same at every try."""
    message = {
        "type": event.kind,
        "timestamp": event.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {**event.data, "subject": event.subject},
    }
    return json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def headers_of(endpoint: WebhookEndpoint, *, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Signed headers; while a secret is being changed the old one signs too. `at` must be aware and in UTC."""
    secrets = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > at:
        secrets.append(endpoint.old_secret)
    signatures = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
    }


def forget_old() -> int:
    """For the scheduler, daily: settled deliveries after thirty days."""
    before = timezone.now() - timedelta(days=KEEP_DAYS)
    settled = [DeliveryState.DELIVERED, DeliveryState.FAILED]
    return WebhookDelivery.objects.filter(state__in=settled, created_at__lt=before).delete()[0]


def _due(now: datetime) -> "QuerySet[WebhookDelivery]":
    """Waiting and due, or being sent by a worker that is presumed dead."""
    waiting = Q(state=DeliveryState.PENDING, next_at__lte=now)
    abandoned = Q(state=DeliveryState.SENDING, lease_until__lt=now)
    return WebhookDelivery.objects.filter(waiting | abandoned)


def _claim(endpoint_id: int) -> WebhookDelivery | None:
    now = timezone.now()
    with transaction.atomic():
        rows = (
            _due(now)
            .filter(endpoint__in=WebhookEndpoint.objects.listening().filter(pk=endpoint_id))
            .order_by("next_at", "id")
        )
        delivery = rows.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint", "event").first()
        if delivery is None:
            return None
        delivery.lease_until = now + timedelta(seconds=LEASE_S)
        delivery.state = DeliveryState.SENDING
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            state=delivery.state, lease_until=delivery.lease_until, attempt_count=F("attempt_count") + 1
        )
        delivery.attempt_count += 1
    return delivery


def _attempt(delivery: WebhookDelivery) -> Outcome:
    """One POST. Redirects are failures: an address that moved is for its owner to correct."""
    body, began = body_of(delivery.event), time.monotonic()
    headers = headers_of(delivery.endpoint, message_id=f"evt_{delivery.event_id}", body=body, at=timezone.now())
    hosts = settings.FETCH_ALLOWED_HOSTS
    try:
        check_url(delivery.endpoint.url, allowed_hosts=hosts)
        with (
            guarded_client(timeout_s=TIMEOUT_S, allowed_hosts=hosts) as client,
            client.stream("POST", delivery.endpoint.url, content=body, headers=headers) as response,
        ):
            text = _beginning(response)
    except FetchError as error:
        return Outcome(status=0, error=str(error), response="", ms=_ms(began))
    except httpx.HTTPError as error:
        return Outcome(status=0, error=str(explained(error)), response="", ms=_ms(began))
    why = "" if 200 <= response.status_code < 300 else f"The receiver answered {response.status_code}."
    retry_after_s = _retry_after_s(response.headers.get("retry-after", ""))
    return Outcome(response.status_code, why, text, _ms(began), retry_after_s)


def _settle(delivery: WebhookDelivery, outcome: Outcome) -> None:
    now = timezone.now()
    entry = {"at": now.isoformat(), "status": outcome.status, "error": outcome.error, "response": outcome.response,
             "ms": outcome.ms}  # fmt: skip
    delivery.log = [*delivery.log, entry][-_LOG_LENGTH:]
    delivery.lease_until = None
    if outcome.is_success:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now
    elif outcome.status == 410 or delivery.attempt_count >= len(SCHEDULE_S):
        delivery.state = DeliveryState.FAILED
        _give_up(delivery, outcome)
    else:
        wait_s = max(SCHEDULE_S[delivery.attempt_count] * random.uniform(1.0, 1.2), outcome.retry_after_s)
        delivery.state, delivery.next_at = DeliveryState.PENDING, now + timedelta(seconds=wait_s)
    # The lease was ours, so nobody else has written this row since the claim.
    delivery.save(update_fields=["log", "lease_until", "state", "delivered_at", "next_at"])


def _give_up(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Switches the endpoint off when it says it is gone, or when nothing has got through since this event happened."""
    if outcome.status == 410:
        delivery.endpoint.switch_off("The receiver answered 410: it wants no more events.")
        return
    got_through = WebhookDelivery.objects.filter(
        endpoint=delivery.endpoint_id, state=DeliveryState.DELIVERED, delivered_at__gt=delivery.created_at
    )
    if not got_through.exists():
        delivery.endpoint.switch_off(f"Nothing got through for three days. Last answer: {outcome.error}")
    logger.warning("webhook delivery=%s given up: %s", delivery.pk, outcome.error)


def _rest(endpoint_id: int, *, seconds: float) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(busy_until=timezone.now() + timedelta(seconds=seconds))


def _beginning(response: httpx.Response) -> str:
    """The first kilobyte of the answer, for the owner to see; the rest is not read."""
    data = bytearray()
    for chunk in response.iter_raw(chunk_size=RESPONSE_BYTES):
        data += chunk
        if len(data) >= RESPONSE_BYTES:
            break
    # PostgreSQL stores no NUL in JSON.
    return bytes(data[:RESPONSE_BYTES]).decode("utf-8", errors="replace").replace("\0", "\ufffd")


def _retry_after_s(value: str) -> float:
    """Seconds out of a Retry-After header, which holds a number or a date."""
    if value.isascii() and value.isdigit():
        return min(float(value), _MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - timezone.now()).total_seconds()), _MAX_RETRY_AFTER_S)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
