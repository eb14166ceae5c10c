"""Acts on budgets: set, raise, take away; and on what an exhausted one has stopped."""

from decimal import Decimal

from django.db.models import Q

from accounts.inputs import row_number
from accounts.models import Tier, User
from processing.jobs import retry_job
from processing.models import Batch, Budget, BudgetScope, Job, JobState


def set_limit(*, scope: str, key: str, limit_usd: Decimal, by: User | None) -> int:
    """Writes a budget, then lets go on what an exhausted one had stopped. Returns how many photos go on.

    ValueError for a key that does not fit the scope.
    """
    _check_key(scope, key)
    Budget.objects.update_or_create(scope=scope, key=key, defaults={"limit_usd": limit_usd, "updated_by": by})
    return go_on(scope=scope, key=key)


def go_on(*, scope: str, key: str) -> int:
    """Queues the photos again that a budget stopped. One that is still too small stops them again, at no cost."""
    stopped = Job.objects.filter(_within(scope, key), state=JobState.FAILED, error_code="budget").order_by("pk")
    return sum(retry_job(job) for job in stopped)


def remove(budget: Budget) -> int:
    """Takes a budget away. Returns how many photos go on."""
    scope, key = budget.scope, budget.key
    budget.delete()
    return go_on(scope=scope, key=key)


def _within(scope: str, key: str) -> Q:
    if scope == BudgetScope.BATCH and key:
        return Q(batch=int(key))
    if scope == BudgetScope.USER:
        return Q(batch__owner=int(key))
    if scope == BudgetScope.TIER:
        return Q(batch__owner__tier=key)
    return Q()


def _check_key(scope: str, key: str) -> None:
    fits = {
        BudgetScope.MONTH: key == "",
        BudgetScope.TIER: key in Tier.values,
        BudgetScope.USER: User.objects.filter(pk=row_number(key)).exists(),
        BudgetScope.BATCH: key == "" or Batch.objects.filter(pk=row_number(key)).exists(),
    }
    if not fits.get(BudgetScope(scope), False):
        raise ValueError(f"There is no {scope} {key!r} that could have a budget.")


def stopped_count() -> int:
    """Photos that wait for a higher budget."""
    return Job.objects.filter(state=JobState.FAILED, error_code="budget").count()
