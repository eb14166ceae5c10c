"""A shop of made photos, a loopback vendor, and somebody who kills: what `manage.py soak` runs and counts."""

import io
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from PIL import Image, ImageDraw

from catalog import files
from catalog.folders import take_paths
from catalog.intake import accepted_images, open_intake
from catalog.models import Product, SourceImage, Variant
from config import embedded
from config.books import books
from config.supervisor import Supervisor, workers
from processing import recipes
from processing.imaging.backplates import MIN_PLATE_PX
from processing.jobs import start_batch
from processing.models import (
    ACTIVE_JOB_STATES,
    Batch,
    Job,
    Priority,
    ProviderState,
    Step,
    StepState,
)
from processing.providers.loopback import replicate_side
from processing.providers.loopback.server import Town, environment, serve

PHOTO_PX = (240, 200)
PER_BATCH = 200
PATIENCE_S = 60.0
CALLS_PER_MINUTE, IN_FLIGHT = 6000, 24
RECIPE = {
    "main": True, "main_px": 500, "sizes": ["cart"], "styles": ["lifestyle-home"], "style_px": 400, "background": "replicate",
    "enhance": False, "repair": False,
}  # fmt: skip
# What is killed how often: a worker, the process of calls, the scheduler, Redis, its memory, PostgreSQL, all of it.
TARGETS = (
    "pixels",
    "pixels",
    "pixels",
    "pixels",
    "calls",
    "calls",
    "scheduler",
    "redis",
    "wipe",
    "postgres",
    "everything",
)


@contextmanager
def vendor() -> Iterator[Town]:
    """A loopback vendor whose address is in the environment of the children, making small pictures."""
    replicate_side.SIDES = {"1": MIN_PLATE_PX, "0.25": MIN_PLATE_PX}
    server, town = serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    values = environment(f"http://127.0.0.1:{server.server_address[1]}")
    os.environ.update(values)
    for name, value in values.items():
        setattr(settings, name, value.split(",") if name == "FETCH_ALLOWED_HOSTS" else value)
    yield town
    server.shutdown()
    server.server_close()


def submit(products: int) -> list[Batch]:
    """Batches of every priority with a photo for each product."""
    recipe = recipes.new_version("soak", data=RECIPE)
    batches = []
    for number, start in enumerate(range(0, products, PER_BATCH)):
        images = [_photo(index) for index in range(start, min(start + PER_BATCH, products))]
        priority = Priority.values[number % 3]
        batches.append(start_batch(owner=None, images=images, recipe=recipe, name=f"Soak {number}", priority=priority))
    return batches


def submit_samples(photos: int | None = None) -> Batch:
    """The sample photos, or the first so many, with the recipe of the demo."""
    recipes.ensure_presets()
    intake = open_intake(owner=None, source="cli", name="Samples")
    take_paths(intake, paths=[settings.BASE_DIR / "samples" / "photos"])
    recipe = recipes.current("catalogue")
    images = list(accepted_images(intake))[:photos]
    return start_batch(owner=None, images=images, recipe=recipe, name="Samples", intake=intake)


def _photo(index: int) -> SourceImage:
    """A mug-like shape on light paper, another one for each number."""
    chance = random.Random(index)
    image = Image.new("RGB", PHOTO_PX, (238, 237, 235))
    colour = tuple(chance.randrange(30, 170) for _ in range(3))
    left, top = 60 + chance.randrange(20), 40 + chance.randrange(20)
    ImageDraw.Draw(image).rounded_rectangle(
        (left, top, left + 100, top + 110), radius=chance.randrange(5, 30), fill=colour
    )
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    stored = files.store(buffer.getvalue(), suffix="jpg")
    code = f"SOAK-{index:05}"
    variant = Variant.objects.create(product=Product.objects.create(code=code, name=code), sku=code)
    return SourceImage.objects.create(
        variant=variant, sha256=stored.sha256, path=stored.path, bytes=stored.bytes, original_name=f"{code}.jpg", format="JPEG",
        width=PHOTO_PX[0], height=PHOTO_PX[1], mode="RGB",
    )  # fmt: skip


