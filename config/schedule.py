"""Periodic work: what, how often. Run by `manage.py scheduler`; a lease in the database keeps two schedulers apart."""

import logging
import os
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_

import psutil
from django.db import close_old_connections
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from processing.leases import in_seconds
from processing.models import UpkeepLease

logger = logging.getLogger(__name__)
TICK_S = 1.0
# Longer than the work ever takes. Of a scheduler that dies on another machine the tasks are given up after this.
LEASE_S = 120.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Task:
    name: str
    function: str
    every_s: float


TASKS = (
    Task("judge", "review.gate.judge_pending", 1.0),
    Task("apply-decisions", "review.effects.apply_due", 1.0),
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
    Task("send-webhooks", "accounts.actors.send_due_webhooks", 2.0),
    Task("withdraw-recalled", "marketplaces.listings.withdraw_recalled_lately", 5.0),
    Task("withdraw-all-recalled", "marketplaces.listings.withdraw_recalled", 3600.0),
    Task("mark-recalled", "marketplaces.recalls.mark_recalled_lately", 5.0),
    Task("mark-all-recalled", "marketplaces.recalls.mark_recalled", 600.0),
    Task("sweep-exports", "marketplaces.starting.sweep", 30.0),
    Task("sweep-deliveries", "marketplaces.deliveries.start.sweep", 3.0),
    Task("forget-listing-changes", "marketplaces.listings.forget_old", 86_400.0),
)


def run_due(tasks: tuple[Task, ...] = TASKS) -> int:
    """Runs every task that is due and not held by another scheduler. Returns how many ran; a failing one is logged and goes on later."""
    claimed, ran = _claim(_due(tasks)), 0
    for task in claimed:
        try:
            import_string(task.function)()
            ran += 1
        except Exception:
            logger.exception("upkeep task=%s failed", task.name)
    if claimed:
        _held(claimed).update(until=Now(), ran_at=Now())
    return ran


def run_forever(stop: threading.Event, tasks: tuple[Task, ...] = TASKS) -> None:
    must_free = True
    while not stop.is_set():
        close_old_connections()
        try:
            if must_free:
                free_left_behind()
                must_free = False
            run_due(tasks)
        except Exception:
            # The database may be restarting: leases cannot be asked for now, but will be again.
            logger.exception("upkeep failed")
            must_free = True
            stop.wait(2)
        stop.wait(TICK_S)


def free_left_behind() -> int:
    """Takes from schedulers of this machine that were killed what they still hold, and lets go of our own: call while no task runs.
    Nothing then waits for those leases to end. Returns how many were freed."""
    mine = UpkeepLease.objects.filter(holder__startswith=f"{socket.gethostname()}:", until__gt=Now())
    # One with our own number is an earlier process in a container, or what a database that went away left held.
    dead = [row.pk for row in mine if not _lives(row.holder) or row.holder == _holder()]
    return UpkeepLease.objects.filter(pk__in=dead, until__gt=Now()).update(until=Now())


def _lives(holder: str) -> bool:
    number = holder.rpartition(":")[2]
    return not number.isdigit() or psutil.pid_exists(int(number))


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


def _due(tasks: tuple[Task, ...]) -> list[Task]:
    """Tasks worth a claim, found with one question: most of the time there are none."""
    rows = UpkeepLease.objects.filter(name__in=[task.name for task in tasks])
    leases = {name: times for name, *times in rows.values_list("name", "until", "ran_at", Now())}
    if missing := [task.name for task in tasks if task.name not in leases]:
        new = [UpkeepLease(name=name, holder="", until=LONG_AGO) for name in missing]
        UpkeepLease.objects.bulk_create(new, ignore_conflicts=True)
    return [task for task in tasks if task.name not in leases or _is_due(task, *leases[task.name])]


def _is_due(task: Task, until: datetime, ran_at: datetime | None, now: datetime) -> bool:
    return until <= now and (ran_at is None or ran_at <= now - timedelta(seconds=task.every_s))


def _claim(tasks: list[Task]) -> list[Task]:
    """Those of the tasks that are this scheduler's now. All are taken at once: a commit for each, several times a second, cost more
    than what they do."""
    if not tasks:
        return []
    # The database's clock alone: machines may disagree by minutes.
    due = [
        Q(name=task.name) & (Q(ran_at=None) | Q(ran_at__lte=Now() - timedelta(seconds=task.every_s))) for task in tasks
    ]
    free = UpkeepLease.objects.filter(reduce(or_, due), until__lte=Now())
    number = free.update(holder=_holder(), until=in_seconds(LEASE_S))
    if number == len(tasks):
        return tasks
    names = set(_held(tasks).filter(until__gt=Now()).values_list("name", flat=True))
    return [task for task in tasks if task.name in names]


def _held(tasks: list[Task]) -> QuerySet[UpkeepLease]:
    return UpkeepLease.objects.filter(name__in=[task.name for task in tasks], holder=_holder())
