"""Is an export on disk still what it was, and does every file pass its pack? Needs the folder alone, no database."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from marketplaces.archive import MANIFEST, SUMS
from marketplaces.documents import FORMAT
from marketplaces.facts import SUFFIXES, FileFacts
from marketplaces.feeds.documented import faults_of
from marketplaces.packfile import load_pack
from marketplaces.packs import Pack
from marketplaces.rendering import area_from
from marketplaces.verify import check_file, check_set
from processing.imaging import video

FEEDS_FOLDER = "feeds"
MOST_FAULTS = 20
_ENTRY = {"name": str, "sku": str, "role": str, "sha256": str, "width": int, "height": int}


class NotAnExport(ValueError):
    """The folder holds no export this program wrote."""


@dataclass
class FolderReport:
    """`problems` block, `warnings` advise; both are {"name", "code", "detail"}."""

    path: str
    channel: str
    files: int = 0
    checked: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "fine": self.is_fine}

    def block(self, name: str, code: str, detail: str) -> None:
        self.problems.append({"name": name, "code": code, "detail": detail})

    def warn(self, name: str, code: str, detail: str) -> None:
        self.warnings.append({"name": name, "code": code, "detail": detail})


def check_folder(path: Path, *, on: date) -> FolderReport:
    """Every file against its hash in the manifest and against today's rules. Raises NotAnExport, PackError."""
    manifest = _manifest(path)
    report = FolderReport(path=str(path), channel=str(manifest.get("channel", "")))
    pack = _pack(manifest, report, on=on)
    _check_sums(path, report)
    for entry in manifest["files"]:
        data = _read(path, entry, report)
        if data is not None:
            _check_picture(entry, data, pack, report, on=on)
    for entry in manifest.get("documents", []):
        _check_document(entry, _read(path, entry, report), report)
    if pack is not None:
        _check_sets(manifest, pack, report, on=on)
    return report


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotAnExport(f"{path} has no {MANIFEST}: name the folder that `export` wrote.") from error
    except (OSError, ValueError) as error:
        raise NotAnExport(f"{path / MANIFEST} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not _are_entries(manifest.get("files")):
        raise NotAnExport(f"{path / MANIFEST} is not of the form {FORMAT}.")
    return manifest


def _are_entries(files: Any) -> bool:
    """True for a list of pictures with all that is looked at here: the folder may have been through other hands."""
    return isinstance(files, list) and all(
        isinstance(entry, dict)
        and isinstance(entry.get("made", {}), dict)
        and all(isinstance(entry.get(key), kind) for key, kind in _ENTRY.items())
        for entry in files
    )


def _pack(manifest: dict[str, Any], report: FolderReport, *, on: date) -> Pack | None:
    named = manifest.get("pack")
    if not named:
        return None
    pack = load_pack(str(named["name"]))
    if pack.version != named.get("version"):
        detail = f"was made by version {named.get('version')} of the rules, checked by version {pack.version}"
        report.warn(MANIFEST, "PACK_VERSION", detail)
    if pack.is_due(on):
        report.warn(MANIFEST, "PACK_DUE", f"the rules were to be looked over by {pack.review_by}")
    return pack.with_known(named.get("overrides") or {})


def _check_sums(path: Path, report: FolderReport) -> None:
    """The manifest itself, and files that nobody speaks of."""
    try:
        lines = (path / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        report.block(SUMS, "MISSING", "the file with the checksums is missing")
        return
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if sums.get(MANIFEST) != hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest():
        report.block(MANIFEST, "CHANGED", "the manifest is not the one that was written")
    here = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
    for name in sorted(here - sums.keys() - {SUMS}):
        report.warn(name, "UNKNOWN", "is not part of the export")


def _read(path: Path, entry: dict[str, Any], report: FolderReport) -> bytes | None:
    name = str(entry.get("name", ""))
    target = (path / name).resolve()
    report.files += 1
    if not target.is_relative_to(path.resolve()) or not target.is_file():
        report.block(name, "MISSING", "the file is missing")
        return None
    data = target.read_bytes()
    if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
        report.block(name, "CHANGED", "the bytes are not those that were exported")
    return data


def _check_document(entry: dict[str, Any], data: bytes | None, report: FolderReport) -> None:
    """Feeds against what their importers document."""
    folder, _, file = str(entry.get("name", "")).rpartition("/")
    if data is None or folder != FEEDS_FOLDER:
        return
    for fault in faults_of(file, data)[:MOST_FAULTS]:
        report.block(entry["name"], "FEED", fault)


def _check_picture(entry: dict[str, Any], data: bytes, pack: Pack | None, report: FolderReport, *, on: date) -> None:
    report.checked += 1
    name = Path(entry["name"]).name
    if pack is None:
        (_check_video if name.endswith(".mp4") else _check_plain)(entry, data, report)
        return
    made = entry.get("made", {})
    try:
        area = area_from(made)
    except (ValueError, TypeError, LookupError):
        report.block(name, "CHANGED", "the manifest's word on where the product is cannot be read")
        return
    findings = check_file(
        pack,
        entry["role"],
        data,
        on=on,
        category=made.get("category", ""),
        name=name,
        product=area,
        source_type=made.get("source_type", ""),
    )
    for finding in findings:
        if finding.blocks:
            report.block(name, finding.code, finding.detail)
        elif not finding.passed:
            report.warn(name, finding.code, finding.detail)


def _check_plain(entry: dict[str, Any], data: bytes, report: FolderReport) -> None:
    """A picture of the plain tree: it opens, is what its name says, has its size and its profile."""
    facts = FileFacts(data, name=entry["name"])
    if facts.error:
        report.block(entry["name"], "READABLE", f"the file cannot be decoded: {facts.error}")
        return
    if Path(entry["name"]).suffix.lstrip(".").lower() not in SUFFIXES.get(facts.format, ()):
        report.block(entry["name"], "FORMAT", f"the file is {facts.format}")
    if (facts.width, facts.height) != (entry["width"], entry["height"]):
        report.block(
            entry["name"], "SIZE", f"is {facts.width} x {facts.height} px, not {entry['width']} x {entry['height']}"
        )
    if not facts.is_srgb:
        report.block(entry["name"], "SRGB", "has no sRGB profile")


def _check_video(entry: dict[str, Any], data: bytes, report: FolderReport) -> None:
    """A video of the plain tree: it plays to its end, has its size and says which colours it is in."""
    try:
        facts = video.facts_of(data)
        played = sum(1 for _ in video.decoded(data))
    except ValueError as error:
        report.block(entry["name"], "READABLE", str(error))
        return
    if played != facts.frames:
        report.block(entry["name"], "READABLE", f"{played} of {facts.frames} frames can be decoded")
    if facts.size != (entry["width"], entry["height"]):
        wanted = f"{entry['width']} x {entry['height']}"
        report.block(entry["name"], "SIZE", f"is {facts.size[0]} x {facts.size[1]} px, not {wanted}")
    if not facts.is_rec_709:
        report.block(entry["name"], "COLOUR", "does not say that it is in Rec. 709")


def _check_sets(manifest: dict[str, Any], pack: Pack, report: FolderReport, *, on: date) -> None:
    roles: dict[str, list[str]] = {}
    for entry in manifest["files"]:
        roles.setdefault(entry["sku"], []).append(entry["role"])
    for sku, shown in roles.items():
        for finding in check_set(pack, roles=shown, on=on):
            if finding.blocks:
                report.block(sku, finding.code, finding.detail)
            elif not finding.passed:
                report.warn(sku, finding.code, finding.detail)
