import pytest

from catalog.folders import take_folder, take_paths
from catalog.intake import accepted_images, open_intake
from catalog.models import ItemState, SourceImage, WatchedFolder
from catalog.watch import scan, scan_all
from config.settings import BASE_DIR
from tests.catalog.photos import archive, photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(operator):
    return open_intake(owner=operator, source="cli")


def test_a_folder_is_taken_with_what_lies_deeper(intake, tmp_path):
    (tmp_path / "MUG-01").mkdir()
    (tmp_path / "MUG-01" / "IMG_1.jpg").write_bytes(photo())
    (tmp_path / "AC4102_2.jpg").write_bytes(photo(colour=(1, 1, 1)))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "link.jpg").symlink_to("/etc/passwd")
    taken = take_folder(intake, folder=tmp_path)
    assert {item.path.partition("/")[2]: item.state for item in taken} == {
        "AC4102_2.jpg": ItemState.ACCEPTED, "MUG-01/IMG_1.jpg": ItemState.ACCEPTED, "notes.txt": ItemState.REJECTED,
    }  # fmt: skip
    assert {(image.variant.sku, image.view) for image in accepted_images(intake)} == {("MUG-01", 1), ("AC4102", 2)}


def test_the_folder_itself_is_the_product_when_its_names_say_nothing(intake, tmp_path):
    folder = tmp_path / "AC4102"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"IMG_000{number}.jpg").write_bytes(photo(colour=(number, 0, 0)))
    take_paths(intake, paths=[folder])
    assert [(image.variant.sku, image.view) for image in accepted_images(intake)] == [("AC4102", 1), ("AC4102", 2)]


def test_paths_of_every_kind_are_taken_together(intake, tmp_path):
    (tmp_path / "more.zip").write_bytes(archive({"A1.jpg": photo()}).getvalue())
    (tmp_path / "x.jpg").write_bytes(photo(colour=(2, 2, 2)))
    (tmp_path / "table.csv").write_text("sku,image\nB2,x.jpg\nB3,missing.jpg\n")
    first, second = tmp_path / "a" / "photos", tmp_path / "b" / "photos"
    for number, folder in enumerate((first, second)):
        folder.mkdir(parents=True)
        (folder / "C3_1.jpg").write_bytes(photo(colour=(3, 3, number)))
    paths = [first, second, tmp_path / "more.zip", tmp_path / "table.csv", tmp_path / "absent.jpg"]
    taken = take_paths(intake, paths=paths)
    assert sorted(image.variant.sku for image in accepted_images(intake)) == ["A1", "B2", "C3", "C3"]
    refused = {item.path: item.reason_code for item in taken if item.state == ItemState.REJECTED}
    assert refused == {"missing.jpg": "not-found", "absent.jpg": "not-found"}


@pytest.mark.parametrize("table", ["catalogue.csv", "catalogue.json"])
def test_the_sample_catalogue_is_taken_whole(intake, table):
    taken = take_paths(intake, paths=[BASE_DIR / "samples" / table])
    assert [item.path for item in taken if item.state == ItemState.REJECTED] == []
    images = accepted_images(intake)
    assert len(images) == len(taken) - 1
    glasses = sorted(image.view for image in images if image.variant.sku == "AC4102")
    assert glasses == [1, 2, 3]


@pytest.fixture
def watched(operator, tmp_path):
    return WatchedFolder.objects.create(path=str(tmp_path), owner=operator)


def test_a_watched_folder_takes_what_has_stopped_growing_once(watched, tmp_path):
    file = tmp_path / "A1_1.jpg"
    file.write_bytes(photo()[:500])
    assert scan(watched) is None, "seen for the first time"
    file.write_bytes(photo())
    assert scan(watched) is None, "it has grown"
    intake = scan(watched)
    assert (intake.state, intake.watched_folder) == ("ready", watched)
    assert [image.variant.sku for image in accepted_images(intake)] == ["A1"]
    assert scan(watched) is None
    assert file.exists()


def test_a_watched_folder_tells_bad_files_and_skips_known_photos(watched, tmp_path):
    (tmp_path / "A1_1.jpg").write_bytes(photo())
    (tmp_path / "bad.jpg").write_bytes(b"nonsense")
    scan(watched)
    first = scan(watched)
    assert first.items.refused().count() == 1
    accepted_images(first)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "A1_1.jpg").write_bytes(photo())
    assert [scan(watched), scan(watched)] == [None, None]
    assert SourceImage.objects.count() == 1


def test_a_missing_watched_folder_says_so_and_stops_no_other(watched, tmp_path, operator):
    gone = WatchedFolder.objects.create(path=str(tmp_path / "gone"), owner=operator)
    (tmp_path / "A1_1.jpg").write_bytes(photo())
    assert scan_all() == []
    assert len(scan_all()) == 1
    gone.refresh_from_db()
    assert "no such folder" in gone.last_error
