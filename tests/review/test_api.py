import uuid

import pytest
from django.test import Client

from accounts.models import Role
from processing.models import Check, RenditionState
from review.models import Decision, ReviewTask
from tests import builders
from tests.review.builders import choice_of, task

pytestmark = pytest.mark.django_db
URL = "/api/v1/review/"


def post(client: Client, what: str, body: object, **options):
    return client.post(URL + what, body, content_type="application/json", **options)


def full_task(**fields) -> ReviewTask:
    """A cut-out with everything the room shows."""
    rendition = builders.rendition(
        name="cutout",
        kind="cutout",
        state=RenditionState.IN_REVIEW,
        provenance={"proxy": "a" * 64, "overlay": "b" * 64, "thumb": "c" * 64},
        notes=["Cut out with the second engine"],
    )
    made = task(rendition, **fields)
    Check.objects.filter(rendition=rendition).update(heat=b"\x89PNG")
    Check.objects.create(rendition=rendition, code="BLUR", value=0.9, unit="of photo", passed=True)
    builders.rendition(rendition.job, parent=rendition)
    return made


def test_claim_answers_complete_items(as_reviewer):
    made = full_task()
    body = post(as_reviewer, "claim", {"queue": "EDGE_HALO", "n": 12}).json()
    (item,) = body["items"]
    assert (item["id"], item["version"], item["attempt"], item["queue"]) == (made.pk, 2, 1, "EDGE_HALO")
    assert item["rendition"]["kind"] == "cutout"
    sku = item["product"]["sku"]
    assert item["img"]["result"] == f"/media/{'b' * 64}/{sku}-cutout"
    assert item["img"]["original"] == f"/media/{'a' * 64}/{sku}-photo.webp"
    assert item["img"]["thumb"].startswith(f"/media/{'c' * 64}/")
    assert item["doubts"][0]["value"] == 3.8
    assert item["doubts"][0]["backdrop"] == "black"
    assert item["loupe"] == [{"doubt": 0, "orig": item["img"]["original"], "result": item["img"]["result"]}]
    assert item["passed"] == [{"label": "Sharpness", "value": 0.9, "unit": "of photo"}]
    assert item["depends"] == 1
    assert item["notes"] == ["Cut out with the second engine"]
    assert (body["left"], body["held"]) == (0, [])
    assert as_reviewer.get(item["img"]["heat"]).content == b"\x89PNG"


def test_claim_needs_few_queries_whatever_the_number(as_reviewer, django_assert_max_num_queries):
    for _ in range(12):
        full_task()
    with django_assert_max_num_queries(16):
        assert len(post(as_reviewer, "claim", {}).json()["items"]) == 12


def test_audit_looks_like_any_other_item(as_reviewer):
    made = full_task(is_audit=True)
    made.rendition.verdict.doubts = []
    made.rendition.verdict.save(update_fields=["doubts"])
    (item,) = post(as_reviewer, "claim", {}).json()["items"]
    assert "audit" not in str(item).lower()
    assert [one["code"] for one in item["doubts"]] == ["EDGE_HALO"]


def test_result_of_a_rework_comes_with_the_attempt_before(as_reviewer, reviewer):
    old = full_task(state="decided")
    Decision.objects.create(task=old, by=reviewer, verdict="rework", rework_id="tighten-1", effective_at=old.created_at)
    old.rendition.is_current = False
    old.rendition.save(update_fields=["is_current"])
    new = builders.rendition(old.rendition.job, name="cutout", kind="cutout", attempt=2)
    task(new)
    (item,) = post(as_reviewer, "claim", {}).json()["items"]
    assert item["img"]["previous"].startswith(f"/media/{'b' * 64}/")
    assert [(one["attempt"], one["verdict"], one["by"]) for one in item["history"]] == [(1, "rework", "rita")]


