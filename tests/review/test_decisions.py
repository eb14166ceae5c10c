import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Event
from processing.models import JobState, RenditionState, Step
from review import decisions
from review.decisions import Choice, DecisionError, decide
from review.effects import apply_due
from review.models import Decision, DecisionVerdict, ReviewTask, TaskState
from review.undoing import undo
from tests import builders
from tests.review.builders import audit, known_fault, task

pytestmark = pytest.mark.django_db


def choice(of: ReviewTask, verdict: str = "approve", **fields) -> Choice:
    return Choice(client_id=fields.pop("client_id", uuid.uuid4()), task_id=of.pk, verdict=verdict, **fields)


def let_grace_pass() -> None:
    Decision.objects.filter(applied_at=None).update(effective_at=timezone.now() - timedelta(seconds=1))


def state_of(row: ReviewTask) -> str:
    row.rendition.refresh_from_db()
    return row.rendition.state


def test_approval_takes_effect_after_the_grace_and_not_before(reviewer):
    row = task()
    answer = decide(reviewer, choice(row))
    assert answer.status == "ok"
    assert timedelta(seconds=9) < answer.effective_at - timezone.now() <= timedelta(seconds=10)
    assert (apply_due(), state_of(row)) == (0, RenditionState.IN_REVIEW)
    let_grace_pass()
    assert (apply_due(), state_of(row)) == (1, RenditionState.APPROVED)
    assert apply_due() == 0
    assert Event.objects.get().kind == "rendition.approved"


def test_rejection_keeps_its_reason_and_is_announced(reviewer):
    row = task()
    decide(reviewer, choice(row, "reject", reason="RESHOOT", note=" too dark "))
    let_grace_pass()
    apply_due()
    assert state_of(row) == RenditionState.REJECTED
    assert row.decisions.get().note == "too dark"
    assert Event.objects.get().data["reason"] == "RESHOOT"


@pytest.mark.parametrize(
    ("verdict", "fields"),
    [
        ("reject", {}),
        ("reject", {"reason": "NO_SUCH"}),
        ("reject", {"reason": "OTHER", "note": "  "}),
        ("rework", {}),
        ("undo", {}),
    ],
)
def test_decision_without_what_it_needs_is_refused(reviewer, verdict, fields):
    with pytest.raises(DecisionError):
        decide(reviewer, choice(task(), verdict, **fields))
    assert not Decision.objects.exists()


def test_same_client_id_again_is_kept_once_and_answered_alike(reviewer):
    row = task()
    first = choice(row)
    assert decide(reviewer, first) == decide(reviewer, first)
    assert Decision.objects.count() == 1


def test_client_id_of_another_decision_is_a_conflict(reviewer, manager):
    first = choice(task())
    decide(reviewer, first)
    assert decide(manager, first).status == "conflict"
    assert decide(reviewer, choice(task(), client_id=first.client_id)).status == "conflict"


def test_second_reviewer_learns_who_decided_and_when(reviewer, manager):
    row = task()
    decide(manager, choice(row, "reject", reason="EDGE_HALO"))
    Decision.objects.update(created_at=timezone.now() - timedelta(seconds=12))
    answer = decide(reviewer, choice(row))
    assert (answer.status, answer.detail) == ("conflict", "Rejected by mona, 12 s ago.")


def test_task_in_anothers_hands_is_a_conflict(reviewer, manager):
    row = task(claimed_by=manager, lease_until=timezone.now() + timedelta(minutes=1))
    assert decide(reviewer, choice(row)).detail == "mona is looking at it."


def test_late_decision_counts_while_nobody_else_took_the_task(reviewer):
    row = task(claimed_by=reviewer, lease_until=timezone.now() - timedelta(minutes=1))
    assert decide(reviewer, choice(row, version=row.version)).status == "ok"


def test_decision_about_an_older_version_is_a_conflict(reviewer):
    row = task(version=3)
    assert decide(reviewer, choice(row, version=2)).status == "conflict"


def test_withdrawn_or_unknown_task_is_gone(reviewer):
    row = task(state=TaskState.WITHDRAWN)
    assert decide(reviewer, choice(row)).status == "gone"
    row.delete()
    row.pk = 10**9
    assert decide(reviewer, choice(row)).status == "gone"


def test_skip_is_written_down_and_leaves_the_task_open(reviewer):
    row = task()
    decide(reviewer, choice(row, "skip"))
    row.refresh_from_db()
    assert (row.state, row.version) == (TaskState.OPEN, 1)
    assert decide(reviewer, choice(row)).status == "ok"


def test_undo_within_the_grace_leaves_nothing_to_apply(reviewer):
    row = task()
    said = choice(row)
    decide(reviewer, said)
    assert undo(reviewer, said.client_id).status == "ok"
    let_grace_pass()
    assert (apply_due(), state_of(row)) == (0, RenditionState.IN_REVIEW)
    row.refresh_from_db()
    assert (row.state, row.claimed_by, row.version) == (TaskState.OPEN, reviewer, 3)
    assert [one.verdict for one in row.decisions.all()] == [DecisionVerdict.APPROVE, DecisionVerdict.UNDO]
    assert decide(reviewer, choice(row, version=3)).status == "ok"


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_undo_after_the_effect_brings_the_picture_back_to_review(reviewer, verdict):
    row = task()
    said = choice(row, verdict, reason="EDGE_HALO")
    decide(reviewer, said)
    let_grace_pass()
    apply_due()
    undo(reviewer, said.client_id)
    assert state_of(row) == RenditionState.IN_REVIEW
    entry = row.decisions.last()
    assert (entry.verdict, entry.undoes.client_id) == (DecisionVerdict.UNDO, said.client_id)


