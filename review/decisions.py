"""What reviewers decide: stored at once, in effect after a short grace, always to be taken back."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Event, User
from processing import jobs
from processing.models import Rendition, RenditionKind, RenditionState
from processing.painting import BY_HAND, painting_from
from processing.reworks import reworks_for
from processing.scoring.limits import LABELS
from review.agreement import agreement_of
from review.escapes import open_siblings
from review.gate import announce, audit_what_follows
from review.models import GRACE, WISHES, Decision, DecisionVerdict, HumanReason, ReviewTask, TaskState, Verdict
from review.policies import UNMEASURED
from review.twins import decided_twins, waiting_twins

logger = logging.getLogger(__name__)
REASONS = frozenset({*LABELS, *HumanReason.values, UNMEASURED})
GIVEN_VERDICTS = (DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.REWORK, DecisionVerdict.SKIP)


class DecisionError(ValueError):
    """A decision that makes no sense; the text says what is missing."""


@dataclass(frozen=True)
class Choice:
    """One key press of a reviewer. `version` is that of the task as it was shown; None means whatever it is now."""

    client_id: uuid.UUID
    task_id: int
    verdict: str
    version: int | None = None
    reason: str = ""
    rework_id: str = ""
    note: str = ""
    ms: int | None = None
    views: list[str] = field(default_factory=list)
    # {"strokes": [...], "approve": bool} with the rework "by-hand".
    painting: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    client_id: uuid.UUID
    status: str  # "ok", "conflict", "gone"
    effective_at: datetime | None = None
    detail: str = ""
    version: int | None = None


def check_choice(choice: Choice) -> None:
    """Raises DecisionError for a choice that no task could take."""
    if choice.verdict not in GIVEN_VERDICTS:
        raise DecisionError(f"The verdict is one of {', '.join(GIVEN_VERDICTS)}, not {choice.verdict!r}.")
    if choice.verdict == DecisionVerdict.REJECT and choice.reason not in REASONS:
        raise DecisionError("A rejection needs a reason: the code of a check or one of the human reasons.")
    if choice.reason and choice.reason not in REASONS:
        raise DecisionError(f"There is no reason {choice.reason!r}.")
    if choice.reason == HumanReason.OTHER and not choice.note.strip():
        raise DecisionError("The reason OTHER needs a note that says what it is.")
    if choice.verdict == DecisionVerdict.REWORK and not choice.rework_id:
        raise DecisionError("A rework needs the id of what to do.")
    if (choice.rework_id == BY_HAND) != bool(choice.painting):
        raise DecisionError(f"A painting belongs to the rework {BY_HAND!r}, and that needs one.")
    if choice.painting:
        try:
            painting_from(choice.painting.get("strokes"), by="")
        except ValueError as error:
            raise DecisionError(str(error)) from error


def decide(user: User, choice: Choice) -> Answer:
    """Takes a decision down. The same client_id again gets the same answer and changes nothing. Raises DecisionError."""
    check_choice(choice)
    with transaction.atomic():
        task = ReviewTask.objects.select_for_update().filter(pk=choice.task_id).first()
        known = Decision.objects.filter(client_id=choice.client_id).select_related("task", "by").first()
        if known is not None:
            return _answer_again(user, known, choice)
        refusal = _refusal(user, task, choice)
        if refusal is not None or task is None:
            return refusal or Answer(choice.client_id, "gone")
        _check_rework(task, choice)
        decision = _write(user, task, choice)
    return Answer(choice.client_id, "ok", decision.effective_at, version=task.version)


def _answer_again(user: User, known: Decision, choice: Choice) -> Answer:
    if known.by_id != user.pk or known.task_id != choice.task_id:
        return Answer(choice.client_id, "conflict", detail="This client_id was used for another decision.")
    return Answer(choice.client_id, "ok", known.effective_at, version=known.task.version)


def _refusal(user: User, task: ReviewTask | None, choice: Choice) -> Answer | None:
    if task is None or task.state == TaskState.WITHDRAWN:
        return Answer(choice.client_id, "gone", detail=gettext("This picture was made anew or removed."))
    if task.state == TaskState.DECIDED:
        return Answer(choice.client_id, "conflict", detail=_who_decided(task, user), version=task.version)
    if task.is_held_by_another(user):
        return Answer(
            choice.client_id,
            "conflict",
            detail=gettext("%(claimed_by)s is looking at it.") % {"claimed_by": task.claimed_by},
            version=task.version,
        )
    if choice.version is not None and choice.version != task.version:
        return Answer(
            choice.client_id, "conflict", detail=gettext("It has changed since it was shown."), version=task.version
        )
    return None


def _who_decided(task: ReviewTask, user: User) -> str:
    last = task.decisions.standing().select_related("by").last()
    if last is None:
        return gettext("Decided already.")
    seconds = int((timezone.now() - last.created_at).total_seconds())
    who = gettext("you") if last.by_id == user.pk else str(last.by or gettext("somebody"))
    said = gettext("%(verdict)s by %(who)s, %(ago)s.")
    return said % {"verdict": last.get_verdict_display(), "who": who, "ago": _ago(seconds)}


def _ago(seconds: int) -> str:
    if seconds >= 86400:
        return gettext("%(n)s d ago") % {"n": seconds // 86400}
    if seconds >= 3600:
        return gettext("%(n)s h ago") % {"n": seconds // 3600}
    if seconds >= 60:
        return gettext("%(n)s min ago") % {"n": seconds // 60}
    return gettext("%(n)s s ago") % {"n": max(seconds, 0)}


def _check_rework(task: ReviewTask, choice: Choice) -> None:
    if choice.rework_id == BY_HAND:
        if task.rendition.kind != RenditionKind.CUTOUT:
            raise DecisionError(gettext("Only a cut-out can be painted on; what is made from it follows."))
    elif choice.verdict == DecisionVerdict.REWORK:
        offered = {one.id for one in reworks_for(task.rendition)}
        if choice.rework_id not in offered:
            raise DecisionError(
                gettext("There is no rework %(rework_id)s for this picture.") % {"rework_id": repr(choice.rework_id)}
            )


def _write(user: User, task: ReviewTask, choice: Choice) -> Decision:
    now = timezone.now()
    is_skip = choice.verdict == DecisionVerdict.SKIP
    decision = Decision.objects.create(
        client_id=choice.client_id,
        task=task,
        by=user,
        verdict=choice.verdict,
        reason=choice.reason,
        rework_id=choice.rework_id,
        note=choice.note.strip(),
        ms=choice.ms,
        views=choice.views,
        painting=choice.painting,
        agreement={} if is_skip else agreement_of(_doubts(task), verdict=choice.verdict, reason=choice.reason),
        effective_at=now if is_skip else now + GRACE,
        applied_at=now if is_skip else None,
    )
    if not is_skip:
        task.close(at=now)
    return decision


def _doubts(task: ReviewTask) -> list[dict[str, Any]]:
    """What the machine holds against the picture; nothing for known faults, whose answers are counted on their own."""
    verdict = Verdict.objects.filter(rendition=task.rendition_id).first()
    return verdict.doubts if verdict is not None and not task.is_known_fault else []


# ------------------------------------------------------------------------------------------------ effect


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


# ------------------------------------------------------------------------------------------------ undo


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
    elif rendition.state == RenditionState.APPROVED and left_the_house_since(decision.effective_at):
        rendition.recall()
        announce("rendition.recalled", rendition, by="undo")
    else:
        rendition.send_to_review()


def left_the_house_since(moment: datetime) -> bool:
    """True if any export has ended since: then an approval of that moment may be out, and is called back rather than erased."""
    return Event.objects.filter(kind="export.completed", created_at__gte=moment).exists()
