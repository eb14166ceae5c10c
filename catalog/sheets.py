"""Tables for spreadsheets, written line by line, in which no cell is ever run as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence

# A cell that begins like this is taken for a formula; the wide forms by East Asian editions.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """A file that hands each line straight back."""

    def write(self, text: str) -> str:
        return text


def no_formula(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_lines(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Lines of a CSV file, made as they are asked for."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([no_formula(str(cell)) for cell in row])
