"""What each importer documents of its file: columns, how many links, and how a link may look. Feeds are held against it from disk.

Sources: Google "Product data specification" and the pages of its three image attributes; Shopify "Using CSV files" and its product
template; Amazon listing templates and the Listings Items API's patch operations; eBay Seller Hub Reports; WooCommerce
`class-wc-product-csv-importer.php`; Meta "Catalog fields".
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from marketplaces.feeds.amazon import MAX_OTHER
from marketplaces.feeds.google import MAX_ADDITIONAL, NAMESPACE
from marketplaces.feeds.shopify import HEADER as SHOPIFY_HEADER

MAX_URL = 2000
# ASCII without blanks, quotes, commas and query; the true ending last (RFC 3986; Walmart refuses what has a query).
LINK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~%@+-]*)*\.(jpg|jpeg|png|webp|gif|avif)")
_GOOGLE = frozenset(
    {
        "id", "title", "description", "link", "image_link", "additional_image_link", "lifestyle_image_link", "availability",
        "price", "sale_price", "brand", "gtin", "mpn", "condition", "item_group_id", "product_type",
        "google_product_category", "color", "size", "gender", "age_group",
    }
)  # fmt: skip
_META = frozenset(
    {
        "id", "title", "description", "availability", "condition", "price", "link", "image_link", "additional_image_link",
        "brand", "gtin", "mpn", "item_group_id", "color", "size", "google_product_category", "fb_product_category",
    }
)  # fmt: skip
_WOOCOMMERCE = frozenset(
    ("ID", "Type", "SKU", "Name", "Published", "Description", "Regular price", "Images", "Parent", "Position")
)
_SLOT = rf"(main|swatch|other)_product_image_locator(_[1-{MAX_OTHER}])?"
_AMAZON_COLUMN = re.compile(rf"contribution_sku#1\.value|{_SLOT}\[marketplace_id=[A-Z0-9]{{9,16}}\]#1\.media_location")
_EBAY_ACTION = re.compile(r"\*Action\(SiteID=\w+\|Country=[A-Z]{2}\|Currency=[A-Z]{3}\|Version=\d+\|CC=UTF-8\)")


@dataclass(frozen=True)
class Table:
    """Columns of a table. `links`: column -> (what separates several, how many at most); `full`: columns no row leaves empty."""

    delimiter: str
    knows: Callable[[str], object]
    required: tuple[str, ...]
    full: tuple[str, ...]
    links: dict[str, tuple[str, int]] = field(default_factory=dict)

    def faults(self, data: bytes) -> list[str]:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=self.delimiter, strict=True)
        header = list(rows.fieldnames or ())
        found = [f"column {name!r} is not documented" for name in header if not self.knows(name)]
        found += [f"column {name!r} is missing" for name in self.required if name not in header]
        found += [f"column {name!r} is given twice" for name in set(header) if header.count(name) > 1]
        for number, row in enumerate(rows, start=2):
            found += [f"line {number}: {fault}" for fault in self._of_row(row)]
        return found

    def _of_row(self, row: dict[str, Any]) -> list[str]:
        if None in row or None in row.values():
            return ["it has another number of cells than the header"]
        found = [f"{name} is empty" for name in self.full if not row.get(name)]
        for name, text in row.items():
            separator, most = self._links_of(name)
            if most and text:
                found += link_faults(name, text.split(separator) if separator else [text], most)
        return found

    def _links_of(self, name: str) -> tuple[str, int]:
        """Amazon's columns are links but for the first."""
        if self.links:
            return self.links.get(name, ("", 0))
        return ("", 1) if name.endswith("media_location") else ("", 0)


def link_faults(name: str, links: Iterable[str], most: int) -> list[str]:
    given = [link.strip() for link in links]
    found = [
        f"{name}: {link[:80]!r} is no plain link" for link in given if not LINK.fullmatch(link) or len(link) > MAX_URL
    ]
    found += [f"{name}: {len(given)} links, at most {most} are read"] if len(given) > most else []
    return found + ([f"{name}: a link comes twice"] if len(set(given)) < len(given) else [])


