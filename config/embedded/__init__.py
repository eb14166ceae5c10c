"""Private PostgreSQL and Redis for a machine that has none.

Without DATABASE_URL or REDIS_URL the missing service is started under `var/` and stopped by the last process that uses it.
The addresses are known before anything runs, so settings can name them; a file lock keeps two starters apart.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from config.embedded import broker, postgres
from config.embedded.places import START_TIMEOUT_S, ServiceError, data_dir, database_url, redis_url, socket_dir

__all__ = [
    "ServiceError",
    "broker",
    "data_dir",
    "database_url",
    "needs_services",
    "postgres",
    "redis_url",
    "revive",
    "running_services",
    "socket_dir",
]

# Work on files or code alone: starting a database for them would only cost time.
WITHOUT_SERVICES = {
    "cutout",
    "score",
    "evaluate",
    "verify",
    "bench",
    "fake_providers",
    "collectstatic",
    "help",
    "makemessages",
    "compilemessages",
    "gallery",
}


def needs_services(argv: list[str]) -> bool:
    command = argv[1] if len(argv) > 1 else "help"
    return command not in WITHOUT_SERVICES and not {"--help", "-h", "--version"} & set(argv)


@contextlib.contextmanager
def running_services() -> Iterator[None]:
    """Holds whichever service the environment does not name; stops it when nobody holds it any more."""
    wanted = _wanted()
    if not wanted:
        yield
        return
    with _locked():
        _sign_in()
        try:
            for service in wanted:
                service.start()
        except BaseException:
            _sign_out()
            raise
    try:
        yield
    finally:
        with _locked():
            _sign_out()


def revive() -> list[str]:
    """Starts again whichever of our services has died, for example for want of memory. Names of those; call it now and then."""
    dead = [service for service in _wanted() if not service.is_alive()]
    if not dead:
        return []
    with _locked():
        for service in dead:
            service.start()
    return [service.name for service in dead]


@dataclass(frozen=True)
class _Service:
    name: str
    start: Callable[[], None]
    is_alive: Callable[[], bool]


def _wanted() -> list[_Service]:
    """The services that the environment does not name."""
    services = {
        "DATABASE_URL": _Service("PostgreSQL", postgres.start, lambda: postgres.pid() is not None),
        "REDIS_URL": _Service("Redis", broker.start, lambda: broker.pid() is not None),
    }
    return [service for name, service in services.items() if not os.environ.get(name)]


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    try:
        data_dir().mkdir(parents=True, exist_ok=True)
        handle = (data_dir() / "services.lock").open("w")
    except OSError as error:
        raise ServiceError(
            f"cannot write to {data_dir()} ({error.strerror}). Set FIRSTPASS_DATA to a folder you may write to."
        ) from error
    with handle:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ServiceError(
                        f"{handle.name} is held by another process. Stop the other Firstpass or wait."
                    ) from None
                time.sleep(0.05)
        yield


# ---------------------------------------------------------------- who uses the services


def _holders() -> Path:
    return data_dir() / "holders"


def _sign_in() -> None:
    _holders().mkdir(exist_ok=True)
    (_holders() / str(os.getpid())).write_text(str(psutil.Process().create_time()))


def _sign_out() -> None:
    (_holders() / str(os.getpid())).unlink(missing_ok=True)
    if not _living_holders():
        broker.stop()
        postgres.stop()
        _remove_socket_dir()


def _living_holders() -> list[Path]:
    """Holder files whose process still runs; those left behind by a killed one are removed."""
    alive = []
    for path in _holders().glob("*"):
        try:
            # The number may have been given to another process since: its start time tells.
            same = abs(psutil.Process(int(path.name)).create_time() - float(path.read_text() or 0)) < 1
        except (psutil.Error, ValueError, OSError):
            same = False
        if same:
            alive.append(path)
        else:
            path.unlink(missing_ok=True)
    return alive


def _living_services() -> list[str]:
    return [service.name for service in _wanted() if service.is_alive()]


def _remove_socket_dir() -> None:
    """Leaves nothing among the temporary files, unless a service could not be stopped and still uses its socket."""
    if _living_services():
        return
    with contextlib.suppress(OSError):
        (socket_dir() / "redis.sock").unlink(missing_ok=True)
        (socket_dir() / "pg").rmdir()
        socket_dir().rmdir()
