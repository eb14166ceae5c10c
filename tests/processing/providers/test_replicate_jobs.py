"""Jobs carried through Replicate's adapter: submitted once, parked, polled, paid for once, whatever goes wrong."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from processing import engine, limits
from processing.jobs import retry_job
from processing.models import Attempt, Job, JobState, Outcome, ProviderState, StepState
from processing.providers.loopback import replicate_side
from tests.processing import making

pytestmark = pytest.mark.django_db
STYLE = {"styles": ["lifestyle-home"], "background": "replicate", "style_px": 400, "repair": False, "enhance": False}
PAID = Decimal("0.003")


@pytest.fixture
def whole_job(town, monkeypatch):
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 512})
    return making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()


@pytest.fixture
def job(whole_job):
    """A job of its hosted step alone."""
    whole_job.steps.exclude(kind="background").delete()
    return whole_job


def carry(job, *, times=1):
    """Carries on as workers would, pauses skipped."""
    for _ in range(times):
        Job.objects.filter(pk=job.pk).update(available_at=job.created_at)
        ProviderState.objects.update(blocked_until=None, tokens=5)
        engine.carry(job.pk)
    job.refresh_from_db()
    return job


def to_the_end(job):
    for _ in range(12):
        if carry(job).state not in (JobState.QUEUED, JobState.WAITING):
            return job
    raise AssertionError(f"the job is still {job.state}: {job.error}")


def attempts(job):
    return list(Attempt.objects.filter(step__job=job, provider="replicate").order_by("pk"))


def creates(town):
    return town.plan.log()["creates"]


def later(job):
    """The call was made a minute ago."""
    Attempt.objects.filter(step__job=job, provider="replicate").update(
        submitted_at=timezone.now() - timedelta(minutes=1)
    )


def test_background_is_submitted_once_parked_polled_and_paid(town, whole_job):
    job = carry(whole_job)
    assert (job.state, job.stage) == (JobState.WAITING, "background:lifestyle-home")
    (attempt,) = attempts(job)
    assert (attempt.outcome, attempt.price, bool(attempt.provider_ref)) == (Outcome.RUNNING, PAID, True)
    assert to_the_end(job).state == JobState.DONE
    (attempt,) = attempts(job)
    assert (attempt.outcome, attempt.cost) == (Outcome.SUCCEEDED, PAID)
    assert creates(town) == {str(attempt.token): 1}
    made = job.renditions.get(kind="style")
    assert made.provenance["backplate"] == "replicate-lifestyle-home"


def test_accepted_then_cut_is_found_again(town, plan, job):
    plan("create", "cut")
    assert to_the_end(job).state == JobState.DONE
    (attempt,) = attempts(job)
    assert creates(town) == {str(attempt.token): 1}
    assert attempt.cost == PAID


def test_call_that_never_arrived_is_sent_again_after_the_listing_settled(town, plan, job):
    plan("create", "cut-before")
    assert carry(job).state == JobState.QUEUED
    assert carry(job).state == JobState.QUEUED
    later(job)
    assert to_the_end(job).state == JobState.DONE
    assert [one.outcome for one in attempts(job)] == [Outcome.LOST, Outcome.SUCCEEDED]
    assert len(creates(town)) == 1


def test_lost_call_that_cannot_be_told_waits_for_a_person(town, plan, job):
    plan("create", "cut")
    plan("list", {"fault": "429", "retry_after": 5})
    carry(job)
    for held in town.sides[1].predictions.values():
        held["row"].update(input={}, data_removed=True)
    later(job)
    assert to_the_end(job).state == JobState.FAILED
    assert (job.error_code, job.steps.get(kind="background").state) == ("ambiguous", StepState.AMBIGUOUS)
    assert [one.outcome for one in attempts(job)] == [Outcome.AMBIGUOUS]
    assert list(creates(town).values()) == [1]


def test_rate_limits_cost_no_try(town, plan, job):
    plan("create", *["429"] * 5)
    assert to_the_end(job).state == JobState.DONE
    assert [one.error_code for one in attempts(job)] == ["rate-limited"] * 5 + [""]
    assert list(creates(town).values()) == [1]


def test_expired_result_ends_its_call_with_its_cost(town, plan, job):
    plan("output", "expired")
    assert to_the_end(job).state == JobState.FAILED
    assert (job.error_code, job.error_is_permanent) == ("result-gone", True)
    assert "was paid for" in job.error
    (attempt,) = attempts(job)
    assert (attempt.outcome, attempt.cost, attempt.is_permanent) == (Outcome.FAILED, PAID, True)
    assert list(creates(town).values()) == [1]


def test_truncated_result_is_fetched_again_without_another_call(town, plan, job):
    plan("output", "truncated")
    assert to_the_end(job).state == JobState.DONE
    assert list(creates(town).values()) == [1]


def test_result_that_cannot_be_fetched_now_is_fetched_later(town, plan, job):
    plan("output", {"fault": "status", "status": 503})
    assert to_the_end(job).state == JobState.DONE
    (attempt,) = attempts(job)
    assert (attempt.outcome, attempt.cost) == (Outcome.SUCCEEDED, PAID)


def test_result_that_stays_out_of_reach_is_fetched_by_a_retry_without_paying_again(town, plan, job, settings):
    settings.MAX_ATTEMPTS = 1
    plan("output", {"fault": "status", "status": 503})
    assert to_the_end(job).state == JobState.FAILED
    ProviderState.objects.update(max_in_flight=1)
    limits.ask("replicate")

    assert retry_job(job)
    assert to_the_end(job).state == JobState.DONE
    assert list(creates(town).values()) == [1]


def test_lines_that_keep_breaking_open_the_breaker(town, plan, job):
    carry(job)
    ProviderState.objects.update(failures=limits.FAILURES_TO_OPEN - 1)
    Attempt.objects.filter(step__job=job).update(outcome=Outcome.FAILED)
    plan("create", "cut-before")
    carry(job)
    assert ProviderState.objects.get(name="replicate").blocked_until > timezone.now()


def test_refused_content_is_not_sent_again(town, plan, job):
    plan("create", "refused")
    assert to_the_end(job).state == JobState.FAILED
    assert job.error.startswith("Replicate declined the content")
    assert list(creates(town).values()) == [1]


def test_passing_failure_is_tried_again(town, plan, job):
    plan("create", "failed")
    assert to_the_end(job).state == JobState.DONE
    assert [(one.outcome, one.cost) for one in attempts(job)] == [(Outcome.FAILED, 0), (Outcome.SUCCEEDED, PAID)]


def test_wrong_token_pauses_everybody_and_says_why(town, plan, job):
    plan("create", {"fault": "status", "status": 401, "message": "Invalid token"})
    assert carry(job).state == JobState.QUEUED
    assert "REPLICATE_API_TOKEN" in ProviderState.objects.get(name="replicate").message
    assert to_the_end(job).state == JobState.DONE


def test_missing_token_is_said_before_anything_is_sent(town, settings, job):
    settings.REPLICATE_API_TOKEN = ""
    assert carry(job).state == JobState.FAILED
    assert job.error == "Replicate needs a token: set REPLICATE_API_TOKEN."
    assert town.plan.log()["calls"] == []


def test_worker_killed_before_the_answer_was_written_down_calls_once(town, job, monkeypatch):
    def killed(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("processing.hosted.adopt", killed)
    with pytest.raises(KeyboardInterrupt):
        carry(job)
    monkeypatch.undo()
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 512})
    assert to_the_end(job).state == JobState.DONE
    assert list(creates(town).values()) == [1]


def test_picture_too_small_for_a_set_is_told_at_its_step(town, job, settings, monkeypatch):
    settings.MAX_ATTEMPTS = 1
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 128})
    assert to_the_end(job).state == JobState.FAILED
    assert (job.stage, job.error_code) == ("background:lifestyle-home", "bad-result")


def test_hosted_cutout_goes_through_the_upload(town):
    job = making.batch_of(
        making.photo(), changes={"engine": "replicate", "sizes": [], "main_px": 500, "repair": False}
    ).jobs.get()
    assert to_the_end(job).state == JobState.DONE
    assert job.renditions.get(name="cutout").provenance["engine"] == "replicate"
    (attempt,) = attempts(job)
    assert (attempt.cost, creates(town)) == (Decimal("0.018"), {str(attempt.token): 1})
