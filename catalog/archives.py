"""Zip files, one entry at a time: nothing is unpacked to disk and no number in the archive is believed."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.conf import settings

from catalog import naming
from catalog.zips import BROKEN, DirectoryTooLarge, open_zip

MAX_RATIO = 200
# Below this an entry may be packed as well as it likes: a small white drawing is no bomb.
_RATIO_FROM_BYTES = 20 * 2**20
_MAX_TABLE_BYTES = 32 * 2**20
_NESTED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_NESTED_SUFFIXES = frozenset({"zip", "rar", "7z", "gz", "tgz", "bz2", "xz", "tar"})


class ArchiveError(ValueError):
    """The archive as a whole is refused; `code` for machines, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Entry:
    """A file inside; `problem` (code, sentence) says why it cannot be read where that is known beforehand."""

    path: str
    size: int
    info: zipfile.ZipInfo
    problem: tuple[str, str] | None = None


class Archive:
    """An open zip. `entries` lists what is inside, tables first, because they say what the photos are."""

    def __init__(self, source: IO[bytes]) -> None:
        """Raises ArchiveError for what is no zip, holds too much, or would unpack to too much."""
        try:
            self.zip = open_zip(source)
        except DirectoryTooLarge as error:
            raise ArchiveError(
                "too-many", f"The zip lists far more files than the allowed {settings.MAX_MANIFEST_ITEMS}."
            ) from error
        except BROKEN as error:
            raise ArchiveError("unreadable", "The zip file is damaged or not a zip file; make it again.") from error
        self.left_bytes = settings.MAX_ARCHIVE_BYTES
        self.entries = self._listed()

    def _listed(self) -> list[Entry]:
        infos = [info for info in self.zip.infolist() if not info.is_dir() and not naming.is_ignored(_name(info))]
        if len(infos) > settings.MAX_MANIFEST_ITEMS:
            raise ArchiveError(
                "too-many", f"The zip holds {len(infos)} files; at most {settings.MAX_MANIFEST_ITEMS} are allowed."
            )
        if sum(info.file_size for info in infos) > settings.MAX_ARCHIVE_BYTES:
            limit = settings.MAX_ARCHIVE_BYTES // 2**20
            raise ArchiveError("too-large", f"The zip unpacks to more than the allowed {limit} MB.")
        if not infos:
            raise ArchiveError("empty", "The zip holds no files.")
        entries = [Entry(path=_name(info), size=info.file_size, info=info, problem=_problem(info)) for info in infos]
        return sorted(entries, key=lambda entry: not is_table(entry.path))

    def read(self, entry: Entry) -> bytes:
        """The entry's bytes, counted while they unpack. Raises ArchiveError."""
        if entry.problem:
            raise ArchiveError(*entry.problem)
        limit = min(self.left_bytes, settings.MAX_PHOTO_BYTES if not is_table(entry.path) else _MAX_TABLE_BYTES)
        try:
            data = b"".join(self._chunks(entry.info, limit=limit))
        except ArchiveError:
            raise
        except BROKEN as error:
            raise ArchiveError("unreadable", "This file is damaged inside the zip; make the zip again.") from error
        # A workbook is a zip by itself, and is opened as a table or not at all.
        if data.startswith(_NESTED) and naming.suffix_of(entry.path) != naming.WORKBOOK_SUFFIX:
            raise ArchiveError("nested", "An archive inside the zip is not opened; put its photos in directly.")
        return data

    def _chunks(self, info: zipfile.ZipInfo, *, limit: int) -> Iterator[bytes]:
        total = 0
        with self.zip.open(info) as handle:
            while chunk := handle.read(2**20):
                total += len(chunk)
                self.left_bytes -= len(chunk)
                if total > limit:
                    raise ArchiveError("too-large", "This file unpacks to more than is allowed.")
                yield chunk

    def close(self) -> None:
        self.zip.close()


def is_table(path: str) -> bool:
    return naming.suffix_of(path) in naming.TABLE_SUFFIXES


def _name(info: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: without the UTF-8 mark zip promises CP437, but most tools write UTF-8 all the same."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def _problem(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    try:
        naming.clean_path(_name(info))
    except naming.NameError_ as error:
        return error.code, str(error)
    if info.flag_bits & 0x1:
        return "encrypted", "This file is locked with a password; make the zip without one."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "not-an-image", "This is a link, not a file."
    if naming.suffix_of(_name(info)) in _NESTED_SUFFIXES:
        return "nested", "An archive inside the zip is not opened; put its photos in directly."
    if info.file_size > _RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return "too-large", f"This file is packed more than {MAX_RATIO} times, which photos never are."
    return None
