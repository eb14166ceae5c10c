from django import template

from processing.models import Batch, JobState
from review.models import ReviewTask

register = template.Library()


@register.simple_tag
def pictures_waiting(batch: Batch) -> int:
    """Pictures of a batch in the queues, as the rail counts them; a photo has several."""
    return ReviewTask.objects.open().filter(rendition__job__batch=batch).count()


@register.simple_tag
def photos_unseen(batch: Batch) -> int | None:
    """Percent of a batch's finished photos of whose pictures none was ever shown to a person as doubtful, as on the dashboard; None
    before the first is finished. Unmarked audits do not count against it."""
    done = batch.jobs.filter(state=JobState.DONE)
    doubted = ReviewTask.objects.filter(rendition__job__in=done, is_audit=False).values("rendition__job").distinct()
    total = done.count()
    return round(100 * (total - doubted.count()) / total) if total else None
