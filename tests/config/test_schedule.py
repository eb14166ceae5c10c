import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from config import schedule
from config.schedule import Task, run_due
from processing.models import UpkeepLease

pytestmark = pytest.mark.django_db
calls: list[str] = []


def tick() -> None:
    calls.append("tick")


def fail() -> None:
    raise RuntimeError("broken")


TICK = Task("tick", "tests.config.test_schedule.tick", every_s=60)


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


def test_due_task_runs_once_per_period():
    assert run_due((TICK,)) == 1
    assert run_due((TICK,)) == 0
    UpkeepLease.objects.update(ran_at=timezone.now() - timedelta(seconds=61))
    assert run_due((TICK,)) == 1
    assert calls == ["tick", "tick"]


def test_task_held_by_another_scheduler_is_left_alone():
    UpkeepLease.objects.create(name="tick", holder="other:1", until=timezone.now() + timedelta(seconds=30))
    assert run_due((TICK,)) == 0
    UpkeepLease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert run_due((TICK,)) == 1


def test_tasks_are_claimed_together_but_for_those_of_others(django_assert_max_num_queries):
    tasks = tuple(Task(f"tick-{number}", "tests.config.test_schedule.tick", every_s=60) for number in range(5))
    held = timezone.now() + timedelta(seconds=30)
    UpkeepLease.objects.create(name="tick-3", holder="other:1", until=held)
    with django_assert_max_num_queries(5):
        assert run_due(tasks) == 4
    assert UpkeepLease.objects.get(name="tick-3").until == held
    assert UpkeepLease.objects.filter(ran_at=None).count() == 1


def test_task_that_another_scheduler_takes_first_is_left_to_it(monkeypatch):
    UpkeepLease.objects.create(name="tick", holder="", until=timezone.now() - timedelta(seconds=1))
    due = schedule._due((TICK,))
    UpkeepLease.objects.update(holder="other:1", until=timezone.now() + timedelta(seconds=30))
    monkeypatch.setattr(schedule, "_due", lambda tasks: due)
    assert run_due((TICK,)) == 0


def test_new_scheduler_frees_what_a_killed_one_of_this_machine_held():
    until, here = timezone.now() + timedelta(seconds=90), socket.gethostname()
    for name, holder in (("dead", f"{here}:99999999"), ("alive", f"{here}:1"), ("far", "other:99999999")):
        UpkeepLease.objects.create(name=name, holder=holder, until=until)
    assert schedule.free_left_behind() == 1
    assert set(UpkeepLease.objects.filter(until=until).values_list("name", flat=True)) == {"alive", "far"}


def test_failing_task_is_logged_and_does_not_stop_the_others(caplog):
    broken = Task("broken", "tests.config.test_schedule.fail", every_s=60)
    assert run_due((broken, TICK)) == 1
    assert "upkeep task=broken failed" in caplog.text
    assert UpkeepLease.objects.get(name="broken").until <= timezone.now()


def test_every_task_of_the_schedule_exists():
    from django.utils.module_loading import import_string

    assert all(callable(import_string(task.function)) for task in schedule.TASKS)


def test_tick_in_which_nothing_is_due_asks_once(django_assert_num_queries):
    tasks = tuple(schedule.Task(f"tick-{number}", "tests.config.test_schedule.tick", every_s=60) for number in range(5))
    assert schedule.run_due(tasks) == 5
    with django_assert_num_queries(1):
        assert schedule.run_due(tasks) == 0
