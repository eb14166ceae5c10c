"""What must hold after any fault: everything ended, nothing doubled, every row points at a file that is there."""

from collections.abc import Mapping
from decimal import Decimal

from django.core.files.storage import default_storage
from django.db.models import Count, Sum

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
    # One row for each picture ordered: not a second current one, nor a second attempt that no repair asked for.
    per_job = made.values("job").annotate(number=Count("pk")).values_list("number", flat=True).order_by()
    assert set(per_job) == {pictures_per_job}
    assert set(made.filter(job__repairs=None).values_list("attempt", flat=True)) <= {1}
    # Repairs have rows of their own, and those that reach across steps have the steps between done again.
    ended = Attempt.objects.filter(step__job__batch=batch, outcome=Outcome.SUCCEEDED)
    succeeded = ended.filter(repair={}, step__job__repairs=None)
    doubled = succeeded.values("step").annotate(number=Count("pk")).filter(number__gt=1).order_by()
    assert not doubled.exists()
    assert not Attempt.objects.filter(step__job__batch=batch, outcome=Outcome.RUNNING).exists()
    for path in Artifact.objects.values_list("path", flat=True):
        assert default_storage.exists(path)


def check_money(batch: Batch, creates: Mapping[str, int], *, calls: int) -> None:
    """`creates`: calls the vendor accepted, by attempt id. At most so many for a step, each known, and the costs add up."""
    attempts = Attempt.objects.filter(step__job__batch=batch).exclude(submitted_at=None)
    known = {str(token) for token in attempts.values_list("token", flat=True)}
    assert set(creates) <= known, "the vendor was asked for something that is not written down"
    for step in Step.objects.filter(job__batch=batch, attempts__in=attempts).distinct():
        accepted = sum(creates.get(str(token), 0) for token in step.attempts.values_list("token", flat=True))
        flagged = step.attempts.filter(possible_duplicate=True).count()
        assert accepted <= min(calls, 1 + flagged), f"{step} was paid {accepted} times"
    ended = attempts.filter(outcome=Outcome.SUCCEEDED)
    assert ended.aggregate(sum=Sum("cost"))["sum"] == sum((one.price for one in ended), Decimal(0))
    assert not attempts.filter(outcome=Outcome.RUNNING).exists()
