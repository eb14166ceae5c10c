"""What became of some batches, as one object: printed for people by `demo` and `submit`, as JSON with --json."""

from collections import defaultdict
from typing import Any

from django.db.models import Sum

from catalog.models import IntakeItem, ItemState
from processing.models import Attempt, Batch, Job, JobState, Rendition, RenditionState


def summarise(batches: list[Batch], *, seconds: float, exports: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    ids = [batch.pk for batch in batches]
    jobs = list(Job.objects.filter(batch__in=ids).order_by("sku", "file", "id"))
    renditions = list(Rendition.objects.current().filter(job__batch__in=ids).select_related("verdict"))
    by_job: dict[int, list[Rendition]] = defaultdict(list)
    for rendition in renditions:
        by_job[rendition.job_id].append(rendition)
    cost = Attempt.objects.filter(step__job__batch__in=ids).aggregate(total=Sum("cost"))["total"] or 0
    return {
        "batch": ids[0] if len(ids) == 1 else ids,
        "products": len({job.sku for job in jobs}),
        "photos": len({job.source_image_id for job in jobs}),
        "renditions": len(renditions),
        "auto_approved": Rendition.objects.shippable().filter(job__batch__in=ids).count(),
        "in_review": sum(row.state == RenditionState.IN_REVIEW for row in renditions),
        # Good themselves, but made from something that is not approved: they leave when that does.
        "waiting": Rendition.objects.current().held_back().filter(job__batch__in=ids).count(),
        "failed": len({(job.sku, job.file) for job in jobs if job.state == JobState.FAILED}),
        "rejected": rejected(batches),
        "jobs": [job_line(job, by_job[job.pk]) for job in jobs],
        "exports": exports or [],
        "cost": float(cost),
        "seconds": round(seconds, 1),
    }


def rejected(batches: list[Batch]) -> list[dict[str, str]]:
    """Files that never became a job, with the reason."""
    items = IntakeItem.objects.filter(intake__in=[batch.intake_id for batch in batches if batch.intake_id])
    return [
        {"file": item.path, "reason": item.reason}
        for item in items.filter(state=ItemState.REJECTED).order_by("path").distinct()
    ]


def job_line(job: Job, renditions: list[Rendition]) -> dict[str, Any]:
    return {
        "sku": job.sku,
        "file": job.file,
        "state": job.state,
        "verdict": verdict_of(job, renditions),
        "doubts": doubts_of(renditions),
        "seconds": round(job.seconds, 2),
        **({"error": f"{job.stage}: {job.error}"} if job.state == JobState.FAILED else {}),
    }


def verdict_of(job: Job, renditions: list[Rendition]) -> str:
    if job.state == JobState.FAILED:
        return "failed"
    if any(row.state in {RenditionState.IN_REVIEW, RenditionState.REWORK} for row in renditions):
        return "in_review"
    if any(row.state == RenditionState.REJECTED for row in renditions):
        return "rejected"
    return "auto_approved" if renditions else "pending"


def doubts_of(renditions: list[Rendition]) -> list[str]:
    """Codes of the doubts that keep pictures in review, worst picture first, each once."""
    codes = [
        doubt["code"]
        for row in sorted(renditions, key=lambda row: row.score)
        if row.state == RenditionState.IN_REVIEW and hasattr(row, "verdict")
        for doubt in row.verdict.doubts
    ]
    return list(dict.fromkeys(codes))
