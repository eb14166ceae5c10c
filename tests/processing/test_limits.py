"""The breaker: opens after failures in a row, lets one call try, and closes when that is accepted. Limits that a vendor lowers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from processing import limits
from processing.errors import ProviderUnavailable, RateLimited, StepError
from processing.models import Attempt, JobState, ProviderState, Step
from tests import builders

pytestmark = pytest.mark.django_db
FAILURE = StepError("status", "It answered 500.")


@pytest.fixture
def paused():
    """A provider whose pause after five failures is just over."""
    limits.ask("fake")
    for _ in range(limits.FAILURES_TO_OPEN):
        limits.went_wrong("fake", FAILURE)
    with pytest.raises(ProviderUnavailable, match="left alone for now: It answered 500"):
        limits.ask("fake")
    over = timezone.now() - timedelta(seconds=1)
    ProviderState.objects.update(blocked_until=over, tokens=5)


def call_under_way() -> Attempt:
    step = Step.objects.create(job=builders.job(state=JobState.RUNNING), name="cutout", kind="cutout", position=0)
    return Attempt.objects.create(step=step, number=1, token="0" * 32, provider="fake", submitted_at=timezone.now())


def test_one_call_tries_while_the_others_wait(paused):
    limits.ask("fake")
    call_under_way()
    with pytest.raises(ProviderUnavailable, match="tried with one call first"):
        limits.ask("fake")
    limits.went_well("fake")
    limits.ask("fake")


def test_failure_after_the_pause_opens_it_again_at_once(paused):
    limits.ask("fake")
    limits.went_wrong("fake", FAILURE)
    with pytest.raises(ProviderUnavailable, match="left alone"):
        limits.ask("fake")


def test_success_forgets_the_failures(paused):
    limits.went_well("fake")
    for _ in range(limits.FAILURES_TO_OPEN - 1):
        limits.went_wrong("fake", FAILURE)
    limits.ask("fake")
    assert ProviderState.objects.get().failures == limits.FAILURES_TO_OPEN - 1


def test_provider_that_is_asked_too_much_is_asked_half_as_much_and_then_more_again():
    limits.ask("fake", max_in_flight=4)
    for _ in range(3):  # they were under way together: one refusal
        limits.went_wrong("fake", RateLimited("rate", "Too many requests.", retry_after_s=30))
    assert ProviderState.objects.get().share == limits.LESS
    ProviderState.objects.update(blocked_until=None, tokens=9)
    calls = [call_under_way(), call_under_way()]
    with pytest.raises(ProviderUnavailable, match="2 calls in flight"):
        limits.ask("fake")
    calls[0].delete()
    limits.ask("fake")
    for _ in range(20):
        limits.went_well("fake")
    assert ProviderState.objects.get().share == 1.0


def test_provider_that_refuses_again_and_again_is_still_asked_now_and_then():
    limits.ask("fake", calls_per_minute=60)
    for _ in range(9):
        limits.went_wrong("fake", RateLimited("rate", "Too many requests.", retry_after_s=1))
        ProviderState.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert ProviderState.objects.get().share == limits.LEAST_SHARE
    ProviderState.objects.update(tokens=0, refilled_at=timezone.now() - timedelta(seconds=30))
    limits.ask("fake")
