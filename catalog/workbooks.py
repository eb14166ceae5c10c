"""Excel workbooks (.xlsx): the first sheet with a header, as the table that saving it as CSV would have given.

What Excel shows counts: the last results of formulas, zeros in front that a cell's format adds. Hidden rows are taken, as in a CSV.
Nothing in the file is believed: see workbook_parts.py for what is looked at first.
"""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from django.conf import settings

from catalog.tables import MAX_COLUMNS, Table, TableError, cell_text, suggest_columns
from catalog.workbook_parts import checked_parts, damaged

# Lines above the column names: a title, a date, who made it.
_MOST_ABOVE = 20
_LAST_ROW = 1_048_576
_ZEROS = re.compile(r'(?:"[^"]*"|\\.|[-/ ]|0)+')
_LITERAL = re.compile(r'"[^"]*"|\\.')
_FORMAT_TOKEN = re.compile(r'"([^"]*)"|\\(.)|([-/ ])|0')

Line = tuple[int, tuple[str, ...]]


def read_workbook(data: bytes) -> Table:
    """Raises TableError for what is no workbook, locked, too large, with macros, or without a sheet of a header and rows."""
    checked = checked_parts(data)
    try:
        lines = _chosen(_sheets(checked))
    except TableError:
        raise
    except Exception as error:
        # The library raises nearly anything for parts that are not as they should be, and there is one answer to all of it.
        raise damaged(error) from error
    (_, header), rows = lines[0], lines[1:]
    return Table(header=header, rows=tuple(cells for _, cells in rows), numbers=tuple(number for number, _ in rows))


def _sheets(data: bytes) -> Iterator[Iterator[Line]]:
    """The lines of each visible sheet that are not empty, with their numbers, in the order of the sheets."""
    import openpyxl

    # No links to other workbooks: they are never followed.
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    seen: set[str] = set()
    try:
        for sheet in book.worksheets:
            # Sheets may name one part a hundred times, and would be read as often.
            if sheet.sheet_state == "visible" and sheet._worksheet_path not in seen:
                seen.add(sheet._worksheet_path)
                # What the sheet says of its own size may be anything.
                sheet.reset_dimensions()
                yield _lines(sheet)
    finally:
        book.close()


def _lines(sheet: Any) -> Iterator[Line]:
    """Raises TableError behind the last row that a sheet can have: rows that are left out are counted, too."""
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number > _LAST_ROW:
            raise TableError(f"The sheet names a row behind {_LAST_ROW}, the last that there can be.")
        texts = [cell_text(_shown(cell)) for cell in cells[:MAX_COLUMNS]]
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
