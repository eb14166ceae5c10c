"""Exports: taking approved pictures out, to a channel in its form or as the plain tree."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.events import record
from marketplaces.archive import write_folder
from marketplaces.channels import TREE, channel_named
from marketplaces.credentials import SigningError
from marketplaces.deliveries.start import start_automatic
from marketplaces.documents import channel_documents, corrected_documents, corrected_tree, tree_documents
from marketplaces.listings import publish
from marketplaces.models import Channel, Export, ExportFile, ExportState, FileKind
from marketplaces.outfiles import keep, to_dict
from marketplaces.packs import Pack
from marketplaces.rulekinds import PackError
from marketplaces.selection import Blocked, ScopeError, check_scope, product_sets, unknown_skus, variants_in
from processing.models import Batch
from review.reshoots import ask_for_photo

logger = logging.getLogger(__name__)
# Their numbers keep the message under the 20 kB that receivers are told to expect.
TOLD_RENDITIONS = 1500
Progress = Callable[[int, int], None]


@dataclass
class ExportReport:
    """What an export did. `files` and `blocked` are as the command and the API show them."""

    export: Export
    channel: str
    path: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    blocked: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "channel": self.channel,
            "path": self.path,
            "export": self.export.pk,
            "files": self.files,
            "blocked": self.blocked,
            "warnings": self.warnings,
        }


@dataclass
class _Outcome:
    """Gathered while the products pass."""

    blocked: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[ExportFile] = field(default_factory=list)
    products: int = 0

    def add(self, blocked: list[Blocked], warnings: list[dict[str, str]], rows: list[ExportFile]) -> None:
        self.blocked += [one.to_dict() for one in blocked]
        self.warnings += warnings
        self.pictures += rows
        self.products += bool(rows)


def open_export(
    channel_name: str | None, *, scope: dict[str, Any] | None = None, owner: Any = None, by_sku: bool = False
) -> Export:
    """A new export that waits. UnknownChannel or ScopeError when it cannot be."""
    channel = None if channel_name in (None, "", TREE) else channel_named(str(channel_name))
    checked = check_scope(scope or {})
    if "batch" in checked and not Batch.objects.filter(pk=checked["batch"]).exists():
        raise ScopeError(f"scope: there is no batch {checked['batch']}")
    report = {"by_sku": True} if by_sku else {}
    return Export.objects.create(channel=channel, owner=owner, scope=checked, report=report, seen_at=timezone.now())


def run_export(
    channel_name: str | None,
    *,
    out: Path | None = None,
    scope: dict[str, Any] | None = None,
    owner: Any = None,
    by_sku: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Carries an export out here and now and, with `out`, writes it as a folder.

    Raises UnknownChannel, ScopeError, PackError for unusable rules, OutDirError for the folder.
    """
    export = open_export(channel_name, scope=scope, owner=owner, by_sku=by_sku)
    carry_out(export, progress=progress)
    if out is not None:
        write_folder(out, export.files.all())
        Export.objects.filter(pk=export.pk).update(folder=str(out))
    return report_of(export, path=str(out or ""))


def report_of(export: Export, *, path: str = "") -> ExportReport:
    pictures = export.files.filter(kind=FileKind.PICTURE)
    return ExportReport(
        export=export,
        channel=export.channel.name if export.channel else TREE,
        path=path or export.folder,
        files=[to_dict(file) for file in pictures],
        blocked=export.report.get("blocked", []),
        warnings=export.report.get("warnings", []),
    )


def carry_out(export: Export, *, progress: Progress | None = None) -> None:
    """Does the work of a waiting export; one that is being done, or is over, is left alone."""
    now = timezone.now()
    claimed = Export.objects.filter(pk=export.pk, state=ExportState.QUEUED)
    if claimed.update(state=ExportState.RUNNING, started_at=now, seen_at=now) != 1:
        return
    try:
        outcome = _tree(export, progress) if export.channel is None else _channel(export, export.channel, progress)
    except Exception as error:
        known = isinstance(error, PackError | SigningError)
        reason = str(error) if known else "Something went wrong here; the log has it under the export's number."
        Export.objects.filter(pk=export.pk).update(
            state=ExportState.FAILED, error=reason[:400], finished_at=timezone.now()
        )
        if known:
            logger.warning("export=%s failed: %s", export.pk, error)
        raise
    _finish(export, outcome)


