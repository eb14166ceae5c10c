import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Event
from processing.models import Check, Rendition, RenditionState
from processing.scoring.limits import Limit
from review import gate
from review.decisions import Choice, decide
from review.effects import apply_due
from review.models import Decision, ReviewTask, TaskState, Verdict, VerdictOutcome
from review.policies import ensure_policy, save_version, with_changes
from tests import builders

pytestmark = pytest.mark.django_db


def measured(*checks: tuple, **fields) -> Rendition:
    """A rendition with checks (code, value) or (code, value, is_hard)."""
    row = builders.rendition(**fields)
    for code, value, *hard in checks:
        Check.objects.create(
            rendition=row, code=code, value=value, unit="px", passed=True, is_hard=bool(hard), worst=[0.2, 0.3]
        )
    return row


@pytest.fixture(autouse=True)
def fixed_limits(monkeypatch) -> None:
    """The defaults follow the gate bench; these tests keep limits of their own."""
    limits = {"EDGE_HALO": 1.5, "COLOUR_DRIFT": 2.0, "HOLE": 0.002, "RESIDUE": 0.01, "SIZE": 0.0}
    rows = {code: Limit(code, limit) for code, limit in limits.items()} | {"BLUR": Limit("BLUR", 0.7, "min")}
    monkeypatch.setattr("review.policies.DEFAULT_LIMITS", rows)


@pytest.fixture
def no_audits() -> None:
    policy = ensure_policy()
    policy.audit_rate = 0
    policy.save(update_fields=["audit_rate"])


@pytest.mark.usefixtures("no_audits")
def test_gate_ships_a_picture_within_all_limits():
    row = measured(("EDGE_HALO", 0.4), ("COLOUR_DRIFT", 1.0))
    assert gate.judge_pending() == 1
    row.refresh_from_db()
    assert row.state == RenditionState.APPROVED
    assert row.verdict.outcome == VerdictOutcome.AUTO_APPROVED
    assert Rendition.objects.shippable().get() == row
    assert not ReviewTask.objects.exists()
    assert Event.objects.get().kind == "rendition.approved"


def test_gate_sends_a_doubted_picture_to_the_queue_of_its_worst_doubt():
    row = measured(("EDGE_HALO", 1.6), ("COLOUR_DRIFT", 9.0), ("BLUR", 0.9))
    gate.judge_pending()
    row.refresh_from_db()
    task = ReviewTask.objects.get()
    assert (row.state, task.queue, task.is_audit) == (RenditionState.IN_REVIEW, "COLOUR_DRIFT", False)
    doubts = row.verdict.doubts
    assert [one["code"] for one in doubts] == ["COLOUR_DRIFT", "EDGE_HALO"]
    assert doubts[1] == {
        "code": "EDGE_HALO", "label": "Edge halo", "value": 1.6, "unit": "px", "limit": 1.5, "direction": "max",
        "severity": "low", "box": None, "worst": [0.2, 0.3], "backdrop": "black", "detail": "",
    }  # fmt: skip


def test_doubt_is_shown_on_the_backdrop_that_was_measured_for_it():
    row = measured(("EDGE_HALO", 1.6))
    row.checks.update(backdrop="white")
    gate.judge_pending()
    assert row.verdict.doubts[0]["backdrop"] == "white"


def test_broken_hard_rule_is_not_averaged_away():
    row = measured(("SIZE", 1.0, True), *((code, 0.0) for code in ("EDGE_HALO", "HOLE", "RESIDUE")), score=0.99)
    gate.judge_pending()
    assert row.verdict.outcome == VerdictOutcome.IN_REVIEW
    assert row.verdict.doubts[0]["severity"] == "block"


def test_picture_without_checks_is_never_shipped_unseen():
    row = measured()
    gate.judge_pending()
    assert row.verdict.doubts[0]["code"] == "UNMEASURED"


def test_check_that_is_not_a_number_is_a_doubt():
    row = measured(("BLUR", float("nan")), ("EDGE_HALO", float("nan")))
    gate.judge_pending()
    assert {one["code"]: one["value"] for one in row.verdict.doubts} == {"BLUR": None, "EDGE_HALO": None}


def test_check_unknown_to_the_policy_keeps_its_stored_outcome():
    row = measured(("NEW_CHECK", 5.0))
    Check.objects.filter(rendition=row).update(passed=False, limit=4.0)
    gate.judge_pending()
    assert row.verdict.doubts[0]["limit"] == 4.0


