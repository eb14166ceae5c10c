"""Find and compare: what was made, by the filters of the address, a tile for each SKU."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.inputs import row_number
from catalog import tags
from catalog.models import Variant
from insights.pictures import LEADS, thumb_url
from processing.models import Check, Rendition, RenditionState
from review.models import Decision

PAGE = 60
TOP_SCORE = 100
NOTHING = Q(pk=None)
SORTS = {"new": (_("Newest"), "-pk"), "sku": (_("SKU"), "sku")}


@dataclass(frozen=True)
class Tile:
    variant: Variant
    picture: str
    state: str
    pictures: int
    in_review: int
    lead: Rendition


@dataclass(frozen=True)
class ScoreRange:
    """Scores in points, as pages show them; the last range has its upper end."""

    least: int
    below: int

    @property
    def label(self) -> str:
        return f"{self.least}–{self.below}"

    def fits(self) -> Q:
        top = Q(score__lte=1) if self.below == TOP_SCORE else Q(score__lt=self.below / TOP_SCORE)
        return Q(score__gte=self.least / TOP_SCORE) & top


@dataclass(frozen=True)
class Age:
    """Made within so many days, or before them."""

    label: Any
    days: int
    is_within: bool = True

    def fits(self) -> Q:
        since = timezone.now() - timedelta(days=self.days)
        return Q(created_at__gte=since) if self.is_within else Q(created_at__lt=since)


SCORES = {
    "0-50": ScoreRange(0, 50),
    "50-80": ScoreRange(50, 80),
    "80-90": ScoreRange(80, 90),
    "90-100": ScoreRange(90, 100),
}
AGES = {
    "day": Age(_("In the last 24 hours"), 1),
    "week": Age(_("In the last 7 days"), 7),
    "month": Age(_("In the last 30 days"), 30),
    "older": Age(_("Before that"), 30, is_within=False),
}


def matching(query: QueryDict) -> QuerySet[Rendition]:
    """Current renditions that fit every filter of the address; an unknown value fits nothing rather than everything."""
    rows: QuerySet[Rendition] = Rendition.objects.current()
    conditions: dict[str, Callable[[str], Q]] = {
        "state": lambda value: Q(state=value),
        "category": lambda value: Q(variant__product__category=value),
        "batch": lambda value: Q(job__batch_id=row_number(value)),
        "doubt": lambda value: Q(pk__in=Check.objects.filter(code=value, passed=False).values("rendition")),
        "engine": lambda value: Q(provenance__engine=value),
        "kind": lambda value: Q(kind=value),
        "tag": lambda value: Q(variant__tags__in=tags.named(value)),
        "score": lambda value: SCORES[value].fits() if value in SCORES else NOTHING,
        "made": lambda value: AGES[value].fits() if value in AGES else NOTHING,
        "reviewer": lambda value: Q(
            pk__in=Decision.objects.standing().real().filter(by__username=value).values("task__rendition")
        ),
    }
    for name, condition in conditions.items():
        if value := query.get(name):
            rows = rows.filter(condition(value))
    if words := query.get("q", "").strip():
        rows = rows.filter(Q(job__sku__istartswith=words) | Q(variant__product__name__icontains=words))
    return rows


def variants(query: QueryDict) -> QuerySet[Variant]:
    order = SORTS.get(query.get("sort", "new"), SORTS["new"])[1]
    return Variant.objects.filter(pk__in=matching(query).values("variant")).select_related("product").order_by(order)


def tiles(found: list[Variant]) -> list[Tile]:
    """A tile for each variant that has pictures. One query for all the pictures of a page."""
    pictures: dict[int | None, list[Rendition]] = defaultdict(list)
    shown = Rendition.objects.current().filter(variant__in=found).select_related("artifact", "job")
    for row in shown.order_by("-job_id", "id"):
        pictures[row.variant_id].append(row)
    return [_tile(variant, pictures[variant.pk]) for variant in found if variant.pk in pictures]


def _tile(variant: Variant, pictures: list[Rendition]) -> Tile:
    """The newest job's picture of the kind that leads stands for the variant."""
    lead = min(pictures, key=lambda one: LEADS.index(one.kind) if one.kind in LEADS else len(LEADS))
    in_review = sum(one.state == RenditionState.IN_REVIEW for one in pictures)
    return Tile(
        variant=variant,
        picture=thumb_url(lead),
        state=RenditionState.IN_REVIEW if in_review else lead.state,
        pictures=len(pictures),
        in_review=in_review,
        lead=lead,
    )


def without(query: QueryDict, name: str) -> QueryDict:
    """The first page of the same question, less one filter."""
    others = query.copy()
    for gone in (name, "page"):
        others.pop(gone, None)
    return others
