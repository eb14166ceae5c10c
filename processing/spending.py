"""What a batch costs at hosted providers: what was expected at its start, what was charged, what is still open."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from processing.budgets import paid_calls
from processing.estimates import is_hosted, price_of
from processing.makers import SLOTS
from processing.models import Batch, Outcome, Step, StepState
from processing.prompts import GENERATED_MODE


@dataclass(frozen=True)
class Spending:
    """USD of a batch. `expected` is for all its steps, as estimated before the start; `found` counts results that were there
    already and were not paid again; `unknown` may or may not have been charged."""

    expected: Decimal
    charged: Decimal
    in_flight: Decimal
    unknown: Decimal
    calls: int
    failed: int
    found: int

    @property
    def share(self) -> float:
        """Charged or in flight, of what was expected, at most 1."""
        used = self.charged + self.in_flight + self.unknown
        return min(1.0, float(used / self.expected)) if self.expected else 1.0

    @property
    def is_over(self) -> bool:
        """True when tries that were charged and useless made it dearer than was told."""
        return self.charged + self.in_flight + self.unknown > self.expected


def spending(batch: Batch) -> Spending | None:
    """None for a batch that no hosted provider works on."""
    calls = paid_calls().filter(step__job__batch=batch)
    # Asked before the steps are counted: a page of a large batch that costs nothing asks this every second.
    if not _names_a_vendor(batch) and not calls.exists():
        return None
    sums = calls.aggregate(
        charged=Sum("cost"), calls=Count("pk"), failed=Count("pk", filter=Q(outcome=Outcome.FAILED)),
        open=Sum("price", filter=Q(outcome=Outcome.RUNNING)),
        unknown=Sum("price", filter=Q(outcome=Outcome.AMBIGUOUS)),
    )  # fmt: skip
    steps = _paid_steps(batch)
    zero = Decimal(0)
    return Spending(
        expected=_expected(steps),
        charged=sums["charged"] or zero,
        in_flight=sums["open"] or zero,
        unknown=sums["unknown"] or zero,
        calls=sums["calls"],
        failed=sums["failed"],
        found=steps.filter(state=StepState.SUCCEEDED, is_reused=True).count(),
    )


def _names_a_vendor(batch: Batch) -> bool:
    named = [batch.recipe.data.get(slot, "") for slot in SLOTS]
    return batch.mode == GENERATED_MODE or any(is_hosted(name) for name in named)


def _paid_steps(batch: Batch) -> QuerySet[Step]:
    names = Step.objects.filter(job__batch=batch).order_by().values_list("provider", flat=True).distinct()
    return Step.objects.filter(job__batch=batch, provider__in=[name for name in names if is_hosted(name)])


def _expected(steps: QuerySet[Step]) -> Decimal:
    """The price of every step. Steps alike are priced once: a batch may have fifty thousand."""
    told = ("provider", "kind", "params__options", "params__capability", "params__prompt")
    total = Decimal(0)
    for row in steps.order_by().values(*told).annotate(number=Count("pk")):
        params = {name.removeprefix("params__"): row[name] for name in told[2:] if row[name] is not None}
        total += row["number"] * price_of(Step(provider=row["provider"], kind=row["kind"], params=params))
    return total
