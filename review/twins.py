"""The same picture made for several batches: the same file of the same product. A person looks at it once."""

from collections.abc import Iterable

from processing.models import Rendition, RenditionQuerySet, RenditionState
from review.models import ReviewTask, TaskState, VerdictOutcome


def _same(rendition: Rendition) -> RenditionQuerySet:
    found = Rendition.objects.current().filter(
        artifact=rendition.artifact_id, variant=rendition.variant_id, name=rendition.name
    )
    return found.exclude(pk=rendition.pk)


def without_twins(tasks: Iterable[ReviewTask]) -> list[ReviewTask]:
    """The tasks to open: audits as they are, of doubted pictures one for each picture, and none where one is open already."""
    tasks = list(tasks)
    files = {task.rendition.artifact_id for task in tasks}
    waiting = (
        ReviewTask.objects.open()
        .real()
        .filter(is_audit=False, rendition__is_current=True, rendition__artifact__in=files)
    )
    seen: set[tuple[int, int | None, str]] = set(
        waiting.values_list("rendition__artifact", "rendition__variant", "rendition__name")
    )
    chosen = []
    for task in tasks:
        place = (task.rendition.artifact_id, task.rendition.variant_id, task.rendition.name)
        if task.is_audit or place not in seen:
            chosen.append(task)
        if not task.is_audit:
            seen.add(place)
    return chosen


def waiting_twins(rendition: Rendition) -> list[Rendition]:
    """Locked: the renditions of the same picture that wait for what is decided about this one."""
    waiting = _same(rendition).filter(state=RenditionState.IN_REVIEW).exclude(review_tasks__state=TaskState.OPEN)
    return list(waiting.select_related("job").select_for_update(of=("self",)).order_by("pk"))


def decided_twins(rendition: Rendition, *, state: str) -> list[Rendition]:
    """Locked: those that got this state by a decision about this one; they never had a task of their own."""
    decided = _same(rendition).filter(state=state, review_tasks=None, verdict__outcome=VerdictOutcome.IN_REVIEW)
    return list(decided.select_related("job").select_for_update(of=("self",)).order_by("pk"))


def hand_on(tasks: Iterable[ReviewTask]) -> None:
    """Tasks that end because their rendition was made anew: another one of the same picture takes the place in the queue."""
    for task in tasks:
        for twin in waiting_twins(task.rendition)[:1]:
            ReviewTask.objects.create(rendition=twin, queue=task.queue, rank=task.rank)