@transaction.atomic
def _finish(export: Export, outcome: _Outcome) -> None:
    export.report = {
        "blocked": outcome.blocked,
        "warnings": outcome.warnings,
        "products": outcome.products,
        "bytes": sum(row.bytes for row in outcome.pictures),
    }
    export.state, export.finished_at = ExportState.DONE, timezone.now()
    export.save(update_fields=["report", "state", "finished_at", "pack_version"])
    data = {
        "export": export.pk,
        "channel": export.channel.name if export.channel else TREE,
        "files": len(outcome.pictures),
        "blocked": len(outcome.blocked),
        **_renditions(outcome.pictures),
    }
    record("export.completed", subject=f"export:{export.pk}", data=data, actor=export.owner)
    start_automatic(export)


def _renditions(pictures: list[ExportFile]) -> dict[str, Any]:
    """Which pictures left. A message stays small: of very many only the first are named, and that is said."""
    ids = sorted({row.rendition_id for row in pictures if row.rendition_id})
    return {"renditions": ids[:TOLD_RENDITIONS], "renditions_are_all": len(ids) <= TOLD_RENDITIONS}


def _channel(export: Export, channel: Channel, progress: Progress | None) -> _Outcome:
    # Drawing and measuring need cv2, which the web process does without.
    from marketplaces.building import Terms, build_set

    pack = channel.rules()
    export.pack_version = pack.version
    by_sku = bool(export.report.get("by_sku") or channel.settings.get("name_by_sku"))
    terms = Terms(channel, pack, on=timezone.localdate(), by_sku=by_sku)
    outcome = _Outcome()
    outcome.add(unknown_skus(export.scope), [], [])
    outcome.warnings += _pack_warnings(pack, channel, on=terms.on)
    for made in _counted(export, progress):
        built = build_set(made, terms)
        rows: list[ExportFile] = []
        if built.files:
            with transaction.atomic():
                rows = keep(export, built.files, is_public=True)
                publish(channel, pack=pack, files=rows, variant=made.variant)
        outcome.add(built.blocked, built.warnings, rows)
    keep(export, channel_documents(export, pack, outcome.pictures, outcome.blocked), is_public=False)
    if not channel.is_sandbox:
        _ask_for_photos(channel, outcome.blocked)
    return outcome


def _pack_warnings(pack: Pack, channel: Channel, *, on: date) -> list[dict[str, Any]]:
    """Of the rules themselves: past their review, or without one that the channel has its own value for."""
    found: list[dict[str, Any]] = []
    if pack.is_due(on):
        detail = f"the rules of {pack.label} were to be looked over by {pack.review_by}; they may have changed"
        found.append({"code": "PACK_DUE", "detail": detail})
    for key in pack.lost(channel.overrides):
        detail = f"your own value for {key} has no effect: the rules have no such rule any more"
        found.append({"code": "OWN_VALUE", "detail": detail})
    return found


def _ask_for_photos(channel: Channel, blocked: list[dict[str, Any]]) -> None:
    """What is too small for the channel goes to a person: nothing is ever enlarged."""
    for one in blocked:
        if one["code"] == "too-small" and one.get("rendition"):
            ask_for_photo(one["rendition"], note=f"{channel.label}: {one['reason']}")


def _tree(export: Export, progress: Progress | None) -> _Outcome:
    from marketplaces.seedtree import TreeNames, product_files

    outcome, names = _Outcome(), TreeNames()
    outcome.add(unknown_skus(export.scope), [], [])
    entries: list[dict[str, Any]] = []
    for made in _counted(export, progress):
        files, entry = product_files(made, names)
        blocked = [*made.held, *made.held_others] if files else [made.why_empty()]
        outcome.add(blocked, [], keep(export, files, is_public=False))
        entries += [entry] if files else []
    keep(export, tree_documents(export, entries, outcome.pictures, outcome.blocked), is_public=False)
    return outcome


def _counted(export: Export, progress: Progress | None) -> Iterator[Any]:
    """The product sets of the export's scope, saying after each how far it is."""
    total = variants_in(export.scope).count()
    Export.objects.filter(pk=export.pk).update(total_count=total, done_count=0)
    for done, made in enumerate(product_sets(export.scope), start=1):
        yield made
        Export.objects.filter(pk=export.pk).update(done_count=done, seen_at=timezone.now())
        if progress:
            progress(done, total)


@transaction.atomic
def correct(export: Export) -> None:
    """Writes an export's feeds and lists anew, without what was taken back."""
    # Cleared first: a recall from now on waits for this row and marks it again.
    Export.objects.filter(pk=export.pk).update(is_outdated=False)
    documents = corrected_tree(export) if export.channel is None else corrected_documents(export, export.channel)[0]
    keep(export, documents, is_public=False)


def default_out(channel_name: str) -> Path:
    """Where the command writes without --out."""
    return Path(settings.DATA_DIR) / "exports" / channel_name
