import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from processing.models import Rendition, RenditionState
from review.blinds import doubts_shown
from review.decisions import Choice, decide
from review.effects import apply_due
from review.models import Decision, ReviewTask, Verdict, VerdictOutcome
from review.policies import ensure_policy
from review.promises import promises
from tests import builders

pytestmark = pytest.mark.django_db


def shipped(*, age_h: int, category: str = "default", engine: str = "studio", audited: bool = False) -> Rendition:
    """A picture that shipped unseen some hours ago."""
    job = builders.job(image=builders.source_image(builders.variant(category=category)))
    row = builders.rendition(job, provenance={"engine": engine})
    row.approve()
    at = timezone.now() - timedelta(hours=age_h)
    Verdict.objects.create(
        rendition=row, policy=ensure_policy(), outcome=VerdictOutcome.AUTO_APPROVED, score=0.9, created_at=at
    )
    if audited:
        ReviewTask.objects.create(rendition=row, queue="HOLE", is_audit=True)
    return row


def judge(row: Rendition, verdict: str, by, *, reason: str = "HOLE") -> None:
    task = row.review_tasks.get().pk
    rework = "engine" if verdict == "rework" else ""
    choice = Choice(client_id=uuid.uuid4(), task_id=task, verdict=verdict, reason=reason, rework_id=rework)
    decide(by, choice)
    Decision.objects.filter(applied_at=None).update(effective_at=timezone.now() - timedelta(seconds=1))
    apply_due()


def waiting() -> set[Rendition]:
    return {task.rendition for task in ReviewTask.objects.open()}


def test_found_escape_opens_what_was_made_alike_since_the_last_clean_audit(reviewer):
    before = shipped(age_h=9)
    clean = shipped(age_h=8, audited=True)
    since = shipped(age_h=7)
    escaped = shipped(age_h=6, audited=True)
    after = shipped(age_h=5)
    shipped(age_h=5, category="fashion")
    shipped(age_h=5, engine="rembg")
    judge(clean, "approve", reviewer)
    judge(escaped, "reject", reviewer)
    assert waiting() == {since, after}
    assert before not in waiting()
    since.refresh_from_db()
    assert since.state == RenditionState.APPROVED


def test_sibling_that_waits_for_its_cutout_has_not_shipped_and_is_not_opened(reviewer):
    escaped, sibling, held_back = shipped(age_h=3, audited=True), shipped(age_h=2), shipped(age_h=1)
    held_back.parent = builders.rendition(held_back.job, name="cutout", kind="cutout")
    held_back.save(update_fields=["parent"])
    judge(escaped, "reject", reviewer)
    assert waiting() == {sibling}


def test_sibling_found_faulty_is_recalled(reviewer):
    escaped, sibling = shipped(age_h=2, audited=True), shipped(age_h=1)
    judge(escaped, "reject", reviewer)
    judge(sibling, "reject", reviewer)
    sibling.refresh_from_db()
    assert sibling.state == RenditionState.RECALLED
    # The sibling was not drawn by chance and does not count for the promise.
    assert [(one.audits, one.faults) for one in promises()] == [(1, 1)]


def test_clean_audit_opens_nothing(reviewer):
    clean = shipped(age_h=2, audited=True)
    shipped(age_h=1)
    judge(clean, "approve", reviewer)
    assert waiting() == set()


def test_escape_sent_to_rework_is_called_back_and_opens_its_siblings(reviewer, monkeypatch):
    """Made again because it is faulty: what is out is as faulty as if it had been rejected."""
    monkeypatch.setattr("review.decisions._check_rework", lambda *_: None)
    monkeypatch.setattr("review.effects._remake", lambda *_: None)
    escaped, sibling = shipped(age_h=2, audited=True), shipped(age_h=1)
    judge(escaped, "rework", reviewer)
    escaped.refresh_from_db()
    assert escaped.state == RenditionState.RECALLED
    assert waiting() == {sibling}


def test_wish_sent_to_rework_calls_nothing_back(reviewer, monkeypatch):
    monkeypatch.setattr("review.decisions._check_rework", lambda *_: None)
    monkeypatch.setattr("review.effects._remake", lambda *_: None)
    row = shipped(age_h=2, audited=True)
    shipped(age_h=1)
    judge(row, "rework", reviewer, reason="WISH_CROP")
    row.refresh_from_db()
    assert row.state == RenditionState.APPROVED
    assert waiting() == set()


def test_siblings_are_shown_with_the_fault_that_was_found(reviewer):
    escaped, sibling, unmeasured = shipped(age_h=3, audited=True), shipped(age_h=2), shipped(age_h=1)
    for code, value in (("HOLE", 0.0001), ("EDGE_HALO", 1.6)):
        sibling.checks.create(code=code, value=value, unit="px", limit=1.7, passed=True, worst=[0.5, 0.5])
    judge(escaped, "reject", reviewer, reason="HOLE")
    queues = {task.rendition: task.queue for task in ReviewTask.objects.open()}
    assert queues == {sibling: "HOLE", unmeasured: "HOLE"}
    (shown,) = doubts_shown(sibling.review_tasks.get())
    assert shown["code"] == "HOLE"
    assert shown["value"] > shown["limit"]
