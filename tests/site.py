"""The whole product as a user starts it: `manage.py up` in a folder of its own, with its own database, broker, workers and pages."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
# A whole site is slow to come up on a busy machine.
START_S = 400
PEOPLE = """
from accounts.models import ApiToken, Role, User
for name, role in (("mona", Role.MANAGER), ("ivan", Role.INTEGRATOR)):
    User.objects.create_user(name, password="secret-pass-1", role=role)
token, secret = ApiToken.issue(user=User.objects.get(username="mona"), name="test", scopes=["read", "upload", "review", "export"])
print("TOKEN", secret)
"""


@dataclass
class Site:
    url: str
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    token: str = ""

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the site, to its end."""
        return manage(self.environment, *arguments)

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> None:
        """Ctrl-C. Everything has its own limit (8 s the children, 20 Redis, 25 PostgreSQL); longer than all of them is hanging."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(90)


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A data folder that is none of pytest's: each start of pytest closes their parent to other accounts, and PostgreSQL has an
    account of its own where we are root. It would die in the middle of another run's test."""
    path = Path(tempfile.mkdtemp(prefix="firstpass-test-site-"))
    yield path
    # After a failure it stays, with the log that tells why.
    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(*, workers: int = 2) -> Iterator[Site]:
    """A site in a folder of its own, stopped in the end."""
    with own_folder() as folder:
        site = start(folder, workers=workers)
        yield site
        site.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_environment(folder: Path) -> dict[str, str]:
    """Services are always the site's own, whatever the environment names for others."""
    others = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in others}
    own = {
        "FIRSTPASS_DATA": str(folder / "var"),
        "FIRSTPASS_FSYNC": "off",
        "OMP_NUM_THREADS": "1",
        "LOG_LEVEL": "WARNING",
    }
    return environment | own


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def start(folder: Path, *, workers: int = 2) -> Site:
    """A site whose pages answer."""
    environment = own_environment(folder)
    port = free_port()
    with (folder / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port), "--workers", str(workers)],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    site = Site(f"http://127.0.0.1:{port}", process, environment)
    try:
        wait_until(lambda: answers(site), seconds=START_S, what=f"the site to answer, see {log.name}")
        made = site.manage("shell", "--no-imports", "-c", PEOPLE)
        assert "TOKEN" in made.stdout, made.stderr
    except BaseException:
        site.stop()
        raise
    site.token = made.stdout.split()[-1]
    return site


def answers(site: Site) -> bool:
    assert site.process.poll() is None, "the site ended while starting"
    try:
        return httpx.get(f"{site.url}/api/v1/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until(condition, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.2)


def services_of(folder: Path) -> list[int]:
    """Numbers of the PostgreSQL and Redis processes that belong to a data folder."""
    found = []
    for path in (folder / "var/postgres/postmaster.pid", folder / "var/redis/server.pid"):
        if path.exists():
            found.append(int(path.read_text().split("\n")[0]))
    return found
