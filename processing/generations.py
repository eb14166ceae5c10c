"""Pictures, videos, sounds and texts from prompts: one or up to ten at once, each a job of a batch like any other.

So they are paid for once, found again when their answer is lost, looked at in review, and kept with what made them. The
same request again finds the same picture; a new variation is another seed.
"""

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.events import record_many
from accounts.models import User
from catalog.files import load, store
from processing import actors
from processing.hosted_keys import params_of, version
from processing.keys import seed_of, step_key
from processing.models import (
    Artifact,
    ArtifactState,
    Batch,
    Job,
    Priority,
    Prompt,
    PromptFile,
    Recipe,
    RenditionKind,
    Step,
)
from processing.orders import ACTS, RECORDINGS, Order, OrderError, Sent, check
from processing.outcomes import bump
from processing.prompts import GENERATED_MODE
from processing.providers.base import Capability
from processing.providers.calls import media_type_of

# Kinds of steps that come from an order.
KINDS = ("generate", "recording")


def start(order: Order, *, owner: User | None, name: str = "", source: str = "browser") -> Batch:
    """A running batch with a job for each picture, all of them side by side. OrderError when it cannot be made."""
    check(order)
    kept = {name: keep(sent, owner) for name, sent in order.needed.items()}
    with transaction.atomic():
        batch = Batch.objects.create(
            owner=owner, name=(name or _name_of(order))[:200], recipe=_recipe(), mode=GENERATED_MODE, priority=Priority.RUSH,
            source=source,
        )  # fmt: skip
        wanted = [(text.strip(), number) for text in order.prompts for number in range(order.pictures)]
        jobs = [_job(batch, order, text, place, kept) for place, (text, _) in enumerate(wanted, start=1)]
        Job.objects.bulk_create(jobs)
        Step.objects.bulk_create(
            _step(job, order, text, number, kept) for job, (text, number) in zip(jobs, wanted, strict=True)
        )
        record_many(
            "job.accepted",
            [(f"job:{job.pk}", {"job": job.pk, "batch": batch.pk, "sku": job.sku, "file": job.file}) for job in jobs],
            actor=owner,
        )
        _remember(order, owner)
        bump(batch.pk, [job.pk for job in jobs])
        batch.refresh_from_db(fields=["revision"])
        transaction.on_commit(actors.send_ready, robust=True)
    return batch


def varied(order: Order) -> Order:
    """The same order with seeds that were not used for it yet."""
    used = Step.objects.filter(
        kind__in=KINDS, provider=order.provider, params__prompt__in=[text.strip() for text in order.prompts],
        params__style=order.style, params__ratio=order.ratio,
    ).values_list("params__variation", flat=True)  # fmt: skip
    return replace(order, variation=max(used, default=-1) + 1)


def again(job: Job, *, by: User | None) -> Batch:
    """A new variation of a picture: the same request with a seed that was not used for it yet."""
    params = job.steps.get(kind__in=KINDS).params
    named = {**({"image": params["source"]} if params["source"] else {}), **params.get("files", {})}
    order = Order(
        prompts=(params["prompt"],), provider=params["provider"], style=params["style"], ratio=params["ratio"],
        capability=Capability(params["capability"]), options=params["options"],
        files={name: _again(sha256) for name, sha256 in named.items()},
    )  # fmt: skip
    return start(varied(order), owner=by)


def _again(sha256: str) -> Sent:
    row = PromptFile.objects.filter(sha256=sha256).first()
    try:
        if row is not None:
            return Sent(row.name, load(row.path))
    except FileNotFoundError:
        pass
    raise OrderError("photo", "What was sent along is not there any more: choose it again.")


