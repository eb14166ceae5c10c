import pytest

from processing.models import Check, Rendition
from review import gate
from review.decisions import Choice, decide
from review.models import Policy, ReviewTask
from review.policies import RuleBook, ensure_policy, with_changes
from review.replay import Agreement, agreement, histograms, replay
from tests import builders

pytestmark = pytest.mark.django_db


def halo(value: float, *, category: str = "default", kind: str = "main"):
    job = builders.job(image=builders.source_image(builders.variant(category=category)))
    row = builders.rendition(job, kind=kind, name=kind)
    Check.objects.create(rendition=row, code="EDGE_HALO", value=value, unit="px", passed=True)
    return row


@pytest.fixture
def policy() -> Policy:
    made = ensure_policy()
    made.limits = {
        "EDGE_HALO": {"limit": 1.5, "direction": "max", "hard": False},
        "BLUR": {"limit": 0.7, "direction": "min", "hard": False},
    }
    made.audit_rate = 0
    made.save()
    return made


def judge(row, verdict: str, by) -> None:
    import uuid

    task = ReviewTask.objects.get(rendition=row)
    decide(by, Choice(client_id=uuid.uuid4(), task_id=task.pk, verdict=verdict, reason="EDGE_HALO"))


def test_replay_counts_what_other_limits_would_have_sent_to_review(policy):
    for value in (0.5, 1.0, 2.0, 3.0, 9.0):
        halo(value)
    gate.judge_pending()
    told = replay(policy, with_changes(policy, {"EDGE_HALO": 2.5}))
    assert (told.pictures, told.review_before, told.review_after, told.newly_stopped) == (5, 3, 2, 0)
    tighter = replay(policy, with_changes(policy, {"EDGE_HALO": 0.7}))
    assert (tighter.review_after, tighter.newly_stopped) == (4, 1)


def test_replay_names_decisions_that_would_have_gone_another_way(policy, reviewer):
    fine, bad = halo(2.0), halo(2.2)
    gate.judge_pending()
    judge(fine, "approve", reviewer)
    judge(bad, "reject", reviewer)
    told = replay(policy, with_changes(policy, {"EDGE_HALO": 2.5}))
    assert (told.approved_freed, told.rejected_passing) == (1, 1)
    assert "1 of last month's rejects would have passed" in told.sentence()


def test_replay_tells_what_would_have_been_stopped_and_was_found_faulty(policy, reviewer):
    """A reject that passes the limits of today anyway is no effect of the change."""
    escaped = halo(1.0)
    gate.judge_pending()
    ReviewTask.objects.create(rendition=escaped, queue="EDGE_HALO", is_audit=True)
    judge(escaped, "reject", reviewer)
    same = replay(policy, with_changes(policy, {"EDGE_HALO": 1.2}))
    assert (same.rejected_passing, same.newly_stopped, same.escapes_stopped) == (0, 0, 0)
    tighter = replay(policy, with_changes(policy, {"EDGE_HALO": 0.7}))
    assert (tighter.newly_stopped, tighter.escapes_stopped) == (1, 1)
    assert "1 that shipped would have been stopped, 1 of them found faulty since" in tighter.sentence()


def test_replay_agrees_with_the_gate_itself(policy):
    rows = [halo(value) for value in (0.1, 1.5, 1.51, float("nan"))]
    Check.objects.create(rendition=rows[0], code="BLUR", value=float("nan"), unit="of photo", passed=True)
    Check.objects.create(rendition=rows[1], code="NEW_CHECK", value=1, passed=False)
    builders.rendition()
    gate.judge_pending()
    assert replay(policy, policy).review_before == 5
    draft = with_changes(policy, {"EDGE_HALO": 0.05, "BLUR": 0.1})
    draft.pk = policy.pk
    doubted = [gate.judge(row, RuleBook(draft)).doubts for row in Rendition.objects.all()]
    assert replay(policy, draft).review_after == sum(map(bool, doubted)) == 5


def test_replay_keeps_doubts_whose_limits_stay(policy):
    row = halo(2.0)
    Check.objects.create(rendition=row, code="BLUR", value=0.2, unit="of photo", passed=True)
    gate.judge_pending()
    assert replay(policy, with_changes(policy, {"EDGE_HALO": 5.0})).review_after == 1
    assert replay(policy, with_changes(policy, {"EDGE_HALO": 5.0, "BLUR": 0.1})).review_after == 0


def test_replay_of_a_part_looks_at_that_part_alone(policy):
    halo(2.0, category="fashion")
    halo(2.0, category="outdoor")
    halo(2.0, category="fashion", kind="style")
    gate.judge_pending()
    draft = with_changes(policy, {"EDGE_HALO": 3.0}, category="fashion", kind="main")
    assert replay(policy, draft, category="fashion", kind="main").review_after == 0
    assert replay(policy, draft).review_after == 2


def test_replay_looks_no_further_back_than_asked(policy):
    for _ in range(3):
        halo(2.0)
    gate.judge_pending()
    assert replay(policy, policy, last=2).pictures == 2


def test_replay_without_pictures_says_so(policy):
    assert replay(policy, policy).sentence().startswith("Nothing has been measured")


def test_histogram_places_values_and_verdicts(policy, reviewer):
    low, high, beyond = halo(0.1), halo(2.0), halo(99.0)
    gate.judge_pending()
    judge(high, "approve", reviewer)
    judge(beyond, "reject", reviewer)
    from review.policies import rules_for

    buckets = histograms(rules_for(policy, category="default", kind="main").values())["EDGE_HALO"].buckets
    assert sum(one.count for one in buckets) == 3
    assert buckets[-1].rejected == 1
    assert next(one for one in buckets if one.low <= 2.0 < one.high).approved == 1
    assert low.checks.get().value < buckets[1].high


def test_agreement_counts_doubts_that_people_shared(policy, reviewer):
    fine, bad = halo(2.0), halo(2.2)
    gate.judge_pending()
    judge(fine, "approve", reviewer)
    judge(bad, "reject", reviewer)
    assert agreement() == {"EDGE_HALO": Agreement(shared=1, machine=1, person=0)}
