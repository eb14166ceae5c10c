"""Shopify product CSV with the current headers: one picture a row, further rows of a product carry its handle only."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import slugify

from marketplaces.feeds.base import Entry, table

HEADER = (
    "Title", "URL handle", "Description", "Vendor", "Product category", "Type", "Tags", "Published on online store", "Status",
    "SKU", "Barcode", "Option1 name", "Option1 value", "Option1 Linked To", "Option2 name", "Option2 value",
    "Option2 Linked To", "Option3 name", "Option3 value", "Option3 Linked To", "Price", "Compare-at price", "Cost per item",
    "Charge tax", "Tax code", "Unit price total measure", "Unit price total measure unit", "Unit price base measure",
    "Unit price base measure unit", "Inventory tracker", "Inventory quantity", "Continue selling when out of stock",
    "Weight value (grams)", "Weight unit for display", "Requires shipping", "Fulfillment service", "Product image URL",
    "Image position", "Image alt text", "Variant image URL", "Gift card", "SEO title", "SEO description",
)  # fmt: skip


def as_csv(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    """A product's variants share one handle; the first row of a product carries its texts."""
    rows: list[tuple[str, ...]] = []
    positions: dict[str, int] = {}
    for entry in entries:
        handle = entry.known("handle") or slugify(entry.code)
        for index, image in enumerate(entry.images):
            is_first_of_product = handle not in positions
            positions[handle] = positions.get(handle, 0) + 1
            cells = {
                "URL handle": handle,
                "Product image URL": image.url,
                "Image position": str(positions[handle]),
                "Image alt text": image.alt,
            }
            if is_first_of_product:
                cells |= {"Title": entry.title, "Vendor": entry.known("brand")}
            if index == 0:
                cells |= {"SKU": entry.sku, "Barcode": entry.gtin, "Variant image URL": image.url}
            rows.append(tuple(cells.get(name, "") for name in HEADER))
    return table(HEADER, rows)