def test_decisions_are_answered_each_on_its_own(as_reviewer, manager):
    mine, decided = task(), task(state="decided")
    body = [choice_of(mine), choice_of(decided, "reject", reason="HOLE")]
    answer = post(as_reviewer, "decisions", body)
    assert answer.status_code == 200
    assert [one["status"] for one in answer.json()] == ["ok", "conflict"]
    assert answer.json()[0]["effective_at"]
    assert post(as_reviewer, "decisions", body[:1]).json()[0] == answer.json()[0]
    assert Decision.objects.count() == 1


def test_decision_that_comes_second_is_a_409_naming_the_first(as_reviewer, manager):
    row = task()
    other = Client()
    other.force_login(manager)
    post(other, "decisions", [choice_of(row)])
    answer = post(as_reviewer, "decisions", [choice_of(row)])
    assert answer.status_code == 409
    assert answer.json()[0]["detail"].startswith("Approved by mona,")


def test_wrong_decision_is_refused_with_a_sentence_and_nothing_kept(as_reviewer):
    answer = post(as_reviewer, "decisions", [choice_of(task()), choice_of(task(), "reject")])
    assert answer.status_code == 422
    assert "needs a reason" in answer.json()["detail"]
    assert not Decision.objects.exists()


def test_undo_gives_the_new_version_to_decide_again(as_reviewer):
    row = task()
    said = choice_of(row)
    post(as_reviewer, "decisions", [said])
    answer = post(as_reviewer, "undo", {"client_id": said["client_id"]}).json()
    assert answer["status"] == "ok"
    again = choice_of(row, "reject", reason="HOLE") | {"version": answer["version"]}
    assert post(as_reviewer, "decisions", [again]).status_code == 200


def test_queues_say_what_waits_and_who_holds_it(as_reviewer, manager):
    task()
    task(queue="BLUR")
    other = Client()
    other.force_login(manager)
    post(other, "claim", {"queue": "BLUR"})
    body = as_reviewer.get(URL + "queues").json()
    assert (body["count"], body["free"]) == (2, 1)
    blur = next(one for one in body["queues"] if one["code"] == "BLUR")
    assert (blur["label"], blur["free"], blur["held"][0]["by"]) == ("Softer than the photo", 0, "mona")
    assert blur["worst"] == [0.2, 0.3]


def test_heartbeat_and_release_answer_what_they_did(as_reviewer):
    row = task()
    post(as_reviewer, "claim", {})
    assert post(as_reviewer, "heartbeat", {"ids": [row.pk]}).json()["lease_until"]
    assert post(as_reviewer, "release", {"ids": [row.pk]}).json() == {"released": 1}


@pytest.mark.parametrize(
    ("role", "status"), [(Role.REVIEWER, 200), (Role.MANAGER, 200), (Role.OPERATOR, 403), (Role.INTEGRATOR, 403)]
)
def test_review_is_for_those_whose_role_reviews(client, role, status):
    client.force_login(builders.user(role=role))
    assert client.get(URL + "queues").status_code == status
    assert post(client, "claim", {}).status_code == status
    assert post(client, "decisions", []).status_code == status
    assert client.get("/review/").status_code == status
    assert client.get("/review/room").status_code == status


def test_stranger_is_refused(client):
    assert post(client, "claim", {}).status_code == 401
    assert client.get("/review/").status_code == 302


def test_token_needs_the_scope(client, reviewer):
    with_scope = builders.bearer(builders.token(reviewer, "review"))
    without = builders.bearer(builders.token(reviewer, "read"))
    assert post(client, "claim", {}, headers=with_scope).status_code == 200
    assert post(client, "claim", {}, headers=without).status_code == 403


def test_page_calls_need_the_csrf_token(reviewer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reviewer)
    assert post(strict, "claim", {}).status_code in (401, 403)


def test_unknown_undo_is_gone(as_reviewer):
    assert post(as_reviewer, "undo", {"client_id": str(uuid.uuid4())}).json()["status"] == "gone"
