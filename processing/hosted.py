"""Steps done by a hosted provider: written down before the call, waited for without a worker, never paid twice blindly.

The attempt is the truth about a call. Running without a reference: it was sent and the answer is not known, so it is
looked up. Running with one: it is polled. Only when there is no running attempt is a new call made.
"""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from processing import budgets, limits, same_calls
from processing.crashpoints import crashpoint
from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    JobCancelled,
    LeaseLost,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    StepError,
)
from processing.hosted_keys import params_of as params_of
from processing.hosted_keys import version as version
from processing.imaging.codec import DecodeError
from processing.leases import Claim
from processing.models import Attempt, Job, Outcome, Step, StepState
from processing.providers import provider
from processing.providers.base import Done, Failed, HostedProvider, Orphan, Pending, Request, Submitted
from processing.steps.base import Result, Work
from processing.steps.hosted import request_for, result_of

logger = logging.getLogger(__name__)
LONGEST_CALL = timedelta(minutes=40)
POLL_TROUBLE_S = 10.0


@dataclass(frozen=True)
class Parked:
    """Nothing to do until the pause is over."""

    pause_s: float


@dataclass(frozen=True)
class Fetched:
    """The provider's result as files of the step; the attempt carries what it cost."""

    result: Result
    attempt: Attempt


def is_hosted(step: Step) -> bool:
    """True when a vendor does the step."""
    return step.provider not in ("", "auto") and isinstance(provider(step.provider), HostedProvider)


def longest_call(vendor: HostedProvider) -> timedelta:
    """After this a call that has not finished is given up."""
    return getattr(vendor, "longest_call", LONGEST_CALL)


def asked(steps: Iterable[Step]) -> set[int]:
    """Ids of those of the steps whose call is under way."""
    calls = Attempt.objects.filter(step__in=list(steps), outcome=Outcome.RUNNING, submitted_at__isnull=False)
    return set(calls.values_list("step", flat=True))


def close_lost_attempts(job: Job) -> None:
    """Local tries that a vanished worker left open. Calls to a provider stay open: they may still be answered."""
    Attempt.objects.filter(step__job=job, outcome=Outcome.RUNNING, submitted_at=None).update(
        outcome=Outcome.LOST, finished_at=Now()
    )


def advance(claim: Claim, step: Step, work: Work, *, key: str) -> Parked | Fetched:
    """The next move for a hosted step, whose result will be found under the key. Raises StepError when there is no result to be
    had, SameCallUnderWay when another job's is to be waited for."""
    step.key = key
    vendor: HostedProvider = provider(step.provider)
    attempt = step.attempts.filter(outcome=Outcome.RUNNING, submitted_at__isnull=False).last()
    if attempt is None:
        return _submit(claim, step, work, vendor)
    if attempt.provider_ref:
        return _poll(step, work, vendor, attempt)
    return _look_up(claim, step, work, vendor, attempt)


def _allowed_request(step: Step, work: Work, vendor: HostedProvider) -> Request:
    """What is to be asked of the vendor, when nothing speaks against asking it now; else StepError or SameCallUnderWay."""
    if step.attempt_count >= settings.MAX_ATTEMPTS:
        raise PermanentStepError(step.error_code or "provider", step.error or f"{vendor.name} gave no usable result.")
    if reason := vendor.unavailable_reason():
        raise PermanentStepError("provider-unavailable", reason)
    request = request_for(step.kind, step.params, work)
    if request.capability not in vendor.capabilities:
        raise PermanentStepError("no-such-capability", f"{vendor.name} cannot do this: {request.capability}.")
    same_calls.require_first(step)
    limits.ask(
        vendor.name,
        calls_per_minute=getattr(vendor, "calls_per_minute", limits.CALLS_PER_MINUTE),
        max_in_flight=getattr(vendor, "max_in_flight", limits.MAX_IN_FLIGHT),
    )
    return request


