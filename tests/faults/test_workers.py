import json

import pytest

from catalog import files
from processing import dispatch, recipes
from processing.jobs import start_batch
from processing.models import Attempt, BatchState, Job, JobState, Outcome
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
    batch = small_batch(100)
    town.start("scheduler", "scheduler")
    town.start_worker("worker-1")
    town.start_worker("worker-2")
    killer = Killer(town, seed=20261121, kills=6, every_s=8)

    town.wait_until(is_over(batch), seconds=600, meanwhile=killer)

    assert killer.left < 6, "the batch was over before the first kill"
    ledger.check(batch, pictures_per_job=PICTURES)


def test_wiped_broker_loses_nothing(town):
    batch = small_batch(12)
    town.start("scheduler", "scheduler")
    town.start_worker("worker-1")
    done = lambda: Job.objects.filter(state=JobState.DONE).count()  # noqa: E731
    town.wait_until(lambda: done() >= 2, seconds=120)
    town.redis.flushdb()
    town.wait_until(is_over(batch), seconds=240)
    ledger.check(batch, pictures_per_job=PICTURES)


def test_doubled_and_stale_messages_change_nothing(town):
    batch = small_batch(6)
    ids = list(batch.jobs.values_list("pk", flat=True))
    for job_id in [*ids, *ids, *ids, 987654321]:
        put(town, job_id)
    town.start_worker("worker-1")
    town.start_worker("worker-2")
    town.wait_until(is_over(batch), seconds=240)
    for job_id in ids:
        put(town, job_id)
    town.wait_until(lambda: town.redis.llen("dramatiq:pixels") == 0, seconds=60)
    ledger.check(batch, pictures_per_job=PICTURES)
    assert not Attempt.objects.exclude(outcome=Outcome.SUCCEEDED).exists()


def put(town: Town, job_id: int) -> None:
    """A message as the broker keeps it."""
    import uuid

    identity = str(uuid.uuid4())
    message = {
        "queue_name": "pixels", "actor_name": "carry_job", "args": [job_id], "kwargs": {},
        "options": {"redis_message_id": identity}, "message_id": identity, "message_timestamp": 1_790_000_000_000,
    }  # fmt: skip
    town.redis.hset("dramatiq:pixels.msgs", identity, json.dumps(message))
    town.redis.rpush("dramatiq:pixels", identity)


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
