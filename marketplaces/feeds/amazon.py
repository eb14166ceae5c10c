"""Amazon: the same attribute paths as listing flat file columns and as Listings Items JSON patches."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from marketplaces.feeds.base import Entry, table

# amazon.com; other marketplaces by the channel's setting.
DEFAULT_MARKETPLACE = "ATVPDKIKX0DER"
MAX_OTHER = 8
MAIN, SWATCH = "main_product_image_locator", "swatch_product_image_locator"
SLOTS = (MAIN, *(f"other_product_image_locator_{n}" for n in range(1, MAX_OTHER + 1)), SWATCH)


def as_flat_file(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    """The columns of a listing template that carry pictures, by SKU."""
    place = _marketplace(settings)
    header = ("contribution_sku#1.value", *(f"{slot}[marketplace_id={place}]#1.media_location" for slot in SLOTS))
    rows = [(entry.sku, *_by_slot(entry).values()) for entry in entries]
    return table(header, rows, delimiter="\t")


def as_patches(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    """One PATCH body for each SKU; slots without a picture are deleted, so that no old one stays."""
    place = _marketplace(settings)
    items = [{"sku": entry.sku, "asin": entry.asin, "body": _body(entry, place)} for entry in entries]
    return (json.dumps({"marketplaceIds": [place], "items": items}, indent=1, ensure_ascii=False) + "\n").encode()


def _body(entry: Entry, place: str) -> dict[str, Any]:
    patches = [_put(slot, url, place) if url else _delete(slot, place) for slot, url in _by_slot(entry).items()]
    return {"productType": entry.known("amazon_product_type") or "PRODUCT", "patches": patches}


def _by_slot(entry: Entry) -> dict[str, str]:
    """The address for each slot, empty where there is no picture."""
    shown = [image.url for image in entry.images if image.role != "swatch"]
    found = dict(zip(SLOTS, [*shown, *[""] * len(SLOTS)][: MAX_OTHER + 1], strict=False))
    return {**found, SWATCH: next(iter(entry.of("swatch")), "")}


def _put(slot: str, url: str, place: str) -> dict[str, Any]:
    value = [{"media_location": url, "marketplace_id": place}]
    return {"op": "replace", "path": f"/attributes/{slot}", "value": value}


def _delete(slot: str, place: str) -> dict[str, Any]:
    return {"op": "delete", "path": f"/attributes/{slot}", "value": [{"marketplace_id": place}]}


def _marketplace(settings: Mapping[str, Any]) -> str:
    return str(settings.get("marketplace_id") or DEFAULT_MARKETPLACE)
