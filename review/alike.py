"""Which waiting pictures are judged side by side: the same doubt on the same side of the same class of product."""

from collections.abc import Sequence

from django.db.models import Q

from accounts.models import User
from review.blinds import doubts_shown
from review.models import ReviewTask

# With fewer it is no quicker than one by one, so the next nearest fill up.
LEAST = 6
# Pictures of a queue compared with its worst.
MOST_COMPARED = 300
NOWHERE = "nowhere"


def alike(user: User, *, queue: str, size: int, without: Sequence[int] = ()) -> list[int]:
    """Ids of up to `size` tasks like the worst one that the user may have: of its class and side first, worst first."""
    tasks = _candidates(user, queue, without)
    if not tasks:
        return []
    kinds = {task.pk: (task.queue, _class_of(task), side_of(_worst(task))) for task in tasks}
    wanted = kinds[tasks[0].pk]
    apart = {pk: sum(one != other for one, other in zip(kind, wanted, strict=True)) for pk, kind in kinds.items()}
    same = [task.pk for task in tasks if apart[task.pk] == 0]
    # Sorting is stable: among equally near ones the worst come first.
    others = sorted((task.pk for task in tasks if apart[task.pk]), key=apart.__getitem__)
    return (same + others[: max(0, LEAST - len(same))])[:size]


def _candidates(user: User, queue: str, without: Sequence[int]) -> list[ReviewTask]:
    mine = Q(claimed_by=user)
    tasks = (ReviewTask.objects.free() | ReviewTask.objects.open().filter(mine)).exclude(pk__in=without)
    if queue:
        tasks = tasks.filter(queue=queue)
    tasks = tasks.select_related("known_fault", "rendition__verdict", "rendition__job", "rendition__artifact")
    return list(tasks.select_related("rendition__variant__product").order_by("rank", "id")[:MOST_COMPARED])


def _class_of(task: ReviewTask) -> str:
    variant = task.rendition.variant
    return variant.product.category if variant else ""


def _worst(task: ReviewTask) -> Sequence[float] | None:
    worst: Sequence[float] | None = doubts_shown(task)[0]["worst"]
    return worst


def side_of(place: Sequence[float] | None) -> str:
    """The side of the picture on which a place (x, y in 0..1) lies."""
    if place is None:
        return NOWHERE
    across, down = place[0] - 0.5, place[1] - 0.5
    if abs(across) >= abs(down):
        return "left" if across < 0 else "right"
    return "top" if down < 0 else "bottom"
