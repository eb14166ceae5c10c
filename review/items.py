"""What the review room needs to show a task: everything about twelve of them in one answer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext

from processing.models import Check, Rendition, RenditionKind
from processing.reworks import Rework, reworks_for, suggested
from review.blinds import doubted_scores, doubts_shown, score_shown
from review.loupe import loupe_of
from review.models import Decision, DecisionVerdict, ReviewTask
from review.policies import measure_of

STATED = [DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.REWORK]


def items(ids: Sequence[int]) -> list[dict[str, Any]]:
    """The items of these tasks, in the order given; the number of queries does not grow with them."""
    heatless = Check.objects.defer("heat").annotate(has_heat=Count("pk", filter=Q(heat__isnull=False)))
    tasks = (
        ReviewTask.objects.filter(pk__in=ids)
        .select_related("rendition__job__source_image", "rendition__variant__product", "rendition__artifact")
        .select_related("rendition__verdict__policy", "known_fault")
        .prefetch_related(Prefetch("rendition__checks", heatless))
        .annotate(dependent=Count("rendition__children", filter=Q(rendition__children__is_current=True), distinct=True))
        .in_bulk()
    )
    found = [tasks[pk] for pk in ids if pk in tasks]
    past = _earlier_attempts(found)
    scores = doubted_scores() if any(task.is_audit for task in found) else []
    return [_item(task, past[task.rendition.job_id, task.rendition.name], scores) for task in found]


def _earlier_attempts(tasks: Iterable[ReviewTask]) -> dict[tuple[int, str], list[Rendition]]:
    wanted = [task.rendition for task in tasks if task.rendition.attempt > 1]
    past: dict[tuple[int, str], list[Rendition]] = defaultdict(list)
    if wanted:
        said = Decision.objects.real().filter(verdict__in=STATED, undone_at=None).select_related("by")
        stated: Prefetch[Any, Any, Any] = Prefetch("review_tasks__decisions", queryset=said)
        rows = Rendition.objects.filter(
            job__in={one.job_id for one in wanted}, name__in={one.name for one in wanted}, is_current=False
        )
        for row in rows.select_related("artifact").prefetch_related(stated).order_by("attempt", "id"):
            past[row.job_id, row.name].append(row)
    return past


def _item(task: ReviewTask, past: list[Rendition], scores: list[float]) -> dict[str, Any]:
    rendition = task.rendition
    doubts = _doubts(task)
    recipes = reworks_for(rendition)
    images = _images(task, past)
    return {
        "id": task.pk,
        "version": task.version,
        "attempt": rendition.attempt,
        "queue": task.queue,
        "lease_until": task.lease_until,
        "score": score_shown(task, scores),
        "product": _product(rendition),
        "rendition": _rendition(rendition),
        "img": {**images, "heat": doubts[0]["heat"] if doubts else None},
        "loupe": _loupe(task, doubts, images),
        "doubts": doubts,
        "passed": _passed(task, {doubt["code"] for doubt in doubts}),
        "recipes": [_recipe(one) for one in recipes],
        "suggested": _suggestion(rendition, doubts, past),
        "history": _history(past, {one.id: gettext(one.label) for one in recipes}),
        "notes": [gettext(note) for note in rendition.notes],
        "video": _media(rendition.artifact.sha256, f"{rendition.job.sku}-{rendition.name}.mp4")
        if rendition.is_video
        else None,
        "depends": getattr(task, "dependent", 0),
    }


def _loupe(task: ReviewTask, doubts: list[dict[str, Any]], images: dict[str, str | None]) -> list[dict[str, Any]]:
    """For each doubt with a place: crops of the full resolution, or the proxies where they are that."""
    proxies = {"orig": images["original"], "result": images["result"]}
    return [
        {"doubt": number, **(loupe_of(task, doubt["code"]) or proxies)}
        for number, doubt in enumerate(doubts)
        if doubt["worst"]
    ]


def _doubts(task: ReviewTask) -> list[dict[str, Any]]:
    heats = {check.code for check in task.rendition.checks.all() if getattr(check, "has_heat", 0)}
    if task.known_fault is not None:
        heats = set(task.known_fault.heats)
    return [
        {**row, "heat": reverse("review-heat", args=[task.pk, row["code"]]) if row["code"] in heats else None}
        for row in doubts_shown(task)
    ]


def _product(rendition: Rendition) -> dict[str, Any]:
    variant = rendition.variant
    if variant is None:
        return {"id": None, "sku": rendition.job.sku, "name": ""}
    return {"id": variant.product_id, "sku": variant.sku, "name": str(variant.product)}


def _rendition(rendition: Rendition) -> dict[str, Any]:
    kind = "cutout" if rendition.kind == RenditionKind.CUTOUT else "composite"
    size = {"w": rendition.artifact.width, "h": rendition.artifact.height}
    return {"id": rendition.pk, "role": rendition.name, "kind": kind, "style": rendition.style, **size}


def _images(task: ReviewTask, past: list[Rendition]) -> dict[str, str | None]:
    rendition = task.rendition
    sku, traces, fault = rendition.job.sku, rendition.provenance, task.known_fault
    return {
        "thumb": _media(fault.thumb_sha256 if fault else traces.get("thumb"), f"{sku}-thumb.webp"),
        "result": _media(fault.overlay_sha256, f"{sku}-{rendition.name}") if fault else shown(rendition),
        "original": _media(traces.get("proxy"), f"{sku}-photo.webp") or _original(rendition),
        "full": _media(rendition.picture_sha256, f"{sku}-{rendition.name}"),
        "previous": shown(past[-1]) if past else None,
    }


def shown(rendition: Rendition) -> str | None:
    """A cut-out is shown as its overlay, which lies exactly over the photo, a video as its strip; anything else as the file."""
    return _media(shown_sha256(rendition), f"{rendition.job.sku}-{rendition.name}")


def shown_sha256(rendition: Rendition) -> str:
    overlay = rendition.provenance.get("overlay") if rendition.kind == RenditionKind.CUTOUT else None
    return str(overlay or rendition.picture_sha256)


def _original(rendition: Rendition) -> str | None:
    source = rendition.job.source_image
    return reverse("original", args=[source.pk, source.original_name]) if source else None


def _media(sha256: str | None, name: str) -> str | None:
    return reverse("media", args=[sha256, name]) if sha256 else None


def _passed(task: ReviewTask, doubted: set[str]) -> list[dict[str, Any]]:
    if task.known_fault is not None:
        return [{**row, "label": gettext(row["label"])} for row in task.known_fault.passed]
    return [passed_row(check) for check in task.rendition.checks.all() if check.code not in doubted]


def passed_row(check: Check) -> dict[str, Any]:
    return {"label": measure_of(check.code), "value": check.value, "unit": check.unit}


def _recipe(one: Rework) -> dict[str, Any]:
    return {"id": one.id, "label": gettext(one.label), "est_seconds": one.est_seconds, "est_cost": float(one.est_cost),
            "needs_network": one.needs_network}  # fmt: skip


def _suggestion(rendition: Rendition, doubts: list[dict[str, Any]], past: list[Rendition]) -> dict[str, str] | None:
    """The best rework for the worst doubt that has one which was not tried on this picture yet."""
    tried = {said.rework_id for one in past for task in one.review_tasks.all() for said in task.decisions.all()}
    for doubt in doubts:
        chosen = suggested(rendition, [doubt["code"]])
        if chosen is not None and chosen.id not in tried:
            return {"recipe": chosen.id, "reason": doubt["label"]}
    return None


def _history(past: list[Rendition], labels: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"attempt": one.attempt, "verdict": said.verdict, "by": str(said.by or ""), "at": said.created_at,
         "note": said.note or labels.get(said.rework_id, said.rework_id) or said.reason}
        for one in past
        for task in one.review_tasks.all()
        for said in task.decisions.all()
    ]  # fmt: skip


def thumb_of(task: ReviewTask) -> dict[str, Any]:
    """A small picture of a task, where on it to look, and on what."""
    leading = doubts_shown(task)[0]
    sha256 = task.known_fault.overlay_sha256 if task.known_fault else shown_sha256(task.rendition)
    name = f"{task.rendition.job.sku}-{task.rendition.name}"
    return {"thumb": _media(sha256, name), "worst": leading["worst"], "backdrop": leading["backdrop"], "sha256": sha256}
