import io
import re
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import workbooks, zips
from catalog.archives import Archive
from catalog.folders import take_paths
from catalog.intake import accepted_images, open_intake, take_file, take_table_again, take_zip
from catalog.items import Declared, declare
from catalog.models import ItemState, Product
from catalog.tables import TableError, read_table
from catalog.workbooks import read_workbook
from processing.models import Job
from tests import builders
from tests.catalog.photos import photo

HEADER = ["SKU", "Name", "Image"]


def workbook(*rows, formats=None, sheets=()):
    """Bytes of a workbook: its first sheet's rows, {cell: number format}, and [(title, rows, state)] of more in front of it."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for place, number_format in (formats or {}).items():
        sheet[place].number_format = number_format
    for index, (title, lines, state) in enumerate(sheets):
        extra = book.create_sheet(title, index)
        extra.sheet_state = state
        for line in lines:
            extra.append(line)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def with_part(data, name, content):
    """The workbook with one of its parts replaced or added."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as after:
        for one in before.namelist():
            if one != name:
                after.writestr(one, before.read(one))
        after.writestr(name, content)
    return kept.getvalue()


def sheet_xml(body):
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        ("A1", "General", "A1"),
        ("  A1 ", "General", "A1"),
        (4711, "General", "4711"),
        (4711.0, "General", "4711"),
        (4006381333931, "0", "4006381333931"),
        (4711, "000000", "004711"),
        (4711, "000-000", "004-711"),
        (4711, '"AB-"00000', "AB-04711"),
        (12345678, "000000", "12345678"),
        (1234567, "#,##0", "1234567"),
        (-5, "000", "-5"),
        (0.1 + 0.2, "General", "0.3"),
        (date(2026, 11, 22), "yyyy-mm-dd", "2026-11-22"),
        (datetime(2026, 11, 22, 9, 30), "yyyy-mm-dd hh:mm", "2026-11-22 09:30:00"),
        (True, "General", "TRUE"),
        ("#N/A", "General", ""),
    ],
)
def test_cells_are_read_as_the_spreadsheet_shows_them(value, number_format, expected):
    table = read_workbook(workbook(["SKU", "Name"], [value, "Mug"], formats={"A2": number_format}))
    assert table.rows == ((expected, "Mug"),)


def test_a_workbook_gives_the_table_that_its_csv_gives():
    rows = [HEADER, ["A1", "Mug, blue", "a.jpg"], ["A2", "Bowl", "b.jpg"]]
    assert read_workbook(workbook(*rows)) == read_table(b'SKU,Name,Image\r\nA1,"Mug, blue",a.jpg\r\nA2,Bowl,b.jpg\r\n')


def test_formulas_give_their_last_result():
    body = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>SKU</t></is></c></row>'
        '<row r="2"><c r="A2" t="str"><f>"A"&amp;1</f><v>A1</v></c></row>'
    )
    assert read_workbook(with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", sheet_xml(body))).rows == (("A1",),)


def test_rows_keep_the_numbers_that_the_sheet_shows():
    table = read_workbook(
        workbook(["Autumn catalogue"], [], HEADER, ["A1", "Mug", "a.jpg"], [], ["A2", "Bowl", "b.jpg"])
    )
    assert (table.header, table.numbers) == (("SKU", "Name", "Image"), (4, 6))


def test_the_first_visible_sheet_with_a_header_is_read():
    front = [
        ("Cover", [["Our catalogue"], ["for you"]], "visible"),
        ("Lists", [HEADER, ["OLD", "x", "x.jpg"]], "hidden"),
    ]
    assert read_workbook(workbook(HEADER, ["A1", "Mug", "a.jpg"], sheets=front)).rows == (("A1", "Mug", "a.jpg"),)


def test_columns_nobody_knows_are_asked_about(db):
    intake = open_intake(owner=None, source="cli")
    data = workbook(["Was", "Wo"], ["A1", "Mug"])
    [item] = declare(intake, declared=[Declared(path="list.xlsx")])
    take_file(item, source=io.BytesIO(data))
    assert (item.reason_code, item.fields["header"]) == ("columns", ["Was", "Wo"])
    _, row = take_table_again(item, columns={"sku": "Was", "image": "Wo"})
    assert row.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"SKU,Name\nA1,Mug\n", "no workbook"),
        (b"PK\x03\x04 cut off", "no workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "password"),
        (workbook(["SKU"]), "at least one row"),
        (with_part(workbook(HEADER), "xl/vbaProject.bin", b"macro"), "macros"),
        (with_part(workbook(HEADER), "xl/workbook.xml", b"<not closed"), "damaged"),
        (with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", b"\0\0"), "damaged"),
        (with_part(workbook(HEADER), "[Content_Types].xml", b"<Types/>"), "damaged"),
    ],
    # Named, because workbooks carry the time they were made: processes that name a test by its bytes would not agree on it.
    ids=["text", "cut off", "locked", "no rows", "macros", "index", "sheet", "content types"],
)
def test_what_is_no_usable_workbook_says_why(data, reason):
    with pytest.raises(TableError, match=reason):
        read_workbook(data)


