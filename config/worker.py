"""A worker as all of ours are: what it fetches ahead, how often it looks up, and how many threads its libraries start."""

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
    """Before the first thread and the first picture of a process that makes pictures: freed memory is kept, and OpenCV starts no
    threads on top of one worker a core."""
    keep_freed()
    import cv2  # here, as who only looks at the queue need not load it

    cv2.setNumThreads(1)
