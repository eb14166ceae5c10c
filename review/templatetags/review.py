from django import template

from processing.models import Batch
from review.models import ReviewTask

register = template.Library()


@register.simple_tag
def pictures_waiting(batch: Batch) -> int:
    """Pictures of a batch in the queues, as the rail counts them; a photo has several."""
    return ReviewTask.objects.open().filter(rendition__job__batch=batch).count()
