"""What the batch page shows, computed for its templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Avg, Count, Q, QuerySet
from django.utils.translation import gettext

from processing import scheduling
from processing.models import Batch, Job, JobState, Rendition, RenditionState, Step, StepState
from processing.pictures import MAKING
from processing.progress import (
    BUDGET,
    STAGE_LABELS,
    STAGES,
    failures,
    items,
    per_minute_of,
    stage_counts,
    step_label,
)
from processing.retries import in_words, plan_retry, scaled
from processing.spending import spending

JOBS_A_PAGE = 60
# Failed jobs that the cost of a retry is worked out from; more of the same cause are taken to be like them.
PLANNED_JOBS = 200
LEFT_OUT_SHOWN = 100
_ICONS = {
    "queued": "clock", "cutting": "loader", "compositing": "loader", "waiting": "hourglass", "checking": "scan-eye",
    "review": "eye", "ready": "circle-check", "stopped": "dollar-sign", "failed": "circle-alert", "cancelled": "circle-x",
}  # fmt: skip
_TONES = {
    "ready": "ok",
    "stopped": "warn",
    "failed": "bad",
    "review": "warn",
    "cutting": "live",
    "compositing": "live",
    "checking": "live",
}
_BARS = (("ready", "done"), ("checking", "live"), ("review", "review"), ("stopped", "review"), ("failed", "failed"))
SHOWN_FIRST = ("main", "style", "campaign", "video", "erp", "cutout")


@dataclass(frozen=True)
class Tile:
    """One product on the page. `slots` has a place for every picture that will be made, so nothing moves when one arrives."""

    id: int
    sku: str
    product: str
    file: str
    stage: str
    label: str
    icon: str
    tone: str
    step: str
    error: str
    lead: dict[str, Any] | None
    photo: str
    slots: list[dict[str, Any] | None]
    made: int
    planned: int
    # The icon shown as long as there is no picture.
    stand_in: str = "image"

    @property
    def is_working(self) -> bool:
        return self.icon == "loader"


def tiles(jobs: Sequence[Job]) -> list[Tile]:
    """Tiles of these jobs, in their order."""
    ids = [job.pk for job in jobs]
    planned = dict(
        Step.objects.filter(job__in=ids, kind__in=MAKING)
        .exclude(state=StepState.SUCCEEDED, note__startswith="No half-glass")
        .values_list("job")
        .annotate(number=Count("pk"))
        .order_by()
    )
    recorded = dict(Step.objects.filter(job__in=ids, kind="recording").values_list("job", "state"))
    return [_tile(item, planned.get(item["id"], 0), recording=recorded.get(item["id"], "")) for item in items(jobs)]


def _tile(item: dict[str, Any], planned: int, *, recording: str) -> Tile:
    """`recording` is the state of the step that makes a video, a sound or a text, which no picture stands for."""
    pictures = [picture for picture in item["pictures"] if picture["thumb"]]
    ranked = sorted(
        pictures, key=lambda picture: SHOWN_FIRST.index(picture["kind"]) if picture["kind"] in SHOWN_FIRST else 9
    )
    stage = item["stage"]
    return Tile(
        id=item["id"], sku=item["sku"], product=item["product"], file=item["file"], stage=stage, label=item["label"],
        icon=_ICONS[stage], tone=_TONES.get(stage, ""), step=step_label(item["step"]),
        # Said once, above all of them.
        error="" if stage == "stopped" else item["error"],
        lead=ranked[0] if ranked else None, photo=item["thumb"],
        slots=[*pictures, *[None] * max(0, planned - len(pictures))],
        made=len(pictures) + (recording == StepState.SUCCEEDED), planned=planned + bool(recording),
        stand_in="play" if recording else "image",
    )  # fmt: skip


def header(batch: Batch) -> dict[str, Any]:
    """Counts by stage, the bar, the rate and how long it will take."""
    counts = stage_counts(batch)
    total = sum(counts.values())
    left = sum(counts[stage] for stage in ("queued", "cutting", "compositing", "waiting"))
    rate = per_minute_of(batch)
    stages = [
        {"name": stage, "label": gettext(STAGE_LABELS[stage]), "count": counts[stage], "tone": _TONES.get(stage, "")}
        for stage in STAGES
        if counts[stage] or stage in ("queued", "review", "ready", "failed")
    ]
    return {
        "batch": batch, "counts": counts, "total": total, "left": left, "stages": stages, "bars": _bars(counts, total),
        "per_minute": rate, "eta_minutes": max(1, round(left / rate)) if left and rate else None,
        "waits_for": scheduling.waits_for(batch), "held_up_by": scheduling.held_up_by(batch) if left else "",
        "ended": total - left, "summary": None if left else summary(batch), "money": spending(batch),
    }  # fmt: skip


def left_out(batch: Batch) -> dict[str, Any] | None:
    """Files and links that came with the batch and could not be used, with the reasons; None when there are none."""
    if batch.intake is None or not (count := batch.intake.items.refused().count()):
        return None
    return {"count": count, "shown": list(batch.intake.items.refused()[:LEFT_OUT_SHOWN])}


def _bars(counts: dict[str, int], total: int) -> list[dict[str, Any]]:
    """Parts of the bar, each with its start and width out of 1000."""
    parts, start = [], 0
    for stage, css in _BARS:
        width = round(1000 * counts[stage] / total) if total else 0
        parts.append({"css": css, "start": start, "width": width})
        start += width
    return parts


def summary(batch: Batch) -> dict[str, Any]:
    """What became of an ended batch: how many pictures there are, and the slowest kind of step."""
    pictures = Rendition.objects.current().filter(job__batch=batch).count()
    slowest = (
        Step.objects.filter(job__batch=batch, state=StepState.SUCCEEDED, is_reused=False)
        .values("kind")
        .annotate(mean=Avg("seconds"))
        .order_by("-mean")
        .first()
    )
    return {
        "pictures": pictures,
        "slowest": {"label": step_label(slowest["kind"]), "seconds": slowest["mean"]} if slowest else None,
    }


def page_of(batch: Batch, *, stage: str, number: str | None) -> Page[Job]:
    """A page of the batch's jobs, of one stage when it is named."""
    return Paginator(in_stage(batch, stage), JOBS_A_PAGE).get_page(number)


