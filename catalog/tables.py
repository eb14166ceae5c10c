"""Tables as shops export them: CSV of any usual encoding and delimiter, any header, columns matched and remembered."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from accounts.models import User
from catalog.models import ColumnMapping
from catalog.rows import Row

DELIMITERS = ",;\t|"
# Headers people use in English, German and French, reduced to letters without accents and digits, best first.
HEADERS: dict[str, tuple[str, ...]] = {
    "sku": ("sku", "variantsku", "itemsku", "sellersku", "productsku", "productcode", "articlenumber", "artikelnummer", "artikelnr",
            "artnr", "code", "itemnumber", "itemno", "articleno", "partnumber", "produktnummer", "produktcode", "artikelcode",
            "bestellnummer", "codearticle", "codeproduit", "reference", "ref", "handle", "id"),
    "image": ("imageurl", "imagelink", "mainimageurl", "imagesrc", "image", "photo", "picture", "file", "filename", "bild", "url",
              "imagefile", "imagename", "imagepath", "mainimage", "photourl", "photofile", "pictureurl", "foto", "fotodatei",
              "bilddatei", "bildname", "bildurl", "bildlink", "bildpfad", "dateiname", "datei", "urlimage", "lienimage",
              "nomdufichier", "fichier"),
    "name": ("name", "title", "producttitle", "productname", "itemname", "bezeichnung", "produktname", "produktbezeichnung",
             "artikelname", "artikelbezeichnung", "titel", "designation", "nomduproduit", "nom", "titre"),
    "category": ("category", "productcategory", "producttype", "type", "kategorie", "produktkategorie", "warengruppe", "department",
                 "categorie"),
    "asin": ("asin",),
    "gtin": ("gtin", "ean", "barcode", "upc", "variantbarcode", "gtin13", "ean13", "gtinean", "eancode", "strichcode",
             "codebarres"),
    "view": ("view", "imageposition", "position", "angle", "ansicht", "vue"),
    "product": ("product", "parentsku", "parent", "productgroup", "itemgroupid"),
}  # fmt: skip
MAX_COLUMNS = 200
_MAX_CELL = 4000
_TOLD_COLUMNS, _MAX_TOLD = 12, 300
# What Excel writes, and wants, as the first line of a file with another delimiter than its own.
_EXCEL_DELIMITER = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)


class TableError(ValueError):
    """The file cannot be read as a table."""


class ColumnsUnknown(TableError):
    """No column is known to hold the product codes or photos; people have to say which. `table` is what was read."""

    def __init__(self, table: "Table") -> None:
        super().__init__("Say which column holds the product code and which the photo.")
        self.table = table


@dataclass(frozen=True)
class Table:
    """`numbers`: of each row, as a spreadsheet shows them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]

    def header_hash(self) -> str:
        return hashlib.sha256("\x1f".join(_reduced(title) for title in self.header).encode()).hexdigest()


def read_table(data: bytes) -> Table:
    """Raises TableError if there is no header with rows, or too many."""
    text = _decoded(data)
    told = _EXCEL_DELIMITER.match(text)
    text = text[told.end() :] if told else text
    delimiter = told[1] if told else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = 2 if told else 1
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    try:
        for number, cells in enumerate(reader, start=first):
            if any(cell.strip() for cell in cells):
                rows.append(tuple(map(cell_text, cells[:MAX_COLUMNS])))
                numbers.append(number)
            if len(rows) > settings.MAX_MANIFEST_ITEMS + 1:
                raise TableError(f"The table has more than the allowed {settings.MAX_MANIFEST_ITEMS} rows.")
    except csv.Error as error:
        raise TableError(f"The table cannot be read: {error} in line {reader.line_num}.") from error
    if len(rows) < 2:
        raise TableError("The table needs a line of column names and at least one row.")
    return Table(header=rows[0], rows=tuple(rows[1:]), numbers=tuple(numbers[1:]))


def cell_text(text: str) -> str:
    return text.strip()[:_MAX_CELL]


def suggest_columns(header: tuple[str, ...]) -> dict[str, str]:
    """{meaning: column} as the names suggest, each column once."""
    free = {_reduced(title): title for title in reversed(header)}
    found: dict[str, str] = {}
    for meaning, synonyms in HEADERS.items():
        match = next((name for name in synonyms if name in free), None)
        if match is not None:
            found[meaning] = free.pop(match)
    return found


def columns_for(table: Table, *, owner: User | None, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The given columns, which are remembered for the owner's next file with this header, or the remembered, or the suggested.

    Raises ColumnsUnknown when neither a code nor a photo column is known.
    """
    columns = _usable(table, given) if given else _remembered(table, owner) or suggest_columns(table.header)
    if "sku" not in columns and "image" not in columns:
        raise ColumnsUnknown(table)
    if given and owner is not None:
        ColumnMapping.objects.update_or_create(
            owner=owner, header_hash=table.header_hash(), defaults={"columns": columns}
        )
    return columns


def table_rows(table: Table, *, columns: Mapping[str, str], name: str = "table") -> list[Row]:
    """Rows with their place counted as a spreadsheet shows it."""
    places = {meaning: table.header.index(title) for meaning, title in columns.items()}
    rows = []
    for number, cells in zip(table.numbers, table.rows, strict=True):
        values = {meaning: cells[place] for meaning, place in places.items() if place < len(cells)}
        rows.append(Row(place=f"{name} row {number}", image=values.pop("image", ""), fields=values))
    return rows


def told_columns(table: Table, *, columns: Mapping[str, str]) -> str:
    """How the columns were read, for people who wonder where something has gone."""
    read = ", ".join(f"{meaning}: {title}" for meaning, title in columns.items())
    passed_over = [title for title in table.header if title and title not in columns.values()]
    rest = f"; passed over: {', '.join(passed_over[:_TOLD_COLUMNS])}" if passed_over else ""
    return f"{read}{rest}"[:_MAX_TOLD]


def _usable(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    return {meaning: title for meaning, title in given.items() if meaning in HEADERS and title in table.header}


def _remembered(table: Table, owner: User | None) -> dict[str, str]:
    if owner is None:
        return {}
    found = ColumnMapping.objects.filter(owner=owner, header_hash=table.header_hash()).first()
    return _usable(table, found.columns) if found else {}


def _reduced(title: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", title.lower()))


def _decoded(data: bytes) -> str:
    """UTF-16 and UTF-8 by their marks, UTF-8 if it is that, else the Windows Latin that spreadsheets write."""
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TableError("The table is not a text file in UTF-8, UTF-16 or Windows encoding.")


def _delimiter(text: str) -> str:
    """The one that divides the header into most columns; quoted parts do not count."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)