def test_a_part_that_cannot_be_unpacked_says_so():
    data = bytearray(workbook(HEADER, ["A1", "Mug", "a.jpg"]))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        part = package.getinfo("xl/worksheets/sheet1.xml")
    start = part.header_offset + 30 + len(part.filename)
    data[start : start + 8] = b"\xff" * 8
    with pytest.raises(TableError, match="no workbook"):
        read_workbook(bytes(data))


def test_entities_are_refused_before_they_grow():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + sheet_xml(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
    )
    with pytest.raises(TableError, match="damaged"):
        read_workbook(with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", bomb))


def test_a_file_outside_is_never_opened(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SKU-SECRET")
    asking = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>' + sheet_xml(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>SKU</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>&a;</t></is></c></row>'
    )
    with pytest.raises(TableError):
        read_workbook(with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", asking))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    data = with_part(workbook(HEADER, ["A1", "Mug", "a.jpg"]), "xl/worksheets/sheet1.xml", b" " * (65 * 2**20))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("a part was unpacked"))
    with pytest.raises(TableError, match="unpacks to more"):
        read_workbook(data)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<row>" + "<c/>" * 70_000 + "</row>", "more than a table can"),
        ("<row/>" * 200_001, "more than 200000 rows"),
        ("</sheetData><sheetData>" * 250_001, "more than a table can"),
        ("<row><row/></row>", "damaged"),
    ],
)
def test_a_small_file_that_would_fill_the_memory_is_refused(body, reason):
    data = with_part(workbook(HEADER, ["A1", "Mug", "a.jpg"]), "xl/worksheets/sheet1.xml", sheet_xml(body))
    assert len(data) < 100_000
    with pytest.raises(TableError, match=reason):
        read_workbook(data)


@pytest.mark.parametrize("place", ["xl/media/sheet1.xml", "xl/sheet1.dat"])
def test_no_part_is_read_that_was_not_looked_at(place):
    """A sheet may be kept under any name, one that pictures have among them."""
    data = workbook(HEADER, ["A1", "Mug", "a.jpg"])
    rels = "xl/_rels/workbook.xml.rels"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        moved = package.read(rels).replace(b"/xl/worksheets/sheet1.xml", f"/{place}".encode())
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert place.encode() in moved
    with pytest.raises(TableError, match="needs a sheet"):
        read_workbook(with_part(with_part(data, rels, moved), place, sheet))


def test_sheets_that_share_a_part_are_read_once(monkeypatch):
    data = workbook(["Title"], sheets=[(f"Copy {n}", [], "visible") for n in range(9)])
    rels = "xl/_rels/workbook.xml.rels"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        shared = re.sub(rb"sheet[0-9]+\.xml", b"sheet10.xml", package.read(rels))
    read = []
    monkeypatch.setattr(workbooks, "_lines", lambda sheet: read.append(sheet) or iter(()))
    with pytest.raises(TableError):
        read_workbook(with_part(data, rels, shared))
    assert len(read) == 1


def test_more_sheets_than_anybody_makes_are_refused():
    data = workbook(HEADER, sheets=[(f"Sheet {n}", [], "visible") for n in range(255)])
    with pytest.raises(TableError, match="more than a table can"):
        read_workbook(data)


def test_a_directory_that_would_fill_the_memory_is_refused(settings, monkeypatch):
    monkeypatch.setattr(zips, "_LEAST_LIMIT_BYTES", 100)
    settings.MAX_MANIFEST_ITEMS = 1
    with pytest.raises(TableError, match="no workbook"):
        read_workbook(workbook(HEADER, ["A1", "Mug", "a.jpg"]))


