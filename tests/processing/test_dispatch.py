import pytest

from processing import actors, dispatch
from processing.models import Job, JobState, Priority
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _workers(settings):
    settings.PIXEL_WORKERS = 2


def batch_with(number: int, priority: int = Priority.STANDARD):
    batch = builders.batch(priority=priority)
    return batch, [builders.job(batch, priority=priority).pk for _ in range(number)]


def test_few_jobs_are_sent_ahead():
    _, ids = batch_with(10)
    assert dispatch.choose() == ids[:4]
    assert dispatch.choose() == []


def test_room_grows_with_the_workers_seen_running():
    from processing import leases

    _, ids = batch_with(12)
    for job_id in ids[:5]:
        assert leases.claim(job_id)
    assert dispatch.choose() == ids[5:10]


def test_rush_comes_before_standard_and_bulk():
    _, bulk = batch_with(5, Priority.BULK)
    _, rush = batch_with(2, Priority.RUSH)
    assert dispatch.choose() == [*rush, *bulk[:2]]


def test_batches_take_turns():
    _, first = batch_with(5)
    _, second = batch_with(5)
    assert dispatch.choose() == [first[0], second[0], first[1], second[1]]


def test_batch_with_work_under_way_lets_the_other_go_first():
    from processing import leases

    _, first = batch_with(6)
    for job_id in first[:2]:
        leases.claim(job_id)
    _, second = batch_with(6)
    assert dispatch.choose() == second[:2]


def test_lost_message_is_sent_again(settings):
    from datetime import timedelta

    from django.utils import timezone

    _, ids = batch_with(1)
    assert dispatch.choose() == ids
    Job.objects.update(enqueued_at=timezone.now() - timedelta(seconds=settings.RESEND_S + 1))
    assert dispatch.choose() == ids


def test_actor_carries_and_sends_the_next(broker, monkeypatch):
    from processing import engine

    carried = []
    monkeypatch.setattr(engine, "carry", carried.append)
    _, ids = batch_with(2)
    actors.carry_job(ids[0])
    actors.poll_job(ids[1])
    assert carried == ids
    assert broker.queues["pixels"].qsize() == 2


def test_worker_tells_the_engine_to_stop(broker):
    from processing import leases

    middleware = next(one for one in broker.middleware if isinstance(one, actors.Stopping))
    middleware.before_worker_shutdown(broker, None)
    assert leases.STOPPING.is_set()
    middleware.after_worker_boot(broker, None)
    assert not leases.STOPPING.is_set()


def test_unknown_job_is_nobodys(broker):
    from processing import engine

    assert not engine.carry(987_654)
    done = builders.job(state=JobState.DONE)
    assert not engine.carry(done.pk)
