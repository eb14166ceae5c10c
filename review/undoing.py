"""Takes decisions back: before their grace is over nothing has happened; later what they did is made good."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Event, User
from processing.models import Rendition, RenditionState
from review.decisions import Answer
from review.gate import announce
from review.models import Decision, DecisionVerdict, ReviewTask, TaskState
from review.twins import decided_twins


def undo(user: User, client_id: uuid.UUID) -> Answer:
    """Takes one's own decision back, whenever. Within the grace nothing has happened; later it is compensated.

    Statuses: "ok" (again for a repeat), "gone" for an unknown decision or a picture made anew, "conflict" for another's.
    """
    with transaction.atomic():
        found = Decision.objects.filter(client_id=client_id).values_list("task_id", flat=True).first()
        if found is None:
            return Answer(client_id, "gone", detail=gettext("There is no such decision."))
        task = ReviewTask.objects.select_for_update().get(pk=found)
        decision = Decision.objects.get(client_id=client_id)
        if decision.by_id != user.pk:
            return Answer(
                client_id,
                "conflict",
                detail=gettext("%(who)s decided this.") % {"who": decision.by or gettext("Somebody else")},
            )
        if decision.undone_at is not None or decision.verdict == DecisionVerdict.SKIP:
            return Answer(client_id, "ok", version=task.version)
        if task.state != TaskState.DECIDED or not task.rendition.is_current:
            return Answer(client_id, "gone", detail=gettext("The picture was made anew since."))
        _take_back(user, task, decision)
    return Answer(client_id, "ok", version=task.version)


def _take_back(user: User, task: ReviewTask, decision: Decision) -> None:
    now = timezone.now()
    decision.undone_at = now
    decision.save(update_fields=["undone_at"])
    task.reopen(holder=user)
    Decision.objects.create(
        task=task, by=user, verdict=DecisionVerdict.UNDO, undoes=decision, effective_at=now, applied_at=now
    )
    if decision.applied_at is not None and not task.is_known_fault:
        _compensate(task, decision)


def _compensate(task: ReviewTask, decision: Decision) -> None:
    rendition = Rendition.objects.select_for_update(of=("self",)).select_related("job").get(pk=task.rendition_id)
    if task.is_audit and decision.verdict == DecisionVerdict.APPROVE:
        return
    if not task.is_audit:
        for twin in decided_twins(rendition, state=rendition.state):
            _undo_effect(task, decision, twin)
    _undo_effect(task, decision, rendition)


def _undo_effect(task: ReviewTask, decision: Decision, rendition: Rendition) -> None:
    if task.is_audit and rendition.state == RenditionState.RECALLED:
        rendition.approve()
        announce("rendition.approved", rendition, by="undo")
    elif rendition.state == RenditionState.APPROVED and has_export_ended_since(decision.effective_at):
        rendition.recall()
        announce("rendition.recalled", rendition, by="undo")
    else:
        rendition.send_to_review()


def has_export_ended_since(moment: datetime) -> bool:
    """True if any export has ended since: then an approval of that moment may be out, and is called back rather than erased."""
    return Event.objects.filter(kind="export.completed", created_at__gte=moment).exists()
