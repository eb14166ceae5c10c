"""What waits: one summary per doubt, who holds what, and how long it has waited."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from review.items import thumb_of
from review.models import Decision, ReviewTask, Verdict, VerdictOutcome
from review.policies import label_of

NO_PICTURE = {"thumb": None, "worst": None, "backdrop": "spec", "sha256": None}


def queues() -> dict[str, Any]:
    """All queues with open tasks, the fullest first. Audits count like the others: they are not to be told apart."""
    rows = {
        row["queue"]: row for row in ReviewTask.objects.open().order_by().values("queue").annotate(count=Count("pk"))
    }
    free = dict(ReviewTask.objects.free().order_by().values_list("queue").annotate(Count("pk")))
    held, waits, worst = _held_by_queue(), _median_waits(), _worst_of_each()
    summaries = [
        {
            "code": code,
            "label": label_of(code),
            "count": row["count"],
            "free": free.get(code, 0),
            "held": held[code],
            "median_wait_s": int(waits.get(code, 0)),
            "wait": in_words(int(waits.get(code, 0))),
            **worst.get(code, NO_PICTURE),
        }
        for code, row in rows.items()
    ]
    summaries.sort(key=lambda one: (-one["count"], one["code"]))
    return {"count": sum(row["count"] for row in rows.values()), "free": sum(free.values()), "queues": summaries}


def held(*, queue: str = "", without: User | None = None) -> list[dict[str, Any]]:
    """Who holds open tasks, how many, and in how many seconds the first come free at the latest."""
    rows = ReviewTask.objects.held()
    if queue:
        rows = rows.filter(queue=queue)
    if without is not None:
        rows = rows.exclude(claimed_by=without)
    grouped = rows.order_by().values("claimed_by").annotate(count=Count("pk"), until=Min("lease_until"))
    names = User.objects.in_bulk([row["claimed_by"] for row in grouped if row["claimed_by"]])
    return [_holder(names.get(row["claimed_by"]), dict(row)) for row in grouped]


def _holder(user: User | None, row: dict[str, Any]) -> dict[str, Any]:
    left_s = (row["until"] - timezone.now()).total_seconds()
    return {"by": str(user or "somebody"), "count": row["count"], "free_in_s": max(0, int(left_s))}


def _held_by_queue() -> dict[str, list[dict[str, Any]]]:
    grouped = ReviewTask.objects.held().order_by().values("queue", "claimed_by")
    rows: list[dict[str, Any]] = [dict(row) for row in grouped.annotate(count=Count("pk"), until=Max("lease_until"))]
    names = User.objects.in_bulk([row["claimed_by"] for row in rows if row["claimed_by"]])
    by_queue: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_queue[row["queue"]].append(_holder(names.get(row["claimed_by"]), row))
    return by_queue


def _median_waits() -> dict[str, float]:
    now = timezone.now()
    waits: dict[str, list[float]] = defaultdict(list)
    for queue, since in ReviewTask.objects.open().order_by("created_at").values_list("queue", "created_at"):
        waits[queue].append((now - since).total_seconds())
    return {queue: sorted(values)[len(values) // 2] for queue, values in waits.items()}


def _worst_of_each() -> dict[str, dict[str, Any]]:
    first = ReviewTask.objects.open().order_by("queue", "rank", "id").distinct("queue")
    tasks = first.select_related("rendition__job__source_image", "rendition__artifact", "rendition__verdict")
    tasks = tasks.select_related("rendition__variant__product", "known_fault").prefetch_related("rendition__checks")
    return {task.queue: thumb_of(task) for task in tasks}


def in_words(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return gettext("under a minute")


def last_hour() -> dict[str, int]:
    """How the gate did lately: `judged`, `share` that shipped unseen in percent, `audits` looked at by people."""
    since = timezone.now() - timedelta(hours=1)
    counts = Verdict.objects.filter(created_at__gte=since).aggregate(
        judged=Count("pk"), shipped=Count("pk", filter=Q(outcome=VerdictOutcome.AUTO_APPROVED))
    )
    audits = Decision.objects.standing().real().filter(task__is_audit=True, created_at__gte=since).count()
    share = round(100 * counts["shipped"] / counts["judged"]) if counts["judged"] else 0
    return {"judged": counts["judged"], "share": share, "audits": audits}
