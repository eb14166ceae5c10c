"""Kills processes while batches are made: which one and when, by a seed or in turn."""

import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import redis
from django.conf import settings

from config import embedded
from config.supervisor import Supervisor

PATIENCE_S = 60.0
# A worker, the process of hosted calls, that of deliveries, the scheduler, Redis, its memory, PostgreSQL, all of it.
TARGETS = (
    "pixels",
    "pixels",
    "pixels",
    "pixels",
    "providers",
    "providers",
    "delivery",
    "scheduler",
    "redis",
    "wipe",
    "postgres",
    "everything",
)


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
