"""Starting batches: one queued job per photo, with its steps. Workers do the rest."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext

from accounts.events import record_many
from accounts.models import User
from catalog.intake import accepted_images, mark_submitted, waiting_count
from catalog.models import Intake, SourceImage
from processing import actors, backpressure, batch_looks, recipes, scheduling
from processing.models import Batch, Job, Priority, Recipe, Step
from processing.modes import MODES, Subject, steps_of
from processing.modes.base import INSIDE_VIEW
from processing.outcomes import bump, finish_batch
from processing.placing import hints_of

ROWS_AT_ONCE = 1000
# Photos that become jobs while somebody waits for the page; of more, the sweep adds this many with each pass.
AT_START, AT_ONCE = 200, 1000


def start_batch(  # noqa: PLR0913 - each is a choice of whoever submits
    *,
    owner: User | None,
    images: Sequence[SourceImage],
    recipe: Recipe,
    name: str,
    priority: int = Priority.STANDARD,
    source: str = "browser",
    intake: Intake | None = None,
    mode: str | None = None,
    not_before: datetime | None = None,
    hours: scheduling.Hours | None = None,
) -> Batch:
    """A running batch with one queued job per photo. ValueError when there is nothing to do or the recipe is unusable."""
    if not images:
        raise ValueError(gettext("There are no photos to process."))
    with transaction.atomic():
        batch = _open(
            owner=owner, recipe=recipe, name=name, priority=priority, source=source, intake=intake, mode=mode,
            not_before=not_before, hours=hours,
        )  # fmt: skip
        _add_jobs(batch, images)
    return batch


def start_filling(*, owner: User | None, recipe: Recipe, name: str, intake: Intake, **options: Any) -> Batch:
    """A running batch whose photos are still being fetched, or are too many to be started at once: the sweep makes a job of each.
    Options as above."""
    with transaction.atomic():
        batch = _open(owner=owner, recipe=recipe, name=name, intake=intake, is_filling=True, **options)
    fill(batch, at_most=AT_START)
    return batch


def fill(batch: Batch, *, at_most: int = AT_ONCE) -> int:
    """Adds jobs for photos that have arrived since, and ends the filling when nothing more will come. Returns how many."""
    assert batch.intake is not None
    is_complete = waiting_count(batch.intake) == 0
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=batch.pk)
        known = set(batch.jobs.exclude(source_image=None).values_list("source_image_id", flat=True))
        images = [image for image in accepted_images(batch.intake, beside=known) if image.pk not in known]
        if images:
            _add_jobs(batch, images[:at_most], arrived=images)
        if is_complete and len(images) <= at_most:
            mark_submitted(batch.intake)
            Batch.objects.filter(pk=batch.pk).update(is_filling=False)
            bump(batch.pk, [])
            finish_batch(batch.pk)
    batch.refresh_from_db()
    return len(images[:at_most])


def _open(
    *, recipe: Recipe, name: str, mode: str | None = None, hours: scheduling.Hours | None = None, **values: Any
) -> Batch:
    backpressure.require_room(values.get("owner"))
    mode = mode or recipes.from_dict(recipe.data).mode
    if mode not in MODES:
        raise ValueError(f"There is no mode named {mode}; choose one of {', '.join(MODES)}.")
    if hours is not None:
        values |= {"hours_from": hours.start, "hours_to": hours.end}
    return Batch.objects.create(recipe=recipe, name=name[:200] or "Batch", mode=mode, **values)


def _add_jobs(batch: Batch, images: Sequence[SourceImage], *, arrived: Sequence[SourceImage] = ()) -> None:
    """Queued jobs with their steps, in the caller's transaction. `arrived`: these and those that become jobs later."""
    data = recipes.from_dict(batch.recipe.data)
    prefetch_related_objects(images, "variant__product")
    jobs = [_job(batch, image, batch.recipe) for image in _once(images)]
    Job.objects.bulk_create(jobs, batch_size=ROWS_AT_ONCE)
    speakers = tuple(batch_looks.speakers(batch, arrived or images)) if data.look == "batch" else ()
    steps = (step for job in jobs for step in _steps(job, batch.mode, data, speakers=speakers))
    Step.objects.bulk_create(steps, batch_size=ROWS_AT_ONCE)
    record_many("job.accepted", [(f"job:{job.pk}", _thin(job)) for job in jobs], actor=batch.owner)
    bump(batch.pk, [job.pk for job in jobs])
    batch.refresh_from_db(fields=["revision"])
    transaction.on_commit(actors.send_ready, robust=True)


def _once(images: Iterable[SourceImage]) -> list[SourceImage]:
    return list({image.pk: image for image in images}.values())


def _job(batch: Batch, image: SourceImage, recipe: Recipe) -> Job:
    variant = image.variant
    return Job(
        batch=batch,
        source_image=image,
        variant=variant,
        snapshot=_snapshot(image, recipe),
        sku=variant.sku,
        file=image.original_name,
        priority=batch.priority,
    )


def _snapshot(image: SourceImage, recipe: Recipe) -> dict[str, Any]:
    """What product and recipe are now; the job runs on this whatever is edited later."""
    variant, product = image.variant, image.variant.product
    return {
        "sku": variant.sku,
        "product_code": product.code,
        "name": product.name,
        "category": product.category,
        "asin": variant.asin,
        "gtin": variant.gtin,
        "attributes": {**product.attributes, **variant.attributes},
        "view": image.view,
        "source": {
            "sha256": image.sha256, "path": image.path, "original_name": image.original_name, "format": image.format,
            "width": image.width, "height": image.height,
        },
        "recipe": {"name": recipe.name, "version": recipe.version, "data": recipe.data},
    }  # fmt: skip


def _steps(job: Job, mode: str, data: recipes.RecipeData, *, speakers: tuple[str, ...]) -> list[Step]:
    snapshot = job.snapshot
    subject = Subject(
        sku=job.sku,
        title=snapshot["name"] or job.sku,
        category=snapshot["category"],
        view=snapshot["view"],
        source_sha256=snapshot["source"]["sha256"],
        recipe_name=snapshot["recipe"]["name"],
        recipe_version=snapshot["recipe"]["version"],
        batch=speakers,
        inside=_inside(job) if data.ghost and snapshot["view"] == 1 else "",
        hints=hints_of(snapshot),
    )
    return [
        Step(
            job=job, name=planned.name, kind=planned.kind, position=position, needs=list(planned.needs),
            params=planned.params, provider=planned.provider,
        )
        for position, planned in enumerate(steps_of(mode, subject, data))
    ]  # fmt: skip


def _inside(job: Job) -> str:
    """Hash of the newest inside view of the job's variant, empty without one."""
    if job.variant_id is None:
        return ""
    found = SourceImage.objects.filter(variant_id=job.variant_id, view=INSIDE_VIEW).order_by("-pk")
    return found.values_list("sha256", flat=True).first() or ""


def _thin(job: Job) -> dict[str, Any]:
    return {"job": job.pk, "batch": job.batch_id, "sku": job.sku, "file": job.file}
