import dramatiq
import pytest
from django.conf import settings

from accounts.broker import POLL_MS, QUEUES, RowsWait

MESSAGE = dramatiq.Message(queue_name="pixels", actor_name="nobody", args=(), kwargs={}, options={})


@pytest.fixture
def carrier():
    made = RowsWait(url=settings.REDIS_URL, namespace="test-broker")
    made.declare_queue("pixels")
    yield made
    made.flush_all()
    made.close()


def test_message_arrives_and_delayed_ones_are_not_asked_for(carrier):
    assert carrier.get_declared_delay_queues() == set()
    carrier.enqueue(MESSAGE)
    arrived = next(carrier.consume("pixels"))
    assert arrived.message_id == MESSAGE.message_id


def test_delay_is_refused_with_what_to_do_instead(carrier):
    with pytest.raises(ValueError, match="write a row with its time"):
        carrier.enqueue(MESSAGE, delay=1000)


def test_each_queue_is_asked_as_often_as_it_needs(carrier):
    assert POLL_MS.keys() == set(QUEUES)
    assert carrier.consume("pixels", timeout=1000).timeout == POLL_MS["pixels"]


def test_only_photos_are_fetched_ahead(carrier):
    ahead = {queue: carrier.consume(queue, prefetch=1).prefetch - 1 for queue in QUEUES}
    assert ahead == {"interactive": 0, "pixels": 1, "providers": 0, "delivery": 0, "upkeep": 0}
