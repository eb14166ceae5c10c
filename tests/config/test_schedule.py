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
