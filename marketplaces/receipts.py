"""Explaining a file somebody holds in hand: found by its bytes alone."""

from typing import Any

from marketplaces.models import ExportFile
from processing.models import Artifact, ArtifactState


def find_file(sha256: str) -> ExportFile | None:
    """The newest export's row for a file with these bytes; rows of other exports tell the same."""
    files = ExportFile.objects.select_related("export__channel", "rendition__job__source_image")
    return files.filter(sha256=sha256).order_by("-pk").first()


def explain(file: ExportFile) -> dict[str, Any]:
    """Receipt, where it went, and whether all it was made from is still there to make it again."""
    receipt = {key: value for key, value in file.receipt.items() if key != "made"}
    made = {key: value for key, value in file.receipt.get("made", {}).items() if key != "mask"}
    rendition = file.rendition
    keys = list(receipt.get("steps", {}).values())
    stored = (
        Artifact.objects.filter(step_key__in=keys, state=ArtifactState.STORED).values("step_key").distinct().count()
    )
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
        "again": {
            "photo_is_kept": bool(rendition and rendition.job.source_image),
            "steps_kept": f"{stored} of {len(keys)}",
            "state_now": rendition.get_state_display() if rendition else "removed",
        },
    }
