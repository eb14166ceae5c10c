"""The text files of an export: manifest, checksums, the blocked list and the feeds of a channel."""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from catalog.files import load
from marketplaces.archive import MANIFEST, SUMS, json_bytes, sums_text
from marketplaces.feeds import FEEDS
from marketplaces.feeds.base import Entry, Image, table
from marketplaces.listings import link_to
from marketplaces.models import Channel, Export, ExportFile, FileKind
from marketplaces.naming import NameProblem, gtin14
from marketplaces.outfiles import OutFile, stored, to_dict
from marketplaces.packfile import load_pack
from marketplaces.packs import Pack
from marketplaces.selection import Blocked

FORMAT = "firstpass-export/1"
BLOCKED = "blocked.csv"
CATALOG, METADATA = "catalog.json", "metadata.json"


def channel_documents(
    export: Export, pack: Pack, pictures: list[ExportFile], blocked: list[dict[str, Any]]
) -> list[OutFile]:
    """Feeds, blocked list, manifest and checksums, in that order: the last two speak of those before."""
    documents = _feeds(export.channel, pack, pictures) if export.channel else []
    documents += _blocked(blocked)
    pack_facts = {
        "name": pack.name,
        "version": pack.version,
        "overrides": export.channel.overrides if export.channel else {},
    }
    manifest = {
        "format": FORMAT,
        "export": export.pk,
        "channel": export.channel.name if export.channel else "",
        "is_sandbox": bool(export.channel and export.channel.is_sandbox),
        "pack": pack_facts,
        "files": [manifest_entry(file) for file in pictures],
        "documents": [{"name": file.name, "sha256": file.sha256, "bytes": file.bytes} for file in documents],
        "blocked": blocked,
    }
    return _closed(documents, manifest, pictures)


def corrected_documents(
    export: Export, channel: Channel, *, without: Collection[str] = ()
) -> tuple[list[OutFile], list[ExportFile]]:
    """The documents of a channel's export as they have to read now, and the pictures they speak of: those that were not
    taken back since, nor are named in `without`."""
    pictures: list[ExportFile] = []
    lost: list[ExportFile] = []
    for file in export.files.filter(kind=FileKind.PICTURE).select_related("rendition__variant__product"):
        (lost if file.withdrawn_at or file.name in without else pictures).append(file)
    blocked = [_recalled(file) for file in lost]
    # The rules it was made by: what has changed since is no business of a recall.
    pack = replace(load_pack(channel.pack), version=export.pack_version)
    told = [*export.report.get("blocked", []), *(one.to_dict() for one in blocked)]
    return channel_documents(export, pack, pictures, told), pictures


def corrected_tree(export: Export) -> list[OutFile]:
    """The documents of a folder tree without the pictures that were taken back since; the entries come from those it has."""
    pictures = list(export.files.filter(kind=FileKind.PICTURE).select_related("rendition__variant__product"))
    lost = {file.name for file in pictures if file.withdrawn_at}
    paths = dict(export.files.filter(kind=FileKind.INDEX).values_list("name", "path"))
    entries = []
    for summary in json.loads(load(paths[CATALOG]))["products"]:
        folder = summary["folder"]
        about = json.loads(load(paths[f"{folder}/{METADATA}"]))
        summary["files"] = [name for name in summary["files"] if name not in lost]
        about["files"] = [file for file in about["files"] if f"{folder}/{file['name']}" not in lost]
        about["is_complete"] = summary["is_complete"] = summary["is_complete"] and not _has_lost(folder, lost)
        entries.append({"folder": folder, "summary": summary, "metadata": about})
    told = [*export.report.get("blocked", []), *(_recalled(file).to_dict() for file in pictures if file.withdrawn_at)]
    return tree_documents(export, entries, [file for file in pictures if not file.withdrawn_at], told)


def _has_lost(folder: str, lost: Collection[str]) -> bool:
    return any(name.startswith(f"{folder}/") for name in lost)


def _recalled(file: ExportFile) -> Blocked:
    return Blocked(file.sku, "recalled", f"{file.name} was taken back after the export.", file.name)


