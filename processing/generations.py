"""Pictures from prompts: one or up to ten at once, each a job of a batch like any other.

So they are paid for once, found again when their answer is lost, looked at in review, and kept with what made them. The
same request again finds the same picture; a new variation is another seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.events import record_many
from accounts.models import User
from catalog.files import load, store
from processing import actors
from processing.errors import PermanentStepError
from processing.hosted_keys import params_of, version
from processing.imaging.codec import DecodeError, decode
from processing.keys import seed_of, step_key
from processing.models import Artifact, Batch, Job, Priority, Prompt, Recipe, RenditionKind, Step
from processing.outcomes import bump
from processing.prompts import GENERATED_MODE, MAX_PICTURES, MAX_PROMPT, MAX_PROMPTS, PROMPT_STYLES, RATIOS, full_prompt
from processing.providers import MODULES, provider
from processing.providers.base import NEEDS, Capability, HostedProvider, Request

# What the form offers, in its words.
ACTS: dict[Capability, str] = {
    Capability.GENERATE_BACKGROUND: "Make a new picture",
    Capability.IMAGE_TO_IMAGE: "Change a photo by words",
    Capability.ENHANCE: "Improve a photo's light and colour",
    Capability.EXPAND: "Widen a photo",
    Capability.UPSCALE: "Enlarge a photo",
    Capability.REMOVE_BACKGROUND: "Cut out a photo",
}
# Firefly's way to change a picture wants a background of its own, which this form has not.
_NOT_OFFERED = {("firefly", Capability.IMAGE_TO_IMAGE)}
WORDLESS = (Capability.ENHANCE, Capability.EXPAND, Capability.UPSCALE, Capability.REMOVE_BACKGROUND)


class OrderError(ValueError):
    """An order that cannot be started; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Order:
    """What is asked for. `pictures` for each prompt; `variation` 0 is what was made before for the same request, if it was."""

    prompts: tuple[str, ...]
    provider: str
    style: str = "realistic"
    ratio: str = "1:1"
    capability: Capability = Capability.GENERATE_BACKGROUND
    pictures: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    photo: bytes | None = None
    photo_name: str = ""
    variation: int = 0


@dataclass(frozen=True)
class Maker:
    """A provider as the form shows it; `reason` says why it cannot be chosen."""

    name: str
    reason: str
    capabilities: tuple[Capability, ...]
    price: Decimal


def makers() -> list[Maker]:
    """Hosted providers that make pictures, with what one costs."""
    found = []
    for name in MODULES:
        vendor = provider(name)
        if not isinstance(vendor, HostedProvider):
            continue
        does = tuple(one for one in ACTS if one in vendor.capabilities and (name, one) not in _NOT_OFFERED)
        price = vendor.price(Request(does[0])) if does else Decimal(0)
        found.append(Maker(name, vendor.unavailable_reason(), does, price))
    return found


def check(order: Order) -> None:
    """OrderError for what cannot be started, before anything is written."""
    if order.style not in PROMPT_STYLES:
        raise OrderError("style", f"Choose a style out of {', '.join(PROMPT_STYLES)}.")
    if order.ratio not in RATIOS:
        raise OrderError("ratio", f"Choose a shape out of {', '.join(RATIOS)}.")
    if not 1 <= order.pictures <= MAX_PICTURES:
        raise OrderError("pictures", f"Ask for 1 to {MAX_PICTURES} pictures of each prompt.")
    if order.capability not in ACTS:
        raise OrderError("capability", f"Choose one of {', '.join(ACTS)}.")
    _check_prompts(order)
    _check_provider(order)
    if "image" in NEEDS[order.capability].files:
        _check_photo(order.photo)


def _check_prompts(order: Order) -> None:
    if not order.prompts:
        raise OrderError("prompts", "Write a prompt: what is to be seen, where the light comes from.")
    if len(order.prompts) > MAX_PROMPTS:
        raise OrderError("prompts", f"There are {len(order.prompts)} prompts; {MAX_PROMPTS} go at once.")
    for number, text in enumerate(order.prompts, start=1):
        if len(text) > MAX_PROMPT:
            raise OrderError("prompts", f"Prompt {number} has {len(text)} characters; {MAX_PROMPT} are the limit.")
        if not text.strip() and order.capability not in WORDLESS:
            raise OrderError("prompts", f"Prompt {number} is empty.")


def _check_provider(order: Order) -> None:
    try:
        vendor = provider(order.provider)
        if not isinstance(vendor, HostedProvider):
            raise OrderError("provider", f"{order.provider} makes no pictures from prompts.")
        if reason := vendor.unavailable_reason():
            raise OrderError("provider", reason)
        if order.capability not in vendor.capabilities or (order.provider, order.capability) in _NOT_OFFERED:
            raise OrderError("provider", f"{order.provider} cannot do this: {ACTS[order.capability].lower()}.")
        if int(order.options.get("num_outputs", 1) or 1) != 1:
            raise OrderError("options", "num_outputs is chosen as pictures for each prompt.")
        vendor.check_options(order.capability, order.options)
    except PermanentStepError as error:
        raise OrderError("options" if error.code == "bad-option" else "provider", str(error)) from error
    except (TypeError, ValueError) as error:
        if isinstance(error, OrderError):
            raise
        raise OrderError("options", "num_outputs must be a number.") from error


