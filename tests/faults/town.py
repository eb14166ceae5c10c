"""A small installation for tests: real workers and a scheduler as processes, on the test's own database and Redis database."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE_S = 3


class Town:
    def __init__(self, data: Path) -> None:
        self.data = data
        self.children: dict[str, subprocess.Popen] = {}
        self.redis = redis.Redis.from_url(settings.TOWN_REDIS_URL)
        self.redis.flushdb()

    def start(self, name: str, *command: str) -> None:
        with (self.data / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=self._environment(), stdout=log, stderr=log
            )

    def start_worker(self, name: str) -> None:
        self.start(name, "worker", "--queues", "pixels,providers")

    def _environment(self) -> dict[str, str]:
        database = connection.settings_dict
        host = f"?host={database['HOST']}" if database["HOST"].startswith("/") else ""
        place = "" if host else f"{database['HOST']}:{database['PORT'] or 5432}"
        user = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
        return {
            **os.environ,
            "DATABASE_URL": f"postgresql://{user}@{place}/{database['NAME']}{host}",
            "REDIS_URL": settings.TOWN_REDIS_URL,
            "FIRSTPASS_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LEASE_S": str(LEASE_S),
            "PIXEL_WORKERS": "2",
            "SECRET_KEY": "only for tests",
            "OMP_NUM_THREADS": "1",
        }

    def kill(self, name: str) -> None:
        """As a lost machine does: no farewell."""
        self.children[name].send_signal(signal.SIGKILL)
        self.children[name].wait()

    def wait_until(
        self, condition: Callable[[], bool], *, seconds: float, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.logs()
            meanwhile()
            # The workers are other processes: there is nothing to wait on but their rows.
            time.sleep(0.2)

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.data.glob("*.log")))

    def stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.kill()
            child.wait()
        self.redis.flushdb()
        self.redis.close()


class Killer:
    """Kills workers at random moments and starts new ones in their place."""

    def __init__(self, town: Town, *, seed: int, kills: int, every_s: float) -> None:
        self.town, self.random, self.left, self.every_s = town, random.Random(seed), kills, every_s
        self.next_at = time.monotonic() + every_s

    def __call__(self) -> None:
        if self.left and time.monotonic() >= self.next_at:
            name = self.random.choice([name for name in self.town.children if name.startswith("worker")])
            self.town.kill(name)
            self.town.start_worker(name)
            self.left -= 1
            self.next_at = time.monotonic() + self.every_s * self.random.uniform(0.5, 1.5)
