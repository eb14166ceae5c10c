"""A worker as all of ours are: what it fetches ahead, how often it looks up, and how many threads its libraries start."""

import os

import dramatiq
from dramatiq.worker import Worker

from config.memory import keep_freed

# How often a waiting thread looks whether it is to stop. Messages wake it, and the broker says how often those are asked for.
LOOK_MS = 1000


def new_worker(*, queues: set[str], threads: int = 1) -> Worker:
    """A worker of this process's broker, not started yet."""
    worker = Worker(dramatiq.get_broker(), queues=queues, worker_threads=threads, worker_timeout=LOOK_MS)
    # Twice as many by default: the second would sit behind an export of an hour while another process is idle. Dramatiq's
    # variable for it is read when Django has imported it already.
    worker.queue_prefetch = threads
    return worker


def set_up_process() -> None:
    """Before the first thread and the first picture of a process that makes pictures."""
    keep_freed()
    one_thread_each()


def one_thread_each() -> None:
    """One worker a core: libraries must not start threads of their own on top."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    import cv2  # here, as the variables are read while it loads

    cv2.setNumThreads(1)
