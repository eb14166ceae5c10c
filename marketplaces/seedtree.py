"""The plain tree of an export without a channel: SKU/cutout.png, SKU/bg-STYLE.png, SKU/sizes/NAME.webp, SKU/metadata.json."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from catalog.files import load, store
from marketplaces.credentials import signature_for
from marketplaces.models import RenderedFile
from marketplaces.naming import NameProblem, plain
from marketplaces.outfiles import OutFile
from marketplaces.provenance import receipt_of, source_type_of
from marketplaces.selection import ProductSet
from processing.imaging.codec import ENDINGS, EncodeSettings, decode, encode
from processing.imaging.embedding import with_metadata
from processing.imaging.metadata import Metadata
from processing.models import Rendition, RenditionKind

VERSION = "2"
# Kind: place in the product's folder, and the format it has there; none keeps the file as it was approved.
_PLACES: dict[str, tuple[str, str]] = {
    RenditionKind.CUTOUT: ("cutout", "png"),
    RenditionKind.MAIN: ("main", ""),
    RenditionKind.STYLE: ("bg-{style}", "png"),
    RenditionKind.SIZE: ("sizes/{name}", "webp"),
    RenditionKind.ERP: ("erp/{name}", ""),
    RenditionKind.CAMPAIGN: ("campaign/{name}", ""),
    RenditionKind.VIDEO: ("video/{name}", ""),
}
_ENDINGS = {**ENDINGS, "video/mp4": "mp4"}
_MEDIA_TYPES = {ending: media_type for media_type, ending in _ENDINGS.items()}


@dataclass
class TreeNames:
    """The folder of each SKU; two SKUs that look alike on disk get folders apart."""

    taken: dict[str, str] = field(default_factory=dict)

    def folder_of(self, sku: str) -> str:
        try:
            wanted = plain(sku)
        except NameProblem:
            wanted = "product"
        name, number = wanted, 2
        while self.taken.setdefault(name.lower(), sku) != sku:
            name, number = f"{wanted}-{number}", number + 1
        return name


def product_files(made: ProductSet, names: TreeNames) -> tuple[list[OutFile], dict[str, Any]]:
    """A product's pictures with their places in the tree, and its entry for catalog.json and metadata.json."""
    every = {one.pk: one for one in [*made.mains, *made.scenes, *made.others]}
    renditions = [one for one in every.values() if one.kind in _PLACES]
    if not renditions:
        return [], {}
    folder = names.folder_of(made.sku)
    views = sorted({_view(one) for one in renditions})
    files: dict[str, OutFile] = {}
    for one in renditions:
        name = f"{folder}/{_free(_within(one, first=views[0]), folder, files)}"
        files[name] = _file(one, made, name)
    placed = [_placed(files[name], position) for position, name in enumerate(sorted(files), start=1)]
    summary, metadata = _summary(made, folder, placed), _metadata(made, folder, placed)
    return placed, {"folder": folder, "summary": summary, "metadata": metadata}


def _free(name: str, folder: str, taken: dict[str, OutFile]) -> str:
    """The name, numbered where two photos of one view would meet."""
    stem, ending = name.rsplit(".", 1)
    number = 1
    while f"{folder}/{name}" in taken:
        number += 1
        name = f"{stem}-{number}.{ending}"
    return name


def _view(rendition: Rendition) -> int:
    image = rendition.job.source_image
    return image.view if image else 99


def _within(rendition: Rendition, *, first: int) -> str:
    """Place in the product's folder; views after the first have a folder of their own."""
    place, wanted = _PLACES[rendition.kind]
    name = rendition.name.removeprefix("size-").removeprefix("erp-").removeprefix("campaign-").removeprefix("video-")
    ending = wanted or _ENDINGS.get(rendition.artifact.media_type, "bin")
    inner = f"{place.format(style=plain(rendition.style or rendition.name), name=plain(name))}.{ending}"
    view = _view(rendition)
    return inner if view == first else f"view-{view}/{inner}"


