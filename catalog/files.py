"""Files by content: stored once under the hash of their bytes, on disk or S3 through Django's storage."""

import hashlib
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


@dataclass(frozen=True)
class StoredFile:
    path: str
    sha256: str
    bytes: int


def store(data: bytes, *, suffix: str) -> StoredFile:
    """Keeps the bytes and says where. The same bytes again are found, not written twice.

    suffix: file ending without the dot, lower case, for example "jpg".
    """
    digest = hashlib.sha256(data).hexdigest()
    path = f"{digest[:2]}/{digest[2:4]}/{digest}.{suffix}"
    # A name that exists was written whole: the storage writes under this name only at the end of save().
    if not default_storage.exists(path) or default_storage.size(path) != len(data):
        default_storage.delete(path)
        saved = default_storage.save(path, ContentFile(data))
        if saved != path:
            # Another process stored the same bytes in between and the storage chose a second name.
            default_storage.delete(saved)
    return StoredFile(path=path, sha256=digest, bytes=len(data))


def load(path: str) -> bytes:
    """The bytes under a path of `store`. Raises FileNotFoundError when they are gone."""
    with default_storage.open(path, "rb") as handle:
        data: bytes = handle.read()
        return data


def remove(path: str) -> None:
    """Deletes the file; one that is gone already is fine."""
    default_storage.delete(path)
