"""Photos with real bytes, and jobs carried through in this process."""

import io
import itertools

from PIL import Image

from catalog import files
from catalog.models import SourceImage
from processing import engine, recipes
from processing.models import Batch, Job, JobState, Rendition
from processing.starting import start_batch
from tests import builders
from tests.images import box_shot, file_of

_numbers = itertools.count(1)


def photo(
    sku: str = "", *, category: str = "default", size=(260, 220), view: int = 1, data: bytes = b"", **look
) -> SourceImage:
    """A source image whose file is there: a blue box on light paper unless bytes are given."""
    data = data or file_of(box_shot(size=size, **look)[0], "JPEG", quality=92)
    stored = files.store(data, suffix="jpg")
    of = builders.variant(sku or f"BOX-{next(_numbers)}", category=category)
    return builders.source_image(
        of, view=view, sha256=stored.sha256, path=stored.path, bytes=len(data), width=size[0], height=size[1]
    )


def batch_of(*images: SourceImage, recipe: str = "packshot", changes: dict | None = None, **options) -> Batch:
    """A running batch of these photos, on a preset or a changed version of it."""
    row = recipes.current(recipe)
    if changes:
        row = recipes.new_version(f"{recipe}-{next(_numbers)}", data={**row.data, **changes})
    return start_batch(owner=None, images=list(images) or [photo()], recipe=row, name="Autumn", **options)


def carry_all(batch: Batch) -> list[Job]:
    """Carries every queued job once, as a worker would, and returns all jobs of the batch."""
    for job in batch.jobs.filter(state=JobState.QUEUED):
        engine.carry(job.pk)
    batch.refresh_from_db()
    return list(batch.jobs.order_by("pk"))


def carry(job: Job, *, times: int = 1) -> Job:
    """Carries one job so many times, its pauses over, and returns it as it is then."""
    for _ in range(times):
        Job.objects.filter(pk=job.pk).update(available_at=job.created_at)
        engine.carry(job.pk)
    job.refresh_from_db()
    return job


def cutout_of(job: Job) -> Rendition:
    return job.renditions.get(name="cutout", is_current=True)


def run(*images: SourceImage, **options) -> Job:
    """The only job of a batch that was carried to its end."""
    (job,) = carry_all(batch_of(*images, **options))
    return job


def opened(path: str) -> Image.Image:
    return Image.open(io.BytesIO(files.load(path)))
