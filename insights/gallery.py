"""Find and compare: facets over what was made, a tile for each SKU."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Variant
from insights.pictures import LEADS, thumb_url
from processing.models import Batch, Check, Rendition, RenditionState
from processing.scoring.limits import LABELS

PAGE = 60
STATES = {
    RenditionState.IN_REVIEW: _("Needs a look"),
    RenditionState.APPROVED: _("Approved"),
    RenditionState.REWORK: _("Being made again"),
    RenditionState.REJECTED: _("Rejected"),
    RenditionState.RECALLED: _("Recalled"),
}
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
class Option:
    key: str
    label: str
    count: int
    is_on: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    options: list[Option]


def matching(query: QueryDict) -> QuerySet[Rendition]:
    """Current renditions that fit every filter of the address; an unknown value fits nothing rather than everything."""
    rows: QuerySet[Rendition] = Rendition.objects.current()
    conditions: dict[str, Callable[[str], Q]] = {
        "state": lambda value: Q(state=value),
        "category": lambda value: Q(variant__product__category=value),
        "batch": lambda value: Q(job__batch_id=int(value)) if value.isdigit() else Q(pk=None),
        "doubt": lambda value: Q(pk__in=Check.objects.filter(code=value, passed=False).values("rendition")),
        "engine": lambda value: Q(provenance__engine=value),
        "kind": lambda value: Q(kind=value),
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


def facets(query: QueryDict) -> list[Facet]:
    return [
        _facet(query, "state", gettext("Status"), [(str(key), label) for key, label in STATES.items()], "state"),
        _facet(query, "category", gettext("Category"), list(Category.choices), "variant__product__category"),
        _doubts(query),
        _batches(query),
    ]


def _facet(query: QueryDict, name: str, label: str, choices: list[tuple[str, Any]], field: str) -> Facet:
    others = query.copy()
    others.pop(name, None)
    counts = dict(
        matching(others).values(field).annotate(n=Count("variant", distinct=True)).order_by().values_list(field, "n")
    )
    options = [
        Option(key=key, label=str(text), count=counts[key], is_on=query.get(name) == key)
        for key, text in choices
        if counts.get(key)
    ]
    return Facet(name=name, label=label, options=options)


def _doubts(query: QueryDict) -> Facet:
    others = query.copy()
    others.pop("doubt", None)
    counts = (
        Check.objects.filter(passed=False, rendition__in=matching(others))
        .values("code")
        .annotate(n=Count("rendition__variant", distinct=True))
        .order_by("-n")
        .values_list("code", "n")
    )
    options = [
        Option(key=code, label=gettext(LABELS.get(code, code)), count=n, is_on=query.get("doubt") == code)
        for code, n in counts[:10]
    ]
    return Facet(name="doubt", label=gettext("Doubt"), options=options)


def _batches(query: QueryDict) -> Facet:
    newest = Batch.objects.filter(is_archived=False)[:8]
    chosen = query.get("batch", "")
    rows = list(newest)
    if chosen.isdigit() and all(batch.pk != int(chosen) for batch in rows):
        rows += list(Batch.objects.filter(pk=int(chosen)))
    counts = dict(
        Rendition.objects.current()
        .filter(job__batch__in=rows)
        .values("job__batch")
        .annotate(n=Count("variant", distinct=True))
        .order_by()
        .values_list("job__batch", "n")
    )
    options = [
        Option(key=str(batch.pk), label=batch.name, count=counts.get(batch.pk, 0), is_on=chosen == str(batch.pk))
        for batch in rows
        if counts.get(batch.pk)
    ]
    return Facet(name="batch", label=gettext("Batch"), options=options)
