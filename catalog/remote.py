"""Photos by link: fetched through the address guard, one row after another, each claimed before it is touched."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.guard import FetchError, fetch
from catalog.items import receive
from catalog.models import Intake, IntakeItem, IntakeItemQuerySet, ItemState

MAX_TRIES = 3
_RETRY_AFTER_S = (10, 60)


def fetch_next(intake_id: int) -> IntakeItem | None:
    """Fetches one waiting photo of the intake; None when there is none to take now."""
    item = _claim(intake_id)
    return fetch_item(item) if item else None


def fetch_item(item: IntakeItem) -> IntakeItem:
    """Fills the row from its address. What may pass is tried again later, at most three times in all."""
    try:
        fetched = fetch(
            item.url,
            max_bytes=settings.MAX_PHOTO_BYTES,
            timeout_s=settings.FETCH_TIMEOUT_S,
            allowed_hosts=settings.FETCH_ALLOWED_HOSTS,
        )
    except FetchError as error:
        _fail(item, error)
        return item
    return receive(item, fetched.data)


def fetch_all(intake: Intake) -> int:
    """All waiting photos, here and now, for the command line. What fails in passing is tried once more and then refused."""
    count = 0
    while fetch_next(intake.pk) is not None:
        count += 1
    for item in intake.items.to_fetch():
        item.attempt_count = MAX_TRIES
        fetch_item(item)
    return count


def intakes_to_fetch() -> list[int]:
    """Intakes with photos that nobody is fetching although they are due."""
    due = _due(IntakeItem.objects.to_fetch())
    return list(due.order_by("intake_id").values_list("intake_id", flat=True).distinct())


def _claim(intake_id: int) -> IntakeItem | None:
    until = timezone.now() + timedelta(seconds=settings.FETCH_TIMEOUT_S + 60)
    with transaction.atomic():
        waiting = _due(IntakeItem.objects.filter(intake_id=intake_id).to_fetch())
        item = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("intake").order_by("id").first()
        if item is None:
            return None
        IntakeItem.objects.filter(pk=item.pk).update(lease_until=until, attempt_count=F("attempt_count") + 1)
        item.attempt_count += 1
    return item


def _due(items: IntakeItemQuerySet) -> IntakeItemQuerySet:
    return items.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))


def _fail(item: IntakeItem, error: FetchError) -> None:
    """After a claim the row is ours until the lease ends, so a plain save cannot lose anything."""
    if error.is_permanent or item.attempt_count >= MAX_TRIES:
        item.reject(error.code, str(error))
        item.lease_until = None
    else:
        item.state = ItemState.WAITING
        item.reason_code, item.reason = error.code, f"{error} It will be tried again."
        item.lease_until = timezone.now() + timedelta(seconds=_RETRY_AFTER_S[item.attempt_count - 1])
    item.save(update_fields=["state", "reason_code", "reason", "lease_until"])
