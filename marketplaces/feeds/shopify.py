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


# What variants usually differ in, as shops name it; more than three options no product has.
OPTIONS = {
    "color": "Color",
    "colour": "Color",
    "size": "Size",
    "material": "Material",
    "style": "Style",
    "pattern": "Pattern",
}
MAX_OPTIONS = 3


def as_csv(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    """A product's variants share one handle and stand together; its first row carries its texts, the first of a variant its
    SKU, its options and the picture that is shown when it is chosen."""
    products: dict[str, list[Entry]] = {}
    for entry in entries:
        products.setdefault(entry.known("handle") or slugify(entry.code), []).append(entry)
    rows = [cells for handle, variants in products.items() for cells in _product_rows(handle, variants)]
    return table(HEADER, [[cells.get(name, "") for name in HEADER] for cells in rows])


def _product_rows(handle: str, variants: Sequence[Entry]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for entry, options in zip(variants, _options(variants), strict=True):
        for index, image in enumerate(entry.images):
            cells = {"URL handle": handle, "Product image URL": image.url, "Image alt text": image.alt}
            cells["Image position"] = str(len(rows) + 1)
            if not rows:
                cells |= {"Title": entry.title, "Vendor": entry.known("brand")}
            if index == 0:
                cells |= {"SKU": entry.sku, "Barcode": entry.gtin, "Variant image URL": image.url, **options}
            rows.append(cells)
    return rows


def _options(variants: Sequence[Entry]) -> list[dict[str, str]]:
    """The option cells of each variant: as the catalogue names them (option1_name, option1_value …), else what the variants
    differ in, else their SKUs, since a shop takes no two variants with equal options. A single variant needs none."""
    given = [_given(entry) for entry in variants]
    if len(variants) == 1 or all(given):
        return given
    differing = [name for name in OPTIONS if len({entry.known(name) for entry in variants}) > 1][:MAX_OPTIONS]
    told = [{OPTIONS[name]: entry.known(name) for name in differing} for entry in variants]
    if len({tuple(one.values()) for one in told}) < len(variants) or not all(all(one.values()) for one in told):
        told = [{"SKU": entry.sku} for entry in variants]
    return [_cells(one) for one in told]


def _given(entry: Entry) -> dict[str, str]:
    pairs = ((entry.known(f"option{n}_name"), entry.known(f"option{n}_value")) for n in range(1, MAX_OPTIONS + 1))
    return _cells({name: value for name, value in pairs if name and value})


def _cells(options: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, (name, value) in enumerate(options.items(), start=1):
        found |= {f"Option{number} name": name, f"Option{number} value": value}
    return found
