"""Find and compare: facets over what was made, a tile for each SKU."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.inputs import row_number
from catalog import tags
from catalog.models import Category, Tag, Variant
from insights.pictures import LEADS, thumb_url
from processing.models import Batch, Check, Rendition, RenditionKind, RenditionState
from processing.scoring.limits import LABELS

PAGE = 60
MOST_OPTIONS = 10
# A list of more is none that anybody reads; the others are reached by their address.
MOST_TAGS = 30
STATES: dict[str, Any] = {
    RenditionState.IN_REVIEW: _("Needs a look"),
    RenditionState.APPROVED: _("Approved"),
    RenditionState.REWORK: _("Being made again"),
    RenditionState.REJECTED: _("Rejected"),
    RenditionState.RECALLED: _("Recalled"),
}
FILTERS = {
    "state": _("Status"),
    "category": _("Category"),
    "tag": _("Tag"),
    "kind": _("Picture"),
    "doubt": _("Doubt"),
    "batch": _("Batch"),
    "engine": _("Engine"),
    "q": _("Search"),
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
    """A value to filter by; its address is the page with it, or without it where it is on."""

    label: str
    count: int
    is_on: bool
    address: str


@dataclass(frozen=True)
class Facet:
    name: str
    options: list[Option]

    @property
    def label(self) -> str:
        return str(FILTERS[self.name])


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
        _facet(query, "state", STATES, "state"),
        _facet(query, "category", dict(Category.choices), "variant__product__category"),
        _facet(query, "tag", _names_of_tags(), "variant__tags__name"),
        _facet(query, "kind", dict(RenditionKind.choices), "kind"),
        _doubts(query),
        _batches(query),
    ]


def _facet(query: QueryDict, name: str, choices: Mapping[str, Any], field: str) -> Facet:
    counts = dict(
        matching(without(query, name))
        .values(field)
        .annotate(n=Count("variant", distinct=True))
        .order_by()
        .values_list(field, "n")
    )
    shown = [key for key in choices if counts.get(key) or query.get(name) == key]
    found = [(key, str(choices[key]), counts.get(key, 0)) for key in shown]
    return Facet(name, _options(query, name, found))


def _doubts(query: QueryDict) -> Facet:
    counts = (
        Check.objects.filter(passed=False, rendition__in=matching(without(query, "doubt")))
        .values("code")
        .annotate(n=Count("rendition__variant", distinct=True))
        .order_by("-n")
        .values_list("code", "n")
    )
    found = [(code, gettext(LABELS.get(code, code)), n) for code, n in counts[:MOST_OPTIONS]]
    return Facet("doubt", _options(query, "doubt", found))


def _batches(query: QueryDict) -> Facet:
    rows = list(Batch.objects.filter(is_archived=False)[:8])
    chosen = row_number(query.get("batch", ""))
    if chosen not in [batch.pk for batch in rows]:
        rows += list(Batch.objects.filter(pk=chosen))
    counts = dict(
        Rendition.objects.current()
        .filter(job__batch__in=rows)
        .values("job__batch")
        .annotate(n=Count("variant", distinct=True))
        .order_by()
        .values_list("job__batch", "n")
    )
    found = [(str(batch.pk), batch.name, counts[batch.pk]) for batch in rows if counts.get(batch.pk)]
    return Facet("batch", _options(query, "batch", found))


def _options(query: QueryDict, name: str, found: list[tuple[str, str, int]]) -> list[Option]:
    """Options from (value, words, how many products)."""
    made = []
    for key, label, count in found:
        is_on, changed = query.get(name) == key, without(query, name)
        if not is_on:
            changed[name] = key
        made.append(Option(label=label, count=count, is_on=is_on, address=f"?{changed.urlencode()}"))
    return made


def without(query: QueryDict, name: str) -> QueryDict:
    """The first page of the same question, less one filter."""
    others = query.copy()
    for gone in (name, "page"):
        others.pop(gone, None)
    return others


def _names_of_tags() -> dict[str, str]:
    return {name: name for name in Tag.objects.values_list("name", flat=True)[:MOST_TAGS]}


def widest(query: QueryDict) -> Option | None:
    """Of the filters that together leave nothing, the one without which there is most; None where one alone is not to blame."""
    found = [_without_it(query, name) for name in FILTERS if query.get(name)]
    best = max(found, key=lambda one: one.count, default=None)
    return best if best and best.count else None


def _without_it(query: QueryDict, name: str) -> Option:
    rest = without(query, name)
    return Option(label=str(FILTERS[name]), count=variants(rest).count(), is_on=True, address=f"?{rest.urlencode()}")
