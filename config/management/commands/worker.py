import logging
import os
import signal
import threading
from typing import Any

import dramatiq
import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.broker import QUEUES
from catalog import files
from config.memory import MemoryBack
from config.worker import new_worker, set_up_process

logger = logging.getLogger(__name__)
# How long a running message may go on after the signal to stop; within the 10 s in which everything stops.
STOP_S = 7
MEMORY_CHECK_S = 5


class Command(BaseCommand):
    help = "Carry out queued work: one process, the queues and threads given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queues", default=",".join(QUEUES), help=f"comma-separated, of {', '.join(QUEUES)}")
        parser.add_argument("--threads", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        queues = {name for name in options["queues"].split(",") if name}
        if unknown := queues - set(QUEUES):
            raise CommandError(f"Unknown queue {', '.join(sorted(unknown))}. There are {', '.join(QUEUES)}.")
        require_files()
        set_up_process()
        dramatiq.get_broker().add_middleware(MemoryBack())
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        worker = new_worker(queues=queues, threads=options["threads"])
        worker.start()
        logger.info("worker pid=%s queues=%s", os.getpid(), ",".join(sorted(queues)))
        self._wait(stop)
        worker.stop(timeout=STOP_S * 1000)

    def _wait(self, stop: threading.Event) -> None:
        """Until told to stop, or until memory has grown past the limit: the supervisor starts a fresh process."""
        limit = settings.WORKER_MAX_MB * 2**20
        while not stop.wait(MEMORY_CHECK_S):
            used = psutil.Process().memory_info().rss
            if used > limit:
                logger.warning("worker pid=%s stops at %s MB to give memory back", os.getpid(), used >> 20)
                return


def require_files() -> None:
    """Said at the start, not by the first picture of the night."""
    try:
        files.require()
    except files.StorageUnavailable as error:
        raise CommandError(str(error)) from error
