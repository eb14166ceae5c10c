"""What a photo costs beside its pixels: processor time of worker, database and broker, told apart in one process.

Processor time, because it is the same on a busy machine; the clock on the wall is what `config.bench.engine` adds.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import psutil
from django.db.models import Count

from config import embedded
from config.soak.batches import submit_samples
from config.soak.usage import tree_s
from config.worker import new_worker, set_up_process
from processing import reading, steps
from processing.models import ACTIVE_JOB_STATES, Job
from processing.sweep import sweep

SWEEP_EVERY_S = 3.0
IDLE_S = 12.0


@dataclass
class Clock:
    """CPU seconds of one worker's thread in its steps, and in reading and writing their files."""

    pixels_s: float = 0.0
    files_s: float = 0.0
    is_running: bool = False

    def around(self, act: Callable[..., Any], counter: str) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            if self.is_running:  # one step inside another
                return act(*args, **options)
            self.is_running, began = True, time.thread_time()
            try:
                return act(*args, **options)
            finally:
                self.is_running = False
                setattr(self, counter, getattr(self, counter) + time.thread_time() - began)

        return timed

    @contextmanager
    def attached(self) -> Iterator[None]:
        """The steps of this process and the files they make are timed inside."""
        modules = [import_module(f"{steps.__name__}.{found.name}") for found in iter_modules(steps.__path__)]
        places: list[tuple[Any, str, str]] = [(one, "run", "pixels_s") for one in modules if hasattr(one, "run")]
        # A step that reads a file is timed by its own clock already.
        places.append((reading, "store", "files_s"))
        real = [(holder, name, getattr(holder, name)) for holder, name, _ in places]
        for holder, name, counter in places:
            setattr(holder, name, self.around(getattr(holder, name), counter))
        try:
            yield
        finally:
            for holder, name, act in real:
                setattr(holder, name, act)


@dataclass(frozen=True)
class Spent:
    """CPU seconds beside the steps, on the whole and for each second in which nothing was to be done."""

    wall_s: float
    cpu_s: dict[str, float]
    idle: float


def weigh(say: Callable[[str], None], *, photos: int | None = None) -> dict[str, Any]:
    """The sample photos (or the first so many) with the recipe of the demo, by one worker in this process. Needs an empty
    installation."""
    set_up_process()
    submit_samples(photos)
    clock = Clock()
    with clock.attached():
        spent = _work_off(clock, say)
    work_s = clock.pixels_s + clock.files_s
    # On a busy machine everything takes longer, and the looks at the queue go on meanwhile: counted for as long as the work takes.
    bookkeeping_s = sum(spent.cpu_s.values()) - spent.idle * max(0.0, spent.wall_s - work_s)
    return {
        "photos": Job.objects.count(),
        "states": dict(Job.objects.values_list("state").annotate(number=Count("pk")).order_by()),
        "wall_s": round(spent.wall_s, 1),
        "pixels_s": round(clock.pixels_s, 2),
        "files_s": round(clock.files_s, 2),
        "bookkeeping_s": {name: round(value, 2) for name, value in spent.cpu_s.items()},
        "idle": round(spent.idle, 4),
        "overhead": round(bookkeeping_s / work_s, 4),
    }


def _work_off(clock: Clock, say: Callable[[str], None]) -> Spent:
    photos, before, began = Job.objects.count(), _cpu(), time.monotonic()
    worker = new_worker(queues={"pixels"})
    worker.start()
    try:
        _look_on(lambda: not Job.objects.filter(state__in=ACTIVE_JOB_STATES).exists())
        after, ended = _cpu(), time.monotonic()
        say(f"{photos} photos worked off")
        _look_on(lambda: time.monotonic() > ended + IDLE_S)
        idle_s, idle_cpu = time.monotonic() - ended, sum(_cpu().values()) - sum(after.values())
    finally:
        worker.stop()
    spent = {name: after[name] - before[name] for name in after}
    spent["worker"] -= clock.pixels_s + clock.files_s
    return Spent(ended - began, spent, idle_cpu / idle_s)


def _look_on(is_over: Callable[[], bool]) -> None:
    """Sweeps as often as the scheduler does, until it is over."""
    while not is_over():
        time.sleep(SWEEP_EVERY_S)
        sweep()


def _cpu() -> dict[str, float]:
    """CPU seconds so far of this process's own threads and of the private services."""
    services = {"database": embedded.postgres.pid(), "broker": embedded.broker.pid()}
    return {"worker": _own_threads_s(), **{name: tree_s(pid) for name, pid in services.items() if pid}}


def _own_threads_s() -> float:
    """Without the threads that encoders start for themselves: theirs is pixel work that the clock of a step does not see."""
    own = {thread.native_id for thread in threading.enumerate()}
    return sum(one.user_time + one.system_time for one in psutil.Process().threads() if one.id in own)
