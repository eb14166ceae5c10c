"""Messages about jobs. Each is a hint to look at a row; the row says what is to be done."""

import dramatiq

from processing import dispatch

# A backstop only: native code is not interrupted, and the lease decides who works.
TIME_LIMIT_MS = 30 * 60_000


@dramatiq.actor(queue_name="pixels", time_limit=TIME_LIMIT_MS, notify_shutdown=True)
def carry_job(job_id: int) -> None:
    """Carries a job as far as it goes, then sends what may start instead."""
    _carry(job_id)


@dramatiq.actor(queue_name="providers", time_limit=TIME_LIMIT_MS, notify_shutdown=True)
def poll_job(job_id: int) -> None:
    """Looks at a job that waits for a provider."""
    _carry(job_id)


def _carry(job_id: int) -> None:
    # Imported here: web processes send messages too and must not load the imaging libraries.
    from processing import engine

    engine.carry(job_id)
    send_ready()


def send_ready() -> int:
    """Sends what may start now. Call on commit after queueing jobs. Returns how many messages were sent."""
    ids = dispatch.choose()
    for job_id in ids:
        carry_job.send(job_id)
    return len(ids)


def send_waiting() -> int:
    """Sends the jobs whose provider is to be asked again."""
    ids = dispatch.due_waiting()
    for job_id in ids:
        poll_job.send(job_id)
    return len(ids)
