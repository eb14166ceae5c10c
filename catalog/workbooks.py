"""Excel workbooks (.xlsx): the first sheet with a header, as the table that saving it as CSV would have given.

What Excel shows counts: the last results of formulas, zeros in front that a cell's format adds. Hidden rows are taken, as in a CSV.
Nothing in the file is believed: its parts are counted before one is unpacked, entities are refused (defusedxml), macros too.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from django.conf import settings

from catalog.tables import MAX_COLUMNS, Table, TableError, cell_text, suggest_columns
from catalog.zips import open_zip

# Of all parts that may be read. Pictures in a workbook are not.
MAX_UNPACKED_BYTES = 64 * 2**20
# Lines above the column names: a title, a date, who made it.
_MOST_ABOVE = 20
_LAST_ROW = 1_048_576
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS_NOT_READ = ("xl/media/", "xl/embeddings/", "xl/drawings/", "xl/charts/")
_ZEROS = re.compile(r'(?:"[^"]*"|\\.|[-/ ]|0)+')
_LITERAL = re.compile(r'"[^"]*"|\\.')
_FORMAT_TOKEN = re.compile(r'"([^"]*)"|\\(.)|([-/ ])|0')

Line = tuple[int, tuple[str, ...]]


def read_workbook(data: bytes) -> Table:
    """Raises TableError for what is no workbook, locked, too large, with macros, or without a sheet of a header and rows."""
    _check_package(data)
    try:
        lines = _chosen(_sheets(data))
    except TableError:
        raise
    except Exception as error:
        # The library raises nearly anything for parts that are not as they should be, and there is one answer to all of it.
        raise TableError(
            "The workbook is damaged: open it in a spreadsheet and save it anew, or save its sheet as CSV."
        ) from error
    (_, header), rows = lines[0], lines[1:]
    return Table(header=header, rows=tuple(cells for _, cells in rows), numbers=tuple(number for number, _ in rows))


def _check_package(data: bytes) -> None:
    if data.startswith(_OLD_OR_LOCKED):
        raise TableError("The workbook has a password, or is of the old kind (.xls): save it without one as .xlsx.")
    try:
        with open_zip(io.BytesIO(data)) as package:
            infos = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise TableError("This is no workbook, though its name says so: save it anew as .xlsx, or as CSV.") from error
    names = [info.filename.lower() for info in infos]
    if any(name.endswith("vbaproject.bin") for name in names):
        raise TableError("A workbook with macros is not opened: save it as .xlsx, without them.")
    # What the directory says of a part is as much as is ever unpacked of it.
    unpacked = sum(
        info.file_size for info, name in zip(infos, names, strict=True) if not name.startswith(_PARTS_NOT_READ)
    )
    if unpacked > MAX_UNPACKED_BYTES or len(infos) > settings.MAX_MANIFEST_ITEMS:
        raise TableError(f"The workbook unpacks to more than the allowed {MAX_UNPACKED_BYTES // 2**20} MB.")


def _sheets(data: bytes) -> Iterator[Iterator[Line]]:
    """The lines of each visible sheet that are not empty, with their numbers, in the order of the sheets."""
    import openpyxl

    # No links to other workbooks: they are never followed.
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                # What the sheet says of its own size may be anything.
                sheet.reset_dimensions()
                yield _lines(sheet)
    finally:
        book.close()


def _lines(sheet: Any) -> Iterator[Line]:
    """Raises TableError behind the last row that a sheet can have: rows that are left out are counted, too."""
    for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        if number > _LAST_ROW:
            raise TableError(f"The sheet names a row behind {_LAST_ROW}, the last that there can be.")
        texts = [cell_text(_shown(cell)) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield number, tuple(texts)


def _chosen(sheets: Iterator[Iterator[Line]]) -> list[Line]:
    """The header and the rows of the first sheet whose columns are understood, else of the first with two lines."""
    fallback: list[Line] = []
    for sheet in sheets:
        lines: list[Line] = []
        is_known = False
        for number, cells in sheet:
            lines.append((number, cells))
            if not is_known and len(lines) <= _MOST_ABOVE and suggest_columns(cells).keys() & {"sku", "image"}:
                is_known, lines = True, lines[-1:]
            if len(lines) > settings.MAX_MANIFEST_ITEMS + 1:
                raise TableError(f"The table has more than the allowed {settings.MAX_MANIFEST_ITEMS} rows.")
        if is_known and len(lines) > 1:
            return lines
        fallback = fallback or (lines if len(lines) > 1 else [])
    if not fallback:
        raise TableError("The workbook needs a sheet with a line of column names and at least one row.")
    return fallback


def _shown(cell: Any) -> str:
    """A cell as the spreadsheet shows it, as far as codes and names go. Nothing for an error such as #N/A."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return _zero_filled(value, str(cell.number_format))
    if isinstance(value, float):
        return format(value, ".15g")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _zero_filled(value: int, number_format: str) -> str:
    """4711 by the formats 000000 and 000-000: 004711 and 004-711. Formats that say more than digits and signs change nothing."""
    digits = str(value)
    places = _LITERAL.sub("", number_format).count("0")
    if value < 0 or len(digits) > places or not _ZEROS.fullmatch(number_format):
        return digits
    filled = iter(digits.zfill(places))
    return _FORMAT_TOKEN.sub(lambda part: part[1] or part[2] or part[3] or next(filled), number_format)
