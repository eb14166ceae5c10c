"""Puts decisions into effect once their grace is over: approves, rejects, or has the picture made again."""

import logging
from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.utils import timezone

from processing import jobs
from processing.models import Rendition, RenditionState
from processing.painting import BY_HAND, painting_from
from review.escapes import open_siblings
from review.gate import announce, audit_what_follows
from review.models import WISHES, Decision, DecisionVerdict, ReviewTask
from review.twins import waiting_twins

logger = logging.getLogger(__name__)


def apply_due(*, limit: int = 200) -> int:
    """Puts decisions past their grace into effect, each in its own transaction. Returns how many. Called every second."""
    done = 0
    while done < limit and _apply_next():
        done += 1
    return done


@transaction.atomic
def _apply_next() -> bool:
    # Tasks are locked before decisions everywhere, so that an undo at the same moment cannot deadlock with this.
    due = Decision.objects.due().order_by("effective_at", "id").values_list("task_id", flat=True)[:50]
    task = ReviewTask.objects.select_for_update(skip_locked=True).filter(pk__in=list(due)).order_by("pk").first()
    decision = Decision.objects.due().filter(task=task).select_related("by").first() if task else None
    if task is None or decision is None:
        return False
    rendition = Rendition.objects.select_for_update(of=("self",)).select_related("job").get(pk=task.rendition_id)
    decision.applied_at = timezone.now()
    decision.save(update_fields=["applied_at"])
    if rendition.is_current and not task.is_known_fault:
        twins = waiting_twins(rendition)
        EFFECTS[decision.verdict](decision, task, rendition)
        for twin in twins if decision.undone_at is None else []:
            EFFECTS[decision.verdict](decision, task, twin)
        transaction.on_commit(partial(jobs.touch, [one.job_id for one in (rendition, *twins)]))
    return True


def _apply_approve(decision: Decision, task: ReviewTask, rendition: Rendition) -> None:
    if task.is_audit and rendition.state == RenditionState.APPROVED:
        return
    rendition.approve(effective_at=decision.effective_at)
    announce("rendition.approved", rendition, by="reviewer")
    audit_what_follows(rendition)


def _apply_reject(decision: Decision, task: ReviewTask, rendition: Rendition) -> None:
    if rendition.state == RenditionState.APPROVED:
        _call_back(decision, task, rendition)
        return
    rendition.reject()
    announce("rendition.rejected", rendition, by="reviewer", reason=decision.reason)


def _call_back(decision: Decision, task: ReviewTask, rendition: Rendition) -> None:
    """An audit found what the gate let through: it may be out already, so it is called back, and what was made alike looked at."""
    rendition.recall()
    announce("rendition.recalled", rendition, by="audit", reason=decision.reason)
    if task.is_audit and decision.reason not in WISHES:
        open_siblings(rendition, fault=decision.reason, queue=task.queue)


def _apply_rework(decision: Decision, task: ReviewTask, rendition: Rendition) -> None:
    was_approved = rendition.state == RenditionState.APPROVED
    try:
        with transaction.atomic():
            _remake(decision, rendition)
            if was_approved and decision.reason not in WISHES:
                # Made again because it is faulty: what is out is as faulty as if it had been rejected.
                _call_back(decision, task, rendition)
    except (ValueError, LookupError) as error:
        # The engine or setting is gone since it was offered: back to the reviewer instead of nowhere.
        logger.warning("task=%s rework=%s refused: %s", task.pk, decision.rework_id, error)
        decision.undone_at = timezone.now()
        decision.save(update_fields=["undone_at"])
        task.reopen(holder=None)


def _remake(decision: Decision, rendition: Rendition) -> None:
    if decision.rework_id != BY_HAND:
        jobs.rework(rendition, rework_id=decision.rework_id, by=decision.by)
        return
    strokes = decision.painting["strokes"]
    jobs.repaint(rendition, painting_from(strokes, by=str(decision.by or ""), ref=str(decision.client_id)))


EFFECTS: dict[str, Callable[[Decision, ReviewTask, Rendition], None]] = {
    DecisionVerdict.APPROVE: _apply_approve,
    DecisionVerdict.REJECT: _apply_reject,
    DecisionVerdict.REWORK: _apply_rework,
}
