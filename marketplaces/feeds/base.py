"""What a feed is made from, and writing tables that importers read."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.sheets import no_formula


@dataclass(frozen=True)
class Image:
    role: str
    url: str
    alt: str


@dataclass(frozen=True)
class Entry:
    """One product of an export with its links, main picture first. `attributes` is what the catalogue knows besides."""

    sku: str
    code: str
    title: str
    asin: str = ""
    gtin: str = ""
    images: tuple[Image, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def main(self) -> str:
        return self.images[0].url if self.images else ""

    def of(self, *roles: str) -> list[str]:
        return [image.url for image in self.images if image.role in roles]

    def known(self, name: str) -> str:
        """An attribute as text; empty when it is not known."""
        value = self.attributes.get(name, "")
        return "" if value is None else str(value)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> bytes:
    """UTF-8, one header line, line ends as RFC 4180 has them."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([[harmless(cell, delimiter=delimiter) for cell in row] for row in rows])
    return buffer.getvalue().encode("utf-8")


def harmless(cell: str, *, delimiter: str) -> str:
    """Text on one line in tab-separated files, and never a formula."""
    text = " ".join(cell.split()) if delimiter == "\t" else cell
    return no_formula(text)
