"""eBay Seller Hub Reports: revise listings by custom label; several pictures joined with "|", the first is the gallery's."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketplaces.feeds.base import Entry, table

MAX_PICTURES = 24
# Site: country and currency of its listings.
SITES = {"US": ("US", "USD"), "UK": ("GB", "GBP"), "Germany": ("DE", "EUR"), "France": ("FR", "EUR"), "Italy": ("IT", "EUR"),
         "Spain": ("ES", "EUR"), "Australia": ("AU", "AUD"), "Canada": ("CA", "CAD")}  # fmt: skip


def as_csv(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    site = str(settings.get("ebay_site") or "US")
    country, currency = SITES.get(site, SITES["US"])
    header = (
        f"*Action(SiteID={site}|Country={country}|Currency={currency}|Version=1193|CC=UTF-8)",
        "ItemID",
        "CustomLabel",
        "PicURL",
    )
    rows = [
        ("Revise", entry.known("ebay_item_id"), entry.sku, "|".join(image.url for image in entry.images[:MAX_PICTURES]))
        for entry in entries
    ]
    return table(header, rows)
