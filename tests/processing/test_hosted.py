"""Paid calls: written down before they are made, waited for without a worker, never made twice blindly."""

from decimal import Decimal

import numpy as np
import pytest
from PIL import Image

from processing import engine
from processing.errors import AmbiguousCall, ContentRefused, PermanentStepError, RateLimited, StepError
from processing.imaging.codec import DecodeError, EncodeSettings, encode
from processing.jobs import retry_job
from processing.models import Attempt, Job, JobState, Outcome, ProviderState, Step, StepState
from processing.providers.base import Orphan
from processing.steps.base import Work
from processing.steps.hosted import result_of
from processing.sweep import sweep
from tests.images import box_shot, file_of
from tests.processing import making
from tests.processing.making import carry

pytestmark = pytest.mark.django_db
STYLE = {"styles": ["lifestyle-home"], "background": "fake", "style_px": 400, "repair": False, "enhance": False}


@pytest.fixture
def job(vendor):
    return making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()


def attempts(job: Job) -> list[Attempt]:
    return list(Attempt.objects.filter(step__job=job, provider="fake").order_by("pk"))


def set_of(job: Job) -> Step:
    return job.steps.get(kind="background")


def test_accepted_call_holds_no_worker_and_is_polled(vendor, job, broker):
    vendor.polls = ["pending"]
    carry(job)
    assert (job.state, job.stage, job.lease_token) == (JobState.WAITING, "background:lifestyle-home", None)
    (attempt,) = attempts(job)
    assert (attempt.outcome, attempt.provider_ref, attempt.price) == (Outcome.RUNNING, "ref-1", Decimal("0.003"))
    assert sweep().polled == 1
    assert sweep().polled == 0

    assert carry(job).state == JobState.WAITING
    assert carry(job).state == JobState.DONE
    (attempt,) = attempts(job)
    assert (attempt.outcome, attempt.cost) == (Outcome.SUCCEEDED, Decimal("0.003"))
    assert len(vendor.submitted) == 1
    made = job.renditions.get(kind="style")
    assert made.provenance["backplate"] == "fake-lifestyle-home"


def test_same_request_again_is_not_paid_again(vendor, job):
    carry(carry(job))
    again = making.batch_of(job.source_image, recipe="lifestyle", changes=STYLE)
    second = again.jobs.get()
    step = set_of(second)
    Step.objects.filter(pk=step.pk).update(params=set_of(job).params)
    carry(second)
    assert second.state == JobState.DONE
    assert set_of(second).is_reused
    assert len(vendor.submitted) == 1


def test_lost_answer_is_looked_up_and_adopted(vendor, job):
    vendor.script = [AmbiguousCall("cut", "The line was cut.")]
    vendor.orphan = "ref-found"
    assert carry(job).state == JobState.WAITING
    assert carry(job).state == JobState.DONE
    assert [one.provider_ref for one in attempts(job)] == ["ref-found"]
    assert len(vendor.submitted) == 1


def test_lost_answer_of_a_call_that_was_not_made_is_sent_again(vendor, job):
    vendor.script = [AmbiguousCall("cut", "The line was cut."), "done"]
    vendor.orphan = Orphan.NOT_MADE
    assert carry(job).state == JobState.DONE
    assert [one.outcome for one in attempts(job)] == [Outcome.LOST, Outcome.SUCCEEDED]


def test_unknown_answer_waits_for_a_person(vendor, job):
    vendor.script = [AmbiguousCall("cut", "The line was cut.")]
    carry(job)
    assert (job.state, job.error_code) == (JobState.FAILED, "ambiguous")
    assert set_of(job).state == StepState.AMBIGUOUS
    assert len(vendor.submitted) == 1
    assert not engine.carry(job.pk)

    assert retry_job(job)
    vendor.script = ["done"]
    assert carry(job).state == JobState.DONE
    first, second = attempts(job)
    assert (first.outcome, second.possible_duplicate) == (Outcome.AMBIGUOUS, True)


def test_worker_killed_between_call_and_answer_never_calls_again(vendor, job):
    """The state a kill leaves: an attempt that was sent, and no reference."""
    vendor.script = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        engine.carry(job.pk)
    vendor.orphan = "ref-found"
    job.refresh_from_db()
    carry(carry(job))
    assert job.state == JobState.DONE
    assert len(vendor.submitted) == 1


def test_refused_content_is_permanent_and_leaves_the_breaker_closed(vendor, job):
    vendor.script = [ContentRefused("refused", "The provider declined this picture.")]
    carry(job)
    assert (job.state, job.error, job.error_is_permanent) == (
        JobState.FAILED, "The provider declined this picture.", True)  # fmt: skip
    assert ProviderState.objects.get(name="fake").failures == 0


