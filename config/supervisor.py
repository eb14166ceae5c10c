"""Child processes kept alive: each is restarted when it dies, all are stopped together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

from django.conf import settings

from config import embedded, site_address

logger = logging.getLogger(__name__)
STOP_S = 8.0
# A child that dies at once, before it has lived for so long, is started again ever later, up to this.
HEALTHY_S = 10.0
MAX_PAUSE_S = 15.0
SERVICES_EVERY_S = 1.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass
class Child:
    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0


@dataclass
class Supervisor:
    """Starts the children, restarts those that die, stops all. Not thread-safe: one loop drives it."""

    children: list[Child]
    quiet: bool = False
    restarts: int = field(default=0, init=False)
    _services_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        for child in self.children:
            self._spawn(child)

    def watch(self) -> None:
        """One look at every child, and now and then at the private services; call it a few times a second."""
        now = time.monotonic()
        if now >= self._services_at:
            self._services_at = now + SERVICES_EVERY_S
            self._revive_services()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._note_death(child, now)
            if child.process is None and now >= child.restart_at:
                self.restarts += 1
                self._spawn(child)

    def run(self, until: Callable[[], bool]) -> None:
        while not until():
            self.watch()
            time.sleep(0.2)

    def stop(self) -> None:
        """SIGTERM to all, then SIGKILL to those that have not ended in time."""
        alive = [child.process for child in self.children if child.process is not None and child.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + STOP_S
        for process in alive:
            try:
                process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _revive_services(self) -> None:
        try:
            for name in embedded.revive():
                logger.warning("%s had died and was started again", name)
        except embedded.ServiceError as error:
            # What is left of the dead one may need a moment to go.
            logger.warning("%s", error)

    def _spawn(self, child: Child) -> None:
        output = subprocess.DEVNULL if self.quiet else None
        # A group of its own: Ctrl-C reaches the supervisor alone, which then stops the children in order.
        child.process = subprocess.Popen(
            child.arguments,
            env=child_environment(),
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=dying_with(os.getpid()),
        )
        child.started = time.monotonic()

    def _note_death(self, child: Child, now: float) -> None:
        assert child.process is not None
        code = child.process.returncode
        child.failures = 0 if now - child.started > HEALTHY_S else child.failures + 1
        pause = min(MAX_PAUSE_S, 0.2 * 2**child.failures)
        if not self.quiet:
            how = signal.Signals(-code).name if code < 0 else f"code {code}"
            logger.warning("%s ended with %s; starting it again in %.1f s", child.name, how, pause)
        child.process, child.restart_at = None, now + pause


def dying_with(parent: int) -> Callable[[], None] | None:
    """For `preexec_fn` of a child: it is told to stop when this process is killed and can tell it no more. None where the
    system has no such thing."""
    prctl = _prctl()
    return partial(_die_with, parent, prctl) if prctl is not None else None


@cache
def _prctl() -> Callable[[int, int], int] | None:
    # Looked up before the fork: nothing may be loaded between fork and exec.
    return getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


def _die_with(parent: int, prctl: Callable[[int, int], int]) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before this was asked for
        os._exit(1)


def child_environment() -> dict[str, str]:
    """The parent holds the services; children get their addresses and hold nothing."""
    environment = dict(os.environ)
    environment.setdefault("DATABASE_URL", embedded.database_url())
    environment.setdefault("REDIS_URL", embedded.redis_url())
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment.setdefault(name, "1")
    return environment


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def workers(*, pixel_workers: int | None = None, for_people: bool = True) -> list[Child]:
    """The processes that do the work, a class of work each, so that none can hold up another. `for_people` False leaves out the one
    for what somebody waits for at a screen."""
    count = pixel_workers or settings.PIXEL_WORKERS
    children = [Child(f"pixels-{number + 1}", manage("worker", "--queues", "pixels")) for number in range(count)]
    # What a person waits for, what waits for vendors, what goes out.
    for name, queues, threads in (
        ("interactive", "interactive", 1),
        ("providers", "providers", 4),
        ("delivery", "delivery,upkeep", 3),
    ):
        if for_people or name != "interactive":
            children.append(Child(name, manage("worker", "--queues", queues, "--threads", str(threads))))
    children.append(Child("scheduler", manage("scheduler")))
    return children


def web(*, host: str, port: int, processes: int = 1) -> Child:
    options = {
        "bind": site_address.place(host, port),
        "worker-class": "gthread",
        "workers": processes,
        "threads": 8,
        "timeout": 120,
        "graceful-timeout": 5,
        # Longer than callers and balancers keep a connection: closed first here, one of their requests would meet a closed door.
        "keep-alive": 75,
        "chdir": settings.BASE_DIR,
        "log-level": "warning",
    }
    arguments = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--no-control-socket"]
    arguments += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return Child("web", arguments)
