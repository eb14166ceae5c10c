"""A file on its way out, before and after it is a row."""

from dataclasses import dataclass, field
from typing import Any

from catalog.files import store
from marketplaces.models import Export, ExportFile, FileKind
from processing.models import Rendition

PUBLIC_KEY_DIGITS = 16


@dataclass(frozen=True)
class OutFile:
    """`name` is the path inside the export, `path` that in the store. `receipt["made"]` holds what was measured."""

    name: str
    sha256: str
    path: str
    media_type: str
    bytes: int
    kind: str = FileKind.PICTURE
    sku: str = ""
    role: str = ""
    position: int = 0
    width: int = 0
    height: int = 0
    rendition: Rendition | None = None
    receipt: dict[str, Any] = field(default_factory=dict)


def stored(name: str, data: bytes, *, media_type: str, kind: str, suffix: str = "", sku: str = "") -> OutFile:
    """A text file made by the export itself, kept in the store."""
    kept = store(data, suffix=suffix or name.rsplit(".", 1)[-1])
    return OutFile(
        name=name, sha256=kept.sha256, path=kept.path, media_type=media_type, bytes=kept.bytes, kind=kind, sku=sku
    )


def keep(export: Export, files: list[OutFile], *, is_public: bool) -> list[ExportFile]:
    """The files as rows of the export; run again for the same names it changes the rows and adds none."""
    return [_keep_one(export, file, is_public=is_public) for file in files]


def _keep_one(export: Export, file: OutFile, *, is_public: bool) -> ExportFile:
    is_picture = file.kind == FileKind.PICTURE
    values = {key: value for key, value in vars(file).items() if key != "name"}
    values["public_key"] = file.sha256[:PUBLIC_KEY_DIGITS] if is_public and is_picture else ""
    row, _ = ExportFile.objects.update_or_create(export=export, name=file.name, defaults=values)
    return row


def to_dict(file: ExportFile) -> dict[str, Any]:
    """As the command, the API and the manifest show a picture."""
    return {
        "name": file.name,
        "sku": file.sku,
        "role": file.role,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "width": file.width,
        "height": file.height,
    }
