"""The sets of a photo are asked for together; one that fails takes nothing from the others, which are paid for."""

from decimal import Decimal

import pytest

from processing import cancelled_calls, engine, jobs
from processing.models import Attempt, Job, JobState, Outcome, ProviderState, Step
from processing.providers.loopback import replicate_side
from tests.processing import making

pytestmark = pytest.mark.django_db
STYLES = ["studio-white", "lifestyle-home", "seasonal-summer"]


@pytest.fixture
def job(town, monkeypatch):
    """A job of its three hosted sets alone."""
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 512})
    changes = {"styles": STYLES, "style_px": 400, "background": "replicate"}
    made = making.batch_of(making.photo(), recipe="lifestyle", changes=changes).jobs.get()
    made.steps.exclude(kind="background").delete()
    return made


def carry(job, *, times=1, **limits):
    for _ in range(times):
        Job.objects.filter(pk=job.pk).update(available_at=job.created_at)
        ProviderState.objects.update(**{"blocked_until": None, "tokens": 9, **limits})
        engine.carry(job.pk)
    job.refresh_from_db()
    return job


def creates(town):
    return len(town.plan.log()["creates"])


def test_all_sets_are_asked_for_before_the_first_is_there(town, job):
    assert carry(job).state == JobState.WAITING
    assert creates(town) == 3
    assert carry(job, times=6).state == JobState.DONE
    assert creates(town) == 3
    assert sum(one.cost for one in Attempt.objects.all()) == 3 * Decimal("0.003")


def test_vendors_limit_holds_back_the_rest_and_nothing_fails(town, job):
    ProviderState.objects.create(name="replicate", tokens=9, max_in_flight=1)
    carry(job, max_in_flight=1)
    assert creates(town) == 1
    assert carry(job, times=9, max_in_flight=1).state == JobState.DONE
    assert creates(town) == 3


def test_what_the_others_made_is_kept_for_a_retry_when_one_is_refused(town, plan, job):
    plan("create", "refused")
    assert carry(job, times=3).state == JobState.FAILED
    first, *others = Attempt.objects.order_by("pk")
    assert (first.outcome, {one.outcome for one in others}) == (Outcome.FAILED, {Outcome.RUNNING})
    for _ in range(4):
        Step.objects.update(available_at=None)
        cancelled_calls.end_due()
    assert {one.outcome for one in Attempt.objects.exclude(pk=first.pk)} == {Outcome.SUCCEEDED}
    assert not [one for one in town.plan.log()["calls"] if one["path"].endswith("/cancel")]
    assert jobs.retry_job(job)
    assert carry(job, times=4).state == JobState.DONE
    assert creates(town) == 4
    assert job.steps.filter(is_reused=True).count() == 2
