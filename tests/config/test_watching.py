import shutil
from pathlib import Path

import pytest

from catalog.models import WatchedFolder
from config.watching import submit_new_photos
from processing.models import Batch
from processing.recipes import ensure_presets

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "photos"


@pytest.fixture
def folder(tmp_path, operator):
    ensure_presets()
    return WatchedFolder.objects.create(path=str(tmp_path), recipe="packshot", owner=operator)


def test_new_photo_is_submitted_once_it_has_stopped_growing(folder, tmp_path):
    shutil.copy(SAMPLES / "MUG-01_2.jpg", tmp_path)
    assert submit_new_photos() == 0
    assert submit_new_photos() == 1
    batch = Batch.objects.get()
    assert (batch.source, batch.recipe.name, batch.jobs.get().sku) == ("folder", "packshot", "MUG-01")
    assert submit_new_photos() == 0


def test_unknown_recipe_is_said_and_nothing_is_lost(folder, tmp_path):
    folder.recipe = "no-such-recipe"
    folder.save()
    shutil.copy(SAMPLES / "MUG-01_2.jpg", tmp_path)
    submit_new_photos()
    assert submit_new_photos() == 0
    folder.refresh_from_db()
    assert "no-such-recipe" in folder.last_error
    folder.recipe = "packshot"
    folder.save()
    assert submit_new_photos() == 1


def test_recipe_of_a_folder_may_name_who_makes_what(folder, tmp_path):
    folder.recipe = "packshot,engine=studio"
    folder.save()
    shutil.copy(SAMPLES / "MUG-01_2.jpg", tmp_path)
    submit_new_photos()
    assert submit_new_photos() == 1
    assert Batch.objects.get().recipe.data["engine"] == "studio"


def test_folder_whose_recipe_names_a_stranger_waits_and_says_so(folder, tmp_path):
    folder.recipe = "packshot,engine=nobody"
    folder.save()
    shutil.copy(SAMPLES / "MUG-01_2.jpg", tmp_path)
    submit_new_photos()
    assert submit_new_photos() == 0
    folder.refresh_from_db()
    assert "nobody" in folder.last_error


def test_folder_of_useless_files_makes_no_batch(folder, tmp_path):
    (tmp_path / "notes.txt").write_text("no photo")
    submit_new_photos()
    assert submit_new_photos() == 0
    assert not Batch.objects.exists()
