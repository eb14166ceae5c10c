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
)


def record(kind: str, *, subject: str, data: dict[str, Any], actor: User | None = None) -> Event:
    """Writes the event and one pending delivery for each active endpoint that wants it. `data` stays thin: ids and states."""
    if kind not in KINDS:
        raise ValueError(f"unknown event kind {kind!r}")
    event = Event.objects.create(kind=kind, subject=subject, data=data, actor=actor)
    wanting = [one for one in WebhookEndpoint.objects.filter(is_active=True) if not one.kinds or kind in one.kinds]
    WebhookDelivery.objects.bulk_create([WebhookDelivery(endpoint=endpoint, event=event) for endpoint in wanting])
    return event
