"""What happened, told to whoever asked: call inside the transaction that makes it true."""

from typing import Any

from accounts.models import Event, User, WebhookDelivery, WebhookEndpoint

KINDS = (
    "job.accepted",
    "job.started",
    "job.progress",
    "job.completed",
    "job.failed",
    "rendition.approved",
    "rendition.rejected",
    "rendition.recalled",
    "export.completed",
    "export.recalled",
    "delivery.completed",
    "delivery.failed",
    "delivery.recalled",
)


def record(kind: str, *, subject: str, data: dict[str, Any], actor: User | None = None) -> Event:
    """Writes the event and one pending delivery for each active endpoint that wants it. `data` stays thin: ids and states."""
    if kind not in KINDS:
        raise ValueError(f"unknown event kind {kind!r}")
    event = Event.objects.create(kind=kind, subject=subject, data=data, actor=actor)
    wanting = [one for one in WebhookEndpoint.objects.listening() if not one.kinds or kind in one.kinds]
    WebhookDelivery.objects.bulk_create([WebhookDelivery(endpoint=endpoint, event=event) for endpoint in wanting])
    return event


def record_many(kind: str, events: list[tuple[str, dict[str, Any]]], *, actor: User | None = None) -> None:
    """The same kind of event about many subjects, as (subject, data), in a few statements."""
    if kind not in KINDS:
        raise ValueError(f"unknown event kind {kind!r}")
    made = Event.objects.bulk_create(
        [Event(kind=kind, subject=subject, data=data, actor=actor) for subject, data in events], batch_size=1000
    )
    wanting = [one for one in WebhookEndpoint.objects.listening() if not one.kinds or kind in one.kinds]
    deliveries = [WebhookDelivery(endpoint=endpoint, event=event) for endpoint in wanting for event in made]
    WebhookDelivery.objects.bulk_create(deliveries, batch_size=1000)
