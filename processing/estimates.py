"""What a batch will take before it starts: pictures, seconds of work, money."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, Count
from django.utils.translation import gettext

from processing import recipes
from processing.models import Job, JobState, Recipe, Step
from processing.modes import Subject, steps_of
from processing.modes.base import PlannedStep
from processing.pictures import MAKING
from processing.providers import provider
from processing.providers.base import Capability, HostedProvider, Request

# Without a history: seconds of work for the cut-out of a photo and for each picture made from it; a video takes so much more.
FIRST_S = 2.0
PER_PICTURE_S = 0.35
PER_CLIP_S = 9.0
ENOUGH_JOBS = 5


@dataclass(frozen=True)
class Estimate:
    """`basis` says where the seconds come from."""

    photos: int
    pictures: int
    seconds: float
    cost: Decimal
    basis: str


def estimate(recipe: Recipe, *, photos: int, category: str) -> Estimate:
    """Estimate for photos of a category under a recipe."""
    data = recipes.from_dict(recipe.data)
    subject = Subject("estimate", "estimate", category, 1, "0" * 64, recipe.name, recipe.version)
    steps = steps_of(data.mode, subject, data)
    pictures = sum(step.kind in MAKING for step in steps)
    clips = sum(step.kind == "clip" for step in steps)
    done = Job.objects.filter(batch__recipe=recipe, state=JobState.DONE, seconds__gt=0)
    history = done.aggregate(number=Count("pk"), mean=Avg("seconds"))
    if history["number"] >= ENOUGH_JOBS:
        seconds, basis = (
            history["mean"],
            gettext("mean of %(number)s photos made with this recipe") % {"number": history["number"]},
        )
    else:
        seconds, basis = (
            FIRST_S + pictures * PER_PICTURE_S + clips * PER_CLIP_S,
            gettext("usual times, nothing was made with this recipe yet"),
        )
    cost = sum((price_of(step) for step in steps), Decimal(0))
    return Estimate(photos, pictures * photos, round(seconds * photos, 1), cost * photos, basis)


_CAPABILITIES = {"cutout": Capability.REMOVE_BACKGROUND, "retouch": Capability.ENHANCE}


def price_of(step: "PlannedStep | Step") -> Decimal:
    """What the step's provider takes for it, in USD; nothing for those of our own."""
    if not is_hosted(step.provider):
        return Decimal(0)
    capability = _CAPABILITIES.get(step.kind, Capability.GENERATE_BACKGROUND)
    if step.kind in ("generate", "recording"):
        capability = Capability(step.params["capability"])
    asked = Request(capability, str(step.params.get("prompt", "")), options=step.params.get("options", {}))
    return Decimal(provider(step.provider).price(asked))


def is_hosted(name: str) -> bool:
    """True for a provider that is asked over the network, and paid."""
    return name not in ("", "auto") and isinstance(provider(name), HostedProvider)
