"""What reviewers decide: stored at once, in effect after a short grace, always to be taken back."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from processing.models import RenditionKind
from processing.painting import BY_HAND, painting_from
from processing.reworks import reworks_for
from processing.scoring.limits import LABELS
from review.agreement import agreement_of
from review.models import GRACE, Decision, DecisionVerdict, HumanReason, ReviewTask, TaskState, Verdict
from review.policies import UNMEASURED

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
    """Records a decision. The same client_id again gets the same answer and changes nothing. Raises DecisionError."""
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
