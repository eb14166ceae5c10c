import json
import signal
import uuid

import pytest

from catalog import files
from processing import dispatch, recipes
from processing.models import Attempt, BatchState, Job, JobState, Outcome
from processing.starting import start_batch
from tests import builders
from tests.faults import ledger
from tests.faults.town import Killer, Town
from tests.images import box_shot, file_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PICTURES = 3


@pytest.fixture
def town(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    recipes.ensure_presets()
    made = Town(tmp_path)
    yield made
    made.stop()


def small_batch(number: int, **options):
    """A batch of so many products, each with a photo of its own."""
    recipe = recipes.new_version("small", data={"main": True, "main_px": 500, "sizes": ["cart"], "enhance": False})
    images = [image_of(f"{options.get('name', 'P')}-{index}", seed=index) for index in range(number)]
    return start_batch(owner=None, images=images, recipe=recipe, **{"name": "P", **options})


def image_of(sku: str, *, seed: int):
    data = file_of(box_shot(size=(220, 200), seed=seed)[0], "JPEG")
    stored = files.store(data, suffix="jpg")
    return builders.source_image(builders.variant(sku), sha256=stored.sha256, path=stored.path, width=220, height=200)


def is_over(batch):
    return lambda: type(batch).objects.filter(pk=batch.pk, state=BatchState.DONE).exists()


def test_killed_workers_lose_and_double_nothing(town):
    batch = small_batch(30)
    town.start("scheduler", "scheduler")
    town.start_worker("worker-1")
    town.start_worker("worker-2")
    killer = Killer(town, seed=20261121, kills=5, every_s=4)

    town.wait_until(is_over(batch), seconds=600, meanwhile=killer)

    assert killer.left < 5, "the batch was over before the first kill"
    ledger.check(batch, pictures_per_job=PICTURES)


def test_wiped_and_restored_broker_loses_and_doubles_nothing(town):
    """Its memory is lost, then comes back as it was before anything was done: every message is stale, and the newest first."""
    batch = small_batch(8)
    ids = list(batch.jobs.values_list("pk", flat=True))
    for job_id in [*reversed(ids), *ids, 987654321]:
        put(town, job_id)
    put(town, ids[0], actor="an_act_of_an_older_version")
    before = snapshot(town)
    town.start("scheduler", "scheduler")
    town.start_worker("worker-1")
    town.start_worker("worker-2")
    town.wait_until(lambda: done() >= 2, seconds=240)
    town.redis.flushdb()
    town.wait_until(lambda: done() >= 4, seconds=240)
    restore(town, before)
    town.wait_until(is_over(batch), seconds=240)
    restore(town, before)
    town.wait_until(lambda: town.redis.llen("dramatiq:pixels") == 0, seconds=60)
    ledger.check(batch, pictures_per_job=PICTURES)
    assert not Attempt.objects.exclude(outcome=Outcome.SUCCEEDED).exists()


def done() -> int:
    return Job.objects.filter(state=JobState.DONE).count()


def snapshot(town: Town) -> dict[bytes, bytes]:
    return {key: town.redis.dump(key) for key in town.redis.keys("dramatiq:*")}


def restore(town: Town, kept: dict[bytes, bytes]) -> None:
    town.redis.flushdb()
    for key, value in kept.items():
        town.redis.restore(key, 0, value)


def put(town: Town, job_id: int, *, actor: str = "carry_job") -> None:
    """A message as the broker keeps it."""
    identity = str(uuid.uuid4())
    message = {
        "queue_name": "pixels", "actor_name": actor, "args": [job_id], "kwargs": {},
        "options": {"redis_message_id": identity}, "message_id": identity, "message_timestamp": 1_790_000_000_000,
    }  # fmt: skip
    town.redis.hset("dramatiq:pixels.msgs", identity, json.dumps(message))
    town.redis.rpush("dramatiq:pixels", identity)


def test_worker_that_was_paused_for_longer_than_its_lease_writes_nothing(town):
    """As a machine that swaps, or a laptop whose lid is closed."""
    batch = small_batch(2)
    town.start("scheduler", "scheduler")
    town.start_worker("worker-1")
    town.wait_until(lambda: Job.objects.filter(state=JobState.RUNNING).exists(), seconds=60)
    town.children["worker-1"].send_signal(signal.SIGSTOP)
    town.start_worker("worker-2")
    town.wait_until(is_over(batch), seconds=240)
    town.kill("worker-2")
    town.children["worker-1"].send_signal(signal.SIGCONT)
    # Back at work, with what it had in hand dropped.
    later = small_batch(1, name="later")
    town.wait_until(is_over(later), seconds=240)
    for one in (batch, later):
        ledger.check(one, pictures_per_job=PICTURES)


def test_stopped_worker_gives_its_job_back_at_once(town):
    batch = small_batch(4)
    put(town, batch.jobs.first().pk)
    town.start_worker("worker-1")
    town.wait_until(lambda: Job.objects.filter(state=JobState.RUNNING).exists(), seconds=60)
    town.children["worker-1"].terminate()
    assert town.children["worker-1"].wait(timeout=15) == 0
    assert not Job.objects.filter(state=JobState.RUNNING).exists()
    town.start("scheduler", "scheduler")
    town.start_worker("worker-1")
    town.wait_until(is_over(batch), seconds=180)
    ledger.check(batch, pictures_per_job=PICTURES)


def test_rush_batch_overtakes_a_bulk_batch(town, settings):
    settings.PIXEL_WORKERS = 2
    bulk = small_batch(30, name="bulk", priority=2)
    assert set(dispatch.choose()) <= set(bulk.jobs.values_list("pk", flat=True))
    rush = small_batch(3, name="rush", priority=0)
    Job.objects.filter(enqueued_at__isnull=False).update(enqueued_at=None)
    first = dispatch.choose()
    assert first[:3] == list(rush.jobs.values_list("pk", flat=True))
