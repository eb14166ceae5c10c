"""Messages about jobs. Each is a hint to look at a row; the row says what is to be done."""

import threading

import dramatiq
from dramatiq.broker import Broker
from dramatiq.middleware import Middleware

from processing import dispatch, leases
from processing.crashpoints import crashpoint
from processing.models import Attempt
from processing.providers import readiness

# A backstop only: native code is not interrupted, and the lease decides who works.
TIME_LIMIT_MS = 30 * 60_000


class Stopping(Middleware):
    """Tells the engine that the worker is going to stop, so that it gives its job back between two steps.

    Dramatiq's own way, an exception thrown into the thread, can hit a database call and leave its connection broken.
    """

    def before_worker_shutdown(self, broker: Broker, worker: object) -> None:
        leases.STOPPING.set()

    def after_worker_boot(self, broker: Broker, worker: object) -> None:
        leases.STOPPING.clear()
        # Beside the work: a vendor that answers slowly keeps nobody from starting.
        threading.Thread(target=readiness.report, name="providers-check", daemon=True).start()


dramatiq.get_broker().add_middleware(Stopping())


@dramatiq.actor(queue_name="pixels", time_limit=TIME_LIMIT_MS)
def carry_job(job_id: int) -> None:
    """Carries a job as far as it goes, then sends what may start instead."""
    _carry(job_id)


@dramatiq.actor(queue_name="providers", time_limit=TIME_LIMIT_MS)
def poll_job(job_id: int) -> None:
    """Looks at a job that waits for a provider."""
    _carry(job_id)


@dramatiq.actor(queue_name="interactive", time_limit=TIME_LIMIT_MS)
def carry_now(job_id: int) -> None:
    """As above, for what somebody sits in front of: it does not wait behind photos under way. When the message is lost, or
    nobody asks for these, the dispatcher sends the job with the others."""
    _carry(job_id)


@dramatiq.actor(queue_name="interactive", time_limit=TIME_LIMIT_MS)
def draw_set(pk: int) -> None:
    """Draws the preview of a shop's own set."""
    from processing import set_previews

    set_previews.preview(pk)


@dramatiq.actor(queue_name="providers", time_limit=TIME_LIMIT_MS, max_retries=0)
def gather_calls() -> None:
    """Sends calls that go together, and hands back the answers of those that were sent."""
    from processing import gathering

    gathering.run()


@dramatiq.actor(queue_name="providers", time_limit=TIME_LIMIT_MS, max_retries=0)
def end_cancelled_calls() -> None:
    """Calls off what cancelled jobs have in flight at providers."""
    from processing import cancelled_calls

    cancelled_calls.end_due()


def _carry(job_id: int) -> None:
    # Imported here: web processes send messages too and must not load the imaging libraries.
    from processing import engine

    crashpoint("before-claim")
    engine.carry(job_id)
    crashpoint("before-send")
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


def send_cancelled_calls() -> bool:
    """Has the calls ended that cancelled jobs left in flight. False when there are none to look at now. Periodic: a message
    that is lost is sent again."""
    if not Attempt.objects.to_be_called_off().exists():
        return False
    end_cancelled_calls.send()
    return True


def send_gathered_calls() -> bool:
    """Has the calls looked after that go together. False when there are none. Periodic, as above."""
    from processing import gathering

    if not gathering.is_due():
        return False
    gather_calls.send()
    return True
