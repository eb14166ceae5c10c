"""Review over the API: claim, decide, undo, keep alive, give back."""

from dataclasses import asdict
from typing import Any, cast

from django.http import HttpRequest
from ninja import Router, Status
from ninja.errors import HttpError

from accounts.access import scoped
from accounts.models import Scope, User
from review import claims, decisions, items, undoing
from review import queues as waiting
from review.alike import alike
from review.models import ReviewTask
from review.schemas import (
    AnswerOut,
    ClaimIn,
    ClaimOut,
    DecisionIn,
    IdsIn,
    LeaseOut,
    QueuesOut,
    ReleasedOut,
    ReleaseIn,
    UndoIn,
)

router = Router(tags=["review"])
MAX_DECISIONS = 200


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@router.get("/review/queues", auth=scoped(Scope.REVIEW), response=QueuesOut)
def list_queues(request: HttpRequest) -> dict[str, Any]:
    """What waits for a person, by doubt."""
    return waiting.queues()


@router.post("/review/claim", auth=scoped(Scope.REVIEW), response=ClaimOut)
def claim(request: HttpRequest, body: ClaimIn) -> dict[str, Any]:
    """Leases up to `n` pictures to the caller for five minutes. Nobody else gets them meanwhile."""
    user = _user(request)
    among = alike(user, queue=body.queue, size=body.n, without=body.without) if body.alike else None
    ids = claims.claim(user, queue=body.queue, size=body.n, without=body.without, resume=body.resume, among=among)
    free = ReviewTask.objects.free()
    left = free.filter(queue=body.queue) if body.queue else free
    return {"items": items.items(ids), "left": left.count(), "held": waiting.held(queue=body.queue, without=user)}


@router.post("/review/decisions", auth=scoped(Scope.REVIEW), response={200: list[AnswerOut], 409: list[AnswerOut]})
def decide(request: HttpRequest, body: list[DecisionIn]) -> Status[list[dict[str, Any]]]:
    """Takes decisions down, each on its own and once per client_id. In effect ten seconds later.

    409 with the same body when none of them could be taken: `detail` says who decided and when.
    """
    if len(body) > MAX_DECISIONS:
        raise HttpError(422, f"At most {MAX_DECISIONS} decisions at a time.")
    choices = [_choice(one) for one in body]
    try:
        for choice in choices:
            decisions.check_choice(choice)
        answers = [asdict(decisions.decide(_user(request), choice)) for choice in choices]
    except decisions.DecisionError as error:
        raise HttpError(422, str(error)) from error
    refused = bool(answers) and all(one["status"] == "conflict" for one in answers)
    return Status(409 if refused else 200, answers)


def _choice(body: DecisionIn) -> decisions.Choice:
    fields = body.model_dump()
    painting = fields.pop("painting") or {}
    return decisions.Choice(task_id=fields.pop("id"), rework_id=fields.pop("recipe"), painting=painting, **fields)


@router.post("/review/undo", auth=scoped(Scope.REVIEW), response={200: AnswerOut, 409: AnswerOut})
def undo(request: HttpRequest, body: UndoIn) -> Status[dict[str, Any]]:
    """Takes a decision of the caller back, at any time; an approval that may have been exported is recalled."""
    answer = undoing.undo(_user(request), body.client_id)
    return Status(409 if answer.status == "conflict" else 200, asdict(answer))


@router.post("/review/heartbeat", auth=scoped(Scope.REVIEW), response=LeaseOut)
def heartbeat(request: HttpRequest, body: IdsIn) -> dict[str, Any]:
    """Renews the caller's leases."""
    return {"lease_until": claims.heartbeat(_user(request), body.ids)}


@router.post("/review/release", auth=scoped(Scope.REVIEW), response=ReleasedOut)
def release(request: HttpRequest, body: ReleaseIn) -> dict[str, Any]:
    """Gives pictures back undecided."""
    return {"released": claims.release(_user(request), body.ids, until=body.lease_until)}
