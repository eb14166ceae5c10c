"""What a monitoring system asks once a minute, in the text form of Prometheus: work that waits and how long, who works, what is stuck."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from accounts.access import scoped
from accounts.broker import QUEUES
from accounts.models import DeliveryState as WebhookState
from accounts.models import Scope, WebhookDelivery
from catalog.models import IntakeItem
from marketplaces.delivery_models import Delivery, DeliveryState
from marketplaces.models import Export, ExportState
from processing.models import ACTIVE_JOB_STATES, Batch, Job, JobState, ProviderState, UpkeepLease
from review.models import ReviewTask

router = Router(tags=["health"])
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TIMEOUT_S = 2
# Everybody at the broker signs with each question, idle workers several times a second.
HEARD_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Gauge:
    """One figure at this moment, as `firstpass_NAME`; `values` are pairs of labels and numbers."""

    name: str
    help: str
    values: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        name = f"firstpass_{self.name}"
        yield f"# HELP {name} {self.help}"
        yield f"# TYPE {name} gauge"
        for labels, value in self.values:
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}"


@router.get(
    "/metrics",
    auth=scoped(Scope.READ),
    summary="Figures for monitoring",
    openapi_extra={"responses": {200: {"description": "Prometheus text", "content": {"text/plain": {}}}}},
)
def metrics(request: HttpRequest) -> HttpResponse:
    """Gauges in the text form of Prometheus: photos by state and stage, ages of what waits, messages, workers, exports, space."""
    return HttpResponse(
        "\n".join(line for gauge in gauges() for line in gauge.lines()) + "\n", content_type=CONTENT_TYPE
    )


def gauges() -> list[Gauge]:
    return [gauge for look in (_work, _review, _outgoing, _upkeep, _broker, _space) for gauge in look()]


def _work() -> Iterator[Gauge]:
    states = [*ACTIVE_JOB_STATES, JobState.FAILED]
    by_state = _counted(Job.objects.filter(state__in=states), "state")
    yield Gauge("jobs", "Photos that are not done, by state", _by("state", states, by_state))
    at_stage = _at_stage()
    yield Gauge("jobs_at_stage", "Photos under way, by the step they are at", _by("stage", sorted(at_stage), at_stage))
    open_now = Batch.objects.open_now().values("pk")
    may_start = Job.objects.filter(state=JobState.QUEUED, available_at__lte=Now(), batch__in=open_now)
    waits = _age(may_start, "available_at")
    yield Gauge("oldest_startable_job_seconds", "How long the oldest photo waits that could start", waits)
    to_fetch = _one(IntakeItem.objects.to_fetch().count())
    yield Gauge("photos_to_fetch", "Photos named by an address and not fetched yet", to_fetch)
    now = timezone.now()
    blocked = {row.name: bool(row.blocked_until and row.blocked_until > now) for row in ProviderState.objects.all()}
    left_alone = _by("provider", sorted(blocked), blocked)
    yield Gauge("provider_blocked", "1 while a provider is left alone after failures", left_alone)


def _at_stage() -> dict[str, int]:
    """Photos under way by kind of step: the part before the colon, as "background:lifestyle-home" would make a series of each style."""
    under_way = Job.objects.filter(state__in=[JobState.RUNNING, JobState.WAITING])
    counts: Counter[str] = Counter()
    for stage, count in under_way.values_list("stage").annotate(Count("pk")):
        counts[stage.partition(":")[0] or "start"] += count
    return counts


def _review() -> Iterator[Gauge]:
    """Without the known faults that are mixed in: they are about nothing that ships."""
    tasks = ReviewTask.objects.open().real()
    by_doubt = _counted(tasks, "queue")
    yield Gauge(
        "review_tasks",
        "Pictures that wait for a person, by their leading doubt",
        _by("doubt", sorted(by_doubt), by_doubt),
    )
    yield Gauge("oldest_review_task_seconds", "How long the oldest of them waits", _age(tasks, "created_at"))


def _outgoing() -> Iterator[Gauge]:
    states = [ExportState.QUEUED, ExportState.RUNNING, ExportState.FAILED]
    exports = _counted(Export.objects.filter(state__in=states), "state")
    yield Gauge("exports", "Exports that are not done, by state", _by("state", states, exports))
    stuck = [DeliveryState.QUEUED, DeliveryState.RUNNING, DeliveryState.FAILED]
    deliveries = _counted(Delivery.objects.filter(state__in=stuck), "state")
    yield Gauge("deliveries", "Deliveries that have not arrived, by state", _by("state", stuck, deliveries))
    due = WebhookDelivery.objects.filter(state__in=[WebhookState.PENDING, WebhookState.SENDING])
    yield Gauge("webhooks_to_send", "Webhook messages that wait to be sent", _one(due.count()))
    yield Gauge("oldest_webhook_seconds", "How long the oldest of them waits", _age(due, "created_at"))


def _upkeep() -> Iterator[Gauge]:
    last = UpkeepLease.objects.exclude(ran_at=None).order_by("-ran_at").values_list("ran_at", flat=True).first()
    values = _one(_seconds_since(last)) if last else []
    yield Gauge("scheduler_silent_seconds", "Since a scheduler last did something; it should stay below 30", values)


def _broker() -> Iterator[Gauge]:
    """What Redis says; when it does not answer, only that."""
    waiting: dict[str, int] = {}
    heard = 0
    if settings.MESSAGE_BROKER != "stub":
        try:
            with redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
            ) as client:
                since_ms = (timezone.now() - HEARD_WITHIN).timestamp() * 1000
                heard = client.zcount("dramatiq:__heartbeats__", since_ms, "+inf")
                waiting = {name: client.llen(f"dramatiq:{name}") for name in QUEUES}
        except redis.RedisError:
            yield Gauge("broker_up", "1 while Redis answers", _one(0))
            return
    yield Gauge("broker_up", "1 while Redis answers", _one(1))
    yield Gauge("messages", "Messages that no worker has taken yet, by queue", _by("queue", sorted(waiting), waiting))
    yield Gauge(
        "processes_heard", "Processes that spoke to the broker within 30 s: workers, and who sends to them", _one(heard)
    )


def _space() -> Iterator[Gauge]:
    free = shutil.disk_usage(settings.DATA_DIR).free if settings.DATA_DIR.exists() else 0
    yield Gauge("disk_free_bytes", "Free space where data of this machine is kept", _one(free))


def _counted(rows: QuerySet[Any], name: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(name).annotate(Count("pk")))


def _by(label: str, names: Iterable[str], values: Mapping[str, float]) -> list[tuple[Mapping[str, str], float]]:
    """A value for each name, 0 where there is none: a series that comes and goes cannot be alarmed on."""
    return [({label: str(name)}, values.get(name, 0)) for name in names]


def _one(value: float) -> list[tuple[Mapping[str, str], float]]:
    return [({}, value)]


def _age(rows: QuerySet[Any], since: str) -> list[tuple[Mapping[str, str], float]]:
    """Seconds since the earliest, 0 when there is none."""
    first = rows.aggregate(first=Min(F(since)))["first"]
    return _one(_seconds_since(first) if first else 0)


def _seconds_since(moment: datetime) -> float:
    return max(0.0, round((timezone.now() - moment).total_seconds(), 1))


def _number(value: float) -> str:
    """Whole numbers in full: 'g' would round bytes to six digits."""
    return str(int(value)) if value == int(value) else str(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
