"""A worker killed at each place where an act is half done, then the same work taken up by another."""

import random

import pytest

from processing import actors, dispatch
from processing.models import Attempt, Batch, Job, JobState, Outcome, Step, StepState
from tests.faults import ledger
from tests.faults.forks import in_child, killed_at, plan_crash
from tests.faults.rounds import PICTURES, finish, let_time_pass, styled, work

pytestmark = pytest.mark.django_db(transaction=True)
LOCAL_POINTS = ("before-claim", "after-claim", "after-attempt", "after-files", "in-transaction", "before-send")
# Reached by the worker that has the vendor's result.
LAST_POINTS = ("after-files", "in-transaction", "before-end")
PAID_POINTS = ("after-intent", "after-accept", "after-reference")
ALL_POINTS = (*LOCAL_POINTS, *PAID_POINTS, "before-end")


@pytest.fixture
def batch(shop) -> Batch:
    return styled(1)


@pytest.mark.parametrize("point", [*LOCAL_POINTS, *PAID_POINTS])
def test_killed_at_a_point_nothing_is_lost_or_paid_twice(shop, batch, point):
    (job_id,) = batch.jobs.values_list("pk", flat=True)
    assert killed_at(point, lambda: actors.carry_job(job_id))
    finish(batch)
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)


@pytest.mark.parametrize("point", LAST_POINTS)
def test_killed_while_the_result_of_a_paid_call_is_kept(shop, batch, point):
    """The call is known by then: its result is fetched again, for free."""
    (job_id,) = batch.jobs.values_list("pk", flat=True)
    actors.carry_job(job_id)
    assert Job.objects.get().state == JobState.WAITING

    def poll_until_done() -> None:
        for _ in range(5):
            let_time_pass()
            actors.poll_job(job_id)

    assert killed_at(point, poll_until_done)
    finish(batch)
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)


def test_finished_steps_are_not_done_again_after_a_kill(shop, batch):
    (job_id,) = batch.jobs.values_list("pk", flat=True)
    assert killed_at("after-accept", lambda: actors.carry_job(job_id))
    before = dict(Step.objects.filter(state=StepState.SUCCEEDED).values_list("name", "attempt_count"))
    assert {"prepare", "cutout"} <= before.keys()
    finish(batch)
    after = dict(Step.objects.filter(name__in=before).values_list("name", "attempt_count"))
    assert after == before


def test_call_that_cannot_be_looked_up_is_shown_and_never_repeated_blindly(shop, batch, monkeypatch):
    from processing.providers.base import Orphan
    from processing.providers.replicate_api import Replicate

    monkeypatch.setattr(Replicate, "find_orphan", lambda *args, **options: Orphan.UNKNOWN)
    (job_id,) = batch.jobs.values_list("pk", flat=True)
    assert killed_at("after-accept", lambda: actors.carry_job(job_id))
    finish(batch)
    job = Job.objects.get()
    assert (job.state, job.error_code) == (JobState.FAILED, "ambiguous")
    assert "trying again may be paid twice" in job.error
    assert Step.objects.get(kind="background").state == StepState.AMBIGUOUS
    assert sum(shop.plan.log()["creates"].values()) == 1

    from processing.jobs import retry_job

    assert retry_job(job)
    finish(batch)
    assert Job.objects.get().state == JobState.DONE
    second = Attempt.objects.filter(step__kind="background").latest("pk")
    assert (second.possible_duplicate, second.outcome) == (True, Outcome.SUCCEEDED)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=2)


@pytest.mark.parametrize("seed", [1, 7, 20261121])
def test_random_kills_with_a_seed(shop, settings, seed):
    """Workers that die at points drawn by chance; the seed is in the test's name."""
    settings.MAX_ATTEMPTS = 20  # the same photo may be met many times, and is no poison
    chance, batch = random.Random(seed), styled(4)
    for _ in range(10):
        plan_crash(chance.choice(ALL_POINTS))
        in_child(work)
        let_time_pass()
    for point in ALL_POINTS:
        (settings.CRASH_DIR / point).unlink(missing_ok=True)
    finish(batch, rounds=20)
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)


def test_poison_job_ends_at_its_limit_and_the_others_go_on(shop, settings):
    """A photo that kills every worker that touches it."""
    batch = styled(2)
    poison, good = batch.jobs.order_by("pk")
    # The first of them has read the photo before, which is progress.
    for _ in range(1 + settings.MAX_ATTEMPTS):
        assert killed_at("after-attempt", lambda: actors.carry_job(poison.pk))
        let_time_pass()
    finish(batch)
    poison.refresh_from_db()
    good.refresh_from_db()
    assert (poison.state, poison.error_code, good.state) == (JobState.FAILED, "worker-lost", JobState.DONE)
    assert "lost 3 times" in poison.error
    assert list(poison.steps.get(name="cutout").attempts.values_list("outcome", flat=True)) == [Outcome.LOST] * 4


def test_message_that_was_never_sent_is_found_by_the_sweep(shop, broker, monkeypatch):
    """The submitting process dies between its commit and the message."""
    monkeypatch.setattr(actors, "send_ready", lambda: 0)
    batch = styled(1)
    assert Job.objects.get().enqueued_at is None
    monkeypatch.undo()
    assert broker.queues["pixels"].qsize() == 0
    assert dispatch.choose() == [batch.jobs.get().pk]
