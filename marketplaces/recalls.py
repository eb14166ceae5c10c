"""What left in an export and was taken back since: marked in every export that holds it, and told once for each of them."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.events import record
from accounts.models import Event
from marketplaces.channels import TREE
from marketplaces.models import Export, ExportFile, FileKind
from processing.models import Rendition, RenditionState

# What takes back a picture that had been approved. Being made again (rework) is not among them: the old one was fine.
WITHDRAWING = (RenditionState.RECALLED, RenditionState.REJECTED)
# A scheduler that stood still for so long still finds what was taken back meanwhile.
REMEMBERED = timedelta(days=7)
# So far back is looked every few seconds; an export that takes longer to be written is found by the look at all of it.
LATELY = timedelta(minutes=15)
# Pictures made again at once are not current any more; the event of their recall names them.
MADE_AGAIN_WITHIN = timedelta(hours=1)
TOLD_FILES = 100


def mark_recalled(*, within: timedelta = REMEMBERED) -> int:
    """Marks the pictures of all exports whose rendition was taken back within this time. Returns how many. For the scheduler, every
    few minutes: a week's rejected pictures are many."""
    ids = with_what_is_made_from(_taken_back(within))
    return mark(ExportFile.objects.filter(kind=FileKind.PICTURE, rendition__in=ids)) if ids else 0


def mark_recalled_lately() -> int:
    """The same for what was taken back in the last minutes. For the scheduler, every few seconds."""
    return mark_recalled(within=LATELY)


def with_what_is_made_from(ids: set[int]) -> set[int]:
    """Keys of renditions, and of all that was made from them: a swatch is made from a main picture, that from a cut-out."""
    for _ in range(2):
        ids = ids | set(Rendition.objects.filter(parent__in=ids).values_list("pk", flat=True)) if ids else ids
    return ids


def _taken_back(within: timedelta) -> set[int]:
    now = timezone.now()
    current = Rendition.objects.current().filter(state__in=WITHDRAWING, decided_at__gte=now - within)
    told = Event.objects.filter(kind="rendition.recalled", created_at__gte=now - MADE_AGAIN_WITHIN)
    named = {int(subject.partition(":")[2]) for subject in told.values_list("subject", flat=True)}
    replaced = Rendition.objects.filter(pk__in=named, is_current=False, state=RenditionState.RECALLED)
    return {*current.values_list("pk", flat=True), *replaced.values_list("pk", flat=True)}


@transaction.atomic
def mark(files: "QuerySet[ExportFile]") -> int:
    """Takes files out of their exports: links answer 410, archives come without them, lists are written anew. One event for each
    export names them. What was marked before is left alone."""
    rows = list(files.filter(withdrawn_at=None).select_for_update(of=("self",)).order_by("pk"))
    by_export: dict[int, list[ExportFile]] = defaultdict(list)
    for row in rows:
        by_export[row.export_id].append(row)
    ExportFile.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=timezone.now())
    exports = Export.objects.filter(pk__in=by_export)
    exports.update(is_outdated=True)
    for export in exports.select_related("channel"):
        record("export.recalled", subject=f"export:{export.pk}", data=_told(export, by_export[export.pk]))
    return len(rows)


def _told(export: Export, rows: list[ExportFile]) -> dict[str, Any]:
    """Thin: of very many files only the first are named, and the count says so."""
    files = [
        {"name": row.name, "sku": row.sku, "sha256": row.sha256, "rendition": row.rendition_id}
        for row in rows[:TOLD_FILES]
    ]
    return {
        "export": export.pk,
        "channel": export.channel.name if export.channel else TREE,
        "count": len(rows),
        "files": files,
    }
