"""A batch made by real processes, under kills or not, and the audit afterwards."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Sum

from config import embedded
from config.soak.audit import audit
from config.soak.batches import submit, submit_samples, vendor, warm_up
from config.soak.killing import Killer
from config.soak.usage import Meter
from config.supervisor import Supervisor, workers
from processing.models import ACTIVE_JOB_STATES, Job, ProviderState, Step, StepState

CALLS_PER_MINUTE, IN_FLIGHT = 6000, 24
LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Order:
    """What a soak is to do. `products` 0 takes the sample photos with the recipe of the demo."""

    products: int
    every_s: float = 5.0
    seed: int = 20261121
    targets: Sequence[str] = ()
    pixel_workers: int | None = None
    limit_s: float = 600.0
    # Of each sample photo, where those are worked off: with few, one worker has nothing to do while the other ends its last.
    copies: int = 1
    photos: int | None = None


def soak(order: Order, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Works the products off under kills. Returns the audit."""
    began = time.monotonic()
    with vendor() as town:
        # The vendor is our own: what the engine does is tested, not how long it waits for its turn.
        ProviderState.objects.create(name="replicate", calls_per_minute=CALLS_PER_MINUTE, max_in_flight=IN_FLIGHT)
        if order.products:
            submit(order.products)
        tree = Supervisor(workers(pixel_workers=order.pixel_workers), quiet=True)
        run = Run(tree, Killer(tree, order.every_s, order.seed, order.targets), began + order.limit_s, say)
        tree.start()
        try:
            found = {} if order.products else _measured(run, order)
            if order.products:
                run.work_off()
        finally:
            tree.stop()
        found |= audit(town.plan.log()["creates"])
    return {
        "photos": Job.objects.count(),
        "seconds": round(time.monotonic() - began),
        "kills": run.killer.kills,
        **found,
    }


def _measured(run: "Run", order: Order) -> dict[str, Any]:
    """The samples, worked off by processes that have done everything once: their time on the clock, and everybody's CPU seconds."""
    warm_up(order.pixel_workers or settings.PIXEL_WORKERS)
    run.work_off()
    batch = submit_samples(order.photos, copies=order.copies)
    run.work_off()
    times = Job.objects.filter(batch=batch).values_list("started_at", "finished_at")
    started = min(start for start, _ in times if start)
    ends = sorted(end for _, end in times if end)
    steps = Step.objects.filter(job__batch=batch).aggregate(sum=Sum("seconds"))
    return {
        "batch_photos": len(ends),
        "batch_s": round((ends[-1] - started).total_seconds(), 2),
        # How long the last photo was worked on by one alone.
        "tail_s": round((ends[-1] - ends[-2]).total_seconds(), 2) if len(ends) > 1 else 0.0,
        "steps_s": round(steps["sum"] or 0.0, 2),
        "cpu_s": run.meter.seconds(),
    }


@dataclass
class Run:
    """Children that work batches off while they are killed."""

    tree: Supervisor
    killer: Killer
    deadline: float
    say: Callable[[str], None]
    meter: Meter = field(default_factory=Meter)

    def work_off(self) -> None:
        """Until every job has ended or the time is up. CPU seconds are counted anew."""
        self.meter = Meter()
        photos, said = Job.objects.filter(state__in=ACTIVE_JOB_STATES).count(), 0
        while time.monotonic() < self.deadline:
            self.tree.watch()
            self.meter.look(self._pids())
            if (state := _state()) is not None:
                left, steps = state
                if left == 0:
                    return
                self.killer(steps=steps)
                if (done := 10 * (photos - left) // photos) > said:
                    said = done
                    self.say(f"{10 * done} % done, killed so far: {sum(self.killer.kills.values())}")
            time.sleep(LOOK_EVERY_S)
        self.say("The time is up: what is not done counts as lost.")

    def _pids(self) -> dict[str, list[int]]:
        """The processes that work, by what they are."""
        found: dict[str, list[int]] = {}
        for child in self.tree.children:
            if child.process is not None:
                found.setdefault(child.name.partition("-")[0], []).append(child.process.pid)
        services = {"database": embedded.postgres.pid(), "broker": embedded.broker.pid()}
        return found | {name: [pid] for name, pid in services.items() if pid}


def _state() -> tuple[int, int] | None:
    """Jobs that are not over and steps that are; None while the database is away."""
    try:
        left = Job.objects.filter(state__in=ACTIVE_JOB_STATES).count()
        return left, Step.objects.filter(state=StepState.SUCCEEDED).count()
    except Error:
        connection.close()
        return None
