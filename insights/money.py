"""What hosted calls cost: the ledger of a month, by provider, batch and picture, and the budgets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext

from accounts.figures import figure
from accounts.inputs import row_number
from accounts.models import Tier, User
from catalog.sheets import csv_lines
from processing import allowances, budgets
from processing.estimates import is_hosted, price_of
from processing.models import Attempt, Batch, Budget, BudgetScope, Outcome, Rendition, RenditionState, Step
from processing.providers.prices import Price, prices

ROWS = 20
CALLS_A_PAGE = 50
COLUMNS = ("call", "sent", "provider", "capability", "batch", "batch_name", "owner", "sku", "step", "outcome", "error",
           "expected_usd", "charged_usd", "reference", "maybe_doubled")  # fmt: skip
_OPEN = Q(outcome__in=[Outcome.RUNNING, Outcome.AMBIGUOUS])


@dataclass(frozen=True)
class Month:
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        return f"{self.start:%Y-%m}"

    @property
    def before(self) -> str:
        return f"{self.start - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        return "" if self.end > timezone.now() else f"{self.end:%Y-%m}"


def month_of(text: str) -> Month:
    """The month named "2026-11"; this one for anything else."""
    start = budgets.month_start()
    try:
        year, month = (int(part) for part in text.split("-"))
        start = start.replace(year=year, month=month)
    except ValueError:
        pass
    return Month(start, budgets.month_start(start + timedelta(days=32)))


def calls(query: QueryDict) -> QuerySet[Attempt]:
    """Paid calls of the chosen month, provider and batch, newest first. An unknown value fits nothing."""
    month = month_of(query.get("month", ""))
    rows = budgets.paid_calls().filter(submitted_at__gte=month.start, submitted_at__lt=month.end)
    if provider := query.get("provider"):
        rows = rows.filter(provider=provider)
    if batch := query.get("batch"):
        rows = rows.filter(step__job__batch=row_number(batch))
    return rows.select_related("step__job__batch__owner").order_by("-submitted_at", "-pk")


def page(query: QueryDict) -> dict[str, Any]:
    """Everything on the page but the calls themselves."""
    rows, month = calls(query), month_of(query.get("month", ""))
    flat = rows.select_related(None).order_by()
    return {
        "month": month,
        "figures": _figures(flat, month, found(query).count()),
        "providers": _grouped(flat, name=F("provider")),
        "batches": _grouped(flat, batch=F("step__job__batch"), name=F("step__job__batch__name")),
        "pictures": _grouped(flat, batch=F("step__job__batch"), name=F("step__job__sku")),
        "budgets": standings(),
        "stopped": allowances.stopped_count(),
        "found": found(query)[:ROWS],
        **_price_list(prices()),
        "chosen_batch": _chosen_batch(query.get("batch", "")),
    }


def _chosen_batch(key: str) -> Batch | None:
    return Batch.objects.filter(pk=row_number(key)).first()


def _price_list(rows: tuple[Price, ...]) -> dict[str, Any]:
    """The rows with their age, and how many of them nobody vouches for."""
    return {
        "prices": [{"row": row, "age_days": row.age_days()} for row in rows],
        "priced_on": min((row.as_of for row in rows), default=None),
        "old_prices": sum(row.is_old for row in rows),
        "assumed_prices": sum(row.is_assumed for row in rows),
    }


def found(query: QueryDict) -> QuerySet[Step]:
    """Results of hosted providers that were there already, of jobs of the chosen month: they cost nothing."""
    month = month_of(query.get("month", ""))
    rows = Step.objects.filter(is_reused=True, job__created_at__gte=month.start, job__created_at__lt=month.end)
    names = rows.order_by().values_list("provider", flat=True).distinct()
    rows = rows.filter(provider__in=[name for name in names if is_hosted(name)])
    if provider := query.get("provider"):
        rows = rows.filter(provider=provider)
    if batch := query.get("batch"):
        rows = rows.filter(job__batch=row_number(batch))
    return rows.select_related("job__batch__owner").order_by("-job__created_at", "-pk")


def dollars(amount: Decimal) -> str:
    """A price for one: with parts of a cent, unless it is nothing."""
    return f"${figure(amount, 4)}" if amount else f"${figure(0, 2)}"


def _figures(rows: QuerySet[Attempt], month: Month, reused: int) -> list[dict[str, str]]:
    sums = rows.aggregate(
        spent=Sum("cost"), open=Sum("price", filter=Q(outcome=Outcome.RUNNING)),
        unknown=Sum("price", filter=Q(outcome=Outcome.AMBIGUOUS)), calls=Count("pk"),
        expected=Sum("price", filter=~_OPEN),
    )  # fmt: skip
    spent, accepted = sums["spent"] or Decimal(0), _accepted(rows, month)
    calls, expected = figure(sums["calls"]), figure(sums["expected"] or 0, 2)
    told = (
        (gettext("Charged"), f"${figure(spent, 2)}",
         gettext("%(calls)s calls, $%(expected)s expected") % {"calls": calls, "expected": expected}),
        (gettext("In flight"), f"${figure(sums['open'] or 0, 2)}", gettext("counts towards the budgets until it is known")),
        (gettext("Needs a look"), f"${figure(sums['unknown'] or 0, 2)}",
         gettext("calls that may or may not have been made")),
        (gettext("Per accepted picture"), dollars(spent / accepted) if accepted else "–",
         gettext("%(accepted)s accepted of photos with paid calls") % {"accepted": figure(accepted)}),
        (gettext("Found done"), figure(reused), gettext("results used again, no second charge")),
    )  # fmt: skip
    return [{"label": label, "value": value, "detail": detail} for label, value, detail in told]


def _accepted(rows: QuerySet[Attempt], month: Month) -> int:
    """Pictures of the photos that these calls were made for, approved in the month."""
    approved = Rendition.objects.current().filter(
        state=RenditionState.APPROVED, decided_at__gte=month.start, decided_at__lt=month.end
    )
    return approved.filter(job__steps__attempts__in=rows.values("pk")).distinct().count()


def _grouped(rows: QuerySet[Attempt], **names: F) -> list[dict[str, Any]]:
    return list(
        rows.values(**names)
        .annotate(
            calls=Count("pk"),
            failed=Count("pk", filter=Q(outcome=Outcome.FAILED)),
            expected=Sum("price"),
            charged=Sum("cost"),
            last=Max("submitted_at"),
        )
        .order_by("-charged", "-expected")[:ROWS]
    )


def standings() -> list[dict[str, Any]]:
    """Budgets for the table. Of those for each user or each batch, the fullest one is shown."""
    return [{"budget": row, "name": _name(row), "standing": _fullest(row)} for row in Budget.objects.all()]


def _name(budget: Budget) -> str:
    if budget.scope == BudgetScope.MONTH:
        return gettext("Everybody together, a month")
    if budget.scope == BudgetScope.TIER:
        return (
            gettext("Each user of tier %(label)s, a month") % {"label": Tier(budget.key).label}
            if budget.key in Tier.values
            else budget.key
        )
    if budget.scope == BudgetScope.USER:
        user = User.objects.filter(pk=int(budget.key)).first()
        return gettext("%(one)s, a month") % {"one": user or gettext("A user that is gone")}
    if not budget.key:
        return gettext("Each batch")
    batch = Batch.objects.filter(pk=int(budget.key)).first()
    return gettext("Batch %(batch)s") % {"batch": batch} if batch else gettext("Batch that is gone")


def _fullest(budget: Budget) -> budgets.Standing | None:
    since = budgets.month_start()
    if budget.scope == BudgetScope.TIER:
        spenders = User.objects.filter(tier=budget.key, batches__jobs__steps__attempts__submitted_at__gte=since)
        own = Budget.objects.filter(scope=BudgetScope.USER).values_list("key", flat=True)
        users = spenders.exclude(pk__in=[int(key) for key in own]).distinct()[:200]
        found = [budgets.standing_of(budget, user=user) for user in users]
        return max(found, key=lambda one: one.used, default=None)
    if budget.scope == BudgetScope.BATCH and not budget.key:
        batches = Batch.objects.filter(jobs__steps__attempts__submitted_at__gte=since).distinct().order_by("-pk")[:200]
        return max(
            (budgets.standing_of(budget, batch=batch) for batch in batches), key=lambda one: one.used, default=None
        )
    return budgets.standing_of(budget)


def ledger(rows: QuerySet[Attempt], reused: QuerySet[Step]) -> Iterator[str]:
    """Lines of a CSV file: a call each, then what was found done and cost nothing."""
    return csv_lines(COLUMNS, chain(_called(rows), _found_done(reused)))


def _called(rows: QuerySet[Attempt]) -> Iterator[Sequence[object]]:
    for row in rows.iterator(chunk_size=500):
        job = row.step.job
        yield (
            row.pk, f"{row.submitted_at:%Y-%m-%dT%H:%M:%SZ}", row.provider, row.step.kind, job.batch_id, job.batch.name,
            job.batch.owner or "", job.sku, row.step.name, row.outcome, row.error_code, row.price, row.cost, row.provider_ref,
            "yes" if row.possible_duplicate else "",
        )  # fmt: skip


def _found_done(reused: QuerySet[Step]) -> Iterator[Sequence[object]]:
    for step in reused.iterator(chunk_size=500):
        job = step.job
        yield (
            "", f"{job.created_at:%Y-%m-%dT%H:%M:%SZ}", step.provider, step.kind, job.batch_id, job.batch.name,
            job.batch.owner or "", job.sku, step.name, "found done", "", price_of(step), 0, "", "",
        )  # fmt: skip
