import io

import pytest

from catalog.intake import accepted_images, mark_submitted, open_intake, take_bytes, take_table, take_table_again
from catalog.models import ColumnMapping, ItemState, Product
from catalog.tables import TableError, read_table, suggest_columns
from tests import builders
from tests.catalog.photos import photo

HEADER = "SKU,Name,Category,Image\n"


def _csv(text, encoding="utf-8"):
    return io.BytesIO(text.encode(encoding))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiter_and_encoding_are_found(delimiter, encoding):
    text = f'sku{delimiter}"name; of, it"{delimiter}file\r\nA1{delimiter}"Ärmel{delimiter} ""blau"""{delimiter}a.jpg\r\n\r\n'
    table = read_table(text.encode(encoding))
    assert table.header == ("sku", "name; of, it", "file")
    assert table.rows == (("A1", f'Ärmel{delimiter} "blau"', "a.jpg"),)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("SKU", "Image URL", "Title"), {"sku": "SKU", "image": "Image URL", "name": "Title"}),
        (("Handle", "Variant SKU", "Image Src"), {"sku": "Variant SKU", "image": "Image Src"}),
        (("id", "image_link", "gtin", "product_type"), {"sku": "id", "image": "image_link", "gtin": "gtin", "category": "product_type"}),
        (("Artikelnummer", "Bild", "EAN"), {"sku": "Artikelnummer", "image": "Bild", "gtin": "EAN"}),
        (("Art.-Nr.", "Bilddatei", "Warengruppe"), {"sku": "Art.-Nr.", "image": "Bilddatei", "category": "Warengruppe"}),
        (("Référence", "Fichier", "Désignation"), {"sku": "Référence", "image": "Fichier", "name": "Désignation"}),
        (("foo", "bar"), {}),
    ],
)  # fmt: skip
def test_columns_are_suggested_from_usual_names(header, expected):
    assert suggest_columns(header) == expected


def test_the_first_line_of_excel_names_the_delimiter():
    table = read_table(b"sep=;\r\nsku;name, colour;file\r\nA1;Mug, blue;a.jpg\r\n")
    assert table.header == ("sku", "name, colour", "file")


@pytest.mark.parametrize("data", [b"", b"sku\n", b"a\0b,c\n1,2\n", b"\xff\xfe\x00"])
def test_what_is_no_table_says_so(data):
    with pytest.raises(TableError):
        read_table(data)


def test_too_many_rows_are_refused(settings):
    settings.MAX_MANIFEST_ITEMS = 2
    with pytest.raises(TableError, match="more than the allowed 2 rows"):
        read_table(b"sku\n" + b"A\n" * 3)


@pytest.fixture
def intake(operator):
    return open_intake(owner=operator, source="csv")


@pytest.mark.django_db
def test_links_wait_to_be_fetched_and_bad_rows_are_told(intake, broker, django_capture_on_commit_callbacks):
    text = HEADER + (
        "A1,Mug,home-goods,https://shop.example/a.jpg\n"
        "A2,,,ftp://shop.example/a.jpg\n"
        ",No code,,https://shop.example/b.jpg\n"
        "A4,Only facts,outdoor,\n"
        "A5,,,https://user:pw@shop.example/a.jpg\n"
    )
    with django_capture_on_commit_callbacks(execute=True):
        take_table(intake, source=_csv(text))
    assert [(item.sku, item.url) for item in intake.items.to_fetch()] == [("A1", "https://shop.example/a.jpg")]
    assert [f"{item.path}, {item.reason}" for item in intake.items.refused()] == [
        "table.csv row 3, image_url: The address must start with http:// or https://.",
        "table.csv row 4, sku: is missing",
        "table.csv row 6, image_url: The address may not hold a user name or password.",
    ]
    assert broker.queues["providers"].qsize() == 1
    assert intake.facts["A4"] == {"name": "Only facts", "category": "outdoor"}


@pytest.mark.django_db
def test_files_named_before_they_come_get_the_row_of_the_table(intake):
    take_table(intake, source=_csv(HEADER + "REAL-1,Mug,home-goods,photos/DSC_1.jpg\nREAL-2,Box,,DSC_9.jpg\n"))
    item = take_bytes(intake, path="drop/dsc_1.JPG".replace("dsc_1.JPG", "DSC_1.jpg"), data=photo())
    assert (item.sku, item.state) == ("REAL-1", ItemState.ACCEPTED)
    [image] = accepted_images(intake)
    assert (image.variant.product.name, image.variant.product.category) == ("Mug", "home-goods")
    mark_submitted(intake)
    [missing] = intake.items.refused()
    assert (missing.path, missing.reason_code) == ("DSC_9.jpg", "not-found")


