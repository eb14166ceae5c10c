"""Who works on a job: claimed by one conditional update, kept by a heartbeat, lost when somebody else takes over.

All times are the database's: workers' clocks may differ.
"""

import logging
import threading
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import Greatest, Now

from accounts.events import record
from processing.errors import LeaseLost
from processing.models import Batch, Job, JobState

logger = logging.getLogger(__name__)
# Set when this worker has been told to stop.
STOPPING = threading.Event()


@dataclass(frozen=True)
class Claim:
    """The right to work on a job, as long as its row carries the token."""

    job_id: int
    token: uuid.UUID = field(default_factory=uuid.uuid4)

    def rows(self) -> Any:
        """The job, if the claim still holds. Updates through this are fenced: 0 rows mean the result must be dropped."""
        return Job.objects.filter(pk=self.job_id, lease_token=self.token, state=JobState.RUNNING)

    def hold(self) -> bool:
        """Locks the job's row for this transaction. True when somebody has cancelled it. LeaseLost when the claim does not
        hold any more."""
        row = self.rows().select_for_update().values_list("cancel_requested_at").first()
        if row is None:
            raise LeaseLost(f"job {self.job_id} was taken over or stopped")
        return row[0] is not None


def in_seconds(seconds: float) -> Any:
    """The database's time so far ahead."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


def claim(job_id: int) -> Claim | None:
    """Takes a job that may run now, or None: gone, done, paused, not due, or somebody else has it.

    The conditions on the job stay outside any subquery: PostgreSQL checks them again on the row it has locked, so of two
    workers only one wins.
    """
    made = Claim(job_id)
    may_run = (
        Q(state=JobState.QUEUED, available_at__lte=Now(), batch_id__in=Batch.objects.open_now().values("pk"))
        | Q(state=JobState.WAITING, available_at__lte=Now())
        | Q(state=JobState.RUNNING, lease_until__lt=Now())
    )
    # Counted before the work: a job that kills its worker must come to an end.
    values = {
        "state": JobState.RUNNING,
        "lease_token": made.token,
        "lease_until": in_seconds(settings.LEASE_S),
        "claim_count": F("claim_count") + 1,
    }
    rows = Job.objects.filter(may_run, pk=job_id)
    with transaction.atomic():
        if rows.filter(started_at=None).update(**values, started_at=Now()):
            _tell_start(job_id)
            return made
        return made if rows.update(**values) else None


def _tell_start(job_id: int) -> None:
    """Once a job, however often it is claimed."""
    batch, sku, file = Job.objects.values_list("batch_id", "sku", "file").get(pk=job_id)
    record("job.started", subject=f"job:{job_id}", data={"job": job_id, "batch": batch, "sku": sku, "file": file})


def release(claim: Claim) -> None:
    """Gives an unfinished job back at once, without counting it as a failed try: the worker is being stopped."""
    claim.rows().update(
        state=JobState.QUEUED,
        lease_token=None,
        lease_until=None,
        enqueued_at=None,
        claim_count=Greatest(F("claim_count") - 1, 0),
    )


class Heartbeat:
    """Extends the lease every third of its length while a job is worked on, and notices when it is lost or cancelled."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{claim.job_id}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """LeaseLost when there is no point in going on."""
        if self._lost.is_set():
            raise LeaseLost(f"job {self._claim.job_id} was taken over or stopped")

    def _run(self) -> None:
        while not self._stop.wait(settings.LEASE_S / 3):
            try:
                if not self._claim.rows().update(lease_until=in_seconds(settings.LEASE_S)):
                    self._lost.set()
                    break
            except Exception:
                # The database may be restarting; if it stays away the lease runs out and the fence drops the result.
                logger.exception("heartbeat job=%s", self._claim.job_id)
                close_old_connections()
        connection.close()
