"""Files and the rows that name them go together when their time is over. Nothing that a row still names is deleted.

In one place above all apps, because every app that keeps files has a say. A file goes only when no row names it and nobody
has stored it, or stored it again, for a day: a row that is about to name it is safe.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog import files
from catalog.models import Intake, IntakeItem, IntakeState, SourceImage
from catalog.storage import Entry
from marketplaces.models import DeliveryFile, Export, ExportFile, ExportState, RenderedFile
from processing import retention
from processing.models import (
    ACTIVE_JOB_STATES,
    Artifact,
    ArtifactState,
    GatheredEntry,
    Job,
    OwnBackplate,
    PromptFile,
    Step,
)
from review.models import KnownFault

logger = logging.getLogger(__name__)
GRACE = timedelta(days=1)
LISTED_AT_ONCE = 1000


@dataclass(frozen=True)
class Holder:
    """Rows of a table that name files by path."""

    rows: Callable[[], QuerySet[Any]]
    path: str


HOLDERS = (
    Holder(lambda: Artifact.objects.filter(state=ArtifactState.STORED), "path"),
    Holder(SourceImage.objects.all, "path"),
    Holder(IntakeItem.objects.all, "file"),
    Holder(lambda: Job.objects.filter(state__in=ACTIVE_JOB_STATES), "snapshot__source__path"),
    Holder(ExportFile.objects.all, "path"),
    Holder(DeliveryFile.objects.all, "path"),
    Holder(RenderedFile.objects.all, "path"),
    Holder(GatheredEntry.objects.all, "path"),
    Holder(PromptFile.objects.all, "path"),
    Holder(OwnBackplate.objects.all, "path"),
    Holder(OwnBackplate.objects.all, "preview_path"),
)


@dataclass
class Count:
    """Rows that expired and files that went, with their bytes."""

    rows: int = 0
    files: int = 0
    bytes: int = 0


@dataclass
class Report:
    """What went, by kind, or in a dry run: what would go."""

    is_dry_run: bool
    kinds: dict[str, Count] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"dry_run": self.is_dry_run, **{name: asdict(count) for name, count in self.kinds.items()}}


def run(*, dry_run: bool = False) -> Report:
    """One pass. May be killed anywhere and run again; a second one at the same time does no harm."""
    report = Report(is_dry_run=dry_run)
    # Before anything expires: files whose rows went in this run wait for the next, unless they go at once below.
    report.kinds["orphans"] = _sweep_orphans(dry_run=dry_run)
    shown = retention.shown_with_pictures() | _shown_in_review()
    if not dry_run:
        for rows in retention.left_expiring():
            _remove_files(rows)
    for kind in retention.KINDS:
        report.kinds[kind.name] = _expire(kind, shown=shown, dry_run=dry_run)
    report.kinds["uploads"] = _forget(_abandoned_intakes, settings.RETENTION_DAYS["uploads"], dry_run=dry_run)
    report.kinds["prompt_files"] = _forget(_unused_prompt_files, settings.RETENTION_DAYS["uploads"], dry_run=dry_run)
    report.kinds["channel"] = _forget(_unused_channel_pictures, settings.RETENTION_DAYS["channel"], dry_run=dry_run)
    logger.info("retention %s", report.to_dict())
    return report


def _shown_in_review() -> set[str]:
    pairs = KnownFault.objects.values_list("overlay_sha256", "thumb_sha256")
    return {sha256 for pair in pairs for sha256 in pair}


# ---------------------------------------------------------------- artifacts


def _expire(kind: retention.Kind, *, shown: set[str], dry_run: bool) -> Count:
    days, count = settings.RETENTION_DAYS[kind.name], Count()
    if days is None:
        return count
    if dry_run:
        due = [row for row in kind.unused(days=days).only("path", "sha256", "bytes") if row.sha256 not in shown]
        free = {row.path: row.bytes for row in due}
        return Count(len(due), len(free), sum(free.values()))
    for rows in retention.expire(kind, days=days, shown=shown):
        removed = _remove_files(rows)
        count = Count(count.rows + len(rows), count.files + len(removed), count.bytes + sum(removed.values()))
    return count


def _remove_files(rows: Sequence[Artifact]) -> dict[str, int]:
    """Bytes by path of the files that went with these tombstones."""
    sizes = {row.path: row.bytes for row in rows}
    free = sorted(sizes.keys() - held(sizes))
    gone = {path: sizes[path] for path in free if files.discard(path, unless_after=timezone.now() - GRACE)}
    retention.finish(rows)
    return gone


def held(paths: Iterable[str]) -> set[str]:
    """Those of the paths that some row names."""
    wanted = list(paths)
    found: set[str] = set()
    for holder in HOLDERS:
        rows = holder.rows().filter(**{f"{holder.path}__in": wanted})
        found.update(rows.values_list(holder.path, flat=True))
    return found


# ---------------------------------------------------------------- files without a row


def _sweep_orphans(*, dry_run: bool) -> Count:
    before, count = timezone.now() - GRACE, Count()
    for entries in _old_entries(before):
        named = held({_plain(entry.path) for entry in entries})
        for entry in entries:
            is_leftover = _plain(entry.path) != entry.path
            if (is_leftover or entry.path not in named) and (dry_run or files.discard(entry.path, unless_after=before)):
                count.files, count.bytes = count.files + 1, count.bytes + entry.bytes
    return count


def _old_entries(before: datetime) -> Iterator[list[Entry]]:
    old = (entry for entry in files.listed() if entry.modified <= before)
    return iter(lambda: list(islice(old, LISTED_AT_ONCE)), [])


def _plain(path: str) -> str:
    """Without what a killed writer or a damaged file has at its end: aa/bb/HASH.jpg."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{'.'.join(name.split('.')[:2])}"


# ---------------------------------------------------------------- rows that only name files


def _forget(find: Callable[[datetime], QuerySet[Any]], days: int | None, *, dry_run: bool) -> Count:
    """Rows that go; their files are orphans from then on and go in a later run."""
    if days is None:
        return Count()
    due = find(timezone.now() - timedelta(days=days))
    number = due.count()
    if not dry_run:
        due.delete()
    return Count(rows=number)


def _abandoned_intakes(before: datetime) -> QuerySet[Intake]:
    """Photos that were brought in and never submitted."""
    return Intake.objects.filter(created_at__lt=before, batch=None).exclude(state=IntakeState.SUBMITTED)


def _unused_prompt_files(before: datetime) -> QuerySet[PromptFile]:
    """What came with orders from prompts and no job under way needs."""
    under_way = Step.objects.filter(kind__in=["generate", "recording"], job__state__in=ACTIVE_JOB_STATES)
    params = list(under_way.values_list("params", flat=True))
    needed = {sha256 for one in params for sha256 in (one.get("source"), *one.get("files", {}).values())}
    return PromptFile.objects.filter(used_at__lt=before).exclude(sha256__in=needed - {None, ""})


def _unused_channel_pictures(before: datetime) -> QuerySet[RenderedFile]:
    """Pictures made for a channel that no export holds. None while an export runs: it may be about to take one."""
    if Export.objects.filter(state__in=[ExportState.QUEUED, ExportState.RUNNING]).exists():
        return RenderedFile.objects.none()
    exported = ExportFile.objects.filter(sha256=OuterRef("sha256"))
    return RenderedFile.objects.filter(~Exists(exported), created_at__lt=before)
