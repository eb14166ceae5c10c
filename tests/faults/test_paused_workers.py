"""A worker that stands still for longer than its lease (stopped, swapped out, in a call that holds the interpreter), and wakes
when another one has done its work: what it has in hand is dropped, and it pays for nothing."""

import pytest

from processing import actors, engine, hosted, outcomes
from processing.models import Attempt, Job, JobState, Outcome, Rendition
from processing.providers.replicate_api import Replicate
from processing.steps import cutout, render
from tests.faults import ledger
from tests.faults.forks import in_child
from tests.faults.rounds import PICTURES, let_time_pass, styled, work

pytestmark = pytest.mark.django_db(transaction=True)


def others_finish() -> None:
    """What another worker does meanwhile, to the end."""
    for _ in range(8):
        if Job.objects.filter(state=JobState.DONE).exists():
            return
        let_time_pass()
        assert in_child(work) == 0


def sleeping(real, *, before: bool):
    """`real`, in whose first call this worker stands still, before it or behind it."""
    naps = [others_finish]

    def act(*args, **options):
        if before and naps:
            naps.pop()()
        result = real(*args, **options)
        if not before and naps:
            naps.pop()()
        return result

    return act


# Where the worker stands still: the holder and the name of a function, and whether before or behind it.
PLACES = {
    "before the cut-out": (cutout, "run", True),
    "behind the cut-out": (cutout, "run", False),
    "behind a picture": (render, "run", False),
    "before rows are written": (outcomes, "succeed", True),
    "before the call is written down": (hosted.limits, "ask", False),
    "before the call": (hosted, "crashpoint", True),
    "behind the call": (Replicate, "submit", False),
    "before the job waits": (engine.outcomes, "wait", True),
}


@pytest.mark.parametrize("place", PLACES)
def test_worker_that_wakes_too_late_writes_nothing_and_pays_nothing(shop, monkeypatch, place):
    batch = styled(1)
    holder, name, before = PLACES[place]
    real = getattr(holder, name)
    monkeypatch.setattr(holder, name, sleeping(real, before=before))
    actors.carry_job(batch.jobs.get().pk)
    ledger.check(batch, pictures_per_job=PICTURES)
    ledger.check_money(batch, shop.plan.log()["creates"], calls=1)
    assert sum(shop.plan.log()["creates"].values()) == 1


def test_call_made_too_late_is_shown_to_a_person(shop, monkeypatch):
    """Nobody can keep a worker from standing still between its last look and the call."""
    batch = styled(1)
    monkeypatch.setattr(Replicate, "submit", sleeping(Replicate.submit, before=True))
    actors.carry_job(batch.jobs.get().pk)
    assert Job.objects.get().state == JobState.DONE
    assert Rendition.objects.filter(attempt__gt=1).count() == 0
    assert sum(shop.plan.log()["creates"].values()) == 2
    late = Attempt.objects.get(outcome=Outcome.AMBIGUOUS)
    assert (late.error_code, bool(late.provider_ref)) == ("late", True)
    assert "it may be paid beside theirs" in late.error
