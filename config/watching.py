"""Watched folders become batches: new photos are taken in and submitted with the recipe of their folder."""

import logging

from django.utils import timezone

from catalog import intake as intakes
from catalog import watch
from catalog.models import Intake, IntakeState
from processing import makers
from processing.backpressure import Overloaded
from processing.models import Batch
from processing.recipes import RecipeError
from processing.starting import start_batch

logger = logging.getLogger(__name__)


def submit_new_photos() -> int:
    """Scans every watched folder and submits what is ready, also what an earlier scan left behind. Returns the number of batches."""
    watch.scan_all()
    waiting = Intake.objects.filter(state=IntakeState.READY, watched_folder__isnull=False).order_by("pk")
    return sum(_submit(intake) is not None for intake in waiting.select_related("watched_folder", "owner"))


def _submit(intake: Intake) -> Batch | None:
    if intakes.waiting_count(intake):
        return None  # links in a table are still being fetched
    assert intake.watched_folder is not None
    images = intakes.accepted_images(intake)
    try:
        recipe = makers.recipe_named(intake.watched_folder.recipe)
    except RecipeError as error:
        intake.watched_folder.last_error = str(error)[:400]
        intake.watched_folder.save(update_fields=["last_error"])
        return None
    if not images:
        Intake.objects.filter(pk=intake.pk).update(state=IntakeState.DISCARDED)
        return None
    name = f"{intake.name} {timezone.localtime():%d %b %H:%M}"
    try:
        batch = start_batch(owner=intake.owner, images=images, recipe=recipe, name=name, source="folder", intake=intake)
    except Overloaded:
        return None  # they wait in their intake and are tried again with the next scan
    intakes.mark_submitted(intake)
    logger.info("watched folder=%s batch=%s photos=%s", intake.watched_folder_id, batch.pk, len(images))
    return batch
