"""The look that the photos of a batch share: which photos speak for it, and its figures, worked out once.

No job waits for another. The photos are known when the batch is submitted; the first worker that needs the look reads it
from small versions of them and keeps it under their hashes. Two workers at once come to the same figures.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from catalog.files import load, store
from catalog.models import SourceImage
from processing.models import Artifact, Batch, Step

if TYPE_CHECKING:
    from processing.imaging.batchlook import PhotoLight

logger = logging.getLogger(__name__)
ROLE = "batch-look"
# Fewer photos are no statistics, and the figures hardly change beyond the other.
LEAST_PHOTOS = 4
MOST_PHOTOS = 24


def speakers(batch: Batch, images: Iterable[SourceImage]) -> list[str]:
    """Hashes of the photos that speak for a batch: at most 24, by hash, which is by chance. None below four photos. Once jobs
    carry them they are kept, also for photos that arrive later."""
    first = Step.objects.filter(job__batch=batch, kind="enhance", params__has_key="batch").order_by("pk").first()
    if first is not None:
        return [str(sha256) for sha256 in first.params["batch"]]
    there = set(SourceImage.objects.filter(jobs__batch=batch).values_list("sha256", flat=True))
    known = sorted(there | {image.sha256 for image in images})
    return known[:MOST_PHOTOS] if len(known) >= LEAST_PHOTOS else []


def figures_of(sha256s: Sequence[str]) -> dict[str, object]:
    """Values of the batch look of these photos, from the first time on read from its row."""
    from processing.imaging import batchlook

    key = hashlib.sha256("|".join((ROLE, batchlook.VERSION, *sha256s)).encode()).hexdigest()
    if (row := Artifact.objects.filter(step_key=key, role=ROLE).first()) is not None:
        return dict(row.meta)
    paths = dict(SourceImage.objects.filter(sha256__in=sha256s).values_list("sha256", "path"))
    lights = [light for sha256 in sha256s if sha256 in paths and (light := _light(paths[sha256])) is not None]
    values = batchlook.batch_look(lights).to_dict()
    stored = store(json.dumps(values, sort_keys=True).encode(), suffix="json")
    row = Artifact(
        step_key=key, role=ROLE, sha256=stored.sha256, path=stored.path, media_type="application/json",
        bytes=stored.bytes, meta=values,
    )  # fmt: skip
    Artifact.objects.bulk_create([row], ignore_conflicts=True)
    return values


def _light(path: str) -> "PhotoLight | None":
    """Light of one photo, None for one that is gone or cannot be read: its own job says so."""
    from processing.imaging.batchlook import SAMPLE_PX, light_of
    from processing.imaging.codec import DecodeError, decode

    try:
        return light_of(decode(load(path), target_long_px=SAMPLE_PX).convert("RGB"))
    except (DecodeError, FileNotFoundError) as error:
        logger.info("batch look: %s left out: %s", path, error)
        return None
