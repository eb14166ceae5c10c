"""Backups: the database as PostgreSQL's own dump, and files by content, so that the next backup copies only what is new."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from catalog import files
from config.embedded import postgres

DUMPS, FILES, KEY, NOTE = "database-*.dump", "files", "secret.key", "backup.json"
KEEP = 7


class BackupError(Exception):
    """The backup cannot be made or used; the text says why and what to do."""


@dataclass(frozen=True)
class Report:
    """What a backup holds. `copied` is how many of its files were not there before."""

    dump: str
    made_at: str
    database_bytes: int
    files: int
    file_bytes: int
    copied: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def back_up(
    folder: Path, *, keep: int = KEEP, with_files: bool = True, progress: Callable[[int], None] | None = None
) -> Report:
    """A consistent state, while the site works. The newest `keep` dumps stay; files are never taken out of a backup.

    Files are written before the rows that name them, and dumped rows before the last look for files: so each row's file is there.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = datetime.now(UTC)
    copied = _copy_files(folder / FILES, progress) if with_files else 0
    dump = _dump(folder / f"database-{now:%Y%m%dT%H%M%SZ}.dump")
    copied += _copy_files(folder / FILES, progress) if with_files else 0
    if (key := settings.DATA_DIR / KEY).exists():
        _write(folder / KEY, key.read_bytes())
    held = [entry.stat().st_size for entry in (folder / FILES).glob("??/??/*")]
    report = Report(dump.name, now.isoformat(timespec="seconds"), dump.stat().st_size, len(held), sum(held), copied)
    _write(folder / NOTE, json.dumps(report.to_dict(), indent=1).encode())
    for old in sorted(folder.glob(DUMPS))[:-keep]:
        old.unlink()
    return report


def restore(
    folder: Path, *, dump: str = "", replace: bool = False, progress: Callable[[int], None] | None = None
) -> int:
    """Brings database, files and key to the state of the backup; returns how many files were missing and are there now.

    replace: what the database holds now is lost. Nothing else may run meanwhile. What fails leaves the database as it was.
    """
    chosen = _chosen(folder, dump)
    if connection.introspection.table_names() and not replace:
        raise BackupError("The database is not empty. Give --replace if what it holds now may be lost.")
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)  # a new installation with a key of its own has none yet
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as scratch:
        script = Path(scratch) / "dump.sql"
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(chosen))  # reads all of it
        brought = _bring_files(folder / FILES, progress)
        _replace_database(script)
    # Secrets of delivery targets are sealed with it; a key from the environment is the environment's business.
    if (folder / KEY).exists() and not settings.SECRET_KEY_GIVEN:
        _write(settings.DATA_DIR / KEY, (folder / KEY).read_bytes())
    return brought


def _chosen(folder: Path, name: str) -> Path:
    dumps = sorted(folder.glob(DUMPS))
    if not dumps:
        raise BackupError(f"{folder} holds no backup: there is no {DUMPS} in it.")
    if not name:
        return dumps[-1]
    found = next((one for one in dumps if one.name == name), None)
    if found is None:
        raise BackupError(f"There is no dump {name!r}. There are {', '.join(one.name for one in dumps)}.")
    return found


def _replace_database(script: Path) -> None:
    """Drops all tables, also those of a newer version that the dump does not know, and runs the script: both or neither."""
    with connection.cursor() as cursor:
        names = [connection.ops.quote_name(name) for name in connection.introspection.table_names(cursor)]
    connection.close()  # its locks would be waited for
    drop = f"DROP TABLE IF EXISTS {', '.join(names)} CASCADE" if names else "SELECT 1"
    asked = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={_conninfo()}"]
    _run("psql", *asked, f"--command={drop}", f"--file={script}")


def _dump(target: Path) -> Path:
    part = target.with_suffix(".part")
    try:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}", f"--dbname={_conninfo()}")
        part.chmod(0o600)
        return part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _copy_files(folder: Path, progress: Callable[[int], None] | None) -> int:
    copied = 0
    for entry in files.listed():
        target = folder / entry.path
        if target.exists() and target.stat().st_size == entry.bytes:
            continue
        # Retention may have taken it since it was listed; a damaged one is of no use to anybody.
        with suppress(FileNotFoundError):
            _write(target, files.load(entry.path))
            copied += 1
        if progress:
            progress(copied)
    return copied


def _bring_files(folder: Path, progress: Callable[[int], None] | None) -> int:
    brought = 0
    for path in _held(folder):
        name = path.relative_to(folder).as_posix()
        if not _is_stored(name, path.stat().st_size):
            stored = files.store(path.read_bytes(), suffix=path.name.partition(".")[2])
            if stored.path != name:
                files.remove(stored.path)
                raise BackupError(f"{path} is damaged: its content is not what its name says. Nothing was replaced.")
            brought += 1
        if progress:
            progress(brought)
    return brought


def _held(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("??/??/*")) if path.suffix != ".part")


def _is_stored(path: str, size: int) -> bool:
    try:
        return files.size_of(path) == size
    except FileNotFoundError:
        return False


def _write(target: Path, data: bytes) -> None:
    """Whole or not at all, and for nobody else's eyes: it may be a key, and photos of what is not on sale yet."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{target.name}.part")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(data)
    part.replace(target)


def _conninfo() -> str:
    """Address of the database for PostgreSQL's programs, without the password, which other people of the machine could read."""
    given = connection.settings_dict
    named = {"dbname": given["NAME"], "user": given["USER"], "host": given["HOST"], "port": given["PORT"]}
    return make_conninfo(**{name: value for name, value in {**named, **given["OPTIONS"]}.items() if value})


def _run(command: str, *arguments: str) -> None:
    environment = {**os.environ, "PGPASSWORD": connection.settings_dict["PASSWORD"] or os.environ.get("PGPASSWORD", "")}
    done = subprocess.run(
        [str(postgres.program(command)), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{command} failed: {done.stderr.strip()[-800:]}")
