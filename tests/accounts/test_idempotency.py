"""An act and the answer kept of it are one: repeats, races, refusals, and a process that dies in the middle."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from ninja.errors import HttpError

from accounts.idempotency import HEADER, answer_once
from accounts.models import Event, IdempotencyRecord
from tests import builders

# Several connections have to see one another.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user():
    return builders.user("integrator")


def ask(user: Any, make: Any, *, key: str = "order-1", digest: str = "a" * 64) -> Any:
    request = RequestFactory().post("/api/v1/exports", headers={HEADER: key} if key else {})
    return answer_once(request, user=user, digest=digest, make=make)


def act(number: int = 1) -> tuple[int, dict[str, Any]]:
    event = Event.objects.create(kind="export.completed", subject=f"export:{number}", data={})
    return 202, {"id": event.pk}


def elsewhere(work: Any) -> list[Any]:
    """What `work` gave or raised on a connection of its own."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return found


def test_repeat_gets_the_first_answer_and_does_nothing(user):
    first = ask(user, act)
    assert ask(user, act) == first
    assert Event.objects.count() == 1


def test_repeat_with_another_content_is_refused(user):
    ask(user, act)
    with pytest.raises(HttpError, match="another request"):
        ask(user, act, digest="b" * 64)


def test_keys_of_two_people_have_nothing_to_do_with_each_other(user):
    ask(user, act)
    ask(builders.user("other"), act)
    assert Event.objects.count() == 2


def test_repeat_while_the_first_is_answered_is_told_to_wait(user):
    told: list[Any] = []

    def slowly() -> tuple[int, dict[str, Any]]:
        told.extend(elsewhere(lambda: ask(user, act)))
        return act()

    answer = ask(user, slowly)
    assert (told[0].status_code, Event.objects.count()) == (409, 1)
    assert ask(user, act) == answer


def test_process_that_dies_leaves_neither_the_act_nor_the_key(user):
    """As a killed process does it: the connection is gone in the middle of the work, and nothing is cleaned up."""

    def dying() -> tuple[int, dict[str, Any]]:
        act()
        connection.connection.close()
        raise ConnectionError

    assert isinstance(elsewhere(lambda: ask(user, dying))[0], Exception)
    assert (Event.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    status, body = ask(user, act)
    assert (status, Event.objects.get().pk) == (202, body["id"])


def test_refusal_takes_back_what_was_done_before_it(user):
    def refused() -> tuple[int, dict[str, Any]]:
        act()
        raise HttpError(422, "no")

    for key in ("order-1", ""):
        with pytest.raises(HttpError, match="no"):
            ask(user, refused, key=key)
    assert Event.objects.count() == 0
    assert ask(user, act)[0] == 202


def test_answer_of_yesterday_and_one_never_finished_are_forgotten(user):
    IdempotencyRecord.objects.create(user=user, key="order-1", request_hash="c" * 64)
    assert ask(user, act)[0] == 202
    assert IdempotencyRecord.objects.get().status == 202
