"""The slow lane at half the price: found again, cancelled, and refused like any other call."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from processing import hosted, limits
from processing.errors import AmbiguousCall, ContentRefused, ProviderUnavailable, RateLimited, StepError
from processing.models import ProviderState
from processing.providers import provider
from processing.providers.base import Capability, Done, Failed, Orphan, Pending, Request

REQUEST = Request(Capability.GENERATE_BACKGROUND, "an empty oak table", options={"imageSize": "1K"})


@pytest.fixture
def vendor(town):
    return provider("gemini-batch")


def ended(vendor, ref):
    answers = [vendor.poll(ref) for _ in range(3)]
    assert isinstance(answers[0], Pending)
    return answers[-1]


def submit(vendor, attempt_id=""):
    return vendor.submit(REQUEST, attempt_id=attempt_id or str(uuid.uuid4())).provider_ref


def lost(seconds_ago=600):
    return Request(REQUEST.capability, REQUEST.prompt, asked_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_batch_carries_the_attempt_and_one_entry(vendor, town):
    answer = ended(vendor, submit(vendor, "a-1"))
    assert isinstance(answer, Done)
    assert answer.cost == vendor.price(REQUEST) == Decimal("0.0335")
    (call,) = [one for one in town.plan.log()["calls"] if one["path"].endswith(":batchGenerateContent")]
    batch = call["body"]["batch"]
    (entry,) = batch["inputConfig"]["requests"]["requests"]
    assert (batch["displayName"], entry["metadata"]) == ("a-1", {"key": "a-1"})
    assert entry["request"]["generationConfig"]["imageConfig"] == {"aspectRatio": "1:1", "imageSize": "1K"}


@pytest.mark.parametrize(
    ("fault", "kind", "cost"),
    [("refused", ContentRefused, "0"), ("failed", StepError, "0"), ("aborted", StepError, "0"),
     ("canceled", StepError, "0"), ("words", StepError, "0.0335"), ("drift", AmbiguousCall, None)],
)  # fmt: skip
def test_ends_of_a_batch(vendor, plan, fault, kind, cost):
    plan("create", fault, vendor="gemini")
    if cost is None:
        with pytest.raises(kind):
            submit(vendor)
        return
    answer = ended(vendor, submit(vendor))
    assert isinstance(answer, Failed)
    assert isinstance(answer.error, kind)
    assert answer.cost == Decimal(cost)


def test_state_that_is_new_to_us_counts_as_running(vendor, plan):
    plan("create", "unknown-status", vendor="gemini")
    assert isinstance(ended(vendor, submit(vendor)), Pending)


def test_lost_batch_is_found_under_its_name(vendor, plan, town):
    plan("create", "cut", vendor="gemini")
    with pytest.raises(AmbiguousCall):
        submit(vendor, "a-lost")
    submit(vendor, "a-other")
    found = vendor.find_orphan(attempt_id="a-lost", request=lost())
    assert isinstance(ended(vendor, found), Done)
    assert town.plan.log()["creates"] == {"a-lost": 1, "a-other": 1}


def test_batch_that_was_never_made_is_told_after_a_while(vendor):
    with pytest.raises(ProviderUnavailable) as caught:
        vendor.find_orphan(attempt_id="a-1", request=lost(seconds_ago=5))
    assert 50 < caught.value.retry_after_s <= 60
    assert vendor.find_orphan(attempt_id="a-1", request=lost()) is Orphan.NOT_MADE


def test_look_up_that_fails_is_tried_again(vendor, plan):
    plan("list", "429", vendor="gemini")
    with pytest.raises(ProviderUnavailable):
        vendor.find_orphan(attempt_id="a-1", request=lost())


def test_cancelled_batch_ends(vendor, plan):
    plan("create", "never", vendor="gemini")
    ref = submit(vendor)
    vendor.cancel(ref)
    assert vendor.poll(ref).error.code == "failed"
    vendor.cancel("1K batches/gone")


def test_rate_limit_is_told(vendor, plan):
    plan("create", {"fault": "429", "retry_after": 7}, vendor="gemini")
    with pytest.raises(RateLimited) as caught:
        submit(vendor)
    assert caught.value.retry_after_s == 7


@pytest.mark.django_db
def test_batches_wait_for_two_days_and_many_at_once(vendor):
    assert hosted.longest_call(vendor) == timedelta(hours=49)
    assert hosted.longest_call(provider("gemini")) == timedelta(minutes=40)
    limits.ask(vendor.name, max_in_flight=vendor.max_in_flight)
    assert ProviderState.objects.get(name="gemini-batch").max_in_flight == 80
