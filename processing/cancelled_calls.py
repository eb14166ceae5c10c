"""Paid calls that are in flight when their job is cancelled, or fails over another step: called off, and their cost settled.

Found by a query, so it does not matter when or by what the job was cancelled, or whether the worker that called off died
over it. A call that had finished before the cancel could reach it is paid for: its result is kept, and found by a retry.
"""

import logging

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from processing import hosted
from processing.errors import PermanentStepError, StepError
from processing.leases import in_seconds
from processing.models import Artifact, Attempt, JobState, Outcome, Step, StepState
from processing.providers import provider
from processing.providers.base import Done, Failed, HostedProvider, Orphan
from processing.reading import Reader

logger = logging.getLogger(__name__)
AT_ONCE = 100
# Between two looks at a call that the vendor has not ended yet; also what keeps two workers from asking at once.
LOOK_EVERY_S = 30.0


def end_due(*, limit: int = AT_ONCE) -> int:
    """Calls off what is due now. Returns how many calls are settled; the others are looked at again."""
    due = Attempt.objects.to_be_called_off().select_related("step__job").order_by("pk")
    return sum(_is_settled(attempt) for attempt in due[:limit] if _taken(attempt.step))


def _taken(step: Step) -> bool:
    mine = Step.objects.filter(Q(available_at=None) | Q(available_at__lte=Now()), pk=step.pk)
    return bool(mine.update(available_at=in_seconds(LOOK_EVERY_S)))


def _is_settled(attempt: Attempt) -> bool:
    try:
        vendor: HostedProvider = provider(attempt.provider)
        if not attempt.provider_ref and not _found(attempt, vendor):
            return True
        # Of a failed job they are as good as paid: what they make is kept for a retry.
        if attempt.step.job.state == JobState.CANCELLED:
            vendor.cancel(attempt.provider_ref)
        return _settle(attempt, vendor)
    except PermanentStepError as error:
        return _end(attempt, Outcome.AMBIGUOUS, f"{_why(attempt)}, and {error}")
    except StepError as error:
        logger.info("cancel attempt=%s: %s", attempt.pk, error)
        return _give_up(attempt, f"{_why(attempt)}, but {attempt.provider} could not be told: {error}")


def _found(attempt: Attempt, vendor: HostedProvider) -> bool:
    """Whether the call is known by a reference from here on; otherwise it is ended. StepError when it is too early to tell."""
    found = hosted.find(attempt.step, _reader(attempt).work, vendor, attempt)
    if isinstance(found, str):
        hosted.adopt(attempt, found, pause_s=0)
        attempt.provider_ref = found
        return True
    if found is Orphan.NOT_MADE:
        _end(attempt, Outcome.LOST, "")
    else:
        _end(attempt, Outcome.AMBIGUOUS, f"Cancelled; it is not known whether {vendor.name} had accepted the call.")
    return False


def _settle(attempt: Attempt, vendor: HostedProvider) -> bool:
    answer = vendor.poll(attempt.provider_ref)
    if isinstance(answer, Failed):
        attempt.cost = answer.cost
        is_cancelled = attempt.step.job.state == JobState.CANCELLED
        return _end(attempt, Outcome.FAILED, "Cancelled by a person." if is_cancelled else str(answer.error))
    if isinstance(answer, Done):
        return _keep(attempt, vendor, answer)
    return _give_up(attempt, f"{_why(attempt)}, but {vendor.name} never said that the call had ended.")


def _keep(attempt: Attempt, vendor: HostedProvider, done: Done) -> bool:
    """The result that was paid for, under its step's key."""
    job = _reader(attempt)
    fetched = hosted.fetch(attempt.step, job.work, vendor, attempt, done)
    rows = job.store(fetched.result.files, job.made.keys[attempt.step.name])
    Artifact.objects.bulk_create(rows, ignore_conflicts=True)
    return _end(attempt, Outcome.SUCCEEDED, f"{_why(attempt)}, but this call had finished: it is paid for, and kept.")


def _reader(attempt: Attempt) -> Reader:
    job = Reader(attempt.step.job_id)
    job.plan()
    return job


def _give_up(attempt: Attempt, message: str) -> bool:
    """True when the call is too old for an answer."""
    age = timezone.now() - (attempt.submitted_at or attempt.started_at)
    if age < hosted.longest_call(provider(attempt.provider)):
        return False
    return _end(attempt, Outcome.AMBIGUOUS, message)


def _end(attempt: Attempt, outcome: Outcome, message: str) -> bool:
    """Settles what the call counts in budgets, unless somebody else has done so meanwhile."""
    is_failure = outcome != Outcome.SUCCEEDED
    Attempt.objects.filter(pk=attempt.pk, outcome=Outcome.RUNNING).update(
        outcome=outcome, cost=attempt.cost, error=message[:400], error_code="cancelled" if is_failure else "",
        finished_at=Now(),
    )  # fmt: skip
    return True


def _why(attempt: Attempt) -> str:
    if attempt.step.state == StepState.SUCCEEDED:
        return "The same was made for another photo"
    return "Cancelled" if attempt.step.job.state == JobState.CANCELLED else "The photo failed over another step"
