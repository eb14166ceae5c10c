"""Seven figures over the last thirty days, each with its course, all from rows that exist anyway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext

from accounts.figures import figure
from insights.money import dollars
from processing.models import Attempt, Job, JobState, Rendition, RenditionState
from processing.scoring.limits import LABELS
from review.models import Decision, DecisionQuerySet, DecisionVerdict, ReviewTask

DAYS = 30


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    detail: str
    points: str  # of an SVG polyline in a box of 100 x 30
    href: str = ""


@dataclass(frozen=True)
class Report:
    figures: list[Figure]
    causes: list[dict[str, Any]]
    stages: list[dict[str, Any]]
    engines: list[dict[str, Any]]
    reasons: list[dict[str, Any]]


def report() -> Report:
    since = timezone.now() - timedelta(days=DAYS)
    return Report(
        figures=[_per_day(since), *_judged(since), _repaired(since), _time_to_ready(since), _cost(since)],
        causes=list(
            Job.objects.filter(state=JobState.FAILED, finished_at__gte=since)
            .values("stage", "error_code", "error")
            .annotate(n=Count("id"))
            .order_by("-n")[:8]
        ),
        stages=list(
            Attempt.objects.filter(started_at__gte=since, outcome="succeeded", repair={})
            .values(stage=F("step__kind"))
            .annotate(n=Count("id"), mean=Avg("seconds"), total=Sum("seconds"))
            .order_by("-total")[:10]
        ),
        engines=_engines(since),
        reasons=_reasons(since),
    )


def line(values: Sequence[float]) -> str:
    """Points of a polyline over a box of 100 x 30, highest value at the top; a flat line for nothing."""
    top = max(values, default=0) or 1
    step = 100 / max(1, len(values) - 1)
    return " ".join(f"{number * step:.1f},{29 - 28 * value / top:.1f}" for number, value in enumerate(values))


def by_day(counts: dict[date, float]) -> list[float]:
    today = timezone.localdate()
    return [counts.get(today - timedelta(days=back), 0.0) for back in range(DAYS - 1, -1, -1)]


def _per_day(since: Any) -> Figure:
    rows = Rendition.objects.filter(created_at__gte=since).annotate(day=TruncDate("created_at")).values("day")
    counts = by_day({row["day"]: float(row["n"]) for row in rows.annotate(n=Count("id")).order_by()})
    return Figure(
        gettext("Pictures a day"),
        figure(sum(counts) / DAYS),
        gettext("%(counts)s in %(days)s days") % {"counts": figure(sum(counts)), "days": DAYS},
        line(counts),
    )


def _judged(since: Any) -> list[Figure]:
    """First-pass yield: the share of photos of whose pictures none was ever shown to a person as doubtful. Unmarked audits do
    not count against it."""
    looked_at = ReviewTask.objects.filter(rendition__job=OuterRef("pk"), is_audit=False)
    rows = (
        Job.objects.filter(state=JobState.DONE, finished_at__gte=since)
        .annotate(day=TruncDate("finished_at"), was_doubted=Exists(looked_at))
        .values("day")
        .annotate(n=Count("id"), passed=Count("id", filter=Q(was_doubted=False)))
        .order_by("day")
    )
    total, passed = sum(row["n"] for row in rows), sum(row["passed"] for row in rows)
    shares = by_day({row["day"]: row["passed"] / row["n"] for row in rows})
    value = f"{figure(100 * passed / total, 1)} %" if total else "–"
    return [
        Figure(
            gettext("First-pass yield"),
            value,
            gettext("%(passed)s of %(total)s photos shipped unseen")
            % {"passed": figure(passed), "total": figure(total)},
            line(shares),
        ),
        *_reviewed(since),
    ]


def _reviewed(since: Any) -> list[Figure]:
    """What people said: the share of shown pictures that were approved, and what audits found among those waved through."""
    said = Decision.objects.standing().real().filter(created_at__gte=since)
    shown, approved = _approved(said.filter(task__is_audit=False))
    audited, fine = _approved(said.filter(task__is_audit=True))
    return [
        Figure(
            gettext("Approved in review"),
            f"{100 * approved / shown:.0f} %" if shown else "–",
            gettext("%(ok)s of %(n)s doubted pictures were fine") % {"ok": figure(approved), "n": figure(shown)},
            line([0]),
        ),
        Figure(
            gettext("Escape rate"),
            f"{figure(100 * (audited - fine) / audited, 1)} %" if audited else "–",
            gettext("%(escaped)s faulty of %(n)s audited") % {"escaped": figure(audited - fine), "n": figure(audited)},
            line([0]),
        ),
    ]


def _approved(decisions: DecisionQuerySet) -> tuple[int, int]:
    """How many there are, and how many of them approve."""
    counts = decisions.aggregate(n=Count("id"), ok=Count("id", filter=Q(verdict=DecisionVerdict.APPROVE)))
    return counts["n"], counts["ok"]


def _repaired(since: Any) -> Figure:
    """Photos on which an automatic repair was kept, and how many of them no person had to look at then."""
    kept = Attempt.objects.filter(step__job=OuterRef("pk"), repair__kept=True)
    looked_at = ReviewTask.objects.filter(rendition__job=OuterRef("pk"), is_audit=False)
    jobs = Job.objects.filter(Exists(kept), state=JobState.DONE, finished_at__gte=since)
    rows = jobs.annotate(day=TruncDate("finished_at"), was_doubted=Exists(looked_at)).values("day")
    counted = list(rows.annotate(n=Count("id"), unseen=Count("id", filter=Q(was_doubted=False))).order_by("day"))
    total, unseen = sum(row["n"] for row in counted), sum(row["unseen"] for row in counted)
    course = by_day({row["day"]: float(row["unseen"]) for row in counted})
    return Figure(
        gettext("Repaired unseen"),
        figure(unseen),
        gettext("of %(total)s repaired photos, without a person") % {"total": figure(total)},
        line(course),
    )


def _time_to_ready(since: Any) -> Figure:
    rows = Job.objects.filter(state=JobState.DONE, finished_at__gte=since).values_list("created_at", "finished_at")
    seconds = sorted((end - begin).total_seconds() for begin, end in rows[:20_000] if end)
    if not seconds:
        return Figure(gettext("Time to ready"), "–", gettext("no finished photo yet"), line([0]))
    middle, late = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    return Figure(
        gettext("Time to ready"),
        f"{middle:.0f} s",
        gettext("95 %% within %(late)s s") % {"late": figure(late)},
        line(seconds[:: max(1, len(seconds) // DAYS)]),
    )


def _cost(since: Any) -> Figure:
    spent = Attempt.objects.filter(started_at__gte=since).aggregate(total=Sum("cost"))["total"] or Decimal(0)
    accepted = Rendition.objects.current().filter(state=RenditionState.APPROVED, decided_at__gte=since).count()
    rows = Attempt.objects.filter(started_at__gte=since, cost__gt=0).annotate(day=TruncDate("started_at")).values("day")
    course = by_day({row["day"]: float(row["n"]) for row in rows.annotate(n=Sum("cost")).order_by()})
    value = dollars(spent / accepted) if accepted else "–"
    return Figure(
        gettext("Cost per accepted picture"),
        value,
        gettext("$%(spent)s paid to providers") % {"spent": figure(spent, 2)},
        line(course),
    )


def _engines(since: Any) -> list[dict[str, Any]]:
    rows = (
        Rendition.objects.filter(created_at__gte=since, kind="cutout")
        .values(engine=F("provenance__engine"))
        .annotate(n=Count("id"), approved=Count("id", filter=Q(state=RenditionState.APPROVED)), score=Avg("score"))
        .order_by("-n")
    )
    return [dict(row) | {"share": row["approved"] / row["n"]} for row in rows]


def _reasons(since: Any) -> list[dict[str, Any]]:
    """By leading doubt: how often people agreed with the machine. A doubt that is mostly overruled has too tight a limit."""
    rows = (
        Decision.objects.standing()
        .filter(created_at__gte=since, task__is_audit=False, task__is_known_fault=False)
        .values(code=F("task__queue"))
        .annotate(n=Count("id"), overruled=Count("id", filter=Q(verdict=DecisionVerdict.APPROVE)))
        .order_by("-n")[:12]
    )
    return [
        {**row, "label": gettext(LABELS.get(row["code"], row["code"])), "agreed": row["n"] - row["overruled"]}
        for row in rows
    ]
