"""Two jobs that want the very same of a provider at the same time: one call, one charge, and both get the result."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from processing import cancelled_calls, engine
from processing.jobs import cancel_job
from processing.models import Attempt, Job, JobState, Outcome, Step, StepState
from tests.processing import making
from tests.processing.making import carry

pytestmark = pytest.mark.django_db
STYLE = {"styles": ["lifestyle-home"], "background": "fake", "style_px": 400, "repair": False, "enhance": False}


@pytest.fixture
def pair(vendor):
    """Jobs of two photos whose set is the same, as those of one product are."""
    batch = making.batch_of(making.photo(), making.photo(size=(300, 220)), recipe="lifestyle", changes=STYLE)
    first, second = batch.jobs.order_by("pk")
    Step.objects.filter(pk=set_of(second).pk).update(params=set_of(first).params)
    return first, second


def set_of(job: Job) -> Step:
    return job.steps.get(kind="background")


def test_call_under_way_for_another_photo_is_waited_for(vendor, pair):
    first, second = pair
    assert carry(first).state == carry(second).state == JobState.WAITING
    assert len(vendor.submitted) == 1
    assert carry(second).state == JobState.WAITING
    assert carry(first).state == carry(second).state == JobState.DONE
    assert (set_of(second).is_reused, len(vendor.submitted)) == (True, 1)
    assert Attempt.objects.exclude(submitted_at=None).get().cost == Decimal("0.003")


def test_result_that_came_in_since_somebody_looked_is_not_paid_again(vendor, pair, monkeypatch):
    first, second = pair
    carry(carry(first))
    with monkeypatch.context() as late:
        late.setattr(engine.Carrier, "found", lambda self, steps: {})
        assert carry(second).state == JobState.WAITING
    assert carry(second).state == JobState.DONE
    assert len(vendor.submitted) == 1


def test_call_of_a_photo_that_was_cancelled_is_not_waited_for(vendor, pair):
    first, second = pair
    carry(first)
    cancel_job(first)
    assert carry(second).state == JobState.WAITING
    assert len(vendor.submitted) == 2


def test_call_that_turned_out_needless_is_settled_with_its_cost(vendor, pair):
    first, _ = pair
    carry(carry(first))
    (paid,) = Attempt.objects.exclude(submitted_at=None)
    left = Attempt.objects.create(
        step=paid.step, number=9, token="0" * 32, provider="fake", provider_ref="ref-9", price=paid.price, outcome=Outcome.RUNNING,
        submitted_at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    assert paid.step.state == StepState.SUCCEEDED
    assert cancelled_calls.end_due() == 1
    left.refresh_from_db()
    assert (left.outcome, left.cost) == (Outcome.SUCCEEDED, Decimal("0.003"))
    assert "made for another photo" in left.error
