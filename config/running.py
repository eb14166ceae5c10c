"""Commands that wait for pictures: workers are started for the time of the wait unless the site already runs some."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import close_old_connections
from django.db.models import Count, Q
from django.utils import timezone

from config import supervisor
from processing.models import (
    ACTIVE_JOB_STATES,
    Batch,
    BatchState,
    Job,
    JobState,
    Rendition,
    RenditionState,
    UpkeepLease,
)

POLL_S = 0.3


@dataclass(frozen=True)
class Progress:
    """Photos, not jobs: one that several batches make something of counts once, and is done when all of them are."""

    total: int
    done: int
    failed: int
    stage: str
    awaiting_verdict: int

    @property
    def finished(self) -> int:
        return self.done + self.failed


def site_is_up() -> bool:
    """True if a scheduler of this database gave a sign of life in the last seconds."""
    return UpkeepLease.objects.filter(ran_at__gte=timezone.now() - timedelta(seconds=8)).exists()


@contextlib.contextmanager
def workers_for_a_while(*, count: int | None = None) -> Iterator[supervisor.Supervisor | None]:
    """Workers and scheduler as children until the block ends; nothing where the site already has them."""
    if site_is_up():
        yield None
        return
    tree = supervisor.Supervisor(supervisor.workers(pixel_workers=count, for_people=False), quiet=True)
    tree.start()
    try:
        yield tree
    finally:
        tree.stop()


def wait(batches: list[Batch], *, tree: supervisor.Supervisor | None, on_progress: Callable[[Progress], None]) -> None:
    """Until every job of the batches has ended and the gate has judged all their renditions.

    A paused batch ends the wait: nothing of it moves until somebody resumes it.
    """
    ids = [batch.pk for batch in batches]
    while True:
        if tree is not None:
            tree.watch()
        close_old_connections()
        now = progress(ids)
        on_progress(now)
        idle = (
            not Job.objects.filter(batch__in=ids, state__in=ACTIVE_JOB_STATES)
            .exclude(batch__state=BatchState.PAUSED)
            .exists()
        )
        if idle and now.awaiting_verdict == 0:
            return
        time.sleep(POLL_S)


def progress(batch_ids: list[int]) -> Progress:
    jobs = Job.objects.filter(batch__in=batch_ids)
    photos = partial(Count, "source_image", distinct=True)
    counts = jobs.aggregate(
        total=photos(),
        unfinished=photos(filter=~Q(state=JobState.DONE)),
        active=photos(filter=Q(state__in=ACTIVE_JOB_STATES)),
    )
    done, failed = counts["total"] - counts["unfinished"], counts["unfinished"] - counts["active"]
    running = jobs.filter(state=JobState.RUNNING).order_by("-started_at").values_list("sku", "stage").first()
    waiting = Rendition.objects.current().filter(job__batch__in=batch_ids, state=RenditionState.MEASURED).count()
    stage = " ".join(running) if running else ""
    return Progress(total=counts["total"], done=done, failed=failed, stage=stage, awaiting_verdict=waiting)
