"""What owners do with their webhook endpoints: register, change, try, replay, rotate the secret."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.actors import deliver_webhooks
from accounts.events import KINDS
from accounts.guard import FetchError, check_url, is_listed
from accounts.models import DeliveryState, Event, User, WebhookDelivery, WebhookEndpoint, new_webhook_secret

TEST_KIND = "webhook.test"
MAX_ENDPOINTS = 20
OLD_SECRET_HOURS = 24


class EndpointError(ValueError):
    """An endpoint or act that cannot be; the text says why."""


def register(*, user: User, url: str, kinds: Sequence[str] = ()) -> WebhookEndpoint:
    """A new active endpoint with its own secret. Raises EndpointError."""
    if WebhookEndpoint.objects.filter(user=user).count() >= MAX_ENDPOINTS:
        raise EndpointError(
            gettext("You have %(max_endpoints)s endpoints already; delete one first.")
            % {"max_endpoints": MAX_ENDPOINTS}
        )
    return WebhookEndpoint.objects.create(user=user, url=_checked_url(url), kinds=_checked_kinds(kinds))


def change(endpoint: WebhookEndpoint, *, url: str, kinds: Sequence[str]) -> None:
    endpoint.url, endpoint.kinds = _checked_url(url), _checked_kinds(kinds)
    endpoint.save(update_fields=["url", "kinds"])


def switch(endpoint: WebhookEndpoint, *, is_active: bool) -> None:
    """Off: events are no longer kept for it. On: what waits is sent."""
    endpoint.is_active, endpoint.disabled_reason, endpoint.busy_until = is_active, "", None
    endpoint.save(update_fields=["is_active", "disabled_reason", "busy_until"])


def rotate_secret(endpoint: WebhookEndpoint) -> str:
    """The new secret. The old one signs beside it for a day, so that the receiver can change over without losing an event."""
    endpoint.old_secret, endpoint.secret = endpoint.secret, new_webhook_secret()
    endpoint.old_secret_until = timezone.now() + timedelta(hours=OLD_SECRET_HOURS)
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return endpoint.secret


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """An event for this endpoint alone, whatever kinds it wants."""
    _require_active(endpoint)
    with transaction.atomic():
        event = Event.objects.create(
            kind=TEST_KIND, subject=f"webhook:{endpoint.pk}", data={"message": "Hello."}, actor=endpoint.user
        )
        delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
        _send_soon(endpoint)
    return delivery


def replay(delivery: WebhookDelivery) -> bool:
    """Sends a settled delivery once more under the same id; False if it is on its way anyway."""
    _require_active(delivery.endpoint)
    settled = [DeliveryState.DELIVERED, DeliveryState.FAILED]
    with transaction.atomic():
        changed = WebhookDelivery.objects.filter(pk=delivery.pk, state__in=settled).update(
            state=DeliveryState.PENDING, next_at=timezone.now(), attempt_count=0, lease_until=None, delivered_at=None
        )
        _send_soon(delivery.endpoint)
    return bool(changed)


def _send_soon(endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(busy_until=None)
    transaction.on_commit(partial(deliver_webhooks.send, endpoint.pk))


def _require_active(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_active:
        raise EndpointError(gettext("This endpoint is switched off. Switch it on first."))


def _checked_url(url: str) -> str:
    """Refuses what could never be delivered; where the name leads is checked at each connection."""
    url = url.strip()
    hosts = settings.FETCH_ALLOWED_HOSTS
    if len(url) > 2000:
        raise EndpointError(gettext("The address has more than 2000 characters."))
    try:
        check_url(url, allowed_hosts=hosts)
    except FetchError as error:
        raise EndpointError(str(error)) from error
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_listed(parts.hostname or "", parts.port or 80, hosts):
        raise EndpointError(gettext("The address must start with https://."))
    return url


def _checked_kinds(kinds: Sequence[str]) -> list[str]:
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise EndpointError(
            gettext("There is no event %(unknown)s; choose from %(kinds)s.")
            % {"unknown": f"{unknown[0]!r}", "kinds": ", ".join(KINDS)}
        )
    return [kind for kind in KINDS if kind in kinds]