def tree_documents(
    export: Export, entries: list[dict[str, Any]], pictures: list[ExportFile], blocked: list[dict[str, Any]]
) -> list[OutFile]:
    """catalog.json, each product's metadata.json, and the same closing files as a channel has."""
    documents = [
        _json(f"{entry['folder']}/{METADATA}", entry["metadata"], sku=entry["metadata"]["sku"]) for entry in entries
    ]
    catalog = {
        "format": "firstpass-catalog/1",
        "products": [entry["summary"] for entry in entries],
        "blocked": blocked,
    }
    documents = [_json(CATALOG, catalog), *documents, *_blocked(blocked)]
    manifest = {
        "format": FORMAT,
        "export": export.pk,
        "channel": "",
        "files": [manifest_entry(file) for file in pictures],
        "documents": [{"name": file.name, "sha256": file.sha256, "bytes": file.bytes} for file in documents],
        "blocked": blocked,
    }
    return _closed(documents, manifest, pictures)


def manifest_entry(file: ExportFile) -> dict[str, Any]:
    """What a later check from disk needs to know, and the receipt."""
    made = file.receipt.get("made", {})
    checked = {
        key: made[key] for key in ("category", "source_type", "box_px", "mask", "quality", "warnings") if made.get(key)
    }
    receipt = {key: value for key, value in file.receipt.items() if key != "made"}
    return {
        **to_dict(file),
        "position": file.position,
        "media_type": file.media_type,
        "made": checked,
        "receipt": receipt,
    }


def _closed(documents: list[OutFile], manifest: dict[str, Any], pictures: list[ExportFile]) -> list[OutFile]:
    documents = [*documents, _json(MANIFEST, manifest)]
    sums = sums_text(sorted([*pictures, *documents], key=lambda file: file.name))
    return [*documents, stored(SUMS, sums, media_type="text/plain", kind=FileKind.INDEX, suffix="txt")]


def _json(name: str, data: Any, *, sku: str = "") -> OutFile:
    return stored(name, json_bytes(data), media_type="application/json", kind=FileKind.INDEX, sku=sku)


def _blocked(blocked: list[dict[str, Any]]) -> list[OutFile]:
    if not blocked:
        return []
    rows = [(one["sku"], one.get("picture", ""), one["code"], one["reason"]) for one in blocked]
    data = table(("sku", "picture", "code", "reason"), rows)
    return [stored(BLOCKED, data, media_type="text/csv", kind=FileKind.INDEX)]


def _feeds(channel: Channel, pack: Pack, pictures: list[ExportFile]) -> list[OutFile]:
    entries = feed_entries(pictures)
    made = []
    for name in pack.feeds:
        feed = FEEDS[name]
        data = feed.build(entries, channel.settings)
        made.append(stored(f"feeds/{feed.file}", data, media_type=feed.media_type, kind=FileKind.FEED))
    return made


def feed_entries(pictures: list[ExportFile]) -> list[Entry]:
    """One entry a product, in the order of the pictures; none for a product whose main picture was taken back."""
    grouped: dict[str, list[ExportFile]] = {}
    for file in pictures:
        grouped.setdefault(file.sku, []).append(file)
    return [_entry(files) for files in grouped.values() if any(file.position == 1 for file in files)]


def _entry(files: list[ExportFile]) -> Entry:
    ordered = sorted(files, key=lambda file: file.position)
    variant = ordered[0].rendition.variant if ordered[0].rendition else None
    if variant is None:
        return Entry(ordered[0].sku, ordered[0].sku, ordered[0].sku, images=tuple(_image(file, "") for file in ordered))
    product = variant.product
    return Entry(
        sku=variant.sku,
        code=product.code,
        title=product.name or variant.sku,
        asin=variant.asin,
        gtin=_gtin(variant.gtin),
        images=tuple(_image(file, product.name) for file in ordered),
        attributes={**product.attributes, **variant.attributes},
    )


def _image(file: ExportFile, title: str) -> Image:
    return Image(file.role, link_to(file.public_path), f"{title or file.sku}, picture {file.position}")


def _gtin(value: str) -> str:
    """Without a right check digit no importer takes it: better none than a wrong one."""
    try:
        return gtin14(value) if value else ""
    except NameProblem:
        return ""