TABLES = {
    "products.tsv": Table(
        "\t", _GOOGLE.__contains__, ("id", "image_link"), ("id", "image_link"),
        {"image_link": ("", 1), "additional_image_link": (",", MAX_ADDITIONAL), "lifestyle_image_link": ("", 1)},
    ),
    "shopify-products.csv": Table(
        ",", frozenset(SHOPIFY_HEADER).__contains__, ("Title", "URL handle", "Product image URL", "Image position"),
        ("URL handle", "Product image URL", "Image position"), {"Product image URL": ("", 1), "Variant image URL": ("", 1)},
    ),
    "amazon-images.tsv": Table("\t", _AMAZON_COLUMN.fullmatch, ("contribution_sku#1.value",), ("contribution_sku#1.value",)),
    "ebay-revise.csv": Table(
        ",", lambda name: name in {"ItemID", "CustomLabel", "PicURL"} or _EBAY_ACTION.fullmatch(name),
        ("CustomLabel", "PicURL"), ("CustomLabel", "PicURL"), {"PicURL": ("|", 24)},
    ),
    "woocommerce-products.csv": Table(
        ",", _WOOCOMMERCE.__contains__, ("SKU", "Images"), ("SKU", "Images"), {"Images": (",", 1000)},
    ),
    "meta-catalog.csv": Table(
        ",", _META.__contains__, ("id", "title", "image_link"), ("id", "title", "image_link"),
        {"image_link": ("", 1), "additional_image_link": (",", 20)},
    ),
}  # fmt: skip


def _xml_faults(data: bytes) -> list[str]:
    root = ElementTree.fromstring(data)
    items = root.findall("channel/item")
    found = [] if root.tag == "rss" and root.get("version") == "2.0" else ["the root is not rss 2.0"]
    most = {"image_link": 1, "additional_image_link": MAX_ADDITIONAL, "lifestyle_image_link": 1}
    for number, item in enumerate(items, start=1):
        names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in item]
        found += [f"item {number}: {name} is not documented" for name in names if name not in _GOOGLE]
        found += [f"item {number}: {name} is missing" for name in ("id", "image_link") if name not in names]
        found += [f"item {number}: {name} is given twice" for name in set(names) - most.keys() if names.count(name) > 1]
        for name, limit in most.items():
            links = [child.text or "" for child in item.findall(f"{{{NAMESPACE}}}{name}")]
            found += [f"item {number}: {fault}" for fault in link_faults(name, links, limit)]
    return found


def _patch_faults(data: bytes) -> list[str]:
    document = json.loads(data)
    places = document["marketplaceIds"]
    found = []
    for item in document["items"]:
        paths = [patch["path"] for patch in item["body"]["patches"]]
        found += [f"{item['sku']}: {path} comes twice" for path in set(paths) if paths.count(path) > 1]
        for patch in item["body"]["patches"]:
            found += [f"{item['sku']}: {fault}" for fault in _of_patch(patch, places)]
    return found


def _of_patch(patch: dict[str, Any], places: list[str]) -> list[str]:
    found = [] if re.fullmatch(f"/attributes/{_SLOT}", patch["path"]) else [f"{patch['path']} is not documented"]
    found += [] if patch["op"] in {"add", "replace", "merge", "delete"} else [f"{patch['op']} is no operation"]
    for value in patch["value"]:
        found += [] if value.get("marketplace_id") in places else ["the value names another marketplace"]
        if patch["op"] != "delete":
            found += link_faults(patch["path"], [value.get("media_location", "")], 1)
    return found


def faults_of(file: str, data: bytes) -> list[str]:
    """What in a feed of that file name is not as its importer documents it; nothing for a file that is no feed."""
    others = {"products.xml": _xml_faults, "amazon-patches.json": _patch_faults}
    check = TABLES[file].faults if file in TABLES else others.get(file)
    if check is None:
        return []
    try:
        return check(data)
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error, ElementTree.ParseError) as error:
        return [f"it cannot be read: {error}"]
