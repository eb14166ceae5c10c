import json
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog import files
from catalog.models import Product
from config import backups

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def media(tmp_path, settings):
    """Files, data and key of an installation of its own."""
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path / "data"
    settings.DATA_DIR.mkdir()
    (settings.DATA_DIR / "secret.key").write_text("the key")
    return settings.MEDIA_ROOT


def test_what_was_lost_comes_back(media, tmp_path, settings, capsys):
    Product.objects.create(code="MUG-01", name="Mug")
    kept = files.store(b"a photo", suffix="jpg")
    call_command("backup", tmp_path / "backup", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["copied"]) == (1, 1)
    Product.objects.all().delete()
    Product.objects.create(code="LATER", name="made after the backup")
    files.remove(kept.path)
    settings.SECRET_KEY_GIVEN = False
    shutil.rmtree(settings.DATA_DIR)
    call_command("restore", tmp_path / "backup", "--replace")
    assert list(Product.objects.values_list("code", "name")) == [("MUG-01", "Mug")]
    assert files.load(kept.path) == b"a photo"
    assert (settings.DATA_DIR / "secret.key").read_text() == "the key"


def test_the_second_backup_copies_only_what_is_new_and_old_dumps_go(media, tmp_path, monkeypatch):
    def dump(target):
        target.write_bytes(b"dump")
        return target

    monkeypatch.setattr(backups, "_dump", dump)
    folder = tmp_path / "backup"
    folder.mkdir()
    for day in ("01", "02", "03"):
        (folder / f"database-202601{day}T000000Z.dump").write_bytes(b"old")
    files.store(b"one", suffix="jpg")
    assert backups.back_up(folder, keep=2).copied == 1
    files.store(b"two", suffix="webp")
    report = backups.back_up(folder, keep=2)
    assert (report.copied, report.files) == (1, 2)
    assert len(list(folder.glob("*.dump"))) <= 2
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0


def test_a_database_with_something_in_it_is_not_replaced_unasked(media, tmp_path):
    (tmp_path / "database-20260101T000000Z.dump").write_bytes(b"dump")
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", tmp_path)


def test_a_dump_that_cannot_be_read_changes_nothing(media, tmp_path):
    Product.objects.create(code="MUG-01", name="Mug")
    (tmp_path / "database-20260101T000000Z.dump").write_bytes(b"no dump at all")
    with pytest.raises(CommandError, match="pg_restore failed"):
        call_command("restore", tmp_path, "--replace")
    assert Product.objects.count() == 1


def test_a_dump_that_breaks_off_leaves_the_database_as_it_was(media, tmp_path, monkeypatch):
    Product.objects.create(code="MUG-01", name="Mug")
    call_command("backup", tmp_path / "backup")
    run = backups._run

    def break_script(command, *arguments):
        run(command, *arguments)
        if command == "pg_restore":
            script = next(Path(one.removeprefix("--file=")) for one in arguments if one.startswith("--file="))
            script.write_text(script.read_text() + "\nSELECT broken;\n")

    monkeypatch.setattr(backups, "_run", break_script)
    with pytest.raises(CommandError, match="psql failed"):
        call_command("restore", tmp_path / "backup", "--replace")
    assert list(Product.objects.values_list("code", flat=True)) == ["MUG-01"]


@pytest.mark.parametrize("options", [[], ["--dump", "other.dump"]])
def test_a_folder_without_the_backup_is_told(media, tmp_path, options):
    if options:
        (tmp_path / "database-20260101T000000Z.dump").write_bytes(b"dump")
    with pytest.raises(CommandError, match=r"holds no backup|There is no dump"):
        call_command("restore", tmp_path, "--replace", *options)


def test_a_damaged_file_in_the_backup_is_found_before_anything_is_replaced(media, tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "_run", lambda *arguments: None)
    Product.objects.create(code="MUG-01", name="Mug")
    (tmp_path / "database-20260101T000000Z.dump").write_bytes(b"dump")
    held = tmp_path / "files" / "ab" / "cd" / f"abcd{'0' * 60}.jpg"
    held.parent.mkdir(parents=True)
    held.write_bytes(b"not what the name says")
    with pytest.raises(CommandError, match="damaged"):
        call_command("restore", tmp_path, "--replace")
    assert Product.objects.count() == 1