def _file(rendition: Rendition, made: ProductSet, name: str) -> OutFile:
    ending = name.rsplit(".", 1)[-1]
    source_type = source_type_of(rendition)
    artifact = rendition.artifact
    row = _finished(rendition, made, ending, source_type)
    made_facts = {
        "source_type": source_type,
        "category": made.variant.product.category,
        "metadata": {"title": made.title},
    }
    return OutFile(
        name=name,
        sha256=row.sha256,
        path=row.path,
        media_type=_MEDIA_TYPES[ending],
        bytes=row.bytes,
        sku=made.sku,
        role=rendition.name,
        width=artifact.width,
        height=artifact.height,
        rendition=rendition,
        receipt=receipt_of(rendition, made=made_facts),
    )


def _finished(rendition: Rendition, made: ProductSet, ending: str, source_type: str) -> RenderedFile:
    """The approved picture in the tree's format, with what it truly is in its metadata, signed where that is on; made once."""
    artifact = rendition.artifact
    signature = signature_for(rendition, title=made.sku, converted=_ENDINGS.get(artifact.media_type) != ending)
    parts = [f"tree|{VERSION}|{artifact.sha256}|{ending}|{source_type}|{made.sku}|{made.title}"]
    key = hashlib.sha256("|".join([*parts, signature.key if signature else ""]).encode()).hexdigest()
    found = RenderedFile.objects.filter(key=key).first()
    if found is not None:
        return found
    metadata = Metadata(title=made.title, sku=made.sku, digital_source_type=source_type or None)
    data = bytes_with(metadata, load(artifact.path), media_type=artifact.media_type, ending=ending)
    facts = {}
    if signature:
        facts["unsigned_sha256"] = hashlib.sha256(data).hexdigest()
        data = signature.sign(data, media_type=_MEDIA_TYPES[ending])
    kept = store(data, suffix=ending)
    values = {
        "sha256": kept.sha256, "path": kept.path, "bytes": kept.bytes, "width": artifact.width, "height": artifact.height,
        "facts": facts,
    }  # fmt: skip
    row, _ = RenderedFile.objects.update_or_create(key=key, defaults=values)
    return row


def bytes_with(metadata: Metadata, data: bytes, *, media_type: str, ending: str) -> bytes:
    """Encoded again only where the format is another one, or has no simple place for metadata."""
    if _ENDINGS.get(media_type) == ending and ending != "avif":
        return with_metadata(data, metadata)
    return encode(decode(data), EncodeSettings.for_ending(ending), metadata=metadata)


def _placed(file: OutFile, position: int) -> OutFile:
    return OutFile(**{**vars(file), "position": position})


def _summary(made: ProductSet, folder: str, files: list[OutFile]) -> dict[str, Any]:
    variant = made.variant
    return {
        "sku": made.sku,
        "product": variant.product.code,
        "name": variant.product.name,
        "category": variant.product.category,
        "asin": variant.asin,
        "gtin": variant.gtin,
        "folder": folder,
        "files": [file.name for file in files],
        "is_complete": not made.held and not made.held_others,
    }


def _metadata(made: ProductSet, folder: str, files: list[OutFile]) -> dict[str, Any]:
    held = [one.to_dict() for one in [*made.held, *made.held_others]]
    return {**_summary(made, folder, files), "files": [_described(file, folder) for file in files], "held_back": held}


def _described(file: OutFile, folder: str) -> dict[str, Any]:
    rendition = file.rendition
    checks = rendition.checks.values("code", "value", "unit", "limit", "passed") if rendition else []
    return {
        "name": file.name.removeprefix(f"{folder}/"),
        "picture": file.role,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "width": file.width,
        "height": file.height,
        "score": rendition.score if rendition else None,
        "digital_source_type": file.receipt["made"]["source_type"] or None,
        "checks": list(checks),
        "receipt": {key: value for key, value in file.receipt.items() if key != "made"},
    }
