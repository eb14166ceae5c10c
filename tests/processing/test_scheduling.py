"""Which batch goes when: priorities, order, times of day, and what a huge batch does to a small urgent one."""

from collections import deque
from datetime import timedelta

import pytest
from django.utils import timezone

from processing import dispatch, leases, scheduling
from processing.models import Batch, Job, JobState, Priority
from tests import builders

pytestmark = pytest.mark.django_db
WORKERS = 2


@pytest.fixture(autouse=True)
def _workers(settings):
    settings.PIXEL_WORKERS = WORKERS


def batch_with(number: int, **fields) -> tuple[Batch, list[int]]:
    batch = builders.batch(**fields)
    image = builders.source_image()
    rows = [
        Job(batch=batch, sku="A", file="a.jpg", variant=image.variant, priority=batch.priority) for _ in range(number)
    ]
    return batch, [row.pk for row in Job.objects.bulk_create(rows)]


class Shop:
    """Workers that take messages in the order they were sent; a photo takes one tick. No pixels."""

    def __init__(self) -> None:
        self.queue: deque[int] = deque()
        self.running: list[leases.Claim] = []
        self.ended: list[int] = []

    def tick(self) -> None:
        Job.objects.filter(pk__in=[one.job_id for one in self.running]).update(
            state=JobState.DONE, lease_token=None, lease_until=None
        )
        self.ended += [one.job_id for one in self.running]
        self.running = []
        self.queue.extend(dispatch.choose())
        while self.queue and len(self.running) < WORKERS:
            if claimed := leases.claim(self.queue.popleft()):
                self.running.append(claimed)

    @property
    def in_flight(self) -> int:
        return len(self.running) + len(self.queue)


def test_a_huge_batch_delays_a_small_urgent_one_by_the_work_in_flight_alone():
    batch_with(10_000, priority=Priority.BULK)
    shop = Shop()
    for _ in range(3):
        shop.tick()
    _, rush = batch_with(10, priority=Priority.RUSH)
    ended, in_flight = len(shop.ended), shop.in_flight
    assert in_flight <= 2 * WORKERS
    while not set(rush) <= set(shop.ended):
        shop.tick()
    before_it = [job_id for job_id in shop.ended[ended : shop.ended.index(rush[-1])] if job_id not in rush]
    assert len(before_it) <= in_flight


def test_batches_of_one_priority_share_the_workers():
    _, first = batch_with(60)
    _, second = batch_with(60)
    shop = Shop()
    for _ in range(21):
        shop.tick()
    done = [len(set(ids) & set(shop.ended)) for ids in (first, second)]
    assert abs(done[0] - done[1]) <= 2
    assert sum(done) == 40


def test_a_batch_moved_first_goes_before_the_others_and_last_behind():
    _, first = batch_with(5)
    second, second_ids = batch_with(5)
    third, third_ids = batch_with(5)
    scheduling.move(second, "first")
    scheduling.move(third, "first")
    assert dispatch.choose() == third_ids[:4]
    scheduling.move(third, "last")
    Job.objects.update(enqueued_at=None)
    assert dispatch.choose() == second_ids[:4]
    scheduling.move(second, "turns")
    Job.objects.update(enqueued_at=None)
    assert dispatch.choose() == [first[0], second_ids[0], first[1], second_ids[1]]


def test_priority_of_what_waits_can_be_changed():
    _, others = batch_with(5)
    batch, ids = batch_with(5, priority=Priority.BULK)
    Job.objects.filter(pk=ids[0]).update(priority=Priority.RUSH)
    Job.objects.filter(pk=ids[1]).update(state=JobState.DONE)
    scheduling.set_priority(batch, Priority.RUSH)
    assert dispatch.choose() == [ids[0], *ids[2:5]]
    scheduling.set_priority(batch, Priority.BULK)
    assert dispatch.choose() == others[:4] or Job.objects.filter(pk__in=others, enqueued_at=None).exists()


def times_around_now(*, hours: tuple[float, float]):
    now = timezone.localtime()
    start, end = (now + timedelta(hours=one) for one in hours)
    return scheduling.Hours(start.time(), end.time())


@pytest.mark.parametrize(("hours", "runs"), [((-1, 1), True), ((1, 3), False), ((-3, -1), False), ((-11, 11), True)])
def test_a_batch_runs_at_its_hours_alone(hours, runs):
    batch, ids = batch_with(1)
    scheduling.set_times(batch, not_before=None, hours=times_around_now(hours=hours))
    assert bool(dispatch.choose()) == runs
    assert bool(leases.claim(ids[0])) == runs


@pytest.mark.parametrize(
    ("at", "runs"), [("23:30", True), ("02:00", True), ("05:59", True), ("06:00", False), ("12:00", False)]
)
def test_hours_may_run_over_midnight_in_the_time_zone_of_the_site(monkeypatch, settings, at, runs):
    from django.db.models import DateTimeField, Value
    from django.utils.dateparse import parse_datetime

    settings.TIME_ZONE = "Europe/Paris"  # one hour ahead of UTC in winter
    moment = parse_datetime(f"2026-01-15T{at}:00+01:00")
    monkeypatch.setattr("processing.models.work.Now", lambda: Value(moment, output_field=DateTimeField()))
    batch, _ = batch_with(1)
    scheduling.set_times(batch, not_before=None, hours=scheduling.hours_from("22:00-06:00"))
    assert Batch.objects.open_now().filter(pk=batch.pk).exists() == runs


def test_a_batch_waits_for_its_moment_and_starts_when_it_is_taken_back():
    batch, ids = batch_with(1)
    scheduling.set_times(batch, not_before=timezone.now() + timedelta(hours=5), hours=None)
    assert dispatch.choose() == []
    scheduling.set_times(batch, not_before=None, hours=None)
    assert dispatch.choose() == ids


def test_hours_are_read_from_words(settings):
    settings.OFF_PEAK_HOURS = "21:30-05:15"
    assert scheduling.hours_from("") is None
    assert str(scheduling.hours_from("off-peak")) == "21:30-05:15"
    assert str(scheduling.hours_from(" 22:00 - 06:00 ")) == "22:00-06:00"


@pytest.mark.parametrize("text", ["night", "22-", "22:00", "25:00-06:00", "06:00-06:00", "22:00+01:00-06:00+01:00"])
def test_hours_that_cannot_be_are_refused(text):
    with pytest.raises(ValueError, match="hours must"):
        scheduling.hours_from(text)
