"""Which waiting pictures are judged side by side: the same doubt on the same side of the same class of product, and among very
many of these the nearest by all that is doubted, how strongly, and where."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from accounts.models import User
from review.blinds import doubts_shown
from review.models import ReviewTask

# With fewer it is no quicker than one by one, so the next nearest fill up.
LEAST = 6
# Pictures of a queue compared with its worst.
MOST_COMPARED = 300
NOWHERE = "nowhere"
_MOST_DOUBLINGS = 4.0


def alike(user: User, *, queue: str, size: int, without: Sequence[int] = ()) -> list[int]:
    """Ids of up to `size` tasks like the worst one that the user may have: of its class and side first, worst first."""
    tasks = _candidates(user, queue, without)
    if not tasks:
        return []
    doubts = {task.pk: doubts_shown(task) for task in tasks}
    kinds = {task.pk: (task.queue, _class_of(task), side_of(doubts[task.pk][0]["worst"])) for task in tasks}
    places = {pk: place_of(shown) for pk, shown in doubts.items()}
    worst = tasks[0].pk
    apart = {
        pk: (
            sum(one != other for one, other in zip(kinds[pk], kinds[worst], strict=True)),
            _far(places[pk], places[worst]),
        )
        for pk in kinds
    }
    same = [task.pk for task in tasks if apart[task.pk][0] == 0]
    nearest = set(sorted(same, key=apart.__getitem__)[:size])
    others = sorted((task.pk for task in tasks if apart[task.pk][0]), key=apart.__getitem__)
    return ([pk for pk in same if pk in nearest] + others[: max(0, LEAST - len(same))])[:size]


def place_of(doubts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Where a picture stands among the doubted: doublings of each doubt's limit, and the place of the worst one in quarters."""
    placed = {row["code"]: _doublings(row["value"], row["limit"]) for row in doubts}
    if worst := doubts[0]["worst"]:
        placed |= {"across": 4 * worst[0], "down": 4 * worst[1]}
    return placed


def _doublings(value: float | None, limit: float | None) -> float:
    """How far beyond its limit, 0.5 at it, so that a doubt is farther from none than from a faint one."""
    if not value or not limit or not math.isfinite(value):
        return _MOST_DOUBLINGS
    return min(0.5 + abs(math.log2(abs(value / limit))), _MOST_DOUBLINGS)


def _far(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    names = sorted({*one, *other})
    return math.dist([one.get(name, 0.0) for name in names], [other.get(name, 0.0) for name in names])


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


def side_of(place: Sequence[float] | None) -> str:
    """The side of the picture on which a place (x, y in 0..1) lies."""
    if place is None:
        return NOWHERE
    across, down = place[0] - 0.5, place[1] - 0.5
    if abs(across) >= abs(down):
        return "left" if across < 0 else "right"
    return "top" if down < 0 else "bottom"
