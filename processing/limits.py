"""How much a hosted provider is asked: calls in flight, calls a minute, and a pause after repeated failures.

The numbers live in one row per provider that all workers share. Being held back costs a job no try. A provider that says it is asked
too much is asked half as much from then on, and with each accepted call a little more again, up to the numbers of the row.
"""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Greatest, Least, Now
from django.utils import timezone

from processing.errors import ProviderUnavailable, RateLimited, StepError
from processing.models import ACTIVE_JOB_STATES, Attempt, Outcome, ProviderState

FAILURES_TO_OPEN = 5
OPEN_S = 60.0
BUSY_S = 2.0
FIRST_TOKENS = 5
CALLS_PER_MINUTE = 60
MAX_IN_FLIGHT = 4
# Additive increase, multiplicative decrease, as networks share a line (Chiu and Jain 1989).
LESS, MORE, LEAST_SHARE = 0.5, 0.05, 0.05


def ask(name: str, *, calls_per_minute: int = CALLS_PER_MINUTE, max_in_flight: int = MAX_IN_FLIGHT) -> None:
    """Takes the right to one call. ProviderUnavailable when the provider is to be left alone for now.

    The numbers are what the vendor allows by default; the row, once there, is what counts.
    """
    first = {
        "tokens": min(FIRST_TOKENS, calls_per_minute),
        "calls_per_minute": calls_per_minute,
        "max_in_flight": max_in_flight,
    }
    state, _ = ProviderState.objects.get_or_create(name=name, defaults=first)
    _require_open(state)
    _require_place(state)
    _take_token(state)


def _require_open(state: ProviderState) -> None:
    """Not while the vendor is left alone, after failures or because it asked for a pause."""
    now = timezone.now()
    if state.blocked_until and state.blocked_until > now:
        wait_s = (state.blocked_until - now).total_seconds()
        raise ProviderUnavailable(
            "provider-paused", f"{state.name} is left alone for now: {state.message}", retry_after_s=wait_s
        )


def _require_place(state: ProviderState) -> None:
    """Not while as many calls are open as the vendor takes."""
    # A call may stay open after its job has failed, to be fetched by a retry: it must not take a place for ever.
    open_calls = Attempt.objects.filter(
        provider=state.name,
        outcome=Outcome.RUNNING,
        submitted_at__isnull=False,
        step__job__state__in=ACTIVE_JOB_STATES,
    )
    # After a pause for failures one call goes first; the others follow when it is accepted.
    is_probing = state.failures > 0 and state.blocked_until is not None
    if is_probing and open_calls.filter(submitted_at__gte=state.blocked_until).exists():
        raise ProviderUnavailable(
            "provider-probing", f"{state.name} is tried with one call first.", retry_after_s=BUSY_S
        )
    in_flight = open_calls.count()
    if in_flight >= max(1, int(state.max_in_flight * state.share)):
        raise ProviderUnavailable(
            "provider-busy", f"{state.name} has {in_flight} calls in flight.", retry_after_s=BUSY_S
        )


def _take_token(state: ProviderState) -> None:
    rate = state.calls_per_minute * state.share / 60
    age_s = (timezone.now() - state.refilled_at).total_seconds()
    gained = max(0.0, age_s * rate)
    row = ProviderState.objects.filter(pk=state.pk, refilled_at=state.refilled_at)
    if gained >= 1:
        row.update(tokens=Least(F("tokens") + gained, float(state.max_in_flight)), refilled_at=Now())
    if not ProviderState.objects.filter(pk=state.pk, tokens__gte=1).update(tokens=F("tokens") - 1):
        raise ProviderUnavailable(
            "provider-rate", f"{state.name} is asked often enough for now.", retry_after_s=1 / rate
        )


def went_well(name: str) -> None:
    """Closes the breaker; what was asked less is asked a little more."""
    ProviderState.objects.filter(name=name).exclude(failures=0, blocked_until=None, share__gte=1).update(
        failures=0, blocked_until=None, message="", share=Least(F("share") + MORE, 1.0)
    )


def went_wrong(name: str, error: StepError) -> None:
    """Counts a failure of the provider itself; after a few in a row, or when it says so, everybody waits."""
    message = str(error)[:400]
    if isinstance(error, RateLimited | ProviderUnavailable):
        pause_s = error.retry_after_s or OPEN_S
        if isinstance(error, RateLimited):
            _ask_less(name)
        ProviderState.objects.filter(name=name).update(
            blocked_until=timezone.now() + timedelta(seconds=pause_s), message=message
        )
        return
    ProviderState.objects.filter(name=name).update(failures=F("failures") + 1, message=message)
    ProviderState.objects.filter(name=name, failures__gte=FAILURES_TO_OPEN).update(
        # One more failure after the pause opens it again.
        failures=FAILURES_TO_OPEN - 1,
        blocked_until=timezone.now() + timedelta(seconds=OPEN_S),
    )


def _ask_less(name: str) -> None:
    # Calls that were under way together are refused together: the first of them speaks for all, until the pause is over.
    first = ProviderState.objects.filter(name=name).exclude(blocked_until__gt=timezone.now())
    first.update(share=Greatest(F("share") * LESS, LEAST_SHARE))
