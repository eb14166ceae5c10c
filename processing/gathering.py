"""The collector of calls that go together: puts waiting ones into batches, sends those, and hands the answers back.

A batch is written down with its calls before it is sent. A collector that dies over the sending leaves a batch that was asked for
and has no reference: the next one looks it up under its name before anything is sent again. So none of its calls is paid twice.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from catalog.files import store
from processing import limits
from processing.crashpoints import crashpoint
from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    PermanentStepError,
    StepError,
)
from processing.imaging.codec import ENDINGS
from processing.leases import in_seconds
from processing.models import (
    EntryFailure,
    EntryState,
    GatheredBatch,
    GatheredEntry,
    GatheredState,
    Job,
    JobState,
    ProviderState,
)
from processing.providers import provider
from processing.providers.base import Done, Failed, Orphan, Pending
from processing.providers.gathered import Ended, GatheringVendor, Limits

logger = logging.getLogger(__name__)
# How long one collector has a batch for itself: longer than a request may take.
HOLD_S = 300.0
AT_ONCE = 20
FIRST_PAUSE_S = 10.0
# Ended batches are of use as long as an attempt may still ask for its answer.
KEPT = timedelta(days=7)


def is_due() -> bool:
    """Whether a collector has anything to do."""
    return _waiting().exists() or _due().exists()


def run() -> int:
    """One pass. May be killed anywhere and run twice at once. Returns how many batches were sent or have ended."""
    for name in _waiting().order_by().values_list("provider", flat=True).distinct():
        while _form(name):
            pass
    due = list(_due().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    _forget()
    return sum(_moved(pk) for pk in due)


def _waiting() -> QuerySet[GatheredEntry]:
    return GatheredEntry.objects.filter(state=EntryState.WAITING)


def _due() -> QuerySet[GatheredBatch]:
    return GatheredBatch.objects.exclude(state=GatheredState.ENDED).filter(available_at__lte=Now())


def _moved(pk: int) -> bool:
    """Takes a batch for itself and does what comes next for it. True when it went on."""
    if not _due().filter(pk=pk).update(available_at=in_seconds(HOLD_S)):
        return False
    batch = GatheredBatch.objects.get(pk=pk)
    return _send(batch) if batch.state == GatheredState.SENDING else _look(batch)


def _forget() -> None:
    """Rows of which nobody will ask any more; their files go with the next retention."""
    old = timezone.now() - KEPT
    GatheredEntry.objects.filter(
        Q(batch__ended_at__lt=old) | Q(state=EntryState.CANCELLED, created_at__lt=old)
    ).delete()
    GatheredBatch.objects.filter(ended_at__lt=old).delete()


# ---------------------------------------------------------------- together


def _form(name: str) -> bool:
    """A batch of those that wait, when there are enough or the first has waited long enough. Nothing is sent here."""
    bounds = _vendor(name).limits()
    with transaction.atomic():
        rows = _waiting().filter(provider=name).select_for_update(skip_locked=True).defer("body").order_by("pk")
        waiting = list(rows[: bounds.weight + 1])
        chosen = _chosen(waiting, bounds)
        if not chosen or not (chosen[0].goes_alone or len(chosen) < len(waiting) or _is_late(chosen, bounds)):
            return False
        batch = GatheredBatch.objects.create(provider=name)
        _waiting().filter(pk__in=[entry.pk for entry in chosen]).update(state=EntryState.SENT, batch=batch)
    crashpoint("after-gathered")
    return True


def _chosen(waiting: Sequence[GatheredEntry], bounds: Limits) -> list[GatheredEntry]:
    """The first of them that go into one request, at least one."""
    chosen: list[GatheredEntry] = []
    weight = size = 0
    for entry in waiting:
        weight, size = weight + entry.weight, size + entry.bytes
        if chosen and (entry.goes_alone or weight > bounds.weight or size > bounds.bytes):
            break
        chosen.append(entry)
        if entry.goes_alone:
            break
    return chosen


def _is_late(chosen: Sequence[GatheredEntry], bounds: Limits) -> bool:
    return chosen[0].created_at <= timezone.now() - timedelta(seconds=bounds.wait_s)


def _vendor(name: str) -> GatheringVendor:
    found: GatheringVendor = provider(name)
    return found


# ---------------------------------------------------------------- sent


def _send(batch: GatheredBatch) -> bool:
    """Sends a batch, or finds out whether it was sent. True when it is known to be at the provider."""
    vendor = _vendor(batch.provider)
    if pause_s := _held_back(vendor.name):
        return _later(batch, pause_s)
    try:
        if batch.asked_at is not None:
            return _look_up(batch, vendor)
        if reason := vendor.unavailable_reason():
            return _later(batch, FIRST_PAUSE_S * 6, reason)
        bodies = {str(entry.key): entry.body for entry in batch.entries.all()}
        GatheredBatch.objects.filter(pk=batch.pk).update(asked_at=Now())
        crashpoint("after-batch-intent")
        reference = vendor.send(bodies, name=str(batch.name))
    except StepError as error:
        return _not_sent(batch, vendor, error)
    crashpoint("after-batch-accept")
    limits.went_well(vendor.name)
    return _adopt(batch, reference, vendor)


def _held_back(name: str) -> float:
    """Seconds for which the provider is to be left alone."""
    until = ProviderState.objects.filter(name=name).values_list("blocked_until", flat=True).first()
    return max(0.0, (until - timezone.now()).total_seconds()) if until else 0.0


def _adopt(batch: GatheredBatch, reference: str, vendor: GatheringVendor) -> bool:
    GatheredBatch.objects.filter(pk=batch.pk).update(
        provider_ref=reference, state=GatheredState.SENT, error="", available_at=in_seconds(vendor.limits().poll_s)
    )
    logger.info("gathered=%s sent calls=%s", batch.pk, batch.entries.count())
    return True


def _later(batch: GatheredBatch, pause_s: float, reason: str = "", **changes: Any) -> bool:
    GatheredBatch.objects.filter(pk=batch.pk).update(available_at=in_seconds(pause_s), error=reason[:400], **changes)
    return False


def _not_sent(batch: GatheredBatch, vendor: GatheringVendor, error: StepError) -> bool:
    """What an error over the sending means. Only where it is sure that nothing was accepted may it be sent again."""
    logger.info("gathered=%s not sent code=%s: %s", batch.pk, error.code, error)
    limits.went_wrong(vendor.name, error)
    if isinstance(error, AmbiguousCall):
        return _later(batch, 0, str(error))
    if isinstance(error, PermanentStepError):
        return _rejected(batch, error)
    return _later(batch, max(FIRST_PAUSE_S, error.retry_after_s), str(error), asked_at=None)


def _rejected(batch: GatheredBatch, error: PermanentStepError) -> bool:
    """One bad call has the whole batch rejected: each of them goes alone then, so that only the bad one fails."""
    entries = list(batch.entries.defer("body"))
    with transaction.atomic():
        if len(entries) == 1:
            _answer(entries[0], Failed(error))
        else:
            batch.entries.update(state=EntryState.WAITING, batch=None, goes_alone=True)
        _close(batch, str(error))
    _wake(entries)
    return False


def _look_up(batch: GatheredBatch, vendor: GatheringVendor) -> bool:
    """A batch that was asked for and whose answer was lost; tried again later when the vendor cannot be asked now."""
    assert batch.asked_at is not None
    try:
        found = vendor.find(str(batch.name), asked_at=batch.asked_at)
    except StepError as error:
        return _later(batch, max(FIRST_PAUSE_S, error.retry_after_s), str(error))
    if isinstance(found, str):
        return _adopt(batch, found, vendor)
    if found is Orphan.NOT_MADE:
        return _later(batch, 0, asked_at=None)
    message = (
        f"It is not known whether {vendor.name} accepted the batch. Check there first: trying again may be paid twice."
    )
    entries = list(batch.entries.defer("body"))
    with transaction.atomic():
        for entry in entries:
            _answer(entry, Failed(PermanentStepError("ambiguous", message), cost=entry.price))
        _close(batch, message)
    _wake(entries)
    return True


# ---------------------------------------------------------------- answered


def _look(batch: GatheredBatch) -> bool:
    """Asks how a batch is. True when it has ended."""
    vendor = _vendor(batch.provider)
    entries = list(batch.entries.defer("body"))
    if entries and all(entry.is_unwanted for entry in entries):
        vendor.call_off(batch.provider_ref)
    try:
        answer = vendor.look(batch.provider_ref, {str(entry.key): entry.price for entry in entries})
    except PermanentStepError as error:
        answer = Ended({}, Failed(error))
    except StepError as error:
        return _later(batch, max(FIRST_PAUSE_S, error.retry_after_s), str(error))
    if isinstance(answer, Pending):
        return _later(batch, answer.poll_after_s)
    kept = {entry.pk: _kept(answer.answers.get(str(entry.key), answer.whole)) for entry in entries}
    with transaction.atomic():
        for entry in entries:
            _answer(entry, *kept[entry.pk])
        _close(batch, "")
    crashpoint("after-batch-answer")
    _wake(entries)
    return True


def _kept(answer: Done | Failed) -> tuple[Done | Failed, str]:
    """The answer, and the path under which its picture is stored: before any row says so."""
    if isinstance(answer, Failed) or not answer.outputs or answer.outputs[0].data is None:
        return answer, ""
    output = answer.outputs[0]
    return answer, store(answer.outputs[0].data, suffix=ENDINGS.get(output.media_type, "bin")).path


def _answer(entry: GatheredEntry, answer: Done | Failed, path: str = "") -> None:
    values: dict[str, Any] = {"body": {}, "cost": answer.cost}
    if isinstance(answer, Done) and path:
        values |= {"state": EntryState.DONE, "path": path, "media_type": answer.outputs[0].media_type[:40]}
        values["meta"] = dict(answer.meta)
    else:
        error = (
            answer.error
            if isinstance(answer, Failed)
            else StepError("no-result", "There was no picture in the answer.")
        )
        values |= {"state": EntryState.FAILED, "failure": _failure(error), "error_code": error.code[:40]}
        values["error"] = str(error)[:400]
    GatheredEntry.objects.filter(pk=entry.pk).update(**values)


def _failure(error: StepError) -> EntryFailure:
    if isinstance(error, ContentRefused):
        return EntryFailure.REFUSED
    return EntryFailure.PERMANENT if isinstance(error, PermanentStepError) else EntryFailure.PASSING


def _close(batch: GatheredBatch, error: str) -> None:
    GatheredBatch.objects.filter(pk=batch.pk).update(state=GatheredState.ENDED, ended_at=Now(), error=error[:400])


def _wake(entries: Sequence[GatheredEntry]) -> None:
    """Has the jobs looked at that wait for these calls; the sweep sends them."""
    keys = [str(entry.key) for entry in entries]
    waiting = Job.objects.filter(steps__attempts__provider_ref__in=keys, state=JobState.WAITING)
    Job.objects.filter(pk__in=waiting.values("pk")).update(available_at=Now(), enqueued_at=None)
