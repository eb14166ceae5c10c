"""Calls and batches at the loopback vendors, brought to their end."""

from django.db.models.functions import Now

from processing import engine, gathering
from processing.models import Batch, GatheredBatch, Job, JobState, ProviderState
from processing.providers.base import Pending


def collect(times=1):
    """So many passes of the collector of calls that go together, every pause over."""
    for _ in range(times):
        GatheredBatch.objects.update(available_at=Now())
        ProviderState.objects.update(blocked_until=None)
        gathering.run()


def finished(vendor, ref):
    """What a call came to, asked about as often as a test's vendor takes."""
    for _ in range(5):
        answer = vendor.poll(ref)
        if not isinstance(answer, Pending):
            return answer
    raise AssertionError("it never finished")


def carry_batch(batch: Batch, *, times: int = 12) -> list[Job]:
    """Carries every job until it ends, as workers would, every pause over."""
    for _ in range(times):
        Job.objects.filter(batch=batch).update(available_at=batch.created_at)
        ProviderState.objects.update(tokens=60, blocked_until=None)
        collect()
        for job in batch.jobs.filter(state__in=[JobState.QUEUED, JobState.WAITING]):
            engine.carry(job.pk)
    return list(batch.jobs.order_by("pk"))
