"""Tables beside photos that say what a file shows: for contact sheets and for benches with known truth."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

CATALOGUE = "catalogue.csv"


def listed(folder: Path, *, names: Sequence[str] = (CATALOGUE,)) -> Iterator[dict[str, str]]:
    """Rows that name a file, of the tables above the folder and then in it: who keeps the last word keeps the nearest."""
    for table in (place / name for place in (folder.parent, folder) for name in names):
        if table.is_file():
            with table.open(newline="", encoding="utf-8") as lines:
                yield from (row for row in csv.DictReader(lines) if row.get("file"))
