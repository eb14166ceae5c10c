"""Exports that workers carry out: start one, and send again what was lost."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marketplaces.actors import carry_out_export
from marketplaces.exports import correct, open_export
from marketplaces.models import Export, ExportState

# An export moves on with every product; one that stood still this long has lost its worker.
STALLED = timedelta(minutes=5)


@transaction.atomic
def start_export(channel_name: str | None, *, scope: dict[str, Any] | None = None, owner: Any = None) -> Export:
    """A new export, carried out by a worker. UnknownChannel or ScopeError when it cannot be."""
    export = open_export(channel_name, scope=scope, owner=owner)
    transaction.on_commit(partial(carry_out_export.send, export.pk))
    return export


def sweep() -> int:
    """Sends again what was lost: exports that wait or stand still for minutes. For the scheduler.

    Run again, an export finds its pictures made and its rows written, and goes on where it stood. Finished ones are written
    anew where something of theirs was taken back.
    """
    for export in Export.objects.filter(is_outdated=True, state=ExportState.DONE).select_related("channel"):
        correct(export)
    stalled = Q(seen_at__lt=timezone.now() - STALLED)
    lost = Export.objects.filter(stalled, state__in=[ExportState.QUEUED, ExportState.RUNNING])
    ids = list(lost.values_list("pk", flat=True))
    for pk in ids:
        Export.objects.filter(stalled, pk=pk).update(state=ExportState.QUEUED, seen_at=timezone.now())
        carry_out_export.send(pk)
    return len(ids)
