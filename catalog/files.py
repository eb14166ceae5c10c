"""Files by content: stored once under the hash of their bytes, in a folder or an S3 bucket as the settings say."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.core.files.storage import storages

from catalog.storage import BucketStorage, DiskStorage, Entry
from catalog.storage import StorageUnavailable as StorageUnavailable

_OURS = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/((?:\1\2)[0-9a-f]{60})\.[A-Za-z0-9.]+")


@dataclass(frozen=True)
class StoredFile:
    path: str
    sha256: str
    bytes: int


def store(data: bytes, *, suffix: str) -> StoredFile:
    """Keeps the bytes and says where. The same bytes again are found, not written twice.

    suffix: file ending without the dot, lower case, for example "jpg". Raises StorageUnavailable, for example on a full disk.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = f"{digest[:2]}/{digest[2:4]}/{digest}.{suffix}"
    if not _storage().refresh(path, size=len(data)):
        _storage().keep(path, data)
    return StoredFile(path=path, sha256=digest, bytes=len(data))


def load(path: str) -> bytes:
    """The bytes under a path of `store`. Raises FileNotFoundError when they are gone, or are not what was stored."""
    data = _storage().read(path)
    if (ours := _OURS.fullmatch(path)) and hashlib.sha256(data).hexdigest() != ours.group(3):
        _storage().set_aside(path)
        raise FileNotFoundError(f"{path} is damaged: its content is not what was stored")
    return data


def size_of(path: str) -> int:
    """Raises FileNotFoundError when the file is gone."""
    return _storage().size_of(path)


def part(path: str, *, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` up to `end` in chunks, read as they are asked for."""
    return _storage().part(path, start, end)


def has_links() -> bool:
    """True when others can fetch a file by a signed address."""
    return isinstance(_storage(), BucketStorage)


def link(path: str) -> str:
    """A signed address that holds for an hour, where `has_links`."""
    return str(_storage().url(path))


def require() -> None:
    """StorageUnavailable, with what to do, when the store cannot be used."""
    _storage().require()


def discard(path: str, *, unless_after: datetime) -> bool:
    """Deletes the file unless it was stored, or stored again, later than that. False when it stays or was gone."""
    return _storage().discard(path, unless_after=unless_after)


def listed() -> Iterator[Entry]:
    """Every file of ours that lies in the store; whatever else lies there is nobody's business."""
    return (entry for entry in _storage().walk() if _OURS.fullmatch(entry.path))


def remove(path: str) -> None:
    """Deletes the file at once; one that is gone already is fine."""
    _storage().delete(path)


def _storage() -> DiskStorage | BucketStorage:
    return cast("DiskStorage | BucketStorage", storages["default"])
