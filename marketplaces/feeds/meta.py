"""Meta catalog: CSV with the fields of its commerce catalogue; what the catalogue does not know stays empty."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketplaces.feeds.base import Entry, table
from marketplaces.feeds.google import link_of

MAX_ADDITIONAL = 20
HEADER = (
    "id", "title", "description", "availability", "condition", "price", "link", "image_link", "additional_image_link",
    "brand", "gtin",
)  # fmt: skip


def as_csv(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    rows = []
    for entry in entries:
        additional = ",".join(url.replace(",", "%2C") for url in entry.of("extra", "lifestyle")[:MAX_ADDITIONAL])
        rows.append(
            (
                entry.sku,
                entry.title,
                entry.known("description"),
                entry.known("availability"),
                entry.known("condition"),
                entry.known("price"),
                link_of(entry, settings),
                entry.main,
                additional,
                entry.known("brand"),
                entry.gtin,
            )
        )
    return table(HEADER, rows)
