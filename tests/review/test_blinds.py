"""Nothing that the room is told gives an audit away."""

import pytest

from processing.models import Check, Rendition
from review import blinds, gate
from review.items import items
from review.models import ReviewTask, Verdict
from review.policies import ensure_policy
from tests import builders

pytestmark = pytest.mark.django_db


def measured(halo_px: float, *, score: float) -> Rendition:
    row = builders.rendition(kind="cutout", name="cutout", score=score)
    place = {"box": [0.1, 0.1, 0.2, 0.2], "worst": [0.2, 0.2], "heat": b"\x89PNG", "detail": f"{halo_px} px wide"}
    Check.objects.create(rendition=row, code="EDGE_HALO", value=halo_px, unit="px", passed=halo_px < 1, **place)
    Check.objects.create(rendition=row, code="BLUR", value=0.99, unit="ratio", passed=True)
    return row


@pytest.fixture
def mixed(monkeypatch) -> tuple[ReviewTask, list[ReviewTask]]:
    """One audit among four doubted pictures."""
    policy = ensure_policy()
    policy.limits = {code: policy.limits[code] for code in ("EDGE_HALO", "BLUR")}
    policy.limits["EDGE_HALO"]["limit"] = 1.5
    policy.audit_rate = 1.0
    policy.save()
    for n in range(4):
        measured(3.0 + n, score=0.1 + n / 20)
    measured(0.4, score=0.97)
    gate.judge_pending()
    return ReviewTask.objects.get(is_audit=True), list(ReviewTask.objects.filter(is_audit=False))


def test_an_audit_is_shown_like_a_doubted_picture(mixed):
    audit, doubted = mixed
    shown, other = items([audit.pk])[0], items([doubted[0].pk])[0]
    assert set(shown) == set(other)
    doubt, real = shown["doubts"][0], other["doubts"][0]
    assert (doubt["code"], doubt["severity"], doubt["limit"]) == (real["code"], real["severity"], real["limit"])
    assert doubt["value"] > doubt["limit"]
    assert doubt["detail"] == real["detail"] == ""
    assert all(doubt[name] for name in ("worst", "heat"))
    assert len(shown["passed"]) == len(other["passed"])
    assert shown["score"] in {one.score for one in Verdict.objects.filter(outcome="in_review")}


def test_an_audit_keeps_its_true_measures(mixed):
    audit, _ = mixed
    assert audit.rendition.score == 0.97
    assert audit.rendition.checks.get(code="EDGE_HALO").value == 0.4
    assert audit.rendition.verdict.doubts == []


def test_what_is_shown_of_an_audit_never_changes(mixed):
    audit, _ = mixed
    assert items([audit.pk])[0]["doubts"] == items([audit.pk])[0]["doubts"]


def test_place_in_the_queue_says_nothing(mixed):
    audit, doubted = mixed
    ranks = [one.rank for one in doubted]
    assert min(ranks) - 0.01 < audit.rank < max(ranks) + 0.01
    assert audit.queue == doubted[0].queue


def test_a_check_with_a_place_is_nearer_than_one_without():
    row = measured(0.1, score=0.9)
    Check.objects.filter(rendition=row, code="BLUR").update(value=0.701)
    rules = {
        code: rule
        for code, rule in blinds.RuleBook(ensure_policy()).rules(row).items()
        if code in ("EDGE_HALO", "BLUR")
    }
    assert blinds.nearest_check(row, rules) == "EDGE_HALO"
