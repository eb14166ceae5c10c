"""When and in which order batches run: priority, place among others, not before a moment, only at certain hours."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from processing import actors
from processing.models import Batch, BatchState, Job, JobState, Priority, Step
from processing.outcomes import bump

Place = Literal["first", "turns", "last"]
PLACES: tuple[Place, ...] = ("first", "turns", "last")
OFF_PEAK = "off-peak"


@dataclass(frozen=True)
class Hours:
    """From one time of day to another in the site's time zone; over midnight when the end is the earlier one."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def hours_from(text: str | None) -> Hours | None:
    """Hours of "22:00-06:00" or "off-peak" (the site's own); None for an empty text. ValueError says what is wrong."""
    text = (text or "").strip()
    if not text:
        return None
    text = settings.OFF_PEAK_HOURS if text == OFF_PEAK else text
    start, _, end = text.partition("-")
    try:
        hours = Hours(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        raise ValueError(f'hours must look like 22:00-06:00, or be "{OFF_PEAK}", not {text!r}.') from None
    if hours.start == hours.end or hours.start.tzinfo or hours.end.tzinfo:
        raise ValueError("hours must be two different times of day without a zone, for example 22:00-06:00.")
    return hours


def hours_of(batch: Batch) -> Hours | None:
    return Hours(batch.hours_from, batch.hours_to) if batch.hours_from and batch.hours_to else None


def set_priority(batch: Batch, priority: int) -> None:
    """Of what has not started. Photos that were moved up by themselves, for a rework, stay where they are."""
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        waiting = Job.objects.filter(batch=row, state__in=[JobState.QUEUED, JobState.WAITING], priority=row.priority)
        waiting.update(priority=priority, enqueued_at=None)
        Batch.objects.filter(pk=row.pk).update(priority=Priority(priority), rank=0)
        _changed(batch)


def move(batch: Batch, place: Place) -> None:
    """Before or behind all other open batches of its priority, or back among those that take turns."""
    with transaction.atomic():
        rank = 0
        if place != "turns":
            others = Batch.objects.filter(state__in=[BatchState.RUNNING, BatchState.PAUSED], priority=batch.priority)
            ends = others.exclude(pk=batch.pk).aggregate(least=Min("rank"), most=Max("rank"))
            rank = min(ends["least"] or 0, 0) - 1 if place == "first" else max(ends["most"] or 0, 0) + 1
        Batch.objects.filter(pk=batch.pk).update(rank=rank)
        _changed(batch)


def set_times(batch: Batch, *, not_before: datetime | None, hours: Hours | None) -> None:
    """When its photos may start; what is running finishes. None for both: at any time."""
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(
            not_before=not_before, hours_from=hours.start if hours else None, hours_to=hours.end if hours else None
        )
        _changed(batch)


def _changed(batch: Batch) -> None:
    bump(batch.pk, [])
    batch.refresh_from_db()
    transaction.on_commit(actors.send_ready, robust=True)


# ---------------------------------------------------------------- in words


def waits_for(batch: Batch) -> str:
    """Why a running batch starts nothing now: "not before 22 Nov 2026, 20:00", "between 22:00 and 06:00"; empty when it may."""
    if batch.state != BatchState.RUNNING or Batch.objects.open_now().filter(pk=batch.pk).exists():
        return ""
    if batch.not_before and batch.not_before > timezone.now():
        moment = date_format(timezone.localtime(batch.not_before), gettext("j M Y, H:i"))
        return gettext("not before %(moment)s") % {"moment": moment}
    hours = hours_of(batch)
    if hours is None:
        return ""
    said = gettext("between %(start)s and %(end)s")
    return said % {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}"}


def held_up_by(batch: Batch) -> str:
    """What keeps queued photos of a batch from going on, in the words of the last try; empty when nothing does."""
    stuck = Step.objects.filter(job__batch=batch, job__state=JobState.QUEUED, job__available_at__gt=Now()).exclude(
        error=""
    )
    common = stuck.values("error").annotate(number=Count("pk")).order_by("-number").first()
    return str(common["error"]) if common else ""
