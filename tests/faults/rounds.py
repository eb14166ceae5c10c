"""Batches with one paid call a photo, and rounds of work in this process with time passing between them."""

from django.db import connection

from processing import actors
from processing.models import Batch, Job, JobState
from processing.sweep import sweep
from tests.processing import making

STYLED = {"styles": ["lifestyle-home"], "background": "replicate", "style_px": 400, "repair": False, "enhance": False}
PICTURES = 2


def styled(number: int, *, name: str = "SHOE") -> Batch:
    photos = [making.photo(f"{name}-{index}", data=f"{name} {index}".encode()) for index in range(number)]
    return making.batch_of(*photos, recipe="lifestyle", changes=STYLED)


def let_time_pass() -> None:
    """Leases of dead workers run out, pauses are over, messages count as lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE processing_job SET lease_until = lease_until - interval '2 hours', available_at = available_at - interval"
            " '2 hours', enqueued_at = enqueued_at - interval '2 hours'"
        )
        cursor.execute("UPDATE processing_step SET available_at = available_at - interval '2 hours'")
        cursor.execute("UPDATE processing_providerstate SET blocked_until = NULL, tokens = 5")


def work() -> None:
    """One round of the sweep and of all workers, as far as they come."""
    sweep()
    for job in Job.objects.filter(state__in=[JobState.QUEUED, JobState.WAITING]).order_by("pk"):
        actors.carry_job(job.pk)


def finish(batch: Batch, *, rounds: int = 12) -> None:
    for _ in range(rounds):
        let_time_pass()
        work()
        batch.refresh_from_db()
        if batch.state == "done":
            return
