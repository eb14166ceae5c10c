"""Where files lie: a folder, or an S3 bucket. Django's storages with the acts they lack.

A path is written whole or not at all, and `refresh` marks a file as wanted, so that the sweep of what nobody refers to never
takes one that is just about to be referred to.
"""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage

CHUNK_BYTES = 256 * 1024
# A file stored again is marked as wanted when its last mark is older. Far below the age at which files are swept.
REFRESH_AFTER = timedelta(hours=1)
_GOING = ".going"
_PART = ".part"


class StorageUnavailable(OSError):
    """The store as a whole cannot be used now; the message says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """A file as the store lists it. `modified` is when it was written or last marked as wanted."""

    path: str
    modified: datetime
    bytes: int


class DiskStorage(FileSystemStorage):
    """A folder. Other machines may share it over the network."""

    def require(self) -> None:
        """StorageUnavailable when the folder cannot be written to."""
        try:
            Path(self.location).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"The folder for files {self.location} cannot be made: {error.strerror}."
            ) from error
        if not os.access(self.location, os.W_OK):
            raise StorageUnavailable(f"The folder for files {self.location} cannot be written to: correct its rights.")

    def read(self, path: str) -> bytes:
        return Path(self.path(path)).read_bytes()

    def size_of(self, path: str) -> int:
        return Path(self.path(path)).stat().st_size

    def part(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in chunks."""
        with Path(self.path(path)).open("rb") as handle:
            handle.seek(start)
            while start < end and (chunk := handle.read(min(CHUNK_BYTES, end - start))):
                start += len(chunk)
                yield chunk

    def keep(self, path: str, data: bytes) -> None:
        """Writes under another name first: nobody ever reads half a file, and a full disk leaves nothing behind."""
        target = Path(self.path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{uuid.uuid4().hex}{_PART}")
        try:
            part.write_bytes(data)
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageUnavailable(f"The disk of {self.location} is full: make room.") from error
            raise

    def refresh(self, path: str, *, size: int) -> bool:
        """True when the file is there with this size; it is then safe from the sweep for a while."""
        file = Path(self.path(path))
        try:
            found = file.stat()
            if found.st_size != size:
                return False
            if datetime.now(UTC) - _time(found.st_mtime) > REFRESH_AFTER:
                os.utime(file)
        except FileNotFoundError:
            return False
        return True

    def discard(self, path: str, *, unless_after: datetime) -> bool:
        """Deletes a file unless it was written or marked later than that. False when it stays or is not there.

        Renamed first: whoever marks it from then on does not find it and writes it again; a mark set before is seen.
        """
        file = Path(self.path(path))
        going = file.with_name(file.name + _GOING)
        try:
            file.rename(going)
            if _time(going.stat().st_mtime) > unless_after:
                going.replace(file)
                return False
            going.unlink()
        except FileNotFoundError:
            return False
        return True

    def set_aside(self, path: str) -> None:
        """Gives a damaged file another name, so that it can be written again; the sweep removes it later."""
        file = Path(self.path(path))
        with suppress(FileNotFoundError):
            file.replace(file.with_name(f"{file.name}.damaged"))

    def walk(self) -> Iterator[Entry]:
        """Every file, leftovers of killed writers included."""
        root = Path(self.location)
        for file in root.glob("??/??/*"):
            with suppress(FileNotFoundError):
                found = file.stat()
                yield Entry(file.relative_to(root).as_posix(), _time(found.st_mtime), found.st_size)


class BucketStorage(S3Storage):  # type: ignore[misc]
    """A bucket of any store that speaks S3."""

    def __init__(self, **options: Any) -> None:
        from botocore.config import Config

        super().__init__(**options)
        patience = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4})
        self.client_config: Any = self.client_config.merge(patience)

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    @contextmanager
    def _explained(self, path: str = "") -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        place = f"bucket {self.bucket_name!r} at {self.endpoint_url or 'AWS'}"
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 404 and code != "NoSuchBucket" and path:
                raise FileNotFoundError(errno.ENOENT, "no such file in the store", path) from error
            raise StorageUnavailable(_why(place, code, status)) from error
        except BotoCoreError as error:
            raise StorageUnavailable(f"There is no answer from {place}: {error}") from error

    def require(self) -> None:
        """StorageUnavailable when the bucket is missing or refuses the keys."""
        with self._explained():
            self._client.head_bucket(Bucket=self.bucket_name)

    def read(self, path: str) -> bytes:
        with self._explained(path):
            answer = self._client.get_object(Bucket=self.bucket_name, Key=path)
            data: bytes = answer["Body"].read()
            return data

    def size_of(self, path: str) -> int:
        try:
            with self._explained(path):
                return int(self._client.head_object(Bucket=self.bucket_name, Key=path)["ContentLength"])
        except FileNotFoundError:
            # The answer to HEAD has no body to tell a missing file from a missing bucket.
            self.require()
            raise

    def part(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in chunks as they come from the bucket."""
        with self._explained(path):
            answer = self._client.get_object(Bucket=self.bucket_name, Key=path, Range=f"bytes={start}-{end - 1}")
        yield from answer["Body"].iter_chunks(CHUNK_BYTES)

    def keep(self, path: str, data: bytes) -> None:
        """An object appears whole or not at all."""
        with self._explained():
            parameters = self._get_write_parameters(path)
            self._client.put_object(Bucket=self.bucket_name, Key=path, Body=data, **parameters)

    def refresh(self, path: str, *, size: int) -> bool:
        """As on disk; an object has no mark but its writing, so an old one is to be written again."""
        try:
            with self._explained(path):
                found = self._client.head_object(Bucket=self.bucket_name, Key=path)
        except FileNotFoundError:
            return False
        is_young = datetime.now(UTC) - found["LastModified"] < REFRESH_AFTER
        return bool(found["ContentLength"] == size and is_young)

    def discard(self, path: str, *, unless_after: datetime) -> bool:
        """As on disk, but for the instant between the two requests."""
        try:
            with self._explained(path):
                found = self._client.head_object(Bucket=self.bucket_name, Key=path)
                if found["LastModified"] > unless_after:
                    return False
                self._client.delete_object(Bucket=self.bucket_name, Key=path)
        except FileNotFoundError:
            return False
        return True

    def set_aside(self, path: str) -> None:
        """Nothing: S3 checks its own content."""

    def walk(self) -> Iterator[Entry]:
        """Every object, a thousand a request."""
        with self._explained():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name):
                for one in page.get("Contents", []):
                    yield Entry(one["Key"], one["LastModified"], one["Size"])


def _why(place: str, code: str, status: int | None) -> str:
    if code == "NoSuchBucket" or status == 404:
        return f"There is no {place}. Create it, or correct S3_BUCKET and S3_ENDPOINT_URL."
    if status in (301, 400, 401, 403):
        return f"The {place} refuses ({code}): check S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION and the bucket's policy."
    return f"The {place} answers with an error ({code}): it is tried again."


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