def _submit(claim: Claim, step: Step, work: Work, vendor: HostedProvider) -> Parked | Fetched:
    request = _allowed_request(step, work, vendor)
    attempt = _write_down(claim, step, vendor, request)
    crashpoint("after-intent")
    if not claim.rows().exists():
        # This worker was away for longer than its lease, and another one may have made the call by now.
        raise LeaseLost(f"job {step.job_id} was taken over before its call was made")
    try:
        answer = vendor.submit(request, attempt_id=str(attempt.token))
    except AmbiguousCall as error:
        limits.went_wrong(vendor.name, error)
        return _look_up(claim, step, work, vendor, attempt)
    except StepError as error:
        if isinstance(error, RateLimited | ProviderUnavailable):
            # Not accepted, and not the job's fault: no try is used up.
            Step.objects.filter(pk=step.pk).update(attempt_count=F("attempt_count") - 1)
        raise _gone_wrong(attempt, error) from error
    crashpoint("after-accept")
    limits.went_well(vendor.name)
    _require_open(attempt, answer)
    if isinstance(answer, Submitted):
        return adopt(attempt, answer.provider_ref, pause_s=answer.poll_after_s)
    return fetch(step, work, vendor, attempt, answer)


def _write_down(claim: Claim, step: Step, vendor: HostedProvider, request: Request) -> Attempt:
    """The intent, before the effect: with the price, and the id under which the vendor can be asked about it.

    JobCancelled when somebody has cancelled the job or its batch meanwhile: nothing more is paid for.
    """
    with transaction.atomic():
        claim.hold()
        if Job.objects.cancelled().filter(pk=step.job_id).exists():
            raise JobCancelled(f"job {step.job_id} was cancelled")
        same_calls.lock(step.key)
        same_calls.require_first(step)
        price = vendor.price(request)
        budgets.reserve(step.job.batch, price)
        step.attempt_count += 1
        Step.objects.filter(pk=step.pk).update(state=StepState.RUNNING, attempt_count=step.attempt_count)
        return Attempt.objects.create(
            step=step,
            key=step.key,
            number=step.attempts.count() + 1,
            token=uuid.uuid4(),
            provider=vendor.name,
            params=step.params,
            price=price,
            submitted_at=timezone.now(),
            possible_duplicate=step.attempts.filter(outcome=Outcome.AMBIGUOUS).exists(),
        )


def _require_open(attempt: Attempt, answer: Submitted | Done) -> None:
    """LeaseLost when another worker took the job over while this one was away. If it took the call for one that was never
    made, it was wrong: a person is to see it."""
    reference = answer.provider_ref if isinstance(answer, Submitted) else ""
    late = "A worker that had been away made this call after another one had taken its job over: it may be paid beside theirs."
    is_late = Attempt.objects.filter(pk=attempt.pk, outcome=Outcome.LOST).update(
        outcome=Outcome.AMBIGUOUS, error=late, error_code="late", provider_ref=reference
    )
    if is_late or not Attempt.objects.filter(pk=attempt.pk, outcome=Outcome.RUNNING).exists():
        raise LeaseLost(f"attempt {attempt.pk} was ended by another worker")


def adopt(attempt: Attempt, provider_ref: str, *, pause_s: float) -> Parked:
    """Writes down under which reference the vendor knows the call."""
    # Not fenced: whoever holds the job by now, the call is known from here on.
    Attempt.objects.filter(pk=attempt.pk).update(provider_ref=provider_ref)
    Step.objects.filter(pk=attempt.step_id).update(provider_ref=provider_ref)
    crashpoint("after-reference")
    return Parked(pause_s)


