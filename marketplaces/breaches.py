"""Which exported files would break rules that changed since: a new version of a pack, an operator's value, a rule that begins.

Answered from what was kept of each file when it was made, so that a hundred thousand files are looked over without reading one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from PIL import Image

from marketplaces.facts import FileFacts, ProductArea
from marketplaces.models import Channel, ExportFile, FileKind
from marketplaces.packs import Pack
from marketplaces.verify import Finding, check_facts, check_set
from processing.imaging.metadata import source_type_address

# What only the bytes can tell; kept of a file where its pack asked for it.
KEPT = ("WHITE_BACKGROUND", "NO_ALPHA", "SRGB", "KEEP_SOURCE_TYPE")
_SOME_MASK = Image.new("1", (1, 1))


@dataclass(frozen=True)
class Breach:
    """A rule that a file, or without a name the set of a SKU, would break."""

    export: int
    sku: str
    name: str
    code: str
    severity: str
    detail: str


@dataclass
class BreachReport:
    """`untold`: rules that the kept facts cannot answer for some file; `verify` can, from disk."""

    channel: str
    version: int
    on: date
    files: int = 0
    breaches: list[Breach] = field(default_factory=list)
    untold: set[str] = field(default_factory=set)

    @property
    def exports(self) -> list[int]:
        """Numbers of the exports that hold a blocking breach, newest first."""
        return sorted({one.export for one in self.breaches if one.severity == "block"}, reverse=True)

    def to_dict(self) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "version": self.version,
            "on": self.on.isoformat(),
            "files": self.files,
            "exports": self.exports,
            "breaches": [vars(one) for one in self.breaches],
            "untold": sorted(self.untold),
        }


def kept_of(findings: Iterable[Finding]) -> dict[str, str]:
    """What is to be remembered of a file's findings."""
    return {finding.code: finding.value for finding in findings if finding.code in KEPT}


def breaches_of(
    channel: Channel, *, on: date, pack: Pack | None = None, everything: bool = False, at_most: int | None = None
) -> BreachReport:
    """Files of the channel against a pack, by default its own with the operator's values.

    Those that are out there now; with `everything` all that ever left. `at_most`: only so many, the newest.
    """
    rules = pack or channel.rules()
    report = BreachReport(channel.name, rules.version, on)
    roles: dict[tuple[int, str], list[str]] = {}
    for file in _files(channel, everything=everything, at_most=at_most):
        report.files += 1
        roles.setdefault((file.export_id, file.sku), []).append(file.role)
        report.breaches += _of_file(file, rules, report, on=on)
    for (export, sku), shown in roles.items():
        found = [one for one in check_set(rules, roles=shown, on=on) if not one.passed]
        report.breaches += [Breach(export, sku, "", one.code, one.severity, one.detail) for one in found]
    return report


def _files(channel: Channel, *, everything: bool, at_most: int | None) -> Iterator[ExportFile]:
    files = ExportFile.objects.filter(export__channel=channel, kind=FileKind.PICTURE).order_by(
        "-export_id", "sku", "position"
    )
    if not everything:
        files = files.filter(listing_images__isnull=False, withdrawn_at=None)
    return files[:at_most].iterator(chunk_size=2000)


def _of_file(file: ExportFile, pack: Pack, report: BreachReport, *, on: date) -> list[Breach]:
    facts = StoredFacts(file)
    if file.role not in {role.role for role in pack.roles}:
        return [
            Breach(file.export_id, file.sku, file.name, "ROLE", "warn", f"the rules know no role {file.role} any more")
        ]
    findings = check_facts(pack, file.role, facts, on=on, category=facts.category)
    in_force = pack.rules_for(file.role, category=facts.category, on=on)
    report.untold |= {rule.code for rule in in_force if rule.kind.is_measured and not facts.knows(rule.code)}
    return [
        Breach(file.export_id, file.sku, file.name, one.code, one.severity, one.detail)
        for one in findings
        if not one.passed
    ]


class StoredFacts(FileFacts):
    """A file as its row remembers it."""

    def __init__(self, file: ExportFile) -> None:
        made = file.receipt.get("made", {})
        self.file, self.name = file, file.name
        self.source_type = str(made.get("source_type", ""))
        self.category = str(made.get("category", ""))
        self.kept: dict[str, str] = made.get("found", {})
        box = made.get("box_px")
        # Whether there is a mask is all that is asked of it here.
        self.product = (
            ProductArea((box[0], box[1], box[2], box[3]), _SOME_MASK if made.get("mask") else None) if box else None
        )

    def knows(self, code: str) -> bool:
        return code not in KEPT or code in self.kept

    @property
    def bytes(self) -> int:
        return self.file.bytes

    @property
    def format(self) -> str:
        return self.file.media_type.rpartition("/")[2].upper()

    @property
    def width(self) -> int:
        return self.file.width

    @property
    def height(self) -> int:
        return self.file.height

    @property
    def is_clear(self) -> bool:
        return self.kept["NO_ALPHA"] == "transparent"

    @cached_property
    def is_srgb(self) -> bool:
        return self.kept["SRGB"] == "sRGB"

    @cached_property
    def white_fault(self) -> str:
        return "" if self.kept["WHITE_BACKGROUND"] == "white" else "it was not when it was made"

    @cached_property
    def found_source_type(self) -> str:
        found = self.kept["KEEP_SOURCE_TYPE"]
        return "" if found == "none" else source_type_address(found)
