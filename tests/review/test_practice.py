"""Practice items: known answers, told after each, counted nowhere else."""

import json

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from review.models import Decision, PracticeAnswer, ReviewTask
from review.practice import answer, practice_items, practised

pytestmark = pytest.mark.django_db


def post(client, item: str, verdict: str):
    body = json.dumps({"item": item, "verdict": verdict})
    return client.post(reverse("review-practice-answer"), body, content_type="application/json")


def test_items_have_pictures_and_say_no_answer():
    items = practice_items()
    assert len(items) == 8
    for item in items:
        for role in ("thumb", "result", "original"):
            assert finders.find(item["img"][role].removeprefix("/static/"))
        assert item["doubts"][0]["worst"]
        assert item["doubts"][0]["value"] != item["doubts"][0]["limit"]
        assert not {"is_faulty", "say", "defect"} & set(item)


def test_good_and_faulty_items_look_alike():
    shapes = {(frozenset(item), frozenset(item["doubts"][0])) for item in practice_items()}
    assert len(shapes) == 1


def test_answer_is_told_at_once_and_counted_for_oneself(as_reviewer, reviewer):
    missed = post(as_reviewer, "mug", "approve").json()
    assert (missed["is_right"], missed["is_faulty"]) == (False, True)
    assert "edge" in missed["say"]
    assert post(as_reviewer, "mug", "rework").json()["is_right"]
    assert post(as_reviewer, "vase", "approve").json()["is_right"]
    assert practised(reviewer) == {"right": 2, "of": 2}
    assert PracticeAnswer.objects.count() == 3
    assert not Decision.objects.exists()
    assert not ReviewTask.objects.exists()


@pytest.mark.parametrize("body", ["no json", "[]", '{"item": "mug"}', '{"item": "nobody", "verdict": "approve"}',
                                  '{"item": "mug", "verdict": "skip"}'])  # fmt: skip
def test_answers_that_make_no_sense_are_refused(as_reviewer, body):
    answer = as_reviewer.post(reverse("review-practice-answer"), body, content_type="application/json")
    assert answer.status_code == 422
    assert not PracticeAnswer.objects.exists()


def test_newcomers_are_offered_practice_and_others_see_their_sum(as_reviewer, reviewer):
    assert "New here?" in as_reviewer.get(reverse("review-queue")).content.decode()
    answer(reviewer, name="mug", verdict="reject")
    text = as_reviewer.get(reverse("review-queue")).content.decode()
    assert "New here?" not in text
    assert "1 of 1 right" in text


def test_practice_room_opens(as_reviewer):
    assert b"Practice" in as_reviewer.get(reverse("review-practice")).content
