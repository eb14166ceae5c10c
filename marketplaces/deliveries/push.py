"""A signed message that says what there is, with links that hold the content's hash: the receiver fetches by itself.

Sent through the webhook outbox, so it is signed, tried for days and seen in the endpoint's log.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from accounts.models import DeliveryState as WebhookState
from accounts.models import Event, WebhookDelivery, WebhookEndpoint
from marketplaces.deliveries.base import Connector, DeliveryError, Field, Gone, Item, NotYet, Sent
from marketplaces.deliveries.wire import refused, request

READY = "delivery.ready"
RECALLED = "delivery.recalled"
# A message stays under the 20 kB that receivers are told to expect.
FILES_PER_MESSAGE = 40
POLL_S = 3.0
_MOST_BYTES = 200 * 2**20


class PushConnector(Connector):
    label: ClassVar[str] = _("Signed push by webhook")
    about: ClassVar[str] = _(
        "Tells a webhook endpoint which pictures are ready; it fetches them by their public links."
    )
    fields: ClassVar[tuple[Field, ...]] = (
        Field("endpoint", _("Webhook endpoint"), _("One of the endpoints in Settings, Webhooks."), is_required=True),
    )
    takes_documents: ClassVar[bool] = False

    def test(self) -> str:
        from accounts.endpoints import EndpointError, send_test

        try:
            send_test(self.endpoint)
        except EndpointError as error:
            raise DeliveryError("endpoint", str(error), is_permanent=True, concerns_target=True) from error
        return "A test message is on its way; its answer is in the endpoint's log."

    def send(self, item: Item, data: bytes) -> Sent:
        if not item.link:
            raise DeliveryError("no-link", "The file has no public link.", is_permanent=True)
        return Sent(item.sha256[:16], item.link)

    def fetch(self, item: Item, sent: Sent) -> bytes:
        """Our own link, as the receiver will see it."""
        answer = request("GET", item.link, max_bytes=_MOST_BYTES, own_host=urlsplit(settings.SITE_URL).netloc)
        if answer.status in (404, 410):
            raise Gone(item.key)
        if answer.status != 200:
            raise refused(answer, what="fetching its own link")
        return answer.data

    def remove(self, item: Item, sent: Sent) -> None:
        """Nothing can be taken away from a receiver, only told. An endpoint that wants the event hears it anyway."""
        if self.endpoint.kinds and RECALLED not in self.endpoint.kinds:
            self._post(RECALLED, {"count": 1, "files": [_told(item)]}, key=f"recall {item.name}")

    def finish(self, items: Sequence[Item], sent: Mapping[str, Sent]) -> None:
        """Posts what has not been told yet and is done when the receiver has taken all of it."""
        told = self.memory.setdefault("told", [])
        news = sorted((item for item in items if item.name not in told), key=lambda one: one.position)
        for start in range(0, len(news), FILES_PER_MESSAGE):
            part = news[start : start + FILES_PER_MESSAGE]
            key = f"{self.memory.get('round', 1)} {part[0].name} {len(part)}"
            self.memory.setdefault("events", []).append(
                self._post(READY, {"files": [_told(item) for item in part]}, key=key)
            )
            told += [item.name for item in part]
        self._wait()

    def _wait(self) -> None:
        events = self.memory.get("events", [])
        states = list(WebhookDelivery.objects.filter(event__in=events).values_list("state", flat=True))
        if WebhookState.FAILED in states:
            # Told anew when somebody asks for another try.
            self.memory.update(events=[], told=[], round=self.memory.get("round", 1) + 1)
            raise DeliveryError(
                "not-taken", "The receiver never took the message; see the endpoint's log.",
                is_permanent=True, concerns_target=True,
            )  # fmt: skip
        if any(state != WebhookState.DELIVERED for state in states):
            raise NotYet("The receiver has not taken the message yet.", retry_after_s=POLL_S)

    @cached_property
    def endpoint(self) -> WebhookEndpoint:
        found = WebhookEndpoint.objects.filter(pk=int(self.setting("endpoint") or 0)).first()
        if found is None or not found.is_active:
            why = "is switched off" if found else "does not exist any more"
            raise DeliveryError("endpoint", f"The webhook endpoint {why}.", is_permanent=True, concerns_target=True)
        return found

    def _post(self, kind: str, facts: dict[str, Any], *, key: str) -> int:
        """The event's id; a worker that died after posting it finds it again by its key."""
        number = self.memory.get("delivery")
        subject = f"delivery:{number}"
        found = Event.objects.filter(subject=subject, kind=kind, data__key=key).first()
        if found is not None:
            return found.pk
        data = {**facts, "key": key, "delivery": number, "channel": self.memory.get("channel")}
        with transaction.atomic():
            event = Event.objects.create(kind=kind, subject=subject, data=data)
            WebhookDelivery.objects.create(endpoint=self.endpoint, event=event)
        return event.pk


def _told(item: Item) -> dict[str, Any]:
    facts = {name: getattr(item, name) for name in ("name", "sku", "position", "sha256", "bytes", "media_type")}
    return {**facts, "url": item.link}
