from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from processing.models import Rendition, RenditionState
from review.models import Decision, ReviewTask, Verdict, VerdictOutcome
from review.policies import ensure_policy, save_version, with_changes
from review.promises import promises, renewal_count
from tests import builders

pytestmark = pytest.mark.django_db


MADE = {"engine": "studio", "engine_version": "1", "recipe": {"name": "packshot", "version": 1}}


def shipped(number: int, *, audited: int = 0, faulty: int = 0, kind: str = "main", **changed: Any) -> None:
    """Pictures that shipped unseen; people looked at the first `audited` and found fault with the first `faulty`."""
    job, artifact, now = builders.job(), builders.artifact(), timezone.now()
    rows = Rendition.objects.bulk_create(
        Rendition(
            job=job, variant=job.variant, name=f"erp-{n}", kind=kind, artifact=artifact,
            state=RenditionState.APPROVED, score=0.8, provenance={**MADE, **changed},
        )
        for n in range(number)
    )  # fmt: skip
    policy = ensure_policy()
    Verdict.objects.bulk_create(
        Verdict(rendition=row, policy=policy, outcome=VerdictOutcome.AUTO_APPROVED, score=0.8) for row in rows
    )
    tasks = ReviewTask.objects.bulk_create(
        ReviewTask(rendition=row, queue="BLUR", is_audit=True, state="decided") for row in rows[:audited]
    )
    Decision.objects.bulk_create(
        Decision(task=task, verdict="reject" if n < faulty else "approve", effective_at=now)
        for n, task in enumerate(tasks)
    )


def test_no_promise_before_enough_audits():
    shipped(200, audited=40)
    (route,) = promises()
    assert route.sentence() == "Nothing can be promised yet: 40 audited, 110 more without a fault are needed."


def test_sizes_stand_and_fall_with_their_main_picture():
    shipped(200, kind="size")
    assert promises() == []


def test_a_manager_sees_what_a_promise_takes(client, manager):
    shipped(20)
    client.force_login(manager)
    page = client.get(reverse("thresholds")).content.decode()
    assert "A promise takes 150 audits" in page
    assert "No audit judged yet: 1 kind of picture" in page
    assert "Nothing can be promised" not in page


def test_promise_says_what_it_rests_on():
    shipped(200, audited=150)
    (route,) = promises()
    assert route.label == "Other · Main picture · packshot · studio"
    assert route.sentence() == "At most 2 % faulty, 95 % sure, from 150 audited pictures, last renewed today."


@pytest.mark.parametrize(
    ("now", "told"),
    [("2026-11-04 08:00", "yesterday"), ("2026-11-06 08:00", "Tuesday"), ("2026-11-20 08:00", "3 Nov 2026")],
)
def test_promise_says_when_it_was_renewed(now, told, monkeypatch):
    shipped(200, audited=150)
    Decision.objects.update(created_at=datetime(2026, 11, 3, 12, tzinfo=UTC))
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.fromisoformat(now).replace(tzinfo=UTC))
    (route,) = promises()
    assert route.sentence().endswith(f", last renewed {told}.")


def test_faults_found_by_audits_stop_the_promise():
    shipped(400, audited=300, faulty=12)
    (route,) = promises()
    assert route.promise is None
    assert route.sentence().startswith("Nothing can be promised")


@pytest.mark.parametrize(
    "changed",
    [{"engine_version": "2"}, {"model_hash": "abc"}, {"recipe": {"name": "packshot", "version": 2}}],
    ids=["engine version", "model", "recipe"],
)
def test_a_change_of_what_makes_the_pictures_voids_the_promise(changed):
    shipped(200, audited=150)
    shipped(1, **changed)
    (route,) = promises()
    assert (route.audits, route.promise) == (0, None)


def test_a_change_of_the_rules_voids_the_promise(manager):
    shipped(200, audited=150)
    policy = ensure_policy()
    save_version(with_changes(policy, {"EDGE_HALO": 9.0}), note="", by=manager)
    shipped(1)
    (route,) = promises()
    assert (route.audits, route.promise) == (0, None)


def test_another_engine_is_promised_nothing_until_it_was_audited_itself():
    shipped(200, audited=150)
    shipped(5, engine="rembg")
    by_engine = {route.engine: route for route in promises()}
    assert (by_engine["rembg"].audits, by_engine["rembg"].promise) == (0, None)
    assert by_engine["studio"].promise is not None


def test_two_recipes_in_turn_do_not_void_each_other():
    for _ in range(2):
        shipped(80, audited=80)
        shipped(3, recipe={"name": "lifestyle", "version": 1})
    assert {route.recipe: route.audits for route in promises()} == {"packshot": 160, "lifestyle": 0}


def test_what_was_fixed_by_hand_says_nothing_about_the_machine():
    shipped(200, audited=150)
    shipped(50, audited=50, faulty=50, hand_edited={"ref": "r", "by": "rita"})
    (route,) = promises()
    assert (route.audits, route.faults) == (150, 0)


def test_a_wish_is_no_fault():
    shipped(200, audited=150, faulty=20)
    Decision.objects.filter(verdict="reject").update(reason="WISH_CROP")
    (route,) = promises()
    assert route.faults == 0


def test_promise_is_renewed_by_schedule_not_by_luck():
    assert [renewal_count(n) for n in (149, 150, 224, 225, 338)] == [0, 150, 150, 225, 337]


def test_promises_need_the_same_queries_for_any_number(django_assert_num_queries):
    shipped(30, audited=10)
    with django_assert_num_queries(2):
        promises()
