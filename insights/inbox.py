"""What needs me now: three numbers, and a row for every batch."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from insights.pictures import Picture, job_pictures
from processing.models import ACTIVE_JOB_STATES, Batch, BatchState, Job, JobState, Rendition, RenditionState
from review.models import ReviewTask

FILTERS = {
    "all": _("All"),
    "mine": _("Mine"),
    "running": _("Running"),
    "review": _("Needs review"),
    "failed": _("With failures"),
    "done": _("Done"),
    "archived": _("Archived"),
}
PAGE = 25
NO_JOBS = {"jobs": 0, "done": 0, "failed": 0, "active": 0}


@dataclass(frozen=True)
class BatchRow:
    batch: Batch
    jobs: int
    done: int
    failed: int
    in_review: int
    active: int
    pictures: list[Picture]

    @property
    def eta_s(self) -> int | None:
        """Seconds to go at the pace so far; None while nothing is finished or nothing runs."""
        finished = self.done + self.failed
        if not finished or not self.active or self.batch.state != BatchState.RUNNING:
            return None
        return round((timezone.now() - self.batch.created_at).total_seconds() / finished * self.active)

    @property
    def bar(self) -> list[dict[str, Any]]:
        """Parts of the progress bar in 0..100, left to right."""
        reviewed = min(self.in_review, self.done)
        parts, x = [], 0.0
        for name, count in (("done", self.done - reviewed), ("review", reviewed), ("failed", self.failed)):
            width = 100 * count / max(1, self.jobs)
            parts.append({"name": name, "x": round(x, 2), "width": round(width, 2)})
            x += width
        return parts


def figures() -> dict[str, int]:
    return {
        "in_review": ReviewTask.objects.open().count(),
        "failed": Job.objects.filter(state=JobState.FAILED, batch__is_archived=False).count(),
        "ready": Rendition.objects.shippable().values("variant").distinct().count(),
    }


def batches(*, user: User, wanted: str) -> QuerySet[Batch]:
    rows = Batch.objects.filter(is_archived=wanted == "archived").select_related("owner", "recipe")
    conditions = {
        "mine": Q(owner=user),
        "running": Q(state__in=[BatchState.RUNNING, BatchState.PAUSED]),
        "review": Q(jobs__renditions__state=RenditionState.IN_REVIEW, jobs__renditions__is_current=True),
        "failed": Q(jobs__state=JobState.FAILED),
        "done": Q(state=BatchState.DONE),
    }
    return rows.filter(conditions[wanted]).distinct() if wanted in conditions else rows


def rows(found: list[Batch]) -> list[BatchRow]:
    """A row for each batch: three queries for all of them together."""
    ids = [batch.pk for batch in found]
    counts, in_review, pictures = _job_counts(ids), _in_review(ids), job_pictures(ids, per_batch=5)
    return [
        BatchRow(
            batch=batch,
            in_review=in_review.get(batch.pk, 0),
            pictures=pictures.get(batch.pk, []),
            **counts.get(batch.pk, NO_JOBS),
        )
        for batch in found
    ]


def _job_counts(batch_ids: list[int]) -> dict[int, dict[str, int]]:
    """Jobs of each batch by how far they are; a batch without jobs is left out."""
    counted = (
        Job.objects.filter(batch__in=batch_ids)
        .order_by()
        .values("batch")
        .annotate(
            jobs=Count("id"),
            done=Count("id", filter=Q(state=JobState.DONE)),
            failed=Count("id", filter=Q(state=JobState.FAILED)),
            active=Count("id", filter=Q(state__in=ACTIVE_JOB_STATES)),
        )
    )
    return {row.pop("batch"): row for row in counted}


def _in_review(batch_ids: list[int]) -> dict[int, int]:
    """Photos of each batch of which a picture waits for a person."""
    waiting = Rendition.objects.current().filter(job__batch__in=batch_ids, state=RenditionState.IN_REVIEW)
    counted = waiting.order_by().values("job__batch").annotate(jobs=Count("job", distinct=True))
    return dict(counted.values_list("job__batch", "jobs"))
