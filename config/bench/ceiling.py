"""What the machine itself gives: the same pixel work by two bare processes and by one, with no queue, no rows and no files.

Two cores share memory, its bandwidth and a cache, so that two processes are less than twice as fast as one whatever they do.
"""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from django.conf import settings

PHOTOS = 5


def ceiling(photos: Sequence[Path] = ()) -> float:
    """How many times as much two processes make as one."""
    paths = list(photos) or sorted((settings.BASE_DIR / "samples" / "photos").glob("*.jpg"))[:PHOTOS]
    one, two = (_seconds(paths, processes) for processes in (1, 2))
    return 2 * one / two


def _seconds(paths: Sequence[Path], processes: int) -> float:
    """Until so many processes have each made all of the photos, loading their programs not counted."""
    context: SpawnContext = multiprocessing.get_context("spawn")
    ready, spent = context.Barrier(processes), context.SimpleQueue()
    children = [context.Process(target=_make, args=(paths, ready, spent)) for _ in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        if child.exitcode:
            raise RuntimeError("A process that was to make pictures failed; what it said stands above.")
    return max(float(spent.get()) for _ in children)


def _make(paths: Sequence[Path], ready: Barrier, spent: "SimpleQueue[float]") -> None:
    """A child: makes each photo's pictures once, from the moment on at which all children are ready."""
    import django

    django.setup()
    from config.bench.product import make
    from config.worker import set_up_process

    set_up_process()
    photos = [path.read_bytes() for path in paths]
    make(photos[0])
    ready.wait()
    began = time.monotonic()
    for photo in photos:
        make(photo)
    spent.put(time.monotonic() - began)
