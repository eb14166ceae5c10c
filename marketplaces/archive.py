"""An export as a zip that is written while it is sent, and as a folder that only changes where something changed."""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from catalog.files import load
from marketplaces.models import ExportFile

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
# Zip files carry a time for every entry; a fixed one makes the same export the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK = 256 * 1024


class OutDirError(ValueError):
    """The folder to write to cannot be used; the message says why."""


class _Pipe(io.RawIOBase):
    """Where the zip is written to and read from, never holding more than one chunk. It cannot seek, which zipfile copes with."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def zip_stream(files: Iterable[ExportFile]) -> Iterator[bytes]:
    """The files as a zip, stored without compression: pictures are compressed already."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for file in files:
            data = memoryview(load(file.path))
            with archive.open(entry_of(file.name), "w", force_zip64=len(data) > 2**31) as handle:
                for start in range(0, len(data), _CHUNK):
                    handle.write(data[start : start + _CHUNK])
                    yield pipe.taken()
    yield pipe.taken()


def entry_of(name: str) -> zipfile.ZipInfo:
    """A file's entry, without anything that would differ the next time."""
    entry = zipfile.ZipInfo(name, date_time=_TIME)
    entry.external_attr = 0o644 << 16
    return entry


def write_folder(out: Path, files: Iterable[ExportFile]) -> int:
    """Brings a folder to the state of an export and says how many files were written.

    Files that are there with the right bytes stay; files of an earlier export that are no longer part of it go, if
    nobody changed them. Anything else in the folder is left alone. Raises OutDirError.
    """
    wanted = list(files)
    before = _earlier(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = sum(_put(out, file) for file in wanted)
        keep = {file.name for file in wanted}
        for name, digest in before.items():
            target = _inside(out, name)
            if name not in keep and target.is_file() and _digest(target) == digest:
                target.unlink()
    except OSError as error:
        raise OutDirError(f"Cannot write to {out}: {error.strerror}. Choose another folder with --out.") from error
    return written


def _put(out: Path, file: ExportFile) -> bool:
    target = _inside(out, file.name)
    if target.is_file() and target.stat().st_size == file.bytes and _digest(target) == file.sha256:
        return False
    write_whole(target, load(file.path))
    return True


def write_whole(target: Path, data: bytes) -> None:
    """Written aside and moved: a reader of the folder never sees half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
        Path(aside).chmod(0o644)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _inside(out: Path, name: str) -> Path:
    target = (out / name).resolve()
    if not target.is_relative_to(out.resolve()):
        raise OutDirError(f"The name {name!r} leads out of {out}.")
    return target


def _earlier(out: Path) -> dict[str, str]:
    """Names and hashes of what an earlier export put there."""
    try:
        lines = (out / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines) if name}


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sums_text(files: Iterable[Any]) -> bytes:
    """As `sha256sum -c` reads it."""
    return "".join(f"{file.sha256}  {file.name}\n" for file in files).encode()


def json_bytes(data: Any) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode()