def test_rate_limit_pauses_everybody_and_costs_no_try(vendor, job):
    vendor.script = [RateLimited("rate", "Too many calls.", retry_after_s=30)]
    carry(job)
    assert (job.state, job.claim_count) == (JobState.QUEUED, 0)
    assert ProviderState.objects.get(name="fake").blocked_until is not None

    other = making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()
    carry(other)
    assert (other.state, len(vendor.submitted)) == (JobState.QUEUED, 1)


def test_breaker_opens_after_failures_in_a_row(vendor, job):
    for _ in range(5):
        other = making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()
        vendor.script = [StepError("500", "The provider failed.")]
        carry(other)
    assert carry(job).state == JobState.QUEUED
    assert len(vendor.submitted) == 5


def test_calls_in_flight_are_limited(vendor, job):
    carry(job)
    ProviderState.objects.filter(name="fake").update(max_in_flight=1, tokens=5)
    other = making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()
    carry(other)
    assert (other.state, set_of(other).error_code) == (JobState.QUEUED, "provider-busy")
    assert len(vendor.submitted) == 1


def test_unusable_results_end_after_the_limit_of_attempts(vendor, job, settings):
    settings.MAX_ATTEMPTS = 2
    vendor.data = b"not a picture"
    vendor.script = ["done"] * 5
    for _ in range(6):
        ProviderState.objects.filter(name="fake").update(blocked_until=None, tokens=5)
        carry(job)
    assert (job.state, len(vendor.submitted)) == (JobState.FAILED, 2)
    assert [one.cost for one in attempts(job)] == [Decimal("0.003")] * 2


def test_failed_call_is_told_with_its_cost(vendor, job, settings):
    settings.MAX_ATTEMPTS = 1
    vendor.polls = [StepError("failed", "The model failed.")]
    carry(carry(job))
    assert (job.state, job.error) == (JobState.FAILED, "The model failed.")
    assert attempts(job)[0].cost == Decimal("0.001")


def test_trouble_while_polling_leaves_the_call_open(vendor, job):
    vendor.polls = [ConnectionError("down")]
    carry(job)
    carry(job)
    assert job.state == JobState.QUEUED
    assert attempts(job)[0].outcome == Outcome.RUNNING
    assert carry(job).state == JobState.DONE
    assert len(vendor.submitted) == 1


def test_call_that_never_finishes_is_given_up(vendor, job, settings):
    from datetime import timedelta

    settings.MAX_ATTEMPTS = 1
    vendor.polls = ["pending"] * 3
    carry(job)
    late = job.created_at - timedelta(hours=1)
    Attempt.objects.filter(step__job=job, provider="fake").update(submitted_at=late)
    carry(job)
    assert (job.state, job.error_code) == (JobState.FAILED, "provider-timeout")
    assert vendor.cancelled == ["ref-1"]


def test_missing_key_is_said(vendor, job):
    vendor.reason = "FAKE_KEY is not set."
    carry(job)
    assert (job.state, job.error) == (JobState.FAILED, "FAKE_KEY is not set.")
    assert vendor.submitted == []


def test_permanent_poll_error_ends_the_job(vendor, job):
    vendor.polls = [PermanentStepError("gone", "The result is gone.")]
    carry(carry(job))
    assert (job.state, job.error_code) == (JobState.FAILED, "gone")


def test_hosted_cutout_uses_the_alpha_and_our_edges(vendor):
    photo, alpha = box_shot(size=(420, 320))
    vendor.script = ["done"]
    rgba = Image.fromarray(np.dstack([np.asarray(photo), alpha]))
    vendor.data = encode(rgba, EncodeSettings.named("png"))
    job = making.run(making.photo(), changes={"engine": "fake", "sizes": [], "main_px": 500})
    assert (job.state, job.error) == (JobState.DONE, "")
    assert job.renditions.get(name="cutout").provenance["engine"] == "fake"


@pytest.mark.parametrize("kind", ["cutout", "generate", "background", "retouch"])
def test_answer_larger_than_photos_may_be_is_refused_before_it_is_unpacked(kind):
    work = Work(photo_bytes=bytes, stored=None, load=None, max_pixels=10_000)
    with pytest.raises(DecodeError, match="at most 0 megapixels"):
        result_of(kind, {}, work, file_of(Image.new("1", (4000, 4000)), "PNG"), engine=("fake", "1"))
