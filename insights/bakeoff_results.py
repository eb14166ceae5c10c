"""What a bake-off shows: pass rate, seconds and money of each engine, and the pictures side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Q, Sum

from insights.pictures import thumb_url
from processing.models import Attempt, BakeOff, BakeOffEntry, Job, JobState, Rendition, RenditionState, Step
from review.models import VerdictOutcome

_MADE = (RenditionState.APPROVED, RenditionState.IN_REVIEW, RenditionState.REJECTED, RenditionState.REWORK)


@dataclass(frozen=True)
class Row:
    """One engine's results. `passed` of `judged` pictures shipped unseen; seconds and USD are for a photo."""

    engine: str
    entry: BakeOffEntry
    photos: int
    done: int
    failed: int
    judged: int
    passed: int
    score: float | None
    seconds: float
    cost: Decimal
    pictures: dict[str, Rendition] = field(default_factory=dict)

    @property
    def pass_share(self) -> float | None:
        return self.passed / self.judged if self.judged else None

    @property
    def cost_per_photo(self) -> Decimal:
        return self.cost / self.done if self.done else Decimal(0)

    @property
    def is_running(self) -> bool:
        return self.done + self.failed < self.photos


def rows(made: BakeOff) -> list[Row]:
    """Results by engine, in the order they were named."""
    return [_row(entry) for entry in made.entries.select_related("batch__recipe")]


def _row(entry: BakeOffEntry) -> Row:
    jobs = entry.batch.jobs
    counts = jobs.aggregate(
        photos=Count("pk"), done=Count("pk", filter=Q(state=JobState.DONE)),
        failed=Count("pk", filter=Q(state__in=[JobState.FAILED, JobState.CANCELLED])),
    )  # fmt: skip
    judged = Rendition.objects.current().filter(job__batch=entry.batch, state__in=_MADE).exclude(kind="size")
    sums = judged.aggregate(
        n=Count("pk"), score=Avg("score"), passed=Count("pk", filter=Q(verdict__outcome=VerdictOutcome.AUTO_APPROVED)),
    )  # fmt: skip
    seconds, cost = _work(entry)
    return Row(
        engine=entry.engine, entry=entry, judged=sums["n"], passed=sums["passed"], score=sums["score"], cost=cost,
        seconds=seconds / counts["done"] if counts["done"] else 0.0, pictures=_pictures(entry), **counts,
    )  # fmt: skip


def _work(entry: BakeOffEntry) -> tuple[float, Decimal]:
    """Seconds and USD that the results took, wherever they were first made: what is found done cost somebody something."""
    keys = Step.objects.filter(job__batch=entry.batch, state="succeeded").exclude(key="").values("key")
    first = (
        Attempt.objects.filter(step__key__in=keys, outcome="succeeded")
        .order_by("step__key", "pk")
        .distinct("step__key")
    )
    found = Attempt.objects.filter(pk__in=first.values("pk")).aggregate(seconds=Sum("seconds"), cost=Sum("cost"))
    return float(found["seconds"] or 0), found["cost"] or Decimal(0)


def _pictures(entry: BakeOffEntry) -> dict[str, Rendition]:
    """The picture to be compared of each photo."""
    kinds = ["style", "cutout"] if entry.batch.recipe.data.get("background") == entry.engine else ["cutout"]
    found: dict[str, Rendition] = {}
    made = Rendition.objects.current().filter(job__batch=entry.batch, kind__in=kinds).select_related("artifact", "job")
    for row in sorted(made, key=lambda one: kinds.index(one.kind)):
        found.setdefault(f"{row.job.sku} {row.job.file}", row)
    return found


def side_by_side(found: Sequence[Row], *, limit: int = 60) -> list[dict[str, Any]]:
    """A line for each photo: its job, and each engine's picture or None."""
    jobs = (
        Job.objects.filter(batch=found[0].entry.batch).select_related("source_image").order_by("pk")[:limit]
        if found
        else []
    )
    return [{"job": job, "cells": [_cell(row, job) for row in found]} for job in jobs]


def _cell(row: Row, job: Job) -> dict[str, Any]:
    picture = row.pictures.get(f"{job.sku} {job.file}")
    return {"row": row, "picture": picture, "thumb": thumb_url(picture) if picture else ""}
