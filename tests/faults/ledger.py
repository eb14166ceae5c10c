"""What must hold after any fault: everything ended, nothing doubled, every row points at a file that is there."""

from django.core.files.storage import default_storage
from django.db.models import Count

from processing.models import Artifact, Attempt, Batch, BatchState, Job, JobState, Outcome, Rendition, Step, StepState


def check(batch: Batch, *, pictures_per_job: int) -> None:
    batch.refresh_from_db()
    jobs = batch.jobs.all()
    assert batch.state == BatchState.DONE
    assert set(jobs.values_list("state", flat=True)) == {JobState.DONE}, list(jobs.values_list("error", flat=True))
    assert not Job.objects.exclude(lease_token=None).exists()
    steps = Step.objects.filter(job__batch=batch)
    assert set(steps.values_list("state", flat=True)) == {StepState.SUCCEEDED}
    made = Rendition.objects.filter(job__batch=batch)
    # One row for each picture ordered: not a second attempt, not a second current one.
    per_job = made.values("job").annotate(number=Count("pk")).values_list("number", flat=True).order_by()
    assert set(per_job) == {pictures_per_job}
    assert set(made.values_list("attempt", flat=True)) == {1}
    succeeded = Attempt.objects.filter(step__job__batch=batch, outcome=Outcome.SUCCEEDED)
    doubled = succeeded.values("step").annotate(number=Count("pk")).filter(number__gt=1).order_by()
    assert not doubled.exists()
    assert not Attempt.objects.filter(step__job__batch=batch, outcome=Outcome.RUNNING).exists()
    for path in Artifact.objects.values_list("path", flat=True):
        assert default_storage.exists(path)
