"""Bake-offs: the same photos through several engines or providers, side by side, with pass rate, seconds and money."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from catalog.models import SourceImage
from processing.errors import PermanentStepError
from processing.estimates import estimate
from processing.makers import SLOTS as ALL_SLOTS
from processing.makers import candidates as candidates
from processing.makers import with_makers
from processing.models import (
    BakeOff,
    BakeOffEntry,
    Priority,
    Recipe,
)
from processing.providers import provider
from processing.starting import start_batch

MAX_ENGINES = 6
MAX_PHOTOS = 200
# The step that an engine does, by what is compared.
SLOTS = {slot: ALL_SLOTS[slot] for slot in ("engine", "background")}


class BakeOffError(ValueError):
    """A comparison that cannot be started; the message says why."""


def start(
    *, owner: User | None, images: Sequence[SourceImage], recipe: Recipe, engines: Sequence[str], slot: str = "engine",
    name: str = "",
) -> BakeOff:  # fmt: skip
    """A batch for each engine over the same photos, by the recipe with this engine in its slot."""
    check(images, engines, slot)
    with transaction.atomic():
        made = BakeOff.objects.create(name=(name or f"{', '.join(engines)} on {len(images)} photos")[:200], owner=owner)
        for engine in engines:
            batch = start_batch(
                owner=owner, images=images, recipe=with_makers(recipe, {slot: engine}), name=f"{made.name}: {engine}"[:200],
                priority=Priority.STANDARD, source="bakeoff",
            )  # fmt: skip
            BakeOffEntry.objects.create(bake_off=made, engine=engine, batch=batch)
    return made


def check(images: Sequence[SourceImage], engines: Sequence[str], slot: str) -> None:
    """BakeOffError for what cannot be started, before anything is written."""
    if slot not in SLOTS:
        raise BakeOffError(f"Compare one of {', '.join(SLOTS)}.")
    if not 2 <= len(set(engines)) == len(engines) <= MAX_ENGINES:
        raise BakeOffError(f"Name 2 to {MAX_ENGINES} different engines.")
    if not 1 <= len(images) <= MAX_PHOTOS:
        raise BakeOffError(f"Choose 1 to {MAX_PHOTOS} photos.")
    for engine in engines:
        try:
            found = provider(engine)
        except PermanentStepError as error:
            raise BakeOffError(str(error)) from error
        if reason := found.unavailable_reason():
            raise BakeOffError(f"{engine} cannot be used: {reason}")
        if SLOTS[slot][1] not in found.capabilities:
            raise BakeOffError(f"{engine} cannot do this: {SLOTS[slot][0]}.")


def cost_of(recipe: Recipe, *, engines: Sequence[str], slot: str, photos: int, category: str = "default") -> Decimal:
    """USD that all of it would take at most: what was made before is not paid again."""
    with transaction.atomic():
        found = [estimate(with_makers(recipe, {slot: one}), photos=photos, category=category).cost for one in engines]
    return sum(found, Decimal(0))
