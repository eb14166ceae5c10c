"""How far a batch is, for a page that asks "anything after revision n?"."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from processing.models import (
    Artifact,
    Batch,
    BatchState,
    Job,
    JobState,
    Rendition,
    RenditionState,
)

STAGES = (
    "queued",
    "cutting",
    "compositing",
    "waiting",
    "checking",
    "review",
    "ready",
    "stopped",
    "failed",
    "cancelled",
)
STAGE_LABELS = {
    "queued": _("Queued"),
    "cutting": _("Cutting out"),
    "compositing": _("Making pictures"),
    "waiting": _("Waiting for a provider"),
    "checking": _("Being checked"),
    "review": _("Needs a look"),
    "ready": _("Ready"),
    "stopped": _("Stopped by budget"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}
# The error code of what a budget has stopped: it is shown apart from failures, and goes on when the budget is raised.
BUDGET = "budget"
_CUTTING = ("", "prepare", "cutout")
# Jobs shown at once; a larger batch is followed by its counts.
MAX_ITEMS = 400


def progress(batch: Batch, *, since: int) -> dict[str, Any] | None:
    """{"rev", "state", "counts", "total", "eta_s", "per_minute", "items", "failures", "done"}, or None when nothing has
    changed after revision `since`."""
    batch.refresh_from_db(fields=["revision", "state"])
    if batch.revision <= since:
        return None
    counts = stage_counts(batch)
    per_minute = per_minute_of(batch)
    left = sum(counts[stage] for stage in ("queued", "cutting", "compositing", "waiting"))
    changed = batch.jobs.filter(revision__gt=since)[:MAX_ITEMS]
    return {
        "rev": batch.revision,
        "state": batch.state,
        "counts": counts,
        "total": sum(counts.values()),
        "per_minute": per_minute,
        "eta_s": round(left / per_minute * 60) if left and per_minute else None,
        "items": items(changed),
        "failures": failures(batch),
        "done": batch.state in (BatchState.DONE, BatchState.CANCELLED) and not counts["checking"] and not left,
    }


def stage_counts(batch: Batch) -> dict[str, int]:
    """Jobs by stage, every stage named."""
    counts: Counter[str] = Counter()
    others = batch.jobs.exclude(state=JobState.DONE).values_list("state", "stage", "error_code")
    for state, stage, code, number in others.annotate(number=Count("pk")).order_by():
        counts[_stage(state, stage, code)] += number
    done = batch.jobs.filter(state=JobState.DONE).count()
    current = Rendition.objects.current().filter(job__batch=batch, job__state=JobState.DONE)
    looked_at = current.filter(state__in=[RenditionState.IN_REVIEW, RenditionState.REWORK]).values("job").distinct()
    review = looked_at.count()
    checking = current.filter(state=RenditionState.MEASURED).exclude(job__in=looked_at).values("job").distinct().count()
    counts["review"], counts["checking"], counts["ready"] = review, checking, done - review - checking
    return {stage: counts[stage] for stage in STAGES}


def _stage(state: str, stage: str, code: str) -> str:
    if state == JobState.FAILED and code == BUDGET:
        return "stopped"
    if state == JobState.RUNNING:
        return "cutting" if stage in _CUTTING else "compositing"
    return state


def per_minute_of(batch: Batch) -> float:
    """Products finished a minute, over the last two minutes or the batch's life if that is shorter."""
    now = timezone.now()
    since = max(batch.created_at, now - timedelta(minutes=2))
    ended = batch.jobs.filter(finished_at__gte=since, state__in=[JobState.DONE, JobState.FAILED]).count()
    minutes = max((now - since).total_seconds() / 60, 1 / 60)
    return round(ended / minutes, 1)


def items(jobs: QuerySet[Job] | Iterable[Job]) -> list[dict[str, Any]]:
    """Tiles of the page: what each job is, where it stands, and its pictures so far."""
    listed = list(jobs)
    pictures = _pictures(listed)
    thumbs = _thumbs(listed)
    return [_item(job, pictures.get(job.pk, []), thumbs.get(job.pk, "")) for job in listed]


def _item(job: Job, pictures: list[dict[str, Any]], thumb: str) -> dict[str, Any]:
    stage = _done_stage(pictures) if job.state == JobState.DONE else _stage(job.state, job.stage, job.error_code)
    return {
        "id": job.pk,
        "rev": job.revision,
        "sku": job.sku,
        "product": job.snapshot.get("product_code", job.sku),
        "file": job.file,
        "stage": stage,
        "label": gettext(STAGE_LABELS[stage]),
        "step": job.stage,
        "error": job.error,
        "thumb": thumb,
        "pictures": pictures,
    }


def _done_stage(pictures: list[dict[str, Any]]) -> str:
    states = {picture["state"] for picture in pictures}
    if states & {RenditionState.IN_REVIEW, RenditionState.REWORK}:
        return "review"
    return "checking" if RenditionState.MEASURED in states else "ready"


def _pictures(jobs: list[Job]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = Rendition.objects.current().filter(job__in=[job.pk for job in jobs]).order_by("id")
    for pk, job_id, name, kind, state, provenance in rows.values_list(
        "pk", "job_id", "name", "kind", "state", "provenance"
    ):
        thumb = provenance.get("thumb", "")
        found.setdefault(job_id, []).append({"id": pk, "name": name, "kind": kind, "state": state, "thumb": thumb})
    return found


def _thumbs(jobs: list[Job]) -> dict[int, str]:
    """Content hash of each job's photo thumb, once it is made."""
    rows = Artifact.objects.filter(role="thumb").filter(
        step_key__in=Job.objects.filter(pk__in=[job.pk for job in jobs])
        .filter(steps__name="prepare")
        .exclude(steps__key="")
        .values("steps__key")
    )
    by_key = dict(rows.values_list("step_key", "sha256"))
    keys = Job.objects.filter(pk__in=[job.pk for job in jobs], steps__name="prepare").values_list("pk", "steps__key")
    return {pk: by_key[key] for pk, key in keys if key in by_key}


def failures(batch: Batch) -> list[dict[str, Any]]:
    """Failed jobs grouped by cause: {"code", "message", "stage", "permanent", "count", "jobs"}, largest first. What a budget
    stopped is none."""
    groups: dict[tuple[str, str, str], dict[str, Any]] = {}
    failed = batch.jobs.filter(state=JobState.FAILED).exclude(error_code=BUDGET).order_by("pk")
    for job in failed.only("pk", "sku", "file", "stage", "error", "error_code", "error_is_permanent"):
        group = groups.setdefault(
            (job.error_code, job.stage, job.error),
            {
                "code": job.error_code, "message": job.error, "stage": job.stage, "permanent": job.error_is_permanent,
                "count": 0, "jobs": [],
            },
        )  # fmt: skip
        group["count"] += 1
        if len(group["jobs"]) < 20:
            group["jobs"].append({"id": job.pk, "sku": job.sku, "file": job.file})
    return sorted(groups.values(), key=lambda group: -group["count"])


def step_label(name: str) -> str:
    """A step's name in plain words."""
    kind, _, what = name.partition(":")
    words = {
        "prepare": gettext("reading the photo"), "cutout": gettext("cutting out"), "enhance": gettext("light and colour"),
        "render": gettext("making"),
    }  # fmt: skip
    plain = what.replace("-", " ")
    if kind == "background":
        return gettext("getting the background for %(style)s") % {"style": plain}
    return f"{words.get(kind, kind)} {plain}".strip()