def keep(sent: Sent, owner: User | None) -> PromptFile:
    """The row of a file that came along: retention knows by it how long it is wanted, and pages where it is."""
    stored = store(sent.data, suffix=_suffix(sent.data))
    row, is_new = PromptFile.objects.get_or_create(
        sha256=stored.sha256,
        defaults={
            "owner": owner, "path": stored.path, "name": sent.name[:200], "bytes": stored.bytes,
            "media_type": media_type_of(sent.data),
        },
    )  # fmt: skip
    if not is_new:
        PromptFile.objects.filter(pk=row.pk).update(used_at=timezone.now())
    return row


def _suffix(data: bytes) -> str:
    return media_type_of(data).partition("/")[2].removeprefix("x-") or "bin"


def _name_of(order: Order) -> str:
    text = order.prompts[0].strip() or ACTS[order.capability]
    short = text if len(text) <= 60 else f"{text[:57].rstrip()}…"
    return short if len(order.prompts) == 1 else f"{short} and {len(order.prompts) - 1} more"


def _recipe() -> Recipe:
    """Every batch has a recipe; this one is not offered for photos."""
    return Recipe.objects.get_or_create(
        name="from-prompts",
        version=1,
        defaults={"label": "From prompts", "data": {"mode": GENERATED_MODE}, "is_current": False},
    )[0]


def _job(batch: Batch, order: Order, text: str, place: int, kept: Mapping[str, PromptFile]) -> Job:
    recipe, photo = batch.recipe, kept.get("image")
    return Job(
        batch=batch,
        sku=f"PROMPT-{batch.pk}-{place}",
        file=(text or (photo.name if photo else "") or ACTS[order.capability])[:400],
        priority=batch.priority,
        available_at=timezone.now(),
        snapshot={
            "name": text,
            "product_code": "",
            "category": "",
            "view": 1,
            "source": {
                "sha256": photo.sha256 if photo else "",
                "path": photo.path if photo else "",
                "original_name": photo.name if photo else "",
            },
            "recipe": {"name": recipe.name, "version": recipe.version, "data": recipe.data},
        },
    )


def _step(job: Job, order: Order, text: str, number: int, kept: Mapping[str, PromptFile]) -> Step:
    seed = seed_of(text, f"{order.style}|{order.ratio}|{number}", recipe_version=order.variation)
    photo = kept["image"].sha256 if "image" in kept else ""
    others = {name: row.sha256 for name, row in kept.items() if name != "image"}
    is_picture = order.capability not in RECORDINGS
    return Step(
        job=job,
        name="render:picture" if is_picture else "recording",
        kind="generate" if is_picture else "recording",
        position=0,
        provider=order.provider,
        params={
            "kind": RenditionKind.GENERATED.value, "spec": {"name": "picture"}, "prompt": text, "style": order.style,
            "ratio": order.ratio, "seed": seed, "provider": order.provider, "capability": order.capability.value,
            "options": dict(order.options), "source": photo, "variation": order.variation,
            **({"files": others} if others else {}),
        },
    )  # fmt: skip


def _remember(order: Order, owner: User | None) -> None:
    """The prompts in their user's history, each once."""
    if owner is None:
        return
    for text in {text.strip() for text in order.prompts if text.strip()}:
        same = {"text": text, "style": order.style, "ratio": order.ratio, "provider": order.provider}
        known = Prompt.objects.filter(owner=owner, **same)
        if not known.update(used_count=F("used_count") + 1, used_at=timezone.now()):
            Prompt.objects.create(owner=owner, **same)


def is_made(order: Order) -> int:
    """How many pictures of the order are there already, and will be found instead of paid for."""
    batch = Batch(pk=0, recipe=Recipe(name="", version=1, data={}), priority=0)
    keys = []
    for text in order.prompts:
        for number in range(order.pictures):
            step = _step(_job(batch, order, text.strip(), 1, {}), order, text.strip(), number, {})
            keys.append(step_key(kind=step.kind, version=version(step), params=params_of(step), inputs=[]))
    if order.needed:
        return 0
    roles = ("file", "recording")
    return Artifact.objects.filter(step_key__in=keys, role__in=roles, state=ArtifactState.STORED).count()
