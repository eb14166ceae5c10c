"""Calls that go together: each is kept as a row, a collector (`processing.gathering`) sends many in one request.

To the engine such a vendor is like any other: a call is submitted, polled and cancelled by itself. What it is told comes from
the rows alone, so a call is either written down or it was never made: none is ever lost on the way. Providers know no
database but for this one, because what waits for others must outlive the worker that brought it.
"""

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction

from catalog.files import load
from processing.errors import ContentRefused, PermanentStepError, StepError
from processing.models import EntryFailure, EntryState, GatheredEntry
from processing.providers.base import Done, Failed, Orphan, Output, Pending, Request, Submitted

POLL_S = 60.0
_RAISED = {
    EntryFailure.PASSING: StepError,
    EntryFailure.REFUSED: ContentRefused,
    EntryFailure.PERMANENT: PermanentStepError,
}


@dataclass(frozen=True)
class Limits:
    """How much goes into one request, by bytes and by the weight of the answers, and how long the first waits for others."""

    bytes: int
    weight: int
    wait_s: float
    poll_s: float


@dataclass(frozen=True)
class Entry:
    """A call as it stands in a batch; `weight` is what its answer takes of `Limits.weight`."""

    body: dict[str, Any]
    weight: int
    price: Decimal


@dataclass(frozen=True)
class Ended:
    """A batch that has ended: what became of each call by its key. `whole` is for those that are not named."""

    answers: Mapping[str, Done | Failed]
    whole: Failed


class GatheringVendor(Protocol):
    """What the collector asks of a vendor. `send` and `look` raise StepErrors as `submit` and `poll` do."""

    name: str

    def unavailable_reason(self) -> str: ...

    def limits(self) -> Limits: ...

    def send(self, entries: Mapping[str, Mapping[str, Any]], *, name: str) -> str:
        """The reference of a batch of these calls, known to the vendor under the name."""

    def look(self, provider_ref: str, prices: Mapping[str, Decimal]) -> Pending | Ended:
        """How the batch is; `prices` are those of its calls, in the order they were sent."""

    def find(self, name: str, *, asked_at: datetime) -> str | Orphan:
        """The reference of a batch whose answer was lost, or what is known instead."""

    def call_off(self, provider_ref: str) -> None:
        """Best effort."""


class Gathered(ABC):
    """The engine's side of a vendor whose calls go together."""

    name: str
    variant: str = ""

    @abstractmethod
    def entry_of(self, request: Request) -> Entry:
        """The call as it stands in a batch, checked. PermanentStepError for what cannot be asked."""

    def submit(self, request: Request, *, attempt_id: str) -> Submitted:
        """The call as a row that waits for others. Twice is once."""
        entry = self.entry_of(request)
        told = {
            "provider": self.full_name, "body": entry.body, "bytes": len(json.dumps(entry.body)), "weight": entry.weight,
            "price": entry.price,
        }  # fmt: skip
        GatheredEntry.objects.get_or_create(key=uuid.UUID(attempt_id), defaults=told)
        return Submitted(attempt_id, poll_after_s=POLL_S)

    @property
    def full_name(self) -> str:
        return f"{self.name}:{self.variant}" if self.variant else self.name

    def poll(self, provider_ref: str) -> Pending | Done | Failed:
        entry = GatheredEntry.objects.defer("body").filter(key=provider_ref).first()
        if entry is None:
            raise PermanentStepError("no-such-call", f"{self.name} knows nothing of this call.")
        if entry.state in (EntryState.WAITING, EntryState.SENT):
            return Pending(POLL_S)
        if entry.state == EntryState.CANCELLED:
            return Failed(StepError("cancelled", "The call was cancelled before it was sent."))
        if entry.state == EntryState.FAILED:
            return Failed(_RAISED[EntryFailure(entry.failure)](entry.error_code, entry.error), cost=entry.cost)
        return _result(entry)

    def cancel(self, provider_ref: str) -> None:
        """A call that has not been sent never is. One that was runs on with the others: its result is paid for and kept."""
        with transaction.atomic():
            entry = GatheredEntry.objects.select_for_update().filter(key=provider_ref).first()
            if entry is None:
                return
            if entry.state == EntryState.WAITING:
                GatheredEntry.objects.filter(pk=entry.pk).update(state=EntryState.CANCELLED, body={})
            elif entry.state == EntryState.SENT:
                GatheredEntry.objects.filter(pk=entry.pk).update(is_unwanted=True)

    def find_orphan(self, *, attempt_id: str, request: Request) -> str | Orphan:
        """Known for certain: the call is written down, or it was never made."""
        return attempt_id if GatheredEntry.objects.filter(key=attempt_id).exists() else Orphan.NOT_MADE


def _result(entry: GatheredEntry) -> Done | Failed:
    try:
        data = load(entry.path)
    except FileNotFoundError:
        gone = PermanentStepError("result-gone", "The result, which was paid for, is not there any more.")
        return Failed(gone, cost=entry.cost)
    return Done((Output(entry.media_type, data),), entry.cost, entry.meta)
