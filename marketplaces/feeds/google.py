"""Google Merchant Center: a supplemental or primary source as TSV and as RSS 2.0. Cardinalities: one `image_link`, at
most ten `additional_image_link` (comma-separated in text, repeated in XML), one `lifestyle_image_link`."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from marketplaces.feeds.base import Entry, table

MAX_ADDITIONAL = 10
NAMESPACE = "http://base.google.com/ns/1.0"
HEADER = ("id", "title", "link", "gtin", "image_link", "additional_image_link", "lifestyle_image_link")


def as_tsv(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    rows = []
    for entry in entries:
        additional = ",".join(_for_list(url) for url in entry.of("extra")[:MAX_ADDITIONAL])
        lifestyle = (entry.of("lifestyle") or [""])[0]
        rows.append((entry.sku, entry.title, link_of(entry, settings), entry.gtin, entry.main, additional, lifestyle))
    return table(HEADER, rows, delimiter="\t")


def as_xml(entries: Sequence[Entry], settings: Mapping[str, Any]) -> bytes:
    ElementTree.register_namespace("g", NAMESPACE)
    rss = ElementTree.Element("rss", {"version": "2.0"})
    channel = ElementTree.SubElement(rss, "channel")
    for name, text in (
        ("title", "Product pictures"),
        ("link", _home(entries, settings)),
        ("description", "Firstpass"),
    ):
        ElementTree.SubElement(channel, name).text = text
    for entry in entries:
        _item(channel, entry, settings)
    ElementTree.indent(rss)
    body: str = ElementTree.tostring(rss, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'.encode()


def _item(channel: ElementTree.Element, entry: Entry, settings: Mapping[str, Any]) -> None:
    item = ElementTree.SubElement(channel, "item")
    values = [("id", entry.sku), ("title", entry.title), ("link", link_of(entry, settings)), ("gtin", entry.gtin)]
    values.append(("image_link", entry.main))
    values += [("additional_image_link", url) for url in entry.of("extra")[:MAX_ADDITIONAL]]
    values += [("lifestyle_image_link", url) for url in entry.of("lifestyle")[:1]]
    for name, text in values:
        if text:
            ElementTree.SubElement(item, f"{{{NAMESPACE}}}{name}").text = text


def link_of(entry: Entry, settings: Mapping[str, Any]) -> str:
    """The product's page in the shop: its own attribute, or the channel's template such as https://shop/p/{sku}."""
    return entry.known("link") or str(settings.get("link_template", "")).replace("{sku}", entry.sku)


def _home(entries: Sequence[Entry], settings: Mapping[str, Any]) -> str:
    """The shop's front page, which RSS asks for: of the product pages' site, else of the pictures'."""
    known = [str(settings.get("link_template", "")), *(entry.main for entry in entries[:1])]
    parts = urlsplit(next((one for one in known if one), ""))
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""


def _for_list(url: str) -> str:
    return url.replace(",", "%2C")
