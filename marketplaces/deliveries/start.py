"""Deliveries from the outside: start one, go on with it, look again, take it back; and the sweep that loses none."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marketplaces.deliveries.actors import carry_delivery
from marketplaces.deliveries.plans import correct, plan
from marketplaces.delivery_models import Delivery, DeliveryFile, DeliveryState, DeliveryTarget, FileState
from marketplaces.models import Export, ExportState

# A message that has not led to work after this long was lost.
RESEND_AFTER = timedelta(seconds=60)


class CannotDeliver(ValueError):
    """A delivery or act that cannot be; the message says why."""


def target_named(name: str) -> DeliveryTarget:
    target = DeliveryTarget.objects.select_related("channel").filter(name=name).first()
    if target is None:
        known = ", ".join(DeliveryTarget.objects.values_list("name", flat=True)) or "none yet"
        raise CannotDeliver(f"There is no delivery target {name!r}. Known: {known}.")
    return target


def start(export: Export, target: DeliveryTarget, *, owner: Any = None) -> Delivery:
    """The delivery of an export to a target, on its way. Asked again, the same one goes on with what has not arrived."""
    if export.state != ExportState.DONE:
        raise CannotDeliver(f"Export {export.pk} is {export.get_state_display().lower()}; only a finished one is sent.")
    if export.channel_id != target.channel_id:
        raise CannotDeliver(f"{target.name} takes exports of {target.channel.label}, not of {export.target}.")
    if not target.is_active:
        raise CannotDeliver(f"{target.name} is switched off.")
    with transaction.atomic():
        delivery, is_new = Delivery.objects.get_or_create(export=export, target=target, defaults={"owner": owner})
        if is_new:
            plan(delivery)
        _send_soon(delivery)
    return delivery if is_new else retry(delivery)


def start_automatic(export: Export) -> int:
    """Deliveries of a finished export to the targets that take every one. Call in the transaction that finishes it."""
    targets = DeliveryTarget.objects.filter(channel=export.channel_id, is_active=True, is_automatic=True)
    for target in targets:
        start(export, target, owner=export.owner)
    return len(targets)


def retry(delivery: Delivery) -> Delivery:
    """Goes on with what failed or waits; what has arrived is left alone, what was withdrawn stays so."""
    with transaction.atomic():
        locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
        again = {"attempt_count": 0, "next_at": timezone.now(), "error": "", "error_code": ""}
        failed = locked.files.filter(state=FileState.FAILED)
        # One that can be taken back only by hand is tried again as a withdrawal.
        failed.exclude(withdrawn_at=None).update(state=FileState.WITHDRAWING, **again)
        known = failed.exclude(remote_id="")
        known.update(state=FileState.SENT, **again)
        failed.update(state=FileState.PENDING, **again)
        locked.files.moving().update(next_at=timezone.now())
        if locked.files.moving().exists() or locked.state == DeliveryState.FAILED:
            _wake(locked)
    delivery.refresh_from_db()
    return delivery


def look_again(delivery: Delivery) -> int:
    """Checks everything that had arrived once more; what is missing is sent again. How many files."""
    with transaction.atomic():
        locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
        arrived = locked.files.filter(state=FileState.ARRIVED)
        count = arrived.update(state=FileState.SENT, attempt_count=0, next_at=timezone.now(), arrival={})
        if count:
            _wake(locked)
    return count


def recall(delivery: Delivery, *, names: list[str] | None = None) -> int:
    """Takes files back from the target, all of them without `names`. How many are being withdrawn or never left.

    Feeds and lists there that spoke of them are sent again without them.
    """
    with transaction.atomic():
        locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
        files = locked.files.exclude(state__in=[FileState.WITHDRAWN, FileState.WITHDRAWING, FileState.REPLACED])
        if names is not None:
            files = files.filter(name__in=names)
        now = timezone.now()
        never_left = Q(attempt_count=0, remote_id="", state__in=[FileState.PENDING, FileState.FAILED])
        count = files.filter(never_left).update(state=FileState.WITHDRAWN, withdrawn_at=now)
        count += files.update(state=FileState.WITHDRAWING, withdrawn_at=now, next_at=now, attempt_count=0)
        if count:
            correct(locked)
            _wake(locked)
    return count


def sweep() -> int:
    """For the scheduler, every few seconds: takes back what was withdrawn, and sends messages for all that is due."""
    _recall_withdrawn()
    now = timezone.now()
    due = Q(state=DeliveryState.QUEUED, available_at__lte=now) | Q(state=DeliveryState.RUNNING, lease_until__lt=now)
    unsent = Q(enqueued_at=None) | Q(enqueued_at__lt=now - RESEND_AFTER)
    ids = list(Delivery.objects.filter(due, unsent, target__is_active=True).values_list("pk", flat=True)[:200])
    for pk in ids:
        _enqueue(pk)
    return len(ids)


def _recall_withdrawn() -> None:
    """Pictures whose rendition was recalled: their files are withdrawn from the channel, so from its targets too."""
    gone = DeliveryFile.objects.filter(export_file__withdrawn_at__isnull=False).exclude(
        state__in=[FileState.WITHDRAWN, FileState.WITHDRAWING, FileState.REPLACED]
    )
    names: dict[int, list[str]] = {}
    for delivery_id, name in gone.filter(withdrawn_at=None).values_list("delivery_id", "name"):
        names.setdefault(delivery_id, []).append(name)
    for delivery in Delivery.objects.filter(pk__in=names):
        recall(delivery, names=names[delivery.pk])


def _wake(delivery: Delivery) -> None:
    """Due at once. One that is being carried goes on by itself: its worker sees what is new."""
    waiting = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.RUNNING)
    waiting.update(
        state=DeliveryState.QUEUED, available_at=timezone.now(), pauses=0, error="", error_code="", finished_at=None
    )
    _send_soon(delivery)


def _send_soon(delivery: Delivery) -> None:
    transaction.on_commit(partial(_enqueue, delivery.pk))


def _enqueue(delivery_id: int) -> None:
    Delivery.objects.filter(pk=delivery_id).update(enqueued_at=timezone.now())
    carry_delivery.send(delivery_id)
