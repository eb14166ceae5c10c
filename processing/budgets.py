"""What hosted calls may cost: reserved before each call, settled by what it cost.

A call's attempt is its own reservation: open, it counts with its price; ended, with what was charged. Callers queue up at
the rows of the budgets that bind them, so two of them can never spend the same rest.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, DecimalField, F, QuerySet, Sum, Value, When
from django.utils import timezone

from accounts.models import User
from processing.errors import BudgetReached
from processing.models import Attempt, Batch, Budget, BudgetScope, Outcome

# From this share on a page says that a budget is nearly used up.
NEAR = Decimal("0.8")
# What an attempt counts: its price as long as it may still be charged, then what was charged.
_COUNTS = Case(
    When(outcome__in=[Outcome.RUNNING, Outcome.AMBIGUOUS], then=F("price")),
    When(outcome=Outcome.LOST, then=Value(Decimal(0))),
    default=F("cost"),
    output_field=DecimalField(max_digits=12, decimal_places=5),
)


@dataclass(frozen=True)
class Standing:
    """A budget and what has been used of it: `used` is charged or in flight, USD."""

    budget: Budget
    label: str
    used: Decimal

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.budget.limit_usd - self.used)

    @property
    def share(self) -> float:
        return float(self.used / self.budget.limit_usd) if self.budget.limit_usd else 1.0

    @property
    def is_near(self) -> bool:
        return self.used >= NEAR * self.budget.limit_usd


def paid_calls() -> QuerySet[Attempt]:
    """Attempts that were sent to a provider."""
    return Attempt.objects.filter(submitted_at__isnull=False)


def month_start(now: datetime | None = None) -> datetime:
    return timezone.localtime(now or timezone.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def used(calls: QuerySet[Attempt]) -> Decimal:
    """USD of these calls, charged or in flight."""
    return calls.aggregate(total=Sum(_COUNTS))["total"] or Decimal(0)


def reserve(batch: Batch, price: Decimal) -> None:
    """Makes sure that a call of this price is within every budget of the batch and its owner. BudgetReached when it is not.

    Call in the transaction that writes the attempt: the budgets stay locked until then.
    """
    if price <= 0:
        return
    for budget in _binding(batch).select_for_update().order_by("pk"):
        standing = standing_of(budget, batch=batch)
        if standing.used + price > budget.limit_usd:
            raise BudgetReached(
                f"The budget of ${budget.limit_usd} for {standing.label} is reached: ${standing.used:.3f} are spent or in "
                f"flight, this call costs ${price:.3f}. A manager can raise it under Money, and the photo goes on."
            )


def standings(batch: Batch) -> list[Standing]:
    """The budgets that bind a batch, and what is used of them."""
    return [standing_of(budget, batch=batch) for budget in _binding(batch).order_by("pk")]


def standings_of_user(user: User) -> list[Standing]:
    """The budgets that bind whatever a user starts next."""
    month = Budget.objects.filter(scope=BudgetScope.MONTH)
    return [standing_of(budget, user=user) for budget in (month | _quota(user)).order_by("pk")]


def _binding(batch: Batch) -> QuerySet[Budget]:
    rows = Budget.objects.filter(scope=BudgetScope.MONTH) | _batch_budget(batch)
    return rows | _quota(batch.owner) if batch.owner else rows


def _batch_budget(batch: Batch) -> QuerySet[Budget]:
    own = Budget.objects.filter(scope=BudgetScope.BATCH, key=str(batch.pk))
    return own if own.exists() else Budget.objects.filter(scope=BudgetScope.BATCH, key="")


def _quota(user: User) -> QuerySet[Budget]:
    """A user's own limit, or else that of the tier."""
    own = Budget.objects.filter(scope=BudgetScope.USER, key=str(user.pk))
    if own.exists():
        return own
    return Budget.objects.filter(scope=BudgetScope.TIER, key=user.tier)


def standing_of(budget: Budget, *, batch: Batch | None = None, user: User | None = None) -> Standing:
    """What is used of a budget. Those of each batch or of a tier need the batch or the user they are looked at for."""
    this_month = paid_calls().filter(submitted_at__gte=month_start())
    if budget.scope == BudgetScope.MONTH:
        return Standing(budget, "this month", used(this_month))
    if budget.scope == BudgetScope.BATCH:
        of = batch or Batch.objects.filter(pk=int(budget.key)).first()
        label = f"the batch {of}" if of else "a batch that is gone"
        return Standing(budget, label, used(paid_calls().filter(step__job__batch=of)) if of else Decimal(0))
    if user is None and batch is not None:
        user = batch.owner
    if user is None and budget.scope == BudgetScope.USER:
        user = User.objects.filter(pk=int(budget.key)).first()
    calls = this_month.filter(step__job__batch__owner=user) if user else Attempt.objects.none()
    return Standing(budget, f"{user or 'nobody'} this month", used(calls))