@dataclass
class Killer:
    """Kills something every so many seconds: what `targets` name, in turn, or by chance and seed when there are none.

    Never twice without a finished step between, for a minute: what dies while it starts tests nothing but starting.
    """

    tree: Supervisor
    every_s: float
    seed: int
    targets: Sequence[str] = ()
    kills: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.killed_at = time.monotonic()
        self.next_at = self.killed_at + self.every_s
        self.steps = 0

    def __call__(self, *, steps: int) -> None:
        now = time.monotonic()
        has_moved = steps > self.steps or now > self.killed_at + PATIENCE_S
        if self.every_s <= 0 or now < self.next_at or not has_moved:
            return
        done = sum(self.kills.values())
        if self.targets and done >= len(self.targets):
            return
        self.kill(self.targets[done] if self.targets else self.random.choice(TARGETS))
        self.killed_at, self.steps = now, steps
        self.next_at = now + self.every_s * self.random.uniform(0.5, 1.5)

    def kill(self, target: str) -> None:
        self.kills[target] = self.kills.get(target, 0) + 1
        if target == "wipe":
            _wipe_broker()
        for pid in self._pids(target):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def _pids(self, target: str) -> list[int]:
        everything = target == "everything"
        found = [
            child.process.pid
            for child in self.tree.children
            if child.process is not None and (everything or child.name.startswith(target))
        ]
        if target == "pixels":
            found = [self.random.choice(found)] if found else []
        services = {"postgres": embedded.postgres.pid(), "redis": embedded.broker.pid()}
        return [*found, *(pid for name, pid in services.items() if pid and (everything or name == target))]


def _wipe_broker() -> None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            client.flushdb()
    except redis.RedisError:
        return


@dataclass(frozen=True)
class Order:
    """What a soak is to do. `products` 0 takes the sample photos with the recipe of the demo."""

    products: int
    every_s: float = 5.0
    seed: int = 20261121
    targets: Sequence[str] = ()
    pixel_workers: int | None = None
    limit_s: float = 600.0


def soak(order: Order, *, say: Callable[[str], None]) -> dict[str, Any]:
    """Works the products off under kills. Returns the books."""
    began = time.monotonic()
    with vendor() as town:
        # The vendor is our own: what the engine does is tested, not how long it waits for its turn.
        ProviderState.objects.create(name="replicate", calls_per_minute=CALLS_PER_MINUTE, max_in_flight=IN_FLIGHT)
        batches = submit(order.products) if order.products else [submit_samples()]
        photos = Job.objects.count()
        say(f"{photos} photos in {len(batches)} batches; a kill about every {order.every_s:g} s, seed {order.seed}")
        tree = Supervisor(workers(pixel_workers=order.pixel_workers), quiet=True)
        killer = Killer(tree, order.every_s, order.seed, order.targets)
        tree.start()
        try:
            _work_off(photos, tree=tree, killer=killer, deadline=began + order.limit_s, say=say)
        finally:
            tree.stop()
        found = books(town.plan.log()["creates"])
    return {"photos": photos, "seconds": round(time.monotonic() - began), "kills": killer.kills, **found}


def _work_off(products: int, *, tree: Supervisor, killer: Killer, deadline: float, say: Callable[[str], None]) -> None:
    said = 0
    while True:
        if time.monotonic() > deadline:
            say("The time is up: what is not done counts as lost.")
            return
        tree.watch()
        if (state := _state()) is not None:
            left, steps = state
            if left == 0:
                return
            killer(steps=steps)
            if (done := 10 * (products - left) // products) > said:
                said = done
                say(f"{10 * done} % done, killed so far: {sum(killer.kills.values())}")
        time.sleep(0.5)


def _state() -> tuple[int, int] | None:
    """Jobs that are not over and steps that are; None while the database is away."""
    try:
        left = Job.objects.filter(state__in=ACTIVE_JOB_STATES).count()
        return left, Step.objects.filter(state=StepState.SUCCEEDED).count()
    except Error:
        connection.close()
        return None
