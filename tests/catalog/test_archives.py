import io
import stat
import zipfile

import pytest

from catalog.intake import accepted_images, open_intake, take_zip
from catalog.models import ItemState
from tests.catalog.photos import archive, manifest, photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(operator):
    return open_intake(owner=operator, source="zip")


def _rows(intake):
    return {
        item.path.partition("/")[2] or item.path: (item.state, item.reason_code or item.sku)
        for item in intake.items.all()
    }


def test_a_zip_is_opened_and_its_photos_taken(intake):
    files = {
        "shop/AC4102_1.jpg": photo(), "shop/AC4102_2.jpg": photo(colour=(1, 2, 3)), "shop/readme.txt": b"x",
        "__MACOSX/shop/._AC4102_1.jpg": b"x", "shop/.DS_Store": b"x", "shop/broken_1.jpg": photo()[:600],
    }  # fmt: skip
    taken = take_zip(intake, source=archive(files), name="autumn.zip")
    assert (taken[0].state, taken[0].reason) == (ItemState.OPENED, "4 inside")
    assert _rows(intake) == {
        "autumn.zip": ("opened", ""), "shop/AC4102_1.jpg": ("accepted", "AC4102"), "shop/AC4102_2.jpg": ("accepted", "AC4102"),
        "shop/readme.txt": ("rejected", "not-an-image"), "shop/broken_1.jpg": ("rejected", "truncated"),
    }  # fmt: skip
    assert [image.view for image in accepted_images(intake)] == [1, 2]


def test_a_folder_inside_is_the_product(intake):
    take_zip(intake, source=archive({"MUG-01/IMG_1.jpg": photo(), "BOX/front.jpg": photo(colour=(9, 9, 9))}))
    assert {image.variant.sku for image in accepted_images(intake)} == {"MUG-01", "BOX"}


def test_a_table_inside_says_what_the_photos_are(intake):
    table = b"Item SKU;Title;File name\nMUG-01;Blue mug;IMG_1.jpg\nBOX;Box;images/IMG_2.jpg\n"
    files = {"images/IMG_1.jpg": photo(), "images/IMG_2.jpg": photo(colour=(9, 9, 9)), "list.csv": table}
    take_zip(intake, source=archive(files))
    images = accepted_images(intake)
    assert {image.variant.sku: image.variant.product.name for image in images} == {"MUG-01": "Blue mug", "BOX": "Box"}
    assert not intake.items.filter(state=ItemState.WAITING).exists()


def test_a_manifest_inside_works_the_same(intake):
    files = {"a/x.jpg": photo(), "manifest.json": manifest({"sku": "MUG-01", "image_url": "a/x.jpg"})}
    take_zip(intake, source=archive(files))
    assert [image.variant.sku for image in accepted_images(intake)] == ["MUG-01"]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 not really", b"plain text", archive({"a.jpg": b"x"}).getvalue()[:-30]],
    ids=["empty", "its first bytes", "text", "cut off"],
)
def test_what_is_no_zip_is_one_rejected_row(intake, data):
    [row] = take_zip(intake, source=io.BytesIO(data))
    assert (row.state, row.reason_code) == (ItemState.REJECTED, "unreadable")


def test_an_empty_zip_is_rejected(intake):
    assert take_zip(intake, source=archive({".DS_Store": b"x"}))[0].reason_code == "empty"


def test_names_that_leave_the_zip_are_rejected(intake):
    take_zip(intake, source=archive({"../../A1.jpg": photo(), "/etc/A2.jpg": photo(), "A3.jpg": photo()}))
    assert [item.sku for item in intake.items.usable()] == ["A3"]
    assert intake.items.refused().filter(reason_code="wrong-name").count() == 2


def test_two_entries_of_one_name_do_not_mix_up_the_rest(intake):
    buffer = archive({"A1_1.jpg": photo(), "B2_1.jpg": photo(colour=(7, 7, 7))})
    with zipfile.ZipFile(buffer, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("A1_1.jpg", photo(colour=(8, 8, 8)))
    take_zip(intake, source=buffer)
    assert sorted(image.variant.sku for image in accepted_images(intake)) == ["A1", "B2"]


def test_an_archive_inside_is_not_opened(intake):
    inner = archive({"A1.jpg": photo()}).getvalue()
    take_zip(intake, source=archive({"inner.zip": inner, "inner.jpg": inner, "A2.jpg": photo()}))
    assert _rows(intake)["inner.zip"][1] == "nested"
    assert _rows(intake)["inner.jpg"][1] == "nested"
    assert len(accepted_images(intake)) == 1


def test_an_entry_that_unpacks_to_too_much_is_rejected_and_the_rest_goes_on(intake, settings):
    settings.MAX_PHOTO_BYTES = 50_000
    take_zip(intake, source=archive({"A1.jpg": b"\0" * 60_000, "A2.jpg": photo()}))
    assert _rows(intake)["A1.jpg"] == ("rejected", "too-large")
    assert len(accepted_images(intake)) == 1


def test_a_lying_size_does_not_help(intake, settings):
    settings.MAX_PHOTO_BYTES = 50_000
    packed = bytearray(archive({"A1.jpg": b"\0" * 60_000}).getvalue())
    place = packed.index(b"PK\x01\x02")
    packed[place + 24 : place + 28] = (100).to_bytes(4, "little")
    take_zip(intake, source=io.BytesIO(bytes(packed)))
    assert _rows(intake)["A1.jpg"][0] == "rejected"


def test_the_whole_zip_is_limited(intake, settings):
    settings.MAX_ARCHIVE_BYTES = 1000
    assert take_zip(intake, source=archive({"A1.jpg": b"\0" * 2000}))[0].reason_code == "too-large"
    settings.MAX_MANIFEST_ITEMS = 2
    many = archive({f"A{number}.jpg": b"x" for number in range(3)})
    assert take_zip(intake, source=many, name="many.zip")[0].reason_code == "too-many"


def test_an_absurd_ratio_is_a_bomb(intake):
    take_zip(intake, source=archive({"A1.jpg": b"\0" * (21 * 2**20)}))
    assert _rows(intake)["A1.jpg"] == ("rejected", "too-large")


def test_locked_entries_and_links_are_rejected(intake):
    packed = archive({"A1.jpg": photo()}, compression=zipfile.ZIP_STORED)
    data = bytearray(packed.getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    take_zip(intake, source=io.BytesIO(bytes(data)), name="locked.zip")
    link = zipfile.ZipInfo("A2.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(link, "/etc/passwd")
    take_zip(intake, source=buffer, name="link.zip")
    assert [item.reason_code for item in intake.items.refused()] == ["encrypted", "not-an-image"]


def test_a_damaged_entry_does_not_stop_the_rest(intake):
    packed = archive({"A1.jpg": photo(), "A2.jpg": photo(colour=(5, 5, 5))}, compression=zipfile.ZIP_STORED)
    data = bytearray(packed.getvalue())
    data[120] ^= 0xFF
    take_zip(intake, source=io.BytesIO(bytes(data)))
    assert _rows(intake)["A1.jpg"] == ("rejected", "unreadable")
    assert len(accepted_images(intake)) == 1


def test_names_in_utf8_without_its_mark_are_read(intake):
    data = archive({"AERMEL_1.jpg": photo()}).getvalue().replace(b"AERMEL_1", "ÄRMEL_1".encode())
    take_zip(intake, source=io.BytesIO(data))
    assert [item.sku for item in intake.items.usable()] == ["ÄRMEL"]