def _check_photo(photo: bytes | None) -> None:
    if not photo:
        raise OrderError("photo", "Choose the photo that is to be changed.")
    try:
        decode(photo)
    except DecodeError as error:
        raise OrderError("photo", f"The photo cannot be used: {error}") from error


def cost_of(order: Order) -> Decimal:
    """USD for pictures that have not been made before: what is there already is not paid again."""
    vendor = provider(order.provider)
    sample = Request(order.capability, full_prompt(order.prompts[0], order.style), options=dict(order.options))
    return Decimal(vendor.price(sample)) * len(order.prompts) * order.pictures


def start(order: Order, *, owner: User | None, name: str = "", source: str = "browser") -> Batch:
    """A running batch with a job for each picture, all of them side by side. OrderError when it cannot be made."""
    check(order)
    photo = store(order.photo, suffix="jpg") if order.photo and "image" in NEEDS[order.capability].files else None
    with transaction.atomic():
        batch = Batch.objects.create(
            owner=owner, name=(name or _name_of(order))[:200], recipe=_recipe(), mode=GENERATED_MODE, priority=Priority.RUSH,
            source=source,
        )  # fmt: skip
        sha256, path = (photo.sha256, photo.path) if photo else ("", "")
        wanted = [(text.strip(), number) for text in order.prompts for number in range(order.pictures)]
        jobs = [_job(batch, order, text, place, sha256, path) for place, (text, _) in enumerate(wanted, start=1)]
        Job.objects.bulk_create(jobs)
        Step.objects.bulk_create(
            _step(job, order, text, number, sha256) for job, (text, number) in zip(jobs, wanted, strict=True)
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
        kind="generate", provider=order.provider, params__prompt__in=[text.strip() for text in order.prompts],
        params__style=order.style, params__ratio=order.ratio,
    ).values_list("params__variation", flat=True)  # fmt: skip
    return replace(order, variation=max(used, default=-1) + 1)


def again(job: Job, *, by: User | None) -> Batch:
    """A new variation of a picture: the same request with a seed that was not used for it yet."""
    params = job.steps.get(kind="generate").params
    source = job.snapshot["source"]
    order = Order(
        prompts=(params["prompt"],), provider=params["provider"], style=params["style"], ratio=params["ratio"],
        capability=Capability(params["capability"]), options=params["options"],
        photo=_load(source["path"]) if source["path"] else None, photo_name=job.file,
    )  # fmt: skip
    return start(varied(order), owner=by)


def _load(path: str) -> bytes:
    try:
        return load(path)
    except FileNotFoundError as error:
        raise OrderError("photo", "The photo is not there any more: choose it again.") from error


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


def _job(batch: Batch, order: Order, text: str, place: int, sha256: str, path: str) -> Job:
    recipe = batch.recipe
    return Job(
        batch=batch,
        sku=f"PROMPT-{batch.pk}-{place}",
        file=(text or order.photo_name or ACTS[order.capability])[:400],
        priority=batch.priority,
        available_at=timezone.now(),
        snapshot={
            "name": text,
            "product_code": "",
            "category": "",
            "view": 1,
            "source": {"sha256": sha256, "path": path, "original_name": order.photo_name},
            "recipe": {"name": recipe.name, "version": recipe.version, "data": recipe.data},
        },
    )


def _step(job: Job, order: Order, text: str, number: int, sha256: str) -> Step:
    seed = seed_of(text, f"{order.style}|{order.ratio}|{number}", recipe_version=order.variation)
    return Step(
        job=job,
        name="render:picture",
        kind="generate",
        position=0,
        provider=order.provider,
        params={
            "kind": RenditionKind.GENERATED.value, "spec": {"name": "picture"}, "prompt": text, "style": order.style,
            "ratio": order.ratio, "seed": seed, "provider": order.provider, "capability": order.capability.value,
            "options": dict(order.options), "source": sha256, "variation": order.variation,
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
            step = _step(_job(batch, order, text.strip(), 1, "", ""), order, text.strip(), number, "")
            keys.append(step_key(kind=step.kind, version=version(step), params=params_of(step), inputs=[]))
    return Artifact.objects.filter(step_key__in=keys, role="file", state="stored").count() if not order.photo else 0


def prompts_of(text: str) -> Sequence[str]:
    """Prompts of a text field: a line each."""
    return [line.strip() for line in text.splitlines() if line.strip()]