@pytest.mark.django_db
def test_a_table_that_comes_after_its_photos_renames_them(intake):
    take_bytes(intake, path="drop/DSC_1.jpg", data=photo())
    take_table(intake, source=_csv(HEADER + "REAL-1,Mug,,dsc_1.jpg\n"))
    [image] = accepted_images(intake)
    assert image.variant.sku == "REAL-1"
    assert Product.objects.count() == 1


@pytest.mark.django_db
def test_rows_without_a_photo_describe_photos_that_come_by_name(intake):
    take_table(intake, source=_csv("sku;name;asin\nAC4102;Glasses;B0F7KQ4102\n"))
    take_bytes(intake, path="AC4102_1.jpg", data=photo())
    [image] = accepted_images(intake)
    assert (image.variant.asin, image.variant.product.name) == ("B0F7KQ4102", "Glasses")


@pytest.mark.django_db
def test_unknown_columns_are_asked_for_once_and_remembered(intake, operator):
    text = "Nummer X,Foto Y\nA1,DSC_1.jpg\n"
    [row] = take_table(intake, source=_csv(text))
    assert (row.state, row.reason_code) == (ItemState.WAITING, "columns")
    assert row.fields["header"] == ["Nummer X", "Foto Y"]
    take_table_again(row, columns={"sku": "Nummer X", "image": "Foto Y", "nonsense": "Foto Y"})
    assert row.state == ItemState.OPENED
    assert ColumnMapping.objects.get().columns == {"sku": "Nummer X", "image": "Foto Y"}
    later = open_intake(owner=operator, source="csv")
    take_table(later, source=_csv("NUMMER x;foto_y\nA2;DSC_2.jpg\n"))
    assert not later.items.filter(sku="A2").exists(), "titles differ in case, so the remembered ones are not there"
    same = open_intake(owner=operator, source="csv")
    take_table(same, source=_csv("Nummer X;Foto Y\nA2;DSC_2.jpg\n"))
    assert same.items.filter(sku="A2").exists()
    stranger = open_intake(owner=builders.user(), source="csv")
    assert take_table(stranger, source=_csv(text))[0].reason_code == "columns"


@pytest.mark.django_db
def test_one_file_for_two_products_is_told(intake):
    take_table(intake, source=_csv(HEADER + "A1,,,x.jpg\nA2,,,x.jpg\n"))
    [item] = intake.items.filter(state=ItemState.WAITING)
    assert "A2" in item.note


@pytest.mark.django_db
def test_two_rows_for_a_file_that_has_come_are_one_photo(intake):
    take_bytes(intake, path="photos/A1_1.jpg", data=photo())
    rows = "A1,Mug,,photos/A1_1.jpg\nA1,,home-goods,A1_1.jpg\nA2,,,A1_1.jpg\n"
    take_table(intake, source=_csv(HEADER + rows))
    item = intake.items.get(path="photos/A1_1.jpg")
    assert (item.sku, item.state, item.category) == ("A1", ItemState.ACCEPTED, "home-goods")
    assert "A2" in item.note


@pytest.mark.django_db
def test_a_table_says_how_its_columns_were_read(intake):
    [row] = take_table(intake, source=_csv("Artikelnummer;Aufnahme;Kategorie\nA1;a.jpg;Mode\n"))
    assert row.reason == "1 inside. sku: Artikelnummer, category: Kategorie; passed over: Aufnahme"
    assert intake.facts["A1"]["category"] == "fashion"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["C:\\Bilder\\A1.jpg", "/home/anna/A1.jpg", "\\\\nas\\fotos\\A1.jpg", "./A1.jpg"])
def test_a_photo_named_by_its_place_on_another_disk_is_met_by_its_name(intake, path):
    take_table(intake, source=_csv(f"sku;file\nX9;{path}\n"))
    item = take_bytes(intake, path="A1.jpg", data=photo())
    assert (item.state, item.sku) == (ItemState.ACCEPTED, "X9")
