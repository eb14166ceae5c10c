"""Which pictures stand side by side."""

import pytest

from review import claims
from review.alike import LEAST, alike, side_of
from review.models import ReviewTask, Verdict
from tests import builders
from tests.review.builders import DOUBT, audit, known_fault, task

pytestmark = pytest.mark.django_db


def at(worst: list[float] | None, *, category: str = "home-goods", rank: float = 1.0, **fields) -> ReviewTask:
    made = task(rank=rank, **fields)
    made.rendition.variant.product.category = category
    made.rendition.variant.product.save()
    Verdict.objects.filter(rendition=made.rendition).update(doubts=[{**DOUBT, "worst": worst}])
    return made


@pytest.mark.parametrize(
    ("place", "side"),
    [([0.1, 0.4], "left"), ([0.9, 0.6], "right"), ([0.4, 0.1], "top"), ([0.6, 0.95], "bottom"), (None, "nowhere")],
)
def test_side_of_a_place(place, side):
    assert side_of(place) == side


def test_the_worst_picture_brings_those_of_its_side_and_class(reviewer):
    worst = at([0.1, 0.5], rank=0.0)
    same = [at([0.2, 0.5], rank=5.0 + n) for n in range(LEAST)]
    at([0.9, 0.5], rank=1.0)
    at([0.1, 0.5], category="fashion", rank=2.0)
    assert alike(reviewer, queue="EDGE_HALO", size=24) == [worst.pk, *(one.pk for one in same)]


def test_a_small_group_is_filled_with_the_next_nearest(reviewer):
    worst = at([0.1, 0.5], rank=0.0)
    far = at([0.9, 0.5], category="fashion", rank=1.0)
    near = at([0.1, 0.5], category="fashion", rank=2.0)
    assert alike(reviewer, queue="EDGE_HALO", size=24) == [worst.pk, near.pk, far.pk]
    assert alike(reviewer, queue="EDGE_HALO", size=2) == [worst.pk, near.pk]


def test_of_very_many_the_nearest_by_all_doubts_are_taken(reviewer):
    worst = at([0.1, 0.5], rank=0.0)
    holed = at([0.1, 0.5], rank=1.0)
    Verdict.objects.filter(rendition=holed.rendition).update(
        doubts=[{**DOUBT, "worst": [0.1, 0.5]}, {**DOUBT, "code": "HOLE", "worst": [0.5, 0.5]}]
    )
    low, near = at([0.3, 0.6], rank=2.0), at([0.12, 0.5], rank=3.0)
    assert alike(reviewer, queue="EDGE_HALO", size=2) == [worst.pk, near.pk]
    assert alike(reviewer, queue="EDGE_HALO", size=3) == [worst.pk, low.pk, near.pk]


def test_audits_and_faults_put_in_stand_among_the_others(reviewer):
    shown = {at([0.1, 0.5]).pk, audit().pk, known_fault().pk}
    assert set(alike(reviewer, queue="EDGE_HALO", size=24)) == shown


def test_what_others_hold_and_what_is_on_the_screen_is_left_out(reviewer, manager):
    held, mine, shown = at([0.1, 0.5], rank=0.0), at([0.1, 0.5], rank=1.0), at([0.1, 0.5], rank=2.0)
    assert claims.claim(manager, size=1) == [held.pk]
    assert claims.claim(reviewer, size=1) == [mine.pk]
    assert alike(reviewer, queue="", size=24, without=[shown.pk]) == [mine.pk]
    assert alike(reviewer, queue="BLUR", size=24) == []


def test_claim_takes_no_others_than_those_named(reviewer):
    one, other = task(), task()
    assert claims.claim(reviewer, among=[]) == []
    assert claims.claim(reviewer, among=[other.pk]) == [other.pk]
    assert claims.claim(reviewer) == [one.pk]


def test_api_claims_pictures_alike(client, reviewer):
    worst = at([0.1, 0.5], rank=0.0)
    for n in range(LEAST):
        at([0.2, 0.5], rank=5.0 + n)
    odd = at([0.9, 0.5], rank=1.0)
    secret = builders.token(reviewer, "review")
    answer = client.post(
        "/api/v1/review/claim", {"queue": "EDGE_HALO", "n": 24, "alike": True}, content_type="application/json",
        headers=builders.bearer(secret),
    ).json()  # fmt: skip
    got = [item["id"] for item in answer["items"]]
    assert got[0] == worst.pk
    assert odd.pk not in got
    assert len(got) == LEAST + 1
    assert answer["left"] == 1
