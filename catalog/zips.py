"""Opening zip files that somebody else made."""

import sys
import zipfile
import zlib
from typing import IO, cast

from django.conf import settings

# A record of 46 bytes becomes an object of 500, so a directory as large as an upload may be would take all memory. Real records
# are 100 to 300 bytes, and some tools write a second one for each file.
_RECORD_BYTES = 512
_LEAST_LIMIT_BYTES = 4 * 2**20

# What reading a damaged zip raises. NotImplementedError is zipfile's own for packings it does not know, RuntimeError for locked files.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class DirectoryTooLarge(ValueError):
    """The zip lists more files than can be meant."""


class _Bounded:
    """The file under a zip while it is opened, when one read takes in the directory, whatever size the file says it has."""

    def __init__(self, source: IO[bytes], *, limit_bytes: int) -> None:
        self.source = source
        self.limit_bytes = limit_bytes
        self.seek, self.tell, self.seekable = source.seek, source.tell, source.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self.limit_bytes:
            raise DirectoryTooLarge(f"the zip's directory has {size} bytes")
        return self.source.read(size)


def open_zip(source: IO[bytes]) -> zipfile.ZipFile:
    """Raises DirectoryTooLarge, or what zipfile raises for files that are no zip."""
    limit_bytes = max(_LEAST_LIMIT_BYTES, settings.MAX_MANIFEST_ITEMS * _RECORD_BYTES)
    bounded = _Bounded(source, limit_bytes=limit_bytes)
    opened = zipfile.ZipFile(cast("IO[bytes]", bounded))
    bounded.limit_bytes = sys.maxsize  # what is inside may be larger, and its readers count it
    return opened
