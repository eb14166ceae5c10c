"""What the engine does when things go wrong, and what it never does twice."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Event
from catalog.files import StorageUnavailable
from processing import engine, leases, outcomes
from processing.errors import LeaseLost, PermanentStepError, StepError
from processing.jobs import cancel, cancel_job, pause, resume, retry_failed, retry_job
from processing.models import (
    Artifact,
    ArtifactState,
    Attempt,
    BatchState,
    Job,
    JobState,
    Outcome,
    Rendition,
    Step,
    StepState,
)
from processing.steps import cutout as cutout_step
from processing.steps import render as render_step
from processing.sweep import sweep
from tests.processing import making
from tests.processing.making import carry

pytestmark = pytest.mark.django_db
SMALL = {"sizes": ["cart"], "main_px": 500, "repair": False}


@pytest.fixture
def job(db) -> Job:
    return making.batch_of(making.photo(), changes=SMALL).jobs.get()


def failing(monkeypatch, module, *errors):
    """The module's run raises these errors in turn, then works."""
    real, left = module.run, list(errors)

    def run(work, params):
        if left:
            raise left.pop(0)
        return real(work, params)

    monkeypatch.setattr(module, "run", run)


def test_transient_error_is_tried_again_after_a_pause(monkeypatch, job):
    failing(monkeypatch, cutout_step, StepError("busy", "The engine is busy."))
    carry(job)
    assert (job.state, job.stage, job.claim_count) == (JobState.QUEUED, "cutout", 1)
    assert job.available_at > timezone.now()
    assert not engine.carry(job.pk)
    assert carry(job).state == JobState.DONE
    outcomes_of = list(Attempt.objects.filter(step__job=job, step__name="cutout").values_list("outcome", flat=True))
    assert outcomes_of == [Outcome.FAILED, Outcome.SUCCEEDED]


def test_unexpected_errors_end_with_a_plain_sentence(monkeypatch, job, settings):
    settings.MAX_ATTEMPTS = 2
    failing(monkeypatch, cutout_step, ZeroDivisionError("x"), ZeroDivisionError("x"))
    carry(carry(job))
    assert (job.state, job.error_code, job.error_is_permanent) == (JobState.FAILED, "unexpected", False)
    assert "ZeroDivisionError" in job.error


@pytest.mark.parametrize(("error", "code"), [(OSError("disk full"), "storage"), (MemoryError(), "memory")])
def test_machine_troubles_are_named(monkeypatch, job, settings, error, code):
    settings.MAX_ATTEMPTS = 1
    failing(monkeypatch, cutout_step, error)
    assert carry(job).error_code == code


def test_full_disk_holds_the_job_and_costs_no_try(monkeypatch, job, settings):
    settings.MAX_ATTEMPTS = 1
    failing(monkeypatch, cutout_step, StorageUnavailable("The disk of /data is full: make room."))
    carry(job)
    assert (job.state, job.claim_count) == (JobState.QUEUED, 0)
    assert job.available_at > timezone.now() + timedelta(seconds=20)
    assert job.steps.get(name="cutout").error == "The disk of /data is full: make room."
    assert carry(job).state == JobState.DONE


def test_permanent_error_fails_at_once_and_the_batch_goes_on(monkeypatch):
    batch = making.batch_of(making.photo("BAD"), making.photo("GOOD"), changes=SMALL)
    failing(monkeypatch, cutout_step, PermanentStepError("nothing-found", "No product was found."))
    bad, good = making.carry_all(batch)
    assert (bad.state, bad.stage, bad.error) == (JobState.FAILED, "cutout", "No product was found.")
    assert (good.state, batch.state) == (JobState.DONE, BatchState.DONE)
    assert Event.objects.get(kind="job.failed").data["stage"] == "cutout"

    assert retry_failed(batch) == 1
    bad, _ = making.carry_all(batch)
    assert (bad.state, batch.state) == (JobState.DONE, BatchState.DONE)


def test_retry_does_only_what_failed(monkeypatch, job, settings):
    settings.MAX_ATTEMPTS = 1
    failing(monkeypatch, render_step, StepError("odd", "Odd."))
    carry(job)
    assert job.stage == "render:cutout"
    assert job.steps.get(name="cutout").state == StepState.SUCCEEDED
    monkeypatch.setattr(cutout_step, "run", None)
    retry_job(job)
    assert carry(job).state == JobState.DONE


def test_unreadable_photo_fails_with_the_reason():
    job = making.run(making.photo(data=b"\xff\xd8\xff not a photo"), changes=SMALL)
    assert (job.state, job.stage, job.error_is_permanent) == (JobState.FAILED, "prepare", True)


def test_photo_without_a_product_says_so():
    from tests.images import file_of, solid

    job = making.run(making.photo(data=file_of(solid((260, 220), (240, 240, 240)), "JPEG")), changes=SMALL)
    assert (job.state, job.error_code) == (JobState.FAILED, "nothing-found")


def test_lost_original_is_permanent(job):
    default_storage.delete(job.snapshot["source"]["path"])
    assert carry(job).error_code == "original-gone"


def test_poison_job_ends_at_the_limit(job, settings):
    for _ in range(settings.MAX_ATTEMPTS):
        assert leases.claim(job.pk)
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    carry(job)
    assert (job.state, job.error_code) == (JobState.FAILED, "worker-lost")


