"""Files in a folder and in a bucket of a loopback S3 server: the same acts, the same results."""

import errno
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog import files
from catalog.storage import StorageUnavailable
from tests.buckets import bucket

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SOON = timedelta(hours=1)


@pytest.fixture(params=["folder", "bucket"])
def place(request, settings, tmp_path):
    if request.param == "folder":
        settings.MEDIA_ROOT = tmp_path / "media"
    else:
        settings.STORAGES = {**settings.STORAGES, "default": bucket(request.getfixturevalue("s3"))}
    return request.param


def test_bytes_come_back_and_are_stored_once(place):
    first = files.store(b"a picture of %s" % place.encode(), suffix="jpg")
    assert files.store(b"a picture of %s" % place.encode(), suffix="jpg") == first
    assert files.load(first.path) == b"a picture of %s" % place.encode()
    assert files.size_of(first.path) == first.bytes
    assert [entry.bytes for entry in files.listed() if entry.path == first.path] == [first.bytes]


def test_a_part_is_read_alone(place):
    path = files.store(b"0123456789", suffix="bin").path
    assert b"".join(files.part(path, start=2, end=5)) == b"234"


def test_a_missing_file_is_a_missing_file(place):
    path = f"aa/bb/aabb{'0' * 60}.jpg"
    for read in (files.load, files.size_of):
        with pytest.raises(FileNotFoundError):
            read(path)
    files.remove(path)
    assert not files.discard(path, unless_after=LONG_AGO)


def test_a_file_that_is_wanted_again_is_not_discarded(place):
    path = files.store(b"wanted", suffix="jpg").path
    assert not files.discard(path, unless_after=LONG_AGO)
    assert files.load(path) == b"wanted"
    assert files.discard(path, unless_after=datetime.now(UTC) + SOON)
    with pytest.raises(FileNotFoundError):
        files.load(path)


def test_links_are_signed_where_there_are_any(place):
    path = files.store(b"linked", suffix="jpg").path
    assert files.has_links() == (place == "bucket")
    if files.has_links():
        assert "X-Amz-Signature=" in files.link(path)


# ---------------------------------------------------------------- a folder alone


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def test_storing_again_marks_an_old_file_as_wanted(folder):
    path = files.store(b"old", suffix="jpg").path
    os.utime(folder / path, (0, 0))
    files.store(b"old", suffix="jpg")
    assert time.time() - (folder / path).stat().st_mtime < 60


def test_a_full_disk_is_said_and_leaves_nothing_behind(folder, monkeypatch):
    def full(self, data):
        Path(self).touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageUnavailable, match="is full: make room"):
        files.store(b"too much", suffix="jpg")
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_a_damaged_file_counts_as_gone_and_can_be_stored_again(folder):
    path = files.store(b"whole", suffix="jpg").path
    (folder / path).write_bytes(b"wh\0le")
    with pytest.raises(FileNotFoundError, match="damaged"):
        files.load(path)
    files.store(b"whole", suffix="jpg")
    assert files.load(path) == b"whole"


def test_foreign_files_are_not_listed(folder):
    ours = files.store(b"ours", suffix="jpg").path
    (folder / "no" / "te").mkdir(parents=True)
    (folder / "no" / "te" / "readme.txt").write_text("mine")
    assert [entry.path for entry in files.listed()] == [ours]


def test_a_folder_that_cannot_be_made_is_named(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    with pytest.raises(StorageUnavailable, match="cannot be made"):
        files.require()


# ---------------------------------------------------------------- a bucket alone


def test_a_missing_bucket_is_named_with_what_to_do(settings, s3):
    settings.STORAGES = {**settings.STORAGES, "default": bucket(s3, "nowhere")}
    for act in (files.require, lambda: files.store(b"x", suffix="jpg"), lambda: files.load("aa/bb/x.jpg")):
        with pytest.raises(
            StorageUnavailable, match=r"There is no bucket 'nowhere' at http.*Create it, or correct S3_BUCKET"
        ):
            act()


def test_a_store_that_does_not_answer_is_named(settings):
    silent = bucket("http://127.0.0.1:9")
    settings.STORAGES = {**settings.STORAGES, "default": silent}
    with pytest.raises(StorageUnavailable, match=r"There is no answer from bucket 'pictures' at http://127\.0\.0\.1:9"):
        files.require()
