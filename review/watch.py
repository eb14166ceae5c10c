"""Routes are watched: while their scores have drifted, more of what ships unseen is looked at, and the page says so.

A shift of the scores is no fault. It only says that the past tells less about what is made now, and the one way to learn
about that is to look. So the share of audits rises, also among what has shipped since, and falls back when the new scores are
those that the route is known by.
"""

import logging

from django.db import transaction
from django.utils import timezone

from processing.models import Rendition, RenditionState
from review.audit_rates import route_of
from review.drift import WINDOW
from review.gate import audit_more
from review.models import RouteDoubt, Verdict, VerdictOutcome
from review.promises import Key, RoutePromise, promises

logger = logging.getLogger(__name__)
# So many windows are searched for the newest pictures of one route among those of all.
MOST_ROUTES = 10


def renew() -> int:
    """Opens a doubt about each route that has drifted, closes those about routes that have not any more. Returns how many are open."""
    drifted = {one.route: one for one in promises() if one.is_drifted}
    for doubt in RouteDoubt.objects.open():
        if doubt.route not in drifted:
            RouteDoubt.objects.filter(pk=doubt.pk).update(ended_at=timezone.now())
            logger.info("route=%s scores as before", "/".join(doubt.route))
    for route, found in drifted.items():
        _open(route, found)
    return len(drifted)


def _open(route: Key, found: RoutePromise) -> None:
    sentence = found.drift_sentence()
    category, kind, recipe, engine = route
    with transaction.atomic():
        _, is_new = RouteDoubt.objects.open().get_or_create(
            category=category, kind=kind, recipe=recipe, engine=engine,
            defaults={"sentence": sentence},
        )  # fmt: skip
        if is_new:
            added = audit_more(_shipped_lately(route))
            logger.warning("route=%s has drifted: %s %d more audits", "/".join(route), sentence, added)


def _shipped_lately(route: Key) -> list[Rendition]:
    """The newest pictures of a route that shipped unseen, which nobody has looked at."""
    found = Verdict.objects.filter(
        outcome=VerdictOutcome.AUTO_APPROVED, rendition__kind=route[1], rendition__is_current=True,
        rendition__state=RenditionState.APPROVED, rendition__review_tasks=None,
    )  # fmt: skip
    ids = found.order_by("-pk").values_list("rendition_id", flat=True)[: MOST_ROUTES * WINDOW]
    rows = Rendition.objects.filter(pk__in=list(ids)).select_related("job", "variant__product", "artifact")
    alike = [one for one in rows.order_by("-pk").prefetch_related("checks") if route_of(one) == route]
    return alike[:WINDOW]