def test_undo_after_an_export_recalls_the_picture(reviewer):
    row = task()
    said = choice(row)
    decide(reviewer, said)
    let_grace_pass()
    apply_due()
    Event.objects.create(kind="export.completed", subject="export:1")
    undo(reviewer, said.client_id)
    assert state_of(row) == RenditionState.RECALLED
    assert Event.objects.filter(kind="rendition.recalled").exists()
    decide(reviewer, choice(row))
    let_grace_pass()
    apply_due()
    assert state_of(row) == RenditionState.APPROVED


def test_undo_twice_is_the_same_as_once(reviewer):
    row = task()
    said = choice(row)
    decide(reviewer, said)
    assert undo(reviewer, said.client_id) == undo(reviewer, said.client_id)
    assert row.decisions.count() == 2


def test_undo_is_for_ones_own_decisions(reviewer, manager):
    said = choice(task())
    decide(manager, said)
    assert undo(reviewer, said.client_id).status == "conflict"
    assert undo(reviewer, uuid.uuid4()).status == "gone"


def test_undo_of_a_picture_made_anew_is_gone(reviewer):
    row = task()
    said = choice(row)
    decide(reviewer, said)
    row.rendition.is_current = False
    row.rendition.save(update_fields=["is_current"])
    assert undo(reviewer, said.client_id).status == "gone"
    let_grace_pass()
    assert (apply_due(), state_of(row)) == (1, RenditionState.IN_REVIEW)


def test_rejected_audit_recalls_what_had_shipped(reviewer):
    row = audit()
    said = choice(row, "reject", reason="HOLE")
    decide(reviewer, said)
    let_grace_pass()
    apply_due()
    assert state_of(row) == RenditionState.RECALLED
    undo(reviewer, said.client_id)
    assert state_of(row) == RenditionState.APPROVED


def test_approved_audit_changes_and_announces_nothing(reviewer):
    row = audit()
    before = row.rendition.effective_at
    decide(reviewer, choice(row))
    let_grace_pass()
    apply_due()
    assert state_of(row) == RenditionState.APPROVED
    assert row.rendition.effective_at == before
    assert not Event.objects.exists()


def test_known_fault_never_touches_its_picture(reviewer):
    row = known_fault()
    decide(reviewer, choice(row, "reject", reason="EDGE_HALO"))
    let_grace_pass()
    apply_due()
    assert state_of(row) == RenditionState.APPROVED


def test_two_standing_judgements_of_one_task_are_refused_by_the_database(reviewer):
    from django.db import IntegrityError, transaction

    row = task()
    now = timezone.now()
    Decision.objects.create(task=row, by=reviewer, verdict="approve", effective_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(task=row, by=reviewer, verdict="reject", effective_at=now)


def test_ago_uses_the_largest_fitting_unit():
    assert [decisions._ago(n) for n in (5, 61, 7300, 90000)] == ["5 s ago", "1 min ago", "2 h ago", "1 d ago"]


@pytest.fixture
def done_job():
    """A finished job whose cut-out step can be made again."""
    made = builders.job(state=JobState.DONE)
    Step.objects.create(job=made, name="cutout", kind="cutout", position=0, params={}, state="succeeded")
    return made


def test_rework_starts_the_job_again_after_the_grace(reviewer, done_job, broker):
    rendition = builders.rendition(done_job, name="cutout", kind="cutout", state=RenditionState.IN_REVIEW)
    row = task(rendition)
    decide(reviewer, choice(row, "rework", rework_id="tighten", reason="EDGE_HALO"))
    done_job.refresh_from_db()
    assert done_job.state == JobState.DONE
    let_grace_pass()
    assert apply_due() == 1
    done_job.refresh_from_db()
    assert done_job.state == JobState.QUEUED
    assert "tighten" in str(done_job.steps.get().params)


def test_rework_that_is_not_offered_is_refused(reviewer):
    with pytest.raises(DecisionError, match="no rework 'paint-it-black'"):
        decide(reviewer, choice(task(), "rework", rework_id="paint-it-black"))


def test_rework_the_engine_refuses_comes_back_to_the_queue(reviewer, done_job, monkeypatch):
    def refuse(*args, **options):
        raise ValueError("This product is being worked on: wait until it is done.")

    row = task(builders.rendition(done_job, name="cutout", kind="cutout", state=RenditionState.IN_REVIEW))
    decide(reviewer, choice(row, "rework", rework_id="tighten"))
    monkeypatch.setattr("processing.jobs.rework", refuse)
    let_grace_pass()
    apply_due()
    row.refresh_from_db()
    assert (row.state, state_of(row)) == (TaskState.OPEN, RenditionState.IN_REVIEW)
    assert apply_due() == 0
