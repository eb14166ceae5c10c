"""The filters beside the gallery: each value with how many products have it, and the address of the page with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.inputs import row_number
from catalog.models import Category, Tag
from insights.gallery import AGES, SCORES, matching, variants, without
from processing.models import Batch, Check, RenditionKind, RenditionState
from processing.scoring.limits import LABELS
from review.models import Decision

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
    "score": _("Score"),
    "made": _("Made"),
    "reviewer": _("Looked at by"),
    "q": _("Search"),
}


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


def facets(query: QueryDict) -> list[Facet]:
    return [
        _facet(query, "state", STATES, "state"),
        _facet(query, "category", dict(Category.choices), "variant__product__category"),
        _facet(query, "tag", _names_of_tags(), "variant__tags__name"),
        _facet(query, "kind", dict(RenditionKind.choices), "kind"),
        _doubts(query),
        _batches(query),
        _engines(query),
        _counted(query, "score", SCORES),
        _counted(query, "made", AGES),
        _reviewers(query),
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
        matching(without(query, "batch"))
        .filter(job__batch__in=rows)
        .values("job__batch")
        .annotate(n=Count("variant", distinct=True))
        .order_by()
        .values_list("job__batch", "n")
    )
    found = [
        (str(batch.pk), batch.name, counts.get(batch.pk, 0))
        for batch in rows
        if batch.pk in counts or batch.pk == chosen
    ]
    return Facet("batch", _options(query, "batch", found))


def _engines(query: QueryDict) -> Facet:
    field = "provenance__engine"
    rows = matching(without(query, "engine")).exclude(**{field: None}).values(field).order_by(field)
    counts = rows.annotate(n=Count("variant", distinct=True)).values_list(field, "n")
    return _named(query, "engine", dict(counts))


def _counted(query: QueryDict, name: str, choices: Mapping[str, Any]) -> Facet:
    """Ranges, which may overlap: each is counted by itself, all in one query."""
    rest = without(query, name)
    counts = matching(rest).aggregate(
        **{
            f"n{at}": Count("variant", filter=choice.fits(), distinct=True)
            for at, choice in enumerate(choices.values())
        }
    )
    numbered = [(key, str(choice.label), counts[f"n{at}"]) for at, (key, choice) in enumerate(choices.items())]
    return Facet(name, _options(query, name, [one for one in numbered if one[2] or query.get(name) == one[0]]))


def _reviewers(query: QueryDict) -> Facet:
    """Who decided about a picture that is still the current one, the busiest first."""
    rows = Decision.objects.standing().real().filter(task__rendition__in=matching(without(query, "reviewer")))
    counts = (
        rows.exclude(by=None)
        .values("by__username")
        .annotate(n=Count("task__rendition__variant", distinct=True))
        .order_by("-n", "by__username")
        .values_list("by__username", "n")
    )
    return _named(query, "reviewer", dict(counts[:MOST_OPTIONS]))


def _named(query: QueryDict, name: str, counts: Mapping[str, int]) -> Facet:
    """Values that are their own words. One that is asked for stays to be seen, and taken off, where nothing has it."""
    chosen = {value: 0 for value in (query.get(name),) if value}
    found = [(value, value, count) for value, count in {**chosen, **counts}.items()]
    return Facet(name, _options(query, name, found))


def _options(query: QueryDict, name: str, found: list[tuple[str, str, int]]) -> list[Option]:
    """Options from (value, words, how many products)."""
    made = []
    for key, label, count in found:
        is_on, changed = query.get(name) == key, without(query, name)
        if not is_on:
            changed[name] = key
        made.append(Option(label=label, count=count, is_on=is_on, address=f"?{changed.urlencode()}"))
    return made


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
