"""A fault found in something that had shipped unseen: what was made alike since the last clean audit is looked at, too."""

from datetime import datetime

from django.db.models import Q

from processing.models import Check, Rendition, RenditionQuerySet
from review.models import Decision, DecisionVerdict, ReviewTask, Verdict, VerdictOutcome

# After recalls in hand, before ordinary doubts: these are out already.
SIBLING_RANK = -40.0
MOST_SIBLINGS = 200
MAKER = ("engine", "engine_version", "model_hash", "recipe")


def open_siblings(escaped: Rendition, *, fault: str, queue: str) -> int:
    """Opens a task for each picture of the same kind, category and maker that shipped unseen since the last clean audit.

    They stay approved until somebody finds a fault, which recalls them. They wait under the fault that was found where that was
    measured on them, so that people look there first, else under `queue`. The newest first, at most 200; returns how many.
    """
    waiting = ReviewTask.objects.open().real()
    siblings = _siblings(escaped).exclude(review_tasks__in=waiting).exclude(review_tasks__is_audit=True)
    chosen = list(siblings.order_by("-pk")[:MOST_SIBLINGS])
    measured = set(Check.objects.filter(rendition__in=chosen, code=fault).values_list("rendition_id", flat=True))
    ReviewTask.objects.bulk_create(
        ReviewTask(
            rendition=one,
            queue=fault if one.pk in measured else queue,
            rank=SIBLING_RANK,
            is_audit=True,
            is_follow_up=True,
        )
        for one in chosen
    )
    return len(chosen)


def _siblings(escaped: Rendition) -> RenditionQuerySet:
    # What waits for its cut-out has not shipped: it is looked at when that is approved.
    alike = Rendition.objects.shippable().filter(
        _same_category(escaped), kind=escaped.kind, verdict__outcome=VerdictOutcome.AUTO_APPROVED
    )
    alike = alike.exclude(pk=escaped.pk)
    verdict = Verdict.objects.filter(rendition=escaped).first()
    if verdict is not None:
        alike = alike.filter(verdict__policy=verdict.policy_id)
    for name in MAKER:
        if name in escaped.provenance:
            alike = alike.filter(**{f"provenance__{name}": escaped.provenance[name]})
    clean = _last_clean_audit(escaped)
    return alike.filter(verdict__created_at__gt=clean) if clean else alike


def _same_category(escaped: Rendition) -> Q:
    if escaped.variant is None:
        return Q(variant=None)
    return Q(variant__product__category=escaped.variant.product.category)


def _last_clean_audit(escaped: Rendition) -> datetime | None:
    """When the newest picture of the route that an audit found faultless had shipped."""
    clean = Decision.objects.standing().filter(
        verdict=DecisionVerdict.APPROVE, task__is_audit=True, task__is_follow_up=False
    )
    alike = Verdict.objects.filter(
        rendition__kind=escaped.kind, rendition__review_tasks__decisions__in=clean, outcome=VerdictOutcome.AUTO_APPROVED
    )
    if escaped.variant is not None:
        alike = alike.filter(rendition__variant__product__category=escaped.variant.product.category)
    escaped_at = Verdict.objects.filter(rendition=escaped).values_list("created_at", flat=True).first()
    if escaped_at is not None:
        alike = alike.filter(created_at__lt=escaped_at)
    return alike.order_by("-created_at").values_list("created_at", flat=True).first()