def in_stage(batch: Batch, stage: str) -> QuerySet[Job]:
    """Jobs of a batch in a stage as the page names it; all for an unknown name."""
    jobs = batch.jobs.order_by("pk")
    states = [RenditionState.IN_REVIEW, RenditionState.REWORK]
    review = Rendition.objects.current().filter(job__batch=batch, state__in=states).values("job")
    checking = Rendition.objects.current().filter(job__batch=batch, state=RenditionState.MEASURED).values("job")
    cutting = Q(stage__in=["", "prepare", "cutout"])
    choices = {
        "queued": Q(state=JobState.QUEUED),
        "cutting": Q(state=JobState.RUNNING) & cutting,
        "compositing": Q(state=JobState.RUNNING) & ~cutting,
        "waiting": Q(state=JobState.WAITING),
        "stopped": Q(state=JobState.FAILED, error_code=BUDGET),
        "failed": Q(state=JobState.FAILED) & ~Q(error_code=BUDGET),
        "cancelled": Q(state=JobState.CANCELLED),
        "review": Q(state=JobState.DONE, pk__in=review),
        "checking": Q(state=JobState.DONE, pk__in=checking) & ~Q(pk__in=review),
        "ready": Q(state=JobState.DONE) & ~Q(pk__in=review) & ~Q(pk__in=checking),
    }
    return jobs.filter(choices[stage]) if stage in choices else jobs


def causes(batch: Batch) -> list[dict[str, Any]]:
    """Failed jobs by cause, with the step in words and what trying them again takes."""
    return [
        {**group, "step": step_label(group["stage"]), "retry": _retry(batch, group["code"], group["count"])}
        for group in failures(batch)
    ]


def stop(batch: Batch) -> dict[str, Any] | None:
    """What a budget has stopped: how many photos, in which words, and what they take to go on. None when it stopped nothing."""
    stopped = batch.jobs.filter(state=JobState.FAILED, error_code=BUDGET).order_by("-finished_at")
    count = stopped.count()
    if not count:
        return None
    message = stopped.values_list("error", flat=True)[0]
    return {"count": count, "message": message, "code": BUDGET, "retry": _retry(batch, BUDGET, count)}


def _retry(batch: Batch, code: str, count: int) -> str:
    failed = batch.jobs.filter(state=JobState.FAILED, error_code=code)
    return in_words(scaled(plan_retry(failed[:PLANNED_JOBS]), jobs=count))
