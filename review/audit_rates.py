"""The share of what ships unseen that a person sees anyway: the policy's, and more on routes whose scores have drifted."""

from functools import cached_property

from catalog.models import Category
from processing.models import Rendition
from review.models import Policy, RouteDoubt
from review.promises import Key

# The share of audits of a doubted route: so many times the policy's, at least and at most so much.
TIMES, LEAST_RATE, MOST_RATE = 4.0, 0.1, 0.5


def route_of(rendition: Rendition) -> Key:
    """The route of a picture: category, kind, recipe, engine."""
    made = rendition.provenance
    category = rendition.variant.product.category if rendition.variant else ""
    recipe = (made.get("recipe") or {}).get("name", "")
    return category or Category.DEFAULT, rendition.kind, recipe, made.get("engine") or ""


class AuditRates:
    """The share of pictures that a person sees anyway: the policy's, and more on routes that are doubted."""

    def __init__(self, policy: Policy) -> None:
        self._usual = policy.audit_rate

    @cached_property
    def _doubted(self) -> set[Key]:
        # Asked for only when something ships: most of what the gate sees at once may be doubted or waiting.
        return set(doubts_by_route())

    def of(self, rendition: Rendition) -> float:
        return raised(self._usual) if route_of(rendition) in self._doubted else self._usual


def raised(rate: float) -> float:
    """The share of audits on a doubted route."""
    return max(rate, min(MOST_RATE, max(LEAST_RATE, TIMES * rate)))


def doubts_by_route() -> dict[Key, RouteDoubt]:
    """Open doubts about routes."""
    return {doubt.route: doubt for doubt in RouteDoubt.objects.open()}
