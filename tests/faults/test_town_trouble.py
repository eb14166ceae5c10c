"""Trouble around the workers: a full disk, a broker that is away, vendors that misbehave, clocks that disagree."""

import errno
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from config import schedule
from processing import actors, dispatch, leases, outcomes
from processing.models import Attempt, Job, JobState, Outcome, UpkeepLease
from processing.sweep import sweep
from tests.faults import ledger
from tests.faults.rounds import PICTURES, finish, let_time_pass, styled, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_full_disk_holds_everything_and_fails_nothing(shop, monkeypatch):
    batch = styled(2)
    real = Path.write_bytes

    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    for _ in range(4):
        let_time_pass()
        work()
    assert set(batch.jobs.values_list("state", flat=True)) == {JobState.QUEUED}
    assert "is full: make room" in batch.jobs.first().steps.exclude(error="").get().error
    monkeypatch.setattr(Path, "write_bytes", real)
    finish(batch)
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)


def test_broker_that_is_away_at_the_submit_loses_nothing(shop, broker, monkeypatch):
    def away(message, *, delay=None):
        raise ConnectionError("broker")

    monkeypatch.setattr(broker, "enqueue", away)
    batch = styled(1)
    assert batch.jobs.count() == 1
    monkeypatch.undo()
    assert broker.queues["pixels"].qsize() == 0
    let_time_pass()
    assert sweep().sent == 1
    assert broker.queues["pixels"].qsize() == 1


# What the vendor does wrong, and whether the picture comes all the same.
MISDEEDS = {
    "429": True, "429-bare": True, "cut-before": True, "cut": True, "failed": True, "drift": True, "refused": False,
}  # fmt: skip


@pytest.mark.parametrize("fault", MISDEEDS)
def test_misbehaving_vendor_is_never_paid_twice(shop, plan, fault):
    batch = styled(1)
    plan("create", fault)
    finish(batch, rounds=20)
    job = batch.jobs.get()
    assert job.state == (JobState.DONE if MISDEEDS[fault] else JobState.FAILED), job.error
    per_step = shop.plan.log()["creates"]
    ambiguous = Attempt.objects.filter(outcome=Outcome.AMBIGUOUS).count()
    succeeded_or_failed = Attempt.objects.exclude(submitted_at=None).exclude(outcome=Outcome.RUNNING).count()
    assert sum(per_step.values()) <= succeeded_or_failed + ambiguous


@pytest.mark.parametrize("fault", ["truncated", "html", "wrong-type", "empty"])
def test_result_that_cannot_be_used_is_asked_for_again_and_counted(shop, plan, fault):
    batch = styled(1)
    plan("output", fault)
    finish(batch, rounds=20)
    assert batch.jobs.get().state == JobState.DONE
    outcomes = list(Attempt.objects.exclude(submitted_at=None).order_by("pk").values_list("outcome", flat=True))
    assert outcomes[-1] == Outcome.SUCCEEDED
    assert sum(shop.plan.log()["creates"].values()) == len(outcomes)


def test_vendor_that_is_down_opens_the_breaker_and_costs_no_try(shop, plan):
    from processing.models import ProviderState

    batch = styled(3)
    plan("create", *[{"fault": "status", "status": 503}] * 20)
    for _ in range(2):
        let_time_pass()
        work()
    assert ProviderState.objects.get(name="replicate").blocked_until > timezone.now()
    assert sum(shop.plan.log()["creates"].values()) == 0
    shop.plan.forget()
    finish(batch, rounds=20)
    ledger.check(batch, pictures_per_job=PICTURES)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_clock_that_is_wrong_by_minutes_takes_no_lease_from_others(shop, monkeypatch, minutes):
    batch = styled(1)
    (job_id,) = batch.jobs.values_list("pk", flat=True)
    assert leases.claim(job_id)
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(minutes=minutes))
    assert leases.claim(job_id) is None
    assert sweep().reclaimed == 0
    assert styled_again_is_dispatched()
    tick = schedule.Task("tick", "tests.faults.test_town_trouble.tick", every_s=60)
    assert schedule.run_due((tick,)) == 1
    monkeypatch.undo()
    assert schedule.run_due((tick,)) == 0
    assert UpkeepLease.objects.get(name="tick").ran_at <= timezone.now() + timedelta(seconds=5)


def styled_again_is_dispatched() -> bool:
    """A job submitted under the wrong clock may start at once."""
    Job.objects.update(state=JobState.DONE, lease_until=None, lease_token=None)
    batch = styled(1, name="BOOT")
    Job.objects.filter(batch=batch).update(enqueued_at=None)
    return dispatch.choose() == list(batch.jobs.values_list("pk", flat=True))


def tick() -> None:
    pass


def test_deadlock_in_the_database_is_tried_again(shop, monkeypatch):
    batch = styled(1)
    real, troubles = outcomes.succeed, [OperationalError("deadlock detected"), OperationalError("could not serialize")]

    def succeed(*args, **options):
        if troubles:
            raise troubles.pop()
        return real(*args, **options)

    monkeypatch.setattr(outcomes, "succeed", succeed)
    finish(batch, rounds=20)
    assert not troubles
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)


def test_two_sweeps_at_once_send_a_job_once(shop, settings):
    settings.PIXEL_WORKERS = 3
    styled(6)
    Job.objects.update(enqueued_at=None)
    sent, together = [], threading.Barrier(3)

    def one_sweep() -> None:
        together.wait()
        sent.extend(dispatch.choose())
        connection.close()

    threads = [threading.Thread(target=one_sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sent), len(set(sent))) == (6, 6)


def test_messages_twice_and_for_nothing_change_nothing(shop):
    batch = styled(1)
    (job_id,) = batch.jobs.values_list("pk", flat=True)
    for _ in range(3):
        actors.carry_job(job_id)
        actors.carry_job(987_654_321)
    finish(batch)
    actors.carry_job(job_id)
    actors.poll_job(job_id)
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)