def test_only_one_claim_wins_and_the_loser_is_fenced_off(job):
    first = leases.claim(job.pk)
    assert leases.claim(job.pk) is None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = leases.claim(job.pk)
    with pytest.raises(LeaseLost):
        outcomes.complete(first, job, seconds=1)
    outcomes.complete(second, job, seconds=1)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_work_of_a_worker_that_was_overtaken_is_dropped(monkeypatch, job):
    real = cutout_step.run

    def slow(work, params):
        Job.objects.filter(pk=job.pk).update(lease_token="0" * 32)
        return real(work, params)

    monkeypatch.setattr(cutout_step, "run", slow)
    carry(job)
    assert job.state == JobState.RUNNING
    assert not Rendition.objects.filter(job=job).exists()


def test_stopping_worker_gives_its_job_back(monkeypatch, job):
    monkeypatch.setattr(leases.STOPPING, "is_set", lambda: True)
    carry(job)
    assert (job.state, job.claim_count, job.lease_token) == (JobState.QUEUED, 0, None)
    assert job.steps.get(name="prepare").state == StepState.SUCCEEDED
    monkeypatch.undo()
    assert carry(job).state == JobState.DONE


def test_same_key_made_by_two_jobs_at_once(monkeypatch):
    image = making.photo()
    first = making.batch_of(image, changes=SMALL).jobs.get()
    second = making.batch_of(image, changes=SMALL).jobs.get()
    real = cutout_step.run

    def run(work, params):
        monkeypatch.setattr(cutout_step, "run", real)
        carry(second)
        return real(work, params)

    monkeypatch.setattr(cutout_step, "run", run)
    assert (carry(first).state, second.refresh_from_db(), second.state) == (JobState.DONE, None, JobState.DONE)
    shared = Step.objects.filter(name="cutout").values_list("key", flat=True)
    assert len(set(shared)) == 1
    assert Artifact.objects.filter(step_key=shared[0], role="cutout").count() == 1


def test_files_that_are_gone_are_made_again(job):
    carry(job)
    key = job.steps.get(name="cutout").key
    for artifact in Artifact.objects.filter(step_key=key):
        default_storage.delete(artifact.path)
    retry_job(job, from_step="render:main")
    Artifact.objects.filter(step_key=job.steps.get(name="render:cutout").key).update(state=ArtifactState.EXPIRED)
    Artifact.objects.filter(role="file").exclude(step_key="").update(state=ArtifactState.EXPIRED)
    carry(carry(job))
    assert (job.state, job.error) == (JobState.DONE, "")
    assert Artifact.objects.get(step_key=key, role="cutout").state == ArtifactState.STORED


def test_resumed_job_makes_the_same_bytes(monkeypatch, job):
    whole = making.run(making.photo(), changes=SMALL)
    monkeypatch.setattr(engine, "WRITE_EVERY_S", 0)
    failing(monkeypatch, render_step, StepError("odd", "Odd."))
    carry(carry(job))
    main = job.renditions.get(name="main")
    assert main.checks.count() == whole.renditions.get(name="main").checks.count()
    same = making.run(job.source_image, changes=SMALL)
    assert same.renditions.get(name="main").artifact.sha256 == main.artifact.sha256


def test_start_is_told_once_and_with_the_claim(job):
    claimed = leases.claim(job.pk)
    told = Event.objects.get(kind="job.started")
    assert (told.subject, told.data["sku"]) == (f"job:{job.pk}", job.sku)
    assert leases.claim(job.pk) is None
    leases.release(claimed)
    assert leases.claim(job.pk) is not None
    assert Event.objects.filter(kind="job.started").count() == 1


# ---------------------------------------------------------------- batches


def test_paused_batch_starts_nothing(job):
    pause(job.batch)
    assert not engine.carry(job.pk)
    assert resume(job.batch)
    assert carry(job).state == JobState.DONE


def test_batch_waits_for_its_time(job):
    type(job.batch).objects.filter(pk=job.batch_id).update(not_before=timezone.now() + timedelta(hours=1))
    assert not engine.carry(job.pk)


def test_cancelled_batch_keeps_what_is_done():
    batch = making.batch_of(making.photo(), making.photo(), changes=SMALL)
    first, second = batch.jobs.all()
    carry(first)
    assert cancel(batch) == 1
    second.refresh_from_db()
    batch.refresh_from_db()
    assert (second.state, batch.state) == (JobState.CANCELLED, BatchState.CANCELLED)
    assert first.renditions.exists()
    assert not engine.carry(second.pk)


def test_running_job_is_cancelled_between_two_steps(monkeypatch, job):
    monkeypatch.setattr(engine, "WRITE_EVERY_S", 0)
    real = cutout_step.run

    def run(work, params):
        assert cancel_job(job)
        return real(work, params)

    monkeypatch.setattr(cutout_step, "run", run)
    carry(job)
    assert job.state == JobState.CANCELLED
    assert job.steps.get(name="cutout").state == StepState.SUCCEEDED
    assert not job.renditions.exists()


def test_job_left_in_a_cancelled_batch_is_swept(monkeypatch, job):
    failing(monkeypatch, cutout_step, StepError("busy", "Busy."))
    real = outcomes.postpone

    def postpone(*args, **options):
        cancel(job.batch)
        real(*args, **options)

    monkeypatch.setattr(outcomes, "postpone", postpone)
    carry(job)
    assert job.state == JobState.QUEUED
    assert sweep().cancelled == 1
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_sweep_takes_back_jobs_of_silent_workers(job, broker):
    assert leases.claim(job.pk)
    assert sweep().reclaimed == 0
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    report = sweep()
    assert (report.reclaimed, report.sent) == (1, 1)
    assert sweep().sent == 0


def test_sweep_ends_a_batch_whose_end_was_missed(job):
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    assert sweep().finished == 1
    job.batch.refresh_from_db()
    assert job.batch.state == BatchState.DONE
