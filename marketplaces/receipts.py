"""Explaining a file somebody holds in hand: found by its bytes alone."""

from typing import Any

from django.core.files.storage import default_storage

from marketplaces.models import ExportFile
from processing.models import Artifact, ArtifactState


def find_file(sha256: str) -> ExportFile | None:
    """The newest export's row for a file with these bytes; rows of other exports tell the same."""
    files = ExportFile.objects.select_related("export__channel", "rendition__job__source_image", "rendition__parent")
    return files.filter(sha256=sha256).order_by("-pk").first()


def explain(file: ExportFile) -> dict[str, Any]:
    """Receipt, where it went, and whether all it was made from is still there to make it again."""
    receipt = {key: value for key, value in file.receipt.items() if key != "made"}
    made = {key: value for key, value in file.receipt.get("made", {}).items() if key != "mask"}
    rendition = file.rendition
    keys = list(receipt.get("steps", {}).values())
    stored = Artifact.objects.filter(step_key__in=keys, state=ArtifactState.STORED)
    missing = missing_for(file)
    return {
        "file": file.name,
        "sha256": file.sha256,
        "role": file.role,
        "export": file.export_id,
        "channel": file.export.channel.name if file.export.channel else "",
        "exported_at": file.export.finished_at,
        "withdrawn_at": file.withdrawn_at,
        **receipt,
        "made": made,
        "deliveries": _deliveries(file),
        "again": {
            "can_be_made_again": not missing,
            "gone": missing,
            "photo_is_kept": bool(rendition and rendition.job.source_image),
            "file_is_kept": default_storage.exists(file.path),
            "steps_kept": f"{stored.values('step_key').distinct().count()} of {len(keys)}",
            "state_now": rendition.get_state_display() if rendition else "removed",
        },
    }


def missing_for(file: ExportFile) -> str:
    """What of all that is needed to make the file again is gone, in a sentence; empty when nothing is."""
    rendition = file.rendition
    if rendition is None:
        return "The picture and its job were removed; this receipt is what is left."
    path = rendition.job.snapshot.get("source", {}).get("path", "")
    if not path or not default_storage.exists(path):
        return "The original photo was removed by the retention rule."
    wanted = set(rendition.provenance.get("steps", {}))
    if rendition.parent is not None:
        wanted |= set(rendition.parent.provenance.get("steps", {}))
    known = set(rendition.job.steps.filter(name__in=wanted).values_list("name", flat=True))
    if lost := sorted(wanted - known):
        return f"The record of the step {lost[0]} was removed."
    return ""


def _deliveries(file: ExportFile) -> list[dict[str, Any]]:
    """Where the file was sent to, and what was found there."""
    rows = file.deliveries.select_related("delivery__target").order_by("pk")
    return [
        {
            "target": row.delivery.target.name,
            "state": row.state,
            "url": row.remote_url,
            "arrived_at": row.arrived_at,
            "verdict": row.arrival.get("verdict", ""),
        }
        for row in rows
    ]
