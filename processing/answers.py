"""Rows as the API answers them."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse

from catalog.models import IntakeItem, ItemState
from processing.models import Attempt, Batch, Job, Priority, Rendition
from processing.progress import stage_counts

MAX_REJECTED = 1000


def batch_answer(batch: Batch) -> dict[str, Any]:
    """Shape BatchOut."""
    counts = stage_counts(batch)
    return {
        **batch_line(batch, photos=sum(counts.values())),
        "mode": batch.mode,
        "priority": Priority(batch.priority).name.lower(),
        "is_filling": batch.is_filling,
        "counts": counts,
        **_rejected(batch),
        "url": settings.SITE_URL + batch.get_absolute_url(),
    }


def batch_line(batch: Batch, *, photos: int) -> dict[str, Any]:
    """Shape BatchLineOut."""
    return {
        "id": batch.pk,
        "name": batch.name,
        "recipe": f"{batch.recipe.name}@{batch.recipe.version}",
        "state": batch.state,
        "photos": photos,
        "created_at": batch.created_at,
        "finished_at": batch.finished_at,
    }


def _rejected(batch: Batch) -> dict[str, Any]:
    """Fields rejected and rejected_count, in the order in which they came."""
    rows = IntakeItem.objects.filter(intake=batch.intake_id, state=ItemState.REJECTED).order_by("pk")
    listed = [{"file": row.path, "reason": row.reason} for row in rows[:MAX_REJECTED]] if batch.intake_id else []
    return {"rejected": listed, "rejected_count": len(listed) if len(listed) < MAX_REJECTED else rows.count()}


def job_answer(job: Job) -> dict[str, Any]:
    """Shape JobOut."""
    cost = Attempt.objects.filter(step__job=job).aggregate(total=Sum("cost"))["total"] or 0
    renditions = job.renditions.filter(is_current=True).select_related("artifact", "job").prefetch_related("checks")
    return {
        "id": job.pk,
        "batch": job.batch_id,
        "sku": job.sku,
        "file": job.file,
        "state": job.state,
        "stage": job.stage,
        "error_code": job.error_code,
        "error": job.error,
        "error_is_permanent": job.error_is_permanent,
        "seconds": round(job.seconds, 3),
        "cost": float(cost),
        "steps": [
            {
                "name": step.name, "state": step.state, "reused": step.is_reused, "provider": step.provider,
                "attempts": step.attempt_count, "seconds": round(step.seconds, 3), "error": step.error, "note": step.note,
            }
            for step in job.steps.order_by("position")
        ],
        "renditions": rendition_answers(renditions),
    }  # fmt: skip


def rendition_answers(rows: Iterable[Rendition]) -> list[dict[str, Any]]:
    """Shape RenditionOut, each. Rows come with artifact, job and checks."""
    return [_rendition(row) for row in rows]


def _rendition(row: Rendition) -> dict[str, Any]:
    file = row.artifact
    name = f"{row.job.sku}-{row.name}.{file.path.rpartition('.')[2]}"
    return {
        "id": row.pk,
        "job": row.job_id,
        "sku": row.job.sku,
        "name": row.name,
        "kind": row.kind,
        "style": row.style,
        "state": row.state,
        "score": round(row.score, 4),
        "attempt": row.attempt,
        "width": file.width,
        "height": file.height,
        "bytes": file.bytes,
        "media_type": file.media_type,
        "sha256": file.sha256,
        "url": settings.SITE_URL + reverse("media", args=[file.sha256, name]),
        "notes": row.notes,
        "checks": [
            {
                "code": check.code, "value": check.value, "unit": check.unit, "limit": check.limit, "passed": check.passed,
                "box": check.box, "worst": check.worst,
            }
            for check in row.checks.all()
        ],
        "created_at": row.created_at,
    }  # fmt: skip
