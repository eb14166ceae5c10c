"""The matte brush from the decision to the approved attempt."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from processing import engine
from processing.models import Job, Rendition, RenditionKind, RenditionState
from review import gate
from review.decisions import Choice, DecisionError, decide
from review.effects import apply_due
from review.models import Decision, ReviewTask, TaskState
from review.painted import approve_saved
from review.undoing import undo
from tests import builders as rows
from tests.processing import making
from tests.review import builders

pytestmark = pytest.mark.django_db
STROKES = [{"tool": "remove", "radius": 0.06, "points": [[0.5, 0.5], [0.55, 0.5]]}]


@pytest.fixture
def task(db) -> ReviewTask:
    job = making.batch_of(making.photo(), changes={"sizes": [], "main_px": 500, "repair": False}).jobs.get()
    engine.carry(job.pk)
    cutout = job.renditions.get(name="cutout")
    cutout.send_to_review()
    return builders.task(cutout)


def painted(task: ReviewTask, *, approve: bool, strokes=None) -> Choice:
    painting = {"strokes": strokes or STROKES, "approve": approve}
    return Choice(uuid.uuid4(), task.pk, "rework", rework_id="by-hand", painting=painting, reason="HOLE")


def waiting() -> ReviewTask:
    return ReviewTask.objects.open().get(rendition__name="cutout")


def make(task: ReviewTask) -> None:
    """Past the grace, and through the engine and the gate."""
    Decision.objects.update(effective_at=timezone.now() - timedelta(seconds=1))
    apply_due()
    Job.objects.update(available_at=timezone.now() - timedelta(seconds=1))
    engine.carry(task.rendition.job_id)
    gate.judge_pending()


def test_a_saved_matte_is_a_new_attempt_that_waits_at_the_head_of_the_queue(reviewer, task):
    assert decide(reviewer, painted(task, approve=False)).status == "ok"
    make(task)
    again = waiting()
    assert (again.rendition.name, again.rendition.attempt) == ("cutout", 2)
    assert again.rendition.provenance["hand_edited"]["by"] == "rita"
    assert again.rank < 0
    assert approve_saved() == 0


def test_save_and_approve_is_one_act(reviewer, task):
    choice = painted(task, approve=True)
    decide(reviewer, choice)
    make(task)
    assert waiting().rendition.verdict.doubts
    assert (approve_saved(), approve_saved()) == (1, 0)
    said = Decision.objects.get(verdict="approve")
    assert (said.by, said.task.rendition.attempt) == (reviewer, 2)
    Decision.objects.update(effective_at=timezone.now() - timedelta(seconds=1))
    apply_due()
    assert Rendition.objects.get(pk=said.task.rendition_id).state == RenditionState.APPROVED


def test_a_broken_hard_rule_is_not_approved_with_it(reviewer, task):
    decide(reviewer, painted(task, approve=True))
    make(task)
    verdict = waiting().rendition.verdict
    verdict.doubts = [{**builders.DOUBT, "severity": "block"}]
    verdict.save(update_fields=["doubts"])
    assert approve_saved() == 0


def test_a_painting_taken_back_within_the_grace_leaves_no_trace(reviewer, task):
    choice = painted(task, approve=True)
    decide(reviewer, choice)
    undo(reviewer, choice.client_id)
    Decision.objects.update(effective_at=timezone.now() - timedelta(seconds=1))
    apply_due()
    task.refresh_from_db()
    assert (task.state, task.rendition.attempt) == (TaskState.OPEN, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rework_id": "by-hand"}, "needs one"),
        ({"rework_id": "tighten", "painting": {"strokes": STROKES}}, "belongs to"),
        ({"rework_id": "by-hand", "painting": {"strokes": [{"tool": "saw"}]}}, "keep, remove, soften"),
    ],
)
def test_paintings_that_make_no_sense_are_refused_in_words(reviewer, task, fields, message):
    with pytest.raises(DecisionError, match=message):
        decide(reviewer, Choice(uuid.uuid4(), task.pk, "rework", **fields))


def test_only_a_cutout_is_painted_on(reviewer):
    task = builders.task(rows.rendition(kind=RenditionKind.MAIN, state=RenditionState.IN_REVIEW))
    with pytest.raises(DecisionError, match="Only a cut-out"):
        decide(reviewer, painted(task, approve=False))
