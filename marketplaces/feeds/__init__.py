"""Feeds: one module per format, each a function from (entries, settings) to bytes. Add one here and in packfile.FEEDS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplaces.feeds import amazon, ebay, google, meta, shopify, woocommerce
from marketplaces.feeds.base import Entry

Build = Callable[[Sequence[Entry], Mapping[str, Any]], bytes]


@dataclass(frozen=True)
class Feed:
    """`file` is its name in the export's folder "feeds"."""

    file: str
    media_type: str
    build: Build


FEEDS: dict[str, Feed] = {
    "google-tsv": Feed("products.tsv", "text/tab-separated-values", google.as_tsv),
    "google-xml": Feed("products.xml", "application/xml", google.as_xml),
    "shopify": Feed("shopify-products.csv", "text/csv", shopify.as_csv),
    "amazon-flat": Feed("amazon-images.tsv", "text/tab-separated-values", amazon.as_flat_file),
    "amazon-patches": Feed("amazon-patches.json", "application/json", amazon.as_patches),
    "ebay": Feed("ebay-revise.csv", "text/csv", ebay.as_csv),
    "woocommerce": Feed("woocommerce-products.csv", "text/csv", woocommerce.as_csv),
    "meta": Feed("meta-catalog.csv", "text/csv", meta.as_csv),
}