def _look_up(claim: Claim, step: Step, work: Work, vendor: HostedProvider, attempt: Attempt) -> Parked | Fetched:
    """A call whose answer was lost: found again, known not to be made, or left to a person."""
    found = find(step, work, vendor, attempt)
    if isinstance(found, str):
        return adopt(attempt, found, pause_s=0)
    if found is Orphan.NOT_MADE:
        Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.LOST, finished_at=Now())
        # A call that was never made is no try: workers that die just before it must not use the tries up.
        step.attempt_count -= 1
        Step.objects.filter(pk=step.pk).update(attempt_count=step.attempt_count)
        return _submit(claim, step, work, vendor)
    message = (
        f"It is not known whether {vendor.name} accepted the call, and it cannot be looked up. "
        "Check there first: trying again may be paid twice."
    )
    Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.AMBIGUOUS, error=message, finished_at=Now())
    Step.objects.filter(pk=step.pk).update(state=StepState.AMBIGUOUS, error=message, error_code="ambiguous")
    raise PermanentStepError("ambiguous", message)


def find(step: Step, work: Work, vendor: HostedProvider, attempt: Attempt) -> str | Orphan:
    """What the vendor knows of a call whose answer was lost. ProviderUnavailable when it cannot be asked now."""
    others = Attempt.objects.filter(provider=vendor.name, started_at__gte=attempt.started_at - longest_call(vendor))
    asked = replace(
        request_for(step.kind, step.params, work),
        asked_at=attempt.submitted_at,
        taken=frozenset(others.exclude(provider_ref="").values_list("provider_ref", flat=True)),
    )
    return vendor.find_orphan(attempt_id=str(attempt.token), request=asked)


def _poll(step: Step, work: Work, vendor: HostedProvider, attempt: Attempt) -> Parked | Fetched:
    try:
        answer = vendor.poll(attempt.provider_ref)
    except PermanentStepError as error:
        raise _gone_wrong(attempt, error) from error
    except StepError as error:
        # The call itself goes on: only the question failed.
        logger.info("poll step=%s: %s", step.pk, error)
        answer = Pending(max(POLL_TROUBLE_S, error.retry_after_s))
    if isinstance(answer, Pending):
        if attempt.submitted_at and timezone.now() - attempt.submitted_at > longest_call(vendor):
            vendor.cancel(attempt.provider_ref)
            minutes = longest_call(vendor) // timedelta(minutes=1)
            message = f"{vendor.name} did not finish in {minutes} minutes."
            raise _gone_wrong(attempt, StepError("provider-timeout", message))
        return Parked(answer.poll_after_s)
    if isinstance(answer, Failed):
        attempt.cost = answer.cost
        raise _gone_wrong(attempt, answer.error)
    return fetch(step, work, vendor, attempt, answer)


def fetch(step: Step, work: Work, vendor: HostedProvider, attempt: Attempt, done: Done) -> Fetched:
    """The files of a call that has finished. StepError, written to the attempt, when they are of no use."""
    attempt.cost = done.cost
    if not done.outputs:
        raise _gone_wrong(attempt, StepError("no-result", f"{vendor.name} finished without a picture."))
    output = done.outputs[0]
    try:
        data = output.data if output.data is not None else vendor.fetch(output)
    except PermanentStepError as error:
        # Paid for and gone. An error that passes leaves the call open: it is polled and fetched again, for free.
        raise _gone_wrong(attempt, error) from error
    try:
        result = result_of(step.kind, step.params, work, data, engine=(vendor.name, vendor.version()))
    except (DecodeError, OSError, ValueError) as error:
        bad = StepError("bad-result", f"{vendor.name} sent a picture that cannot be used: {error}")
        raise _gone_wrong(attempt, bad) from error
    return Fetched(result, attempt)


def _gone_wrong(attempt: Attempt, error: StepError) -> StepError:
    """Ends the attempt with the error; the provider's own troubles count towards its pause."""
    Attempt.objects.filter(pk=attempt.pk).update(
        outcome=Outcome.FAILED,
        error=str(error)[:400],
        error_code=error.code[:40],
        is_permanent=isinstance(error, PermanentStepError),
        cost=attempt.cost,
        finished_at=Now(),
    )
    if not isinstance(error, ContentRefused):
        limits.went_wrong(attempt.provider, error)
    return error
