"""Background work of the intake: fetching photos by link, looking into watched folders."""

import time
from functools import partial

import dramatiq
from django.db import transaction

from catalog import remote
from catalog.models import Intake

# Several messages work through one intake side by side; rows are claimed, so more of them do no harm.
_MESSAGES_PER_INTAKE = 4
_TURN_S = 60.0


@dramatiq.actor(queue_name="providers", time_limit=600_000)
def fetch_photos(intake_id: int) -> None:
    """Fetches photos for about a minute, then makes room for others and queues again."""
    end = time.monotonic() + _TURN_S
    while remote.fetch_next(intake_id) is not None:
        if time.monotonic() > end:
            fetch_photos.send(intake_id)
            return


def queue_fetches(intake: Intake) -> None:
    """Sends the intake's waiting links to the workers once the transaction is through."""
    count = min(intake.items.to_fetch().count(), _MESSAGES_PER_INTAKE)
    for _ in range(count):
        transaction.on_commit(partial(fetch_photos.send, intake.pk))


def queue_due_fetches() -> int:
    """For the scheduler, every ten seconds: photos whose message was lost or whose next try is due."""
    ids = remote.intakes_to_fetch()
    for intake_id in ids:
        fetch_photos.send(intake_id)
    return len(ids)