def test_override_of_category_and_kind_outweighs_the_general_limit():
    save_version(with_changes(ensure_policy(), {"EDGE_HALO": 5.0}, category="fashion", kind="main"), note="", by=None)
    job = builders.job(image=builders.source_image(builders.variant(category="fashion")))
    fashion = measured(("EDGE_HALO", 3.0), of=job)
    cutout = measured(("EDGE_HALO", 3.0), of=job, name="cutout", kind="cutout")
    other = measured(("EDGE_HALO", 3.0))
    gate.judge_pending()
    outcomes = [Verdict.objects.get(rendition=row).outcome for row in (fashion, cutout, other)]
    assert outcomes == ["auto_approved", "in_review", "in_review"]


@pytest.mark.usefixtures("no_audits")
def test_lenses_may_be_seen_through_where_clothes_may_not():
    eyewear, fashion = (
        measured(("SEE_THROUGH", 0.05), of=builders.job(image=builders.source_image(builders.variant(category=name))))
        for name in ("eyewear", "fashion")
    )
    gate.judge_pending()
    outcomes = [Verdict.objects.get(rendition=row).outcome for row in (eyewear, fashion)]
    assert outcomes == ["auto_approved", "in_review"]


def test_judging_twice_changes_nothing():
    measured(("EDGE_HALO", 4.0))
    assert (gate.judge_pending(), gate.judge_pending()) == (1, 0)
    assert Verdict.objects.count() == ReviewTask.objects.count() == 1


def test_judge_pending_stops_at_its_limit():
    for _ in range(3):
        measured(("EDGE_HALO", 0.0))
    assert gate.judge_pending(limit=2) == 2


def test_audit_takes_its_share_and_leaves_the_picture_approved():
    policy = ensure_policy()
    policy.audit_rate = 1.0
    policy.save(update_fields=["audit_rate"])
    row = measured(("EDGE_HALO", 0.1), ("COLOUR_DRIFT", 1.8))
    small = measured(("EDGE_HALO", 0.1), name="size-cart", kind="size")
    gate.judge_pending()
    row.refresh_from_db()
    task = ReviewTask.objects.get()
    assert (task.rendition, task.is_audit, task.queue) == (row, True, "COLOUR_DRIFT")
    assert row.state == RenditionState.APPROVED
    assert Verdict.objects.get(rendition=small).outcome == VerdictOutcome.AUTO_APPROVED


def test_audit_choice_is_fixed_and_near_its_rate():
    rows = [builders.rendition() for _ in range(300)]
    chosen = [gate.is_audited(row, rate=0.1) for row in rows]
    assert chosen == [gate.is_audited(row, rate=0.1) for row in rows]
    assert 10 <= sum(chosen) <= 55


def test_new_attempt_withdraws_the_old_task_and_comes_first():
    old = measured(("EDGE_HALO", 4.0))
    measured(("EDGE_HALO", 9.0))
    gate.judge_pending()
    Rendition.objects.filter(pk=old.pk).update(is_current=False)
    new = measured(("EDGE_HALO", 3.0), of=old.job, attempt=2)
    gate.judge_pending()
    assert old.review_tasks.get().state == TaskState.WITHDRAWN
    assert ReviewTask.objects.open().first().rendition == new


def test_gate_needs_few_queries_whatever_the_number(django_assert_max_num_queries):
    for _ in range(20):
        measured(("EDGE_HALO", 4.0))
    with django_assert_max_num_queries(20):
        gate.judge_pending(limit=20)


def test_what_waits_for_its_cutout_is_audited_only_once_it_may_leave(reviewer):
    policy = ensure_policy()
    policy.audit_rate = 1.0
    policy.save(update_fields=["audit_rate"])
    cutout = measured(("EDGE_HALO", 9.0), kind="cutout", name="cutout")
    main = measured(("COLOUR_DRIFT", 0.1), of=cutout.job, parent=cutout)
    gate.judge_pending()
    assert not ReviewTask.objects.filter(is_audit=True).exists()
    task = ReviewTask.objects.get(rendition=cutout)
    decide(reviewer, Choice(uuid.uuid4(), task.pk, "approve"))
    Decision.objects.update(effective_at=timezone.now() - timedelta(seconds=1))
    apply_due()
    assert ReviewTask.objects.get(is_audit=True).rendition == main
