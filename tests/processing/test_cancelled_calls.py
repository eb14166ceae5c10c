"""What a cancelled job has in flight at a provider: called off, settled, and never left to count in a budget."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from config.schedule import TASKS
from processing import actors, budgets, cancelled_calls, engine, jobs
from processing.errors import AmbiguousCall, PermanentStepError, StepError
from processing.models import Artifact, Attempt, Batch, BatchState, Job, JobState, Outcome, Step, StepState
from processing.providers.base import Orphan
from tests.processing import making

pytestmark = pytest.mark.django_db
STYLE = {"styles": ["lifestyle-home"], "background": "fake", "style_px": 400, "repair": False, "enhance": False}


@pytest.fixture
def job(vendor) -> Job:
    """Waits for a call that the vendor has accepted."""
    made = making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()
    engine.carry(made.pk)
    made.refresh_from_db()
    assert made.state == JobState.WAITING
    return made


def the_call() -> Attempt:
    return Attempt.objects.get(provider="fake")


def look_again() -> int:
    """The pause between two looks is over."""
    Step.objects.update(available_at=None)
    return cancelled_calls.end_due()


def test_cancelled_batch_calls_off_what_it_waits_for(vendor, job, broker, django_capture_on_commit_callbacks):
    assert budgets.used(budgets.paid_calls()) == Decimal("0.003")
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.cancel(job.batch) == 1
    assert broker.queues["providers"].qsize() == 1
    actors.end_cancelled_calls()
    call = the_call()
    assert vendor.cancelled == ["ref-1"]
    assert (call.outcome, call.error_code, call.error) == (Outcome.FAILED, "cancelled", "Cancelled by a person.")
    assert budgets.used(budgets.paid_calls()) == 0
    assert not actors.send_cancelled_calls()
    job.refresh_from_db()
    assert (job.state, job.batch.state) == (JobState.CANCELLED, BatchState.CANCELLED)
    assert not engine.carry(job.pk)


def test_call_of_a_cancelled_job_is_found_again_when_its_message_was_lost(vendor, job, broker):
    assert jobs.cancel_job(job)
    broker.flush_all()
    assert "processing.actors.send_cancelled_calls" in [task.function for task in TASKS]
    assert actors.send_cancelled_calls()
    assert cancelled_calls.end_due() == 1
    assert cancelled_calls.end_due() == 0


def test_call_that_the_vendor_goes_on_with_is_looked_at_until_it_ends(vendor, job):
    vendor.can_cancel, vendor.polls = False, ["pending", "pending"]
    jobs.cancel_job(job)
    assert cancelled_calls.end_due() == 0
    assert cancelled_calls.end_due() == 0, "asked again at once"
    assert vendor.cancelled == ["ref-1"]
    assert look_again() == 0
    assert the_call().outcome == Outcome.RUNNING
    Attempt.objects.update(submitted_at=timezone.now() - timedelta(hours=2))
    vendor.polls = ["pending"]
    assert look_again() == 1
    assert (the_call().outcome, the_call().cost) == (Outcome.AMBIGUOUS, 0)


def test_result_that_was_finished_before_the_cancel_is_kept_and_not_paid_again(vendor, job):
    vendor.can_cancel = False
    jobs.cancel_job(job)
    assert cancelled_calls.end_due() == 1
    assert (the_call().outcome, the_call().cost) == (Outcome.SUCCEEDED, Decimal("0.003"))
    assert Artifact.objects.filter(role="background").count() == 1
    assert jobs.retry_job(job)
    assert engine.carry(job.pk)
    job.refresh_from_db()
    assert (job.state, len(vendor.submitted)) == (JobState.DONE, 1)
    assert job.steps.get(kind="background").is_reused


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (StepError("failed", "The model failed."), Outcome.FAILED),
        (PermanentStepError("failed", "The model failed."), Outcome.FAILED),
    ],
)
def test_failed_call_costs_what_the_vendor_says(vendor, job, answer, outcome):
    vendor.can_cancel, vendor.polls = False, [answer]
    jobs.cancel_job(job)
    assert cancelled_calls.end_due() == 1
    assert (the_call().outcome, the_call().cost) == (outcome, Decimal("0.001"))


class Deaf(PermanentStepError):
    def __init__(self) -> None:
        super().__init__("key", "the key was refused.")


def test_vendor_that_cannot_be_told_leaves_the_call_to_a_person(vendor, job, monkeypatch):
    jobs.cancel_job(job)

    def refuse(provider_ref):
        raise Deaf

    monkeypatch.setattr(vendor, "cancel", refuse)
    assert cancelled_calls.end_due() == 1
    assert (the_call().outcome, the_call().error) == (Outcome.AMBIGUOUS, "Cancelled, and the key was refused.")


@pytest.mark.parametrize(
    ("orphan", "outcome", "cancelled"),
    [
        ("ref-found", Outcome.FAILED, ["ref-found"]),
        (Orphan.NOT_MADE, Outcome.LOST, []),
        (Orphan.UNKNOWN, Outcome.AMBIGUOUS, []),
    ],
)
def test_call_without_an_answer_is_looked_up_first(vendor, job, orphan, outcome, cancelled):
    """The worker died before it knew the reference, and then somebody cancelled."""
    Attempt.objects.filter(provider="fake").update(provider_ref="")
    vendor.orphan = orphan
    jobs.cancel_job(job)
    assert cancelled_calls.end_due() == 1
    assert (the_call().outcome, vendor.cancelled) == (outcome, cancelled)


def test_job_that_goes_on_takes_its_call_along(vendor, job):
    jobs.cancel_job(job)
    assert jobs.retry_job(job)
    assert cancelled_calls.end_due() == 0
    assert engine.carry(job.pk)
    job.refresh_from_db()
    assert (job.state, vendor.cancelled, len(vendor.submitted)) == (JobState.DONE, [], 1)


# ---------------------------------------------------------------- a worker has the job while it is cancelled


@pytest.fixture
def idle(vendor) -> Job:
    return making.batch_of(making.photo(), recipe="lifestyle", changes=STYLE).jobs.get()


def test_cancelled_batch_pays_for_nothing_more(vendor, idle, monkeypatch):
    real = engine.hosted.advance

    def advance(*args, **named):
        jobs.cancel(idle.batch)
        return real(*args, **named)

    monkeypatch.setattr(engine.hosted, "advance", advance)
    assert engine.carry(idle.pk)
    idle.refresh_from_db()
    assert (idle.state, vendor.submitted) == (JobState.CANCELLED, [])
    assert idle.steps.get(name="cutout").state == StepState.SUCCEEDED
    assert idle.steps.get(kind="background").state == StepState.CANCELLED
    assert Batch.objects.get().state == BatchState.CANCELLED


def test_call_made_while_somebody_cancels_is_called_off(vendor, idle, monkeypatch):
    real = vendor.submit

    def submit(request, *, attempt_id):
        jobs.cancel_job(idle)
        return real(request, attempt_id=attempt_id)

    monkeypatch.setattr(vendor, "submit", submit)
    assert engine.carry(idle.pk)
    idle.refresh_from_db()
    assert idle.state == JobState.CANCELLED
    assert cancelled_calls.end_due() == 1
    assert (the_call().outcome, vendor.cancelled) == (Outcome.FAILED, ["ref-1"])


def test_lost_answer_of_a_cancelled_call_ends_ambiguous(vendor, idle, monkeypatch):
    vendor.script = [AmbiguousCall("cut", "The line was cut.")]
    engine.carry(idle.pk)
    idle.refresh_from_db()
    assert (idle.state, the_call().outcome) == (JobState.FAILED, Outcome.AMBIGUOUS)
    assert cancelled_calls.end_due() == 0
