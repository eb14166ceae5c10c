"""What a workbook is made of, looked through before any of it is read: a few kilobytes of zip can hold more than a machine has room for.

A part's text is gone through once and nothing of it is kept: no element counts for more than a number here.
"""

import io
import zipfile
from typing import IO
from xml.parsers import expat

from django.conf import settings

from catalog.tables import TableError
from catalog.zips import BROKEN, open_zip

# Of all parts that may be read. Pictures in a workbook are not.
MAX_UNPACKED_BYTES = 64 * 2**20
# What the library keeps of a sheet grows with these: about 100 to 800 bytes for each.
MAX_ELEMENTS = 2_500_000
MAX_ROWS = 200_000
MAX_ELEMENTS_IN_ROW = 65_536
MAX_ELEMENTS_BESIDE = 250_000
MAX_SHEETS = 255
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_READ = (".xml", ".rels")
_NOT_READ = ("xl/media/", "xl/embeddings/", "xl/drawings/", "xl/charts/")
# What the library keeps as a whole: a row, and a text that cells share ("string item").
_TOGETHER = ("row", "si")
_DAMAGED = "The workbook is damaged: open it in a spreadsheet and save it anew, or save its sheet as CSV."


def checked_parts(data: bytes) -> bytes:
    """The workbook with those of its parts alone that were looked at: by its own index, it could have any other read as a sheet.

    Raises TableError for what is no workbook, locked, with macros, damaged, or larger than a table can be.
    """
    if data.startswith(_OLD_OR_LOCKED):
        raise TableError("The workbook has a password, or is of the old kind (.xls): save it without one as .xlsx.")
    kept = io.BytesIO()
    try:
        with open_zip(io.BytesIO(data)) as package, zipfile.ZipFile(kept, "w") as checked:
            for name in _check_package(package):
                checked.writestr(name, package.read(name))
    except TableError:
        raise
    except BROKEN as error:
        raise TableError("This is no workbook, though its name says so: save it anew as .xlsx, or as CSV.") from error
    return kept.getvalue()


def damaged(error: Exception) -> TableError:
    refused = TableError(_DAMAGED)
    refused.__cause__ = error
    return refused


def _check_package(package: zipfile.ZipFile) -> list[str]:
    """The names of the parts to read."""
    if any(name.lower().endswith("vbaproject.bin") for name in package.NameToInfo):
        raise TableError("A workbook with macros is not opened: save it as .xlsx, without them.")
    # Of parts with one name the last counts, for us as for the library.
    parts = {name: info for name, info in package.NameToInfo.items() if _is_read(name.lower())}
    # What the directory says of a part is as much as is ever unpacked of it.
    unpacked_bytes = sum(info.file_size for info in parts.values())
    if unpacked_bytes > MAX_UNPACKED_BYTES or len(package.infolist()) > settings.MAX_MANIFEST_ITEMS:
        raise TableError(f"The workbook unpacks to more than the allowed {MAX_UNPACKED_BYTES // 2**20} MB.")
    count = _Count()
    for info in parts.values():
        with package.open(info) as part:
            count.add(part)
    return list(parts)


def _is_read(name: str) -> bool:
    return name.endswith(_READ) and not name.startswith(_NOT_READ)


class _Count:
    """How many elements there are, in rows of sheets (or texts that cells share) and beside them."""

    def __init__(self) -> None:
        self.elements = self.rows = self.inside = self.beside = self.sheets = 0
        self.is_inside = False

    def add(self, part: IO[bytes]) -> None:
        """Raises TableError for what is no XML, declares entities, or has too much of anything."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.EntityDeclHandler = _refuse_entity
        self.beside, self.is_inside = 0, False
        try:
            parser.ParseFile(part)
        except (expat.ExpatError, zipfile.BadZipFile) as error:
            raise damaged(error) from error

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        local = name.rpartition(":")[2]
        if local in _TOGETHER:
            if self.is_inside:
                raise TableError(_DAMAGED)
            self.is_inside, self.inside = True, 0
            self.rows += local == "row"
        elif self.is_inside:
            self.inside += 1
        else:
            self.beside += 1
            self.sheets += local == "sheet"
        if self.rows > MAX_ROWS:
            raise TableError(
                f"The sheet has more than {MAX_ROWS} rows, empty ones among them: delete those below the table."
            )
        if self._is_too_much():
            raise TableError("The workbook holds more than a table can: copy the rows into one of their own.")

    def _end(self, name: str) -> None:
        if self.is_inside and name.rpartition(":")[2] in _TOGETHER:
            self.is_inside = False

    def _is_too_much(self) -> bool:
        return (
            self.elements > MAX_ELEMENTS
            or self.inside > MAX_ELEMENTS_IN_ROW
            or self.beside > MAX_ELEMENTS_BESIDE
            or self.sheets > MAX_SHEETS
        )


def _refuse_entity(*_: object) -> None:
    raise TableError(_DAMAGED)
