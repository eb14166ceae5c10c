"""Carries one delivery forward: takes back, sends, looks whether it arrived, and says how it ended.

Every change of a file is written at once and fenced by the lease; a killed worker loses nothing but the file in its
hands, and that is looked for at the target before it is sent again.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Min, Q, When
from django.utils import timezone

from catalog.files import load
from marketplaces.deliveries import ending
from marketplaces.deliveries.base import Connector, DeliveryError, Gone, Item, NotYet, Sent
from marketplaces.deliveries.items import item_of, sent_of
from marketplaces.deliveries.kinds import connector_for
from marketplaces.deliveries.leases import DeliveryClaim, claim, release
from marketplaces.deliveries.likeness import compare
from marketplaces.delivery_models import Delivery, DeliveryFile, DeliveryFileQuerySet, DeliveryState, FileState
from processing.errors import LeaseLost
from processing.leases import STOPPING, Heartbeat

logger = logging.getLogger(__name__)
# Pauses after each failed try of a file; after the last one it is given up.
SCHEDULE_S = (5, 30, 120, 600, 1800)
# Pauses while the target itself is in trouble: about a day in all.
TARGET_SCHEDULE_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)
# Looks for a file that the origin has and the public address does not show yet, about half an hour in all.
MOST_LOOKS = 12
_TURN_S = 45.0


def carry(delivery_id: int) -> bool:
    """Works on a delivery if it may run now. True when there is more to do at once."""
    claimed = claim(delivery_id)
    if claimed is None:
        return False
    delivery = Delivery.objects.select_related("export__channel", "target__channel", "owner").get(pk=delivery_id)
    with Heartbeat(claimed) as heartbeat:
        return _Carrier(claimed, heartbeat, delivery).run()


class _Carrier:
    def __init__(self, claim: DeliveryClaim, heartbeat: Heartbeat, delivery: Delivery) -> None:
        self.claim, self.heartbeat, self.delivery = claim, heartbeat, delivery
        self.end = time.monotonic() + _TURN_S

    def run(self) -> bool:
        try:
            connector = connector_for(self.delivery)
            return self._turn(connector)
        except LeaseLost as reason:
            logger.info("dropped: delivery=%s %s", self.delivery.pk, reason)
        except DeliveryError as error:
            self._stop(error)
        except Exception:
            logger.exception("delivery=%s", self.delivery.pk)
            self._stop(DeliveryError("unexpected", "Something went wrong here; the log has it under the delivery."))
        return False

    def _turn(self, connector: Connector) -> bool:
        while (file := self._next()) is not None:
            self.heartbeat.check()
            self._one(connector, file)
            if time.monotonic() > self.end or STOPPING.is_set():
                release(self.claim, state=DeliveryState.QUEUED, memory=self.delivery.memory)
                return True
        self._close(connector)
        return False

    def _next(self) -> DeliveryFile | None:
        """What is due, withdrawals first, documents only when no picture is on its way or missing."""
        due = self._waiting().filter(next_at__lte=timezone.now())
        due = due.select_related("export_file__rendition__variant__product")
        return due.order_by(Case(When(state=FileState.WITHDRAWING, then=0), default=1), "position").first()

    def _waiting(self) -> DeliveryFileQuerySet:
        """What is to be done now or later. Feeds that speak of pictures wait until all of those are there; one that is
        corrected does not: an older one is there already."""
        moving = self.delivery.files.moving()
        lacking = self.delivery.files.filter(
            is_picture=True, state__in=[FileState.PENDING, FileState.SENT, FileState.FAILED]
        )
        needs_none = Q(is_picture=True) | Q(state=FileState.WITHDRAWING) | Q(arrived_at__isnull=False)
        return moving.filter(needs_none) if lacking.exists() else moving

    # ---------------------------------------------------------------- one file

    def _one(self, connector: Connector, file: DeliveryFile) -> None:
        item, before = item_of(file), file.attempt_count
        try:
            if file.state == FileState.WITHDRAWING:
                self._withdraw(connector, file, item)
                return
            if file.state == FileState.PENDING and not self._send(connector, file, item):
                return
            self._look(connector, file, item)
        except NotYet as reason:
            self._write(file, next_at=_after(reason.retry_after_s))
        except DeliveryError as error:
            if error.concerns_target:
                raise
            self._failed(file, error, tries=before + 1)

    def _send(self, connector: Connector, file: DeliveryFile, item: Item) -> bool:
        """True when the file is there now. What may have been sent before is looked for first."""
        if ending.is_outdated(file):
            self._write(file, state=FileState.REPLACED, log=file.noted("replaced before it was sent"))
            return False
        if file.attempt_count > len(SCHEDULE_S):
            raise DeliveryError("worker-lost", "The worker was lost each time it sent this file.", is_permanent=True)
        may_be_there = file.attempt_count > 0 or connector.asks_first
        sent = connector.find(item) if may_be_there else None
        what = "found there" if sent else "sent"
        sent = sent or self._sent(connector, file, item)
        changes = {
            "remote_id": sent.remote_id,
            "remote_url": sent.url,
            "sent_at": timezone.now(),
            "log": file.noted(what),
        }
        if self._write(file, state=FileState.SENT, arrival={}, **changes):
            return True
        # To be withdrawn or corrected by now; what was sent must still be findable.
        DeliveryFile.objects.filter(pk=file.pk).update(**changes)
        return False

    def _sent(self, connector: Connector, file: DeliveryFile, item: Item) -> Sent:
        """Counted before the work; what is the target's fault costs the file nothing."""
        data = _bytes_of(file)
        self._write(file, attempt_count=file.attempt_count + 1)
        try:
            return connector.send(item, data)
        except DeliveryError as error:
            if error.concerns_target:
                self._write(file, attempt_count=file.attempt_count - 1)
            raise

    def _look(self, connector: Connector, file: DeliveryFile, item: Item) -> None:
        """Compares what is published with what was sent."""
        sent = sent_of(file)
        try:
            came = connector.fetch(item, sent)
        except Gone:
            self._missing(connector, file, item)
            return
        likeness = compare(_bytes_of(file), came, is_picture=file.is_picture)
        if not likeness.is_same:
            message = f"What arrived is not what was sent: {likeness.reason}."
            raise DeliveryError("different", message, must_resend=True)
        sent = connector.arrived(item, sent)
        self._write(
            file,
            state=FileState.ARRIVED,
            remote_id=sent.remote_id,
            remote_url=sent.url,
            arrival={**likeness.to_dict(), "bytes": len(came)},
            arrived_at=timezone.now(),
            error="",
            error_code="",
            log=file.noted("arrived"),
        )

    def _missing(self, connector: Connector, file: DeliveryFile, item: Item) -> None:
        """Not under its public address. If it is at the origin, the copies of a CDN may need a while; else it is sent again."""
        looks = int(file.arrival.get("looks", 0)) + 1
        if connector.find(item) is None:
            raise DeliveryError("missing", "The file was sent, but it is not there.", must_resend=True)
        if looks >= MOST_LOOKS:
            message = "The target has the file, but it cannot be fetched under its public address."
            raise DeliveryError("not-public", message, is_permanent=True)
        self._write(file, arrival={"looks": looks}, next_at=_after(min(5 * 2**looks, 300)))

    def _withdraw(self, connector: Connector, file: DeliveryFile, item: Item) -> None:
        if not ending.is_shared(file):
            connector.remove(item, sent_of(file))
        self._write(file, state=FileState.WITHDRAWN, withdrawn_at=timezone.now(), error="", log=file.noted("withdrawn"))

    def _failed(self, file: DeliveryFile, error: DeliveryError, *, tries: int) -> None:
        """Another try after a pause, or given up. The tries of looking and withdrawing count like those of sending."""
        is_final = error.is_permanent or tries > len(SCHEDULE_S)
        state = FileState.FAILED if is_final else FileState.PENDING if error.must_resend else file.state
        pause = max(SCHEDULE_S[min(tries, len(SCHEDULE_S)) - 1] * random.uniform(1.0, 1.2), error.retry_after_s)
        resend = {"remote_id": "", "remote_url": ""} if error.must_resend else {}
        self._write(
            file,
            state=state,
            attempt_count=tries,
            next_at=_after(pause),
            error_code=error.code,
            error=str(error)[:400],
            log=file.noted("failed" if is_final else "will be tried again", str(error)),
            **resend,
        )

    def _write(self, file: DeliveryFile, **changes: Any) -> bool:
        """Writes a file's row if the delivery is still ours and nobody else has decided about the file meanwhile."""
        same = {"pk": file.pk, "state": file.state, "sha256": file.sha256}
        mine = DeliveryFile.objects.filter(**same, delivery__in=self.claim.rows())
        if not mine.update(**changes):
            if not self.claim.rows().exists():
                raise LeaseLost(f"delivery {self.delivery.pk} was taken over or stopped")
            return False
        for name, value in changes.items():
            setattr(file, name, value)
        return True

    # ---------------------------------------------------------------- the whole

    def _close(self, connector: Connector) -> None:
        """Nothing is due now: either something is later, or this is the end."""
        if (next_at := self._waiting().aggregate(at=Min("next_at"))["at"]) is not None:
            self._give_up_until(next_at)
            return
        try:
            ending.finish(connector, self.delivery)
        except NotYet as reason:
            self._give_up_until(_after(reason.retry_after_s))
            return
        with transaction.atomic():
            # Whoever recalls locks the row first: either its rows are seen here, or it sees the end written here.
            self.claim.hold()
            if self._waiting().exists():
                self._give_up_until(timezone.now())
                return
            result = ending.result_of(self.delivery)
            release(self.claim, memory=self.delivery.memory, finished_at=timezone.now(), pauses=0, **result)
            ending.announce(self.delivery, result)

    def _give_up_until(self, moment: datetime) -> None:
        release(self.claim, state=DeliveryState.QUEUED, available_at=moment, memory=self.delivery.memory, pauses=0)

    def _stop(self, error: DeliveryError) -> None:
        """The target as a whole is in trouble: a pause, or the end when only a person can help."""
        pauses = self.delivery.pauses + 1
        facts: dict[str, Any] = {"error_code": error.code, "error": str(error)[:400], "memory": self.delivery.memory}
        if error.is_permanent or pauses > len(TARGET_SCHEDULE_S):
            facts |= {"state": DeliveryState.FAILED, "finished_at": timezone.now(), "pauses": 0}
            with transaction.atomic():
                if release(self.claim, **facts):
                    ending.announce(self.delivery, facts)
            return
        is_throttled = error.retry_after_s > 0
        wait = error.retry_after_s if is_throttled else TARGET_SCHEDULE_S[pauses - 1] * random.uniform(1.0, 1.2)
        # Being asked to wait is no trouble: it never adds up to the end.
        facts["pauses"] = self.delivery.pauses if is_throttled else pauses
        release(self.claim, state=DeliveryState.QUEUED, available_at=_after(wait), **facts)


def _bytes_of(file: DeliveryFile) -> bytes:
    try:
        return load(file.path)
    except FileNotFoundError as error:
        message = "Its bytes were removed from the store: run the export again and send that."
        raise DeliveryError("expired", message, is_permanent=True) from error


def _after(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
