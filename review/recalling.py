"""Many pictures at once: sent to review, recalled, and put back as they were."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from processing.jobs import touch
from processing.models import Rendition, RenditionState
from review.asking import ASKED_FOR, ask
from review.gate import announce
from review.models import ReviewTask, TaskState

# (id, state before, state after) of each picture.
Changes = list[tuple[int, str, str]]
_SETTLED = (RenditionState.APPROVED, RenditionState.REJECTED, RenditionState.RECALLED)


@transaction.atomic
def ask_all(ids: Sequence[int], *, by: User) -> Changes:
    """Sends to review those that are decided; others wait for a look or are being made."""
    rows = _locked(ids, states=_SETTLED)
    changes = [(row.pk, row.state, str(RenditionState.IN_REVIEW)) for row in rows]
    for row in rows:
        ask(row, by=by)
    return changes


@transaction.atomic
def recall_all(ids: Sequence[int], *, by: User) -> Changes:
    """Recalls the approved ones; exports and deliveries that hold them are corrected by the sweeps of `marketplaces`."""
    rows = _locked(ids, states=[RenditionState.APPROVED])
    for row in rows:
        row.recall()
        announce("rendition.recalled", row, by="reviewer", actor=by)
    return [(row.pk, str(RenditionState.APPROVED), str(RenditionState.RECALLED)) for row in rows]


@transaction.atomic
def take_back(changes: Changes, *, by: User) -> int:
    """Puts pictures back as they were. One that was decided, taken by a reviewer or made again since stays. Returns how many."""
    known = {pk: (before, after) for pk, before, after in changes}
    rows = _locked(list(known), states=[RenditionState.IN_REVIEW, RenditionState.RECALLED])
    held = set(ReviewTask.objects.held().filter(rendition__in=rows).values_list("rendition", flat=True))
    rows = [row for row in rows if row.pk not in held and row.state == known[row.pk][1]]
    asked = ReviewTask.objects.open().filter(rendition__in=rows, queue=ASKED_FOR)
    asked.update(state=TaskState.WITHDRAWN, decided_at=timezone.now())
    for row in rows:
        _put_back(row, known[row.pk][0], by=by)
    return len(rows)


def _put_back(row: Rendition, state: str, *, by: User) -> None:
    if state == RenditionState.APPROVED:
        row.approve()
        announce("rendition.approved", row, by="undo", actor=by)
    elif state == RenditionState.REJECTED:
        row.reject()
    else:
        row.recall()


def _locked(ids: Sequence[int], *, states: Sequence[str]) -> list[Rendition]:
    rows = Rendition.objects.current().filter(pk__in=ids, state__in=states)
    found = list(rows.select_related("job").select_for_update(of=("self",)).order_by("pk"))
    transaction.on_commit(partial(touch, {row.job_id for row in found}))
    return found
