"""What is promised now about pictures shipped unseen, route by route, from the audits people have judged."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

from accounts.figures import figure
from catalog.models import Category
from processing.models import RenditionKind
from review.certificate import (
    Promise,
    certify,
    labels_needed,
    shares_for,
    thresholds,
    upper_bound,
)
from review.drift import WINDOW, Drift, drift_of
from review.models import WISHES, Decision, DecisionVerdict, Verdict, VerdictOutcome

# What a person would judge on its own; a size is the main picture over again, and stands and falls with it.
AUDITED_KINDS = frozenset(RenditionKind) - {RenditionKind.SIZE, RenditionKind.GENERATED}
HISTORY = 20_000
# A promise is renewed at these numbers of audits only. Looking after every single one would find a lucky moment sooner or later.
FIRST_RENEWAL = 150
RENEWAL_FACTOR = 1.5
WEEK_DAYS = 7

# Category, kind, recipe and engine: batches of two recipes in turn, or an engine chosen picture by picture, void nothing.
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Judged:
    """A picture with a verdict, and what made it: a change of any of these ends what was promised before."""

    rendition_id: int
    route: Key
    maker: tuple[Any, ...]
    score: float
    has_shipped: bool
    at: datetime


@dataclass(frozen=True)
class RoutePromise:
    category: str
    kind: str
    recipe: str
    engine: str
    audits: int
    faults: int
    renewed_at: datetime | None
    promise: Promise | None
    shipped_share: float
    # How far the newest scores are from those that the promise rests on, or from all before them where nothing is promised;
    # None with too few of either.
    drift: Drift | None = None

    @property
    def route(self) -> Key:
        return self.category, self.kind, self.recipe, self.engine

    @property
    def is_drifted(self) -> bool:
        return self.drift is not None and self.drift.is_large

    @property
    def is_suspended(self) -> bool:
        """A promise about pictures that are not made any more is none. It comes back with audits of the new ones."""
        return self.promise is not None and self.is_drifted

    @property
    def is_silent(self) -> bool:
        """There is nothing to say of it: no audit was judged, and its scores are what they were."""
        return not self.audits and not self.is_drifted

    @property
    def label(self) -> str:
        names = (dict(Category.choices).get(self.category, self.category), dict(RenditionKind.choices)[self.kind])
        return " · ".join(str(name) for name in (*names, self.recipe, self.engine) if name)

    def sentence(self) -> str:
        if self.promise is None:
            return self._nothing_yet()
        if self.is_suspended:
            said = gettext("Suspended: %(drift)s It is renewed from audits of the new pictures.")
            return said % {"drift": self.drift_sentence()}
        if self.shipped_share > 0.995:
            said = gettext(
                "At most %(share)s %% faulty, %(sure)s %% sure, from %(labels)s audited pictures, last renewed %(when)s."
            )
        else:
            said = gettext(
                "At most %(share)s %% faulty, %(sure)s %% sure, from %(labels)s audited pictures, "
                "for the best %(best)s %% of what ships, last renewed %(when)s."
            )
        return said % {
            "share": number_format(f"{100 * self.promise.max_share:g}"),
            "sure": number_format(f"{100 * self.promise.confidence:g}"),
            "labels": self.promise.labels,
            "best": figure(100 * self.shipped_share),
            "when": self._renewed(),
        }

    def _renewed(self) -> str:
        """The day of the last renewal, by its name within a week."""
        if self.renewed_at is None:
            return gettext("never")
        day = timezone.localdate(self.renewed_at)
        days = (timezone.localdate() - day).days
        if days < WEEK_DAYS:
            return (gettext("today"), gettext("yesterday"))[days] if 0 <= days < 2 else date_format(day, "l")
        return date_format(day, gettext("j M Y"))

    def drift_sentence(self) -> str:
        """How the newest scores differ from those that the route is known by; empty without enough of either."""
        if self.drift is None:
            return ""
        return self.drift.sentence() if self.promise else self.drift.sentence(is_promised=False)

    def _nothing_yet(self) -> str:
        needed = max(labels_needed(faults=self.faults), FIRST_RENEWAL)
        if self.audits < needed:
            said = gettext("Nothing can be promised yet: %(audits)s audited, %(more)s more without a fault are needed.")
            return said % {"audits": self.audits, "more": needed - self.audits}
        bound = upper_bound(self.faults, self.audits)
        said = gettext(
            "Nothing can be promised: %(faults)s of %(audits)s audits were faulty, so it may be %(bound)s %%."
        )
        return said % {"faults": self.faults, "audits": self.audits, "bound": figure(100 * bound, 1)}


def promises(*, history: int = HISTORY) -> list[RoutePromise]:
    """One for each route with pictures shipped unseen by what makes them today, the busiest first."""
    routes: dict[Key, list[Judged]] = defaultdict(list)
    for one in _judged(history):
        same = routes[one.route]
        # Newest first: whatever was made by something older than the newest says nothing about it.
        if not same or same[0].maker == one.maker:
            same.append(one)
    audits = _audits()
    found = [_promise(route, rows, audits) for route, rows in routes.items() if any(one.has_shipped for one in rows)]
    return sorted(found, key=lambda one: -len(routes[one.category, one.kind, one.recipe, one.engine]))


def _promise(route: Key, made: list[Judged], audits: dict[int, tuple[bool, datetime]]) -> RoutePromise:
    rows = [one for one in made if one.has_shipped]
    judged = sorted(
        (audits[one.rendition_id][1], one.score, audits[one.rendition_id][0])
        for one in rows
        if one.rendition_id in audits
    )
    used = judged[: renewal_count(len(judged))]
    labels = [(score, is_faulty) for _, score, is_faulty in used]
    scores = [one.score for one in rows]
    promise = certify(labels, thresholds(scores, shares=shares_for(len(labels)))) if labels else None
    covered = sum(score >= promise.threshold for score in scores) / len(scores) if promise else 0.0
    renewed_at = used[-1][0] if used else None
    return RoutePromise(
        category=route[0],
        kind=route[1],
        recipe=route[2],
        engine=route[3],
        audits=len(judged),
        faults=sum(is_faulty for *_, is_faulty in judged),
        renewed_at=renewed_at,
        promise=promise,
        shipped_share=covered,
        drift=_drift(made, since=renewed_at if promise else None),
    )


def _drift(made: list[Judged], *, since: datetime | None) -> Drift | None:
    """All pictures of the route and its maker, stopped ones too: a shift shows in those first."""
    if since is None:
        scores = [one.score for one in made]
        return drift_of(scores[WINDOW:], scores[:WINDOW])
    before = [one.score for one in made if one.at <= since]
    return drift_of(before, [one.score for one in made if one.at > since])


def renewal_count(audits: int) -> int:
    """The largest number of the renewal schedule that so many audits reach; 0 before the first."""
    reached, due = 0, float(FIRST_RENEWAL)
    while due <= audits:
        reached, due = int(due), due * RENEWAL_FACTOR
    return reached


def _judged(history: int) -> Iterable[Judged]:
    made_by = [f"rendition__provenance__{name}" for name in ("engine", "engine_version", "model_hash", "recipe")]
    fields = (
        "rendition_id",
        "rendition__variant__product__category",
        "rendition__kind",
        "score",
        "outcome",
        "created_at",
    )
    # What somebody painted says nothing about what the machine makes.
    rows = Verdict.objects.filter(
        rendition__provenance__hand_edited__ref__isnull=True, rendition__kind__in=AUDITED_KINDS
    ).order_by("-pk")
    values = rows.values_list(*fields, "policy_id", *made_by)
    for rendition_id, category, kind, score, outcome, at, policy, *made in values[:history]:
        engine, recipe = made[0], made[-1]
        route = (category or Category.DEFAULT, kind, (recipe or {}).get("name", ""), engine or "")
        has_shipped = outcome == VerdictOutcome.AUTO_APPROVED
        yield Judged(rendition_id, route, (policy, *map(str, made)), score, has_shipped, at)


def _audits() -> dict[int, tuple[bool, datetime]]:
    """For each audited rendition: was it faulty, and when was that said."""
    rows = (
        Decision.objects.standing()
        .filter(task__is_audit=True, task__is_follow_up=False)
        .values_list("task__rendition_id", "verdict", "reason", "created_at")
    )
    return {
        rendition: (verdict != DecisionVerdict.APPROVE and reason not in WISHES, at)
        for rendition, verdict, reason, at in rows
    }