def test_pictures_in_a_workbook_do_not_count():
    data = with_part(workbook(HEADER, ["A1", "Mug", "a.jpg"]), "xl/media/image1.png", b"\0" * (65 * 2**20))
    assert len(read_workbook(data).rows) == 1


def test_a_row_beyond_all_sheets_ends_the_reading():
    body = '<row r="1"><c r="A1" t="inlineStr"><is><t>SKU</t></is></c></row><row r="999999999999"><c><v>1</v></c></row>'
    with pytest.raises(TableError, match="names a row behind"):
        read_workbook(with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", sheet_xml(body)))


def test_claimed_dimensions_and_far_columns_cost_nothing():
    body = '<row r="1"><c r="A1" t="inlineStr"><is><t>SKU</t></is></c><c r="XFD1"><v>1</v></c></row><row r="2"><c r="A2"><v>7</v></c></row>'
    xml = sheet_xml(body).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    table = read_workbook(with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", xml))
    assert (table.header, table.rows) == (("SKU",), (("7",),))


def test_too_many_rows_are_refused(settings):
    settings.MAX_MANIFEST_ITEMS = 20
    with pytest.raises(TableError, match="more than the allowed 20 rows"):
        read_workbook(workbook(HEADER, *[[f"A{n}", "Mug", ""] for n in range(30)]))


def test_photos_beside_a_workbook_are_taken(db, tmp_path):
    (tmp_path / "a.jpg").write_bytes(photo())
    table = tmp_path / "list.xlsx"
    table.write_bytes(workbook([*HEADER, "Category"], [4711, "Mug", "a.jpg", "home"], formats={"A2": "000000"}))
    intake = open_intake(owner=None, source="cli")
    take_paths(intake, paths=[table])
    assert [image.variant.sku for image in accepted_images(intake)] == ["004711"]
    assert Product.objects.get().name == "Mug"


def test_a_workbook_in_a_zip_says_what_its_photos_are(db):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("a.jpg", photo())
        archive.writestr("list.xlsx", workbook(HEADER, ["A1", "Mug", "a.jpg"]))
    kept.seek(0)
    assert [entry.path for entry in Archive(kept).entries] == ["list.xlsx", "a.jpg"]
    intake = open_intake(owner=None, source="zip")
    take_zip(intake, source=kept)
    assert [image.variant.sku for image in accepted_images(intake)] == ["A1"]


def test_a_bad_row_is_told_by_its_number_like_in_a_csv(db):
    intake = open_intake(owner=None, source="cli")
    [item] = declare(intake, declared=[Declared(path="list.xlsx")])
    _, row = take_file(item, source=io.BytesIO(workbook(["Catalogue"], HEADER, ["", "Mug", "http://10.0.0.1/a.jpg"])))
    assert row.state == ItemState.REJECTED
    assert row.path == "list.xlsx row 3"


def test_the_api_takes_a_workbook_beside_its_photos(client, operator, broker):
    files = [
        SimpleUploadedFile("a.jpg", photo(), content_type="image/jpeg"),
        SimpleUploadedFile("list.xlsx", workbook(HEADER, ["A1", "Mug", "a.jpg"])),
    ]
    auth = builders.bearer(builders.token(operator, "upload"))
    answer = client.post("/api/v1/batches", {"files": files}, headers=auth)
    assert answer.status_code == 202, answer.content
    assert [job.sku for job in Job.objects.all()] == ["A1"]


def test_the_api_says_what_became_of_a_workbook_alone(client, operator, broker):
    file = SimpleUploadedFile("list.xlsx", workbook(HEADER, ["A1", "Mug", "a.jpg"]))
    auth = builders.bearer(builders.token(operator, "upload"))
    answer = client.post("/api/v1/batches", {"files": file}, headers=auth)
    assert answer.status_code == 422
    assert "a.jpg: A table names this file, but it was not among the photos." in answer.json()["detail"]


@pytest.mark.parametrize("suffix", ["xlsm", "xls", "ods"])
def test_other_workbooks_are_refused_by_name(db, suffix):
    intake = open_intake(owner=None, source="cli")
    [item] = declare(intake, declared=[Declared(path=f"list.{suffix}")])
    assert f"A .{suffix} workbook is not opened" in item.reason
