"""The private services: started once, shared, stopped by the last holder, also after one was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config import embedded
from config.embedded import broker
from config.embedded.processes import has_ended, ours
from tests.site import own_folder

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from config import embedded
from config.embedded import broker
from config.embedded.processes import has_ended, ours
with embedded.running_services():
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def folder():
    with own_folder() as path:
        yield path


def hold(folder: Path) -> subprocess.Popen[str]:
    """A process that uses private services of its own folder until a line arrives."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"FIRSTPASS_DATA": str(folder), "FIRSTPASS_FSYNC": "off", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def postgres_pid(folder: Path) -> int | None:
    path = folder / "postgres" / "postmaster.pid"
    return int(path.read_text().split("\n")[0]) if path.exists() else None


def is_running(pid: int | None) -> bool:
    # Asked once: it may end between two questions.
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_services_are_shared_and_stopped_by_the_last(folder, monkeypatch):
    monkeypatch.setenv("FIRSTPASS_DATA", str(folder))
    first = hold(folder)
    server = postgres_pid(folder)
    assert embedded.socket_dir().is_dir()
    second = hold(folder)
    assert postgres_pid(folder) == server
    release(first)
    assert is_running(server)
    release(second)
    assert not is_running(server)
    redis_pid = int((folder / "redis" / "server.pid").read_text())
    assert not is_running(redis_pid)
    assert not embedded.socket_dir().exists()


def test_services_outlive_a_killed_holder_and_stop_with_the_next(folder):
    first = hold(folder)
    server = postgres_pid(folder)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    assert is_running(server)
    release(hold(folder))
    assert not is_running(server)


def test_stale_postmaster_file_and_socket_do_not_stop_a_start(folder):
    release(hold(folder))
    (folder / "postgres" / "postmaster.pid").write_text("999999\n/nowhere\n0\n5432\n\n\n0 0\nready\n")
    release(hold(folder))


def test_services_that_die_are_started_again(folder, monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FIRSTPASS_DATA", str(folder))
    process = hold(folder)
    assert embedded.revive() == []
    # Looked up before the kill: what is dead at once has no row any more.
    services = [psutil.Process(service.pid()) for service in (embedded.postgres, embedded.broker)]
    for service in services:
        service.kill()
    assert has_ended(lambda: any(is_running(service.pid) for service in services), within_s=20)
    assert embedded.revive() == ["PostgreSQL", "Redis"]
    assert is_running(embedded.postgres.pid())
    assert is_running(embedded.broker.pid())
    release(process)
    assert not is_running(embedded.postgres.pid())


def test_redis_too_busy_to_answer_is_waited_for_and_not_started_twice(monkeypatch, tmp_path):
    monkeypatch.setenv("FIRSTPASS_DATA", str(tmp_path))
    answers = iter([False, False, True])
    monkeypatch.setattr(broker, "pid", lambda: 1)
    monkeypatch.setattr(broker, "_answers", lambda: next(answers))
    monkeypatch.setattr(broker, "_boot", lambda: pytest.fail("a second one was started"))
    broker.start()
    assert next(answers, None) is None
    embedded.socket_dir().rmdir()


def test_service_is_told_by_name_and_folder_not_by_number_alone(tmp_path):
    process = psutil.Process()
    assert ours(process.pid, (process.name(),), Path(process.cwd())) == process
    assert ours(process.pid, (process.name(),), tmp_path) is None
    assert ours(process.pid, ("redis",), Path(process.cwd())) is None


def test_data_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("FIRSTPASS_DATA", str(blocked / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(embedded.ServiceError, match="Set FIRSTPASS_DATA"), embedded.running_services():
        pass


def test_given_addresses_start_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTPASS_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@/y")
    monkeypatch.setenv("REDIS_URL", "redis://x")
    with embedded.running_services():
        assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("argv", "needed"),
    [
        (["manage.py", "cutout", "a", "b"], False),
        (["manage.py", "up"], True),
        (["manage.py", "up", "--help"], False),
        (["manage.py"], False),
    ],
)
def test_commands_without_rows_start_no_service(argv, needed):
    assert embedded.needs_services(argv) is needed
