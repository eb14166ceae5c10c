import io
import struct
import zipfile

import pytest

from catalog.intake import open_intake, take_zip
from catalog.models import ItemState
from catalog.zips import DirectoryTooLarge, open_zip
from tests.catalog.photos import archive, photo

RECORD = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"


def crowded(count: int) -> io.BytesIO:
    """A zip of a directory and nothing else, in the form for more than 65,535 files."""
    length = count * len(RECORD)
    ends = (
        struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, 0),
        struct.pack("<4sLQL", b"PK\6\7", 0, length, 1),
        struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0),
    )
    return io.BytesIO(RECORD * count + b"".join(ends))


def test_zip_is_opened_and_read():
    with open_zip(archive({"A1.jpg": photo(), "notes.txt": b"x" * 3_000_000})) as packed:
        assert packed.read("A1.jpg") == photo()
        assert len(packed.read("notes.txt")) == 3_000_000


def test_stored_files_larger_than_any_directory_are_read(settings):
    settings.MAX_MANIFEST_ITEMS = 1
    data = bytes(9 * 2**20)
    with open_zip(archive({"A1.tif": data}, compression=zipfile.ZIP_STORED)) as packed:
        assert packed.read("A1.tif") == data


def test_directory_that_would_fill_the_memory_is_not_taken_in(settings):
    settings.MAX_MANIFEST_ITEMS = 10
    assert len(open_zip(crowded(1000)).infolist()) == 1000
    with pytest.raises(DirectoryTooLarge):
        open_zip(crowded(100_000))


@pytest.mark.django_db
def test_intake_says_that_a_zip_lists_too_many_files(operator, settings):
    settings.MAX_MANIFEST_ITEMS = 10
    (row,) = take_zip(open_intake(owner=operator, source="zip"), source=crowded(100_000), name="crowd.zip")
    assert (row.state, row.reason_code) == (ItemState.REJECTED, "too-many")
