"""Periodic work: what, how often. Run by `manage.py scheduler`; a lease in the database keeps two schedulers apart."""

import logging
import os
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from processing.leases import in_seconds
from processing.models import UpkeepLease

logger = logging.getLogger(__name__)
TICK_S = 0.5


@dataclass(frozen=True)
class Task:
    name: str
    function: str
    every_s: float
    # Longer than the work ever takes; a scheduler that dies gives the task up after this.
    lease_s: float = 120.0


TASKS = (
    Task("judge", "review.gate.judge_pending", 1.0),
    Task("apply-decisions", "review.decisions.apply_due", 1.0),
    Task("approve-painted", "review.painted.approve_saved", 1.0),
    Task("mix-in-known-faults", "review.actors.queue_faults", 60.0),
    Task("watch-routes", "review.watch.renew", 300.0),
    Task("sweep-jobs", "processing.sweep.sweep", 3.0),
    Task("end-cancelled-calls", "processing.actors.send_cancelled_calls", 5.0),
    Task("gather-calls", "processing.actors.send_gathered_calls", 2.0),
    Task("watched-folders", "config.watching.submit_new_photos", 10.0),
    Task("fetch-photos", "catalog.actors.queue_due_fetches", 5.0),
    Task("retention", "config.actors.queue_retention", 86_400.0),
    Task("forget-events", "accounts.webhooks.forget_old", 86_400.0),
    Task("send-webhooks", "accounts.webhooks.send_due", 2.0),
    Task("withdraw-recalled", "marketplaces.listings.withdraw_recalled", 5.0),
    Task("sweep-exports", "marketplaces.exports.sweep", 30.0),
    Task("sweep-deliveries", "marketplaces.deliveries.start.sweep", 3.0),
    Task("forget-listing-changes", "marketplaces.listings.forget_old", 86_400.0),
)


def run_due(tasks: tuple[Task, ...] = TASKS) -> int:
    """Runs every task that is due and not held by another scheduler. Returns how many ran; a failing one is logged and goes on later."""
    ran = 0
    for task in _due(tasks):
        if not _claim(task):
            continue
        try:
            import_string(task.function)()
            ran += 1
        except Exception:
            logger.exception("upkeep task=%s failed", task.name)
        finally:
            UpkeepLease.objects.filter(name=task.name, holder=_holder()).update(until=Now(), ran_at=Now())
    return ran


def run_forever(stop: threading.Event, tasks: tuple[Task, ...] = TASKS) -> None:
    while not stop.is_set():
        close_old_connections()
        try:
            run_due(tasks)
        except Exception:
            # The database may be restarting: leases cannot be asked for now, but will be again.
            logger.exception("upkeep failed")
            stop.wait(2)
        stop.wait(TICK_S)


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


def _due(tasks: tuple[Task, ...]) -> list[Task]:
    """Tasks worth a claim, found with one question: most of the time there are none."""
    rows = UpkeepLease.objects.filter(name__in=[task.name for task in tasks])
    leases = {name: times for name, *times in rows.values_list("name", "until", "ran_at", Now())}
    return [task for task in tasks if task.name not in leases or _is_due(task, *leases[task.name])]


def _is_due(task: Task, until: datetime, ran_at: datetime | None, now: datetime) -> bool:
    return until <= now and (ran_at is None or ran_at <= now - timedelta(seconds=task.every_s))


def _claim(task: Task) -> bool:
    # The database's clock alone: machines may disagree by minutes.
    due = Q(until__lte=Now()) & (Q(ran_at=None) | Q(ran_at__lte=Now() - timedelta(seconds=task.every_s)))
    taken = {"holder": _holder(), "until": in_seconds(task.lease_s)}
    if UpkeepLease.objects.filter(due, name=task.name).update(**taken):
        return True
    _, made = UpkeepLease.objects.get_or_create(name=task.name, defaults=taken)
    return made
