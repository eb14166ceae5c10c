"""A channel wants more pixels than the photo has: a person sees it and decides whether to ask for a new photo."""

from django.db import transaction

from processing.models import Rendition
from review.models import HumanReason, ReviewTask, TaskState

# Behind pictures that are wrong: this one is right, only small.
RANK = 90.0


@transaction.atomic
def ask_for_photo(rendition_id: int, *, note: str) -> bool:
    """Opens a task under "Needs a new photo", once for each picture; `note` says who wants what, and is shown with it.

    The picture stays approved for all channels it is large enough for: approving keeps it so, rejecting takes it back everywhere.
    """
    rendition = Rendition.objects.select_for_update(of=("self",)).filter(pk=rendition_id, is_current=True).first()
    if rendition is None:
        return False
    if note not in rendition.notes:
        rendition.notes = [*rendition.notes, note]
        rendition.save(update_fields=["notes"])
    tasks = ReviewTask.objects.filter(rendition=rendition, is_known_fault=False)
    if tasks.filter(queue=HumanReason.RESHOOT).exists() or tasks.filter(state=TaskState.OPEN).exists():
        return False
    ReviewTask.objects.create(rendition=rendition, queue=HumanReason.RESHOOT, rank=RANK)
    return True
