"""WooCommerce product CSV: pictures comma-separated in one cell, the first is the product's, the rest its gallery."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketplaces.feeds.base import Entry, table

HEADER = ("Type", "SKU", "Name", "Images")


def as_csv(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    rows = [
        ("simple", entry.sku, entry.title, ", ".join(image.url.replace(",", "%2C") for image in entry.images))
        for entry in entries
    ]
    return table(HEADER, rows)
