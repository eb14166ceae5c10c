"""Who makes what: a recipe with other engines or providers in it, without writing a recipe for each."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from processing import recipes
from processing.errors import PermanentStepError
from processing.models import Recipe
from processing.providers import MODULES, provider
from processing.providers.base import Capability
from processing.recipes import RecipeError

# What somebody can be chosen for: the recipe's field, the step it is told by in `options`, and what they have to be able to do.
SLOTS: dict[str, tuple[str, Capability]] = {
    "engine": ("cutout", Capability.REMOVE_BACKGROUND),
    "background": ("background", Capability.GENERATE_BACKGROUND),
    "enhancer": ("retouch", Capability.ENHANCE),
}
LABELS = {"engine": _("Cut-outs"), "background": _("Backgrounds"), "enhancer": _("Light and colour")}
# Names that are no provider: our own choice of engine, and nobody.
_OUR_OWN = {"engine": ("auto",), "enhancer": ("",)}


@dataclass(frozen=True)
class Candidate:
    """Somebody who can be chosen; `reason` says why not now, `is_local` that no photo leaves this machine."""

    name: str
    reason: str
    is_local: bool


def candidates(slot: str) -> list[Candidate]:
    """Everybody who can do what is chosen for, ready or not."""
    able = (provider(name) for name in MODULES if SLOTS[slot][1] in provider(name).capabilities)
    return [Candidate(one.name, one.unavailable_reason(), not one.needs_network) for one in able]


def check(slot: str, name: str) -> None:
    """RecipeError when there is no such provider, it cannot do this, or is not set up here."""
    if name in _OUR_OWN.get(slot, ()):
        return
    try:
        found = provider(name)
    except PermanentStepError as error:
        raise RecipeError(slot, str(error)) from error
    if reason := found.unavailable_reason():
        raise RecipeError(slot, f"{name} cannot be used: {reason}")
    if SLOTS[slot][1] not in found.capabilities:
        raise RecipeError(slot, f"{name} cannot do this: {LABELS[slot].lower()}")


def with_makers(recipe: Recipe, chosen: Mapping[str, str]) -> Recipe:
    """The recipe with others in its slots: a row that is found again, and is not offered for photos. The recipe itself when
    nothing changes. RecipeError for somebody who cannot do it."""
    changes = {slot: name for slot, name in chosen.items() if recipe.data.get(slot) != name}
    if not changes:
        return recipe
    for slot, name in changes.items():
        check(slot, name)
    told = {SLOTS[slot][0] for slot in changes}
    # What one model is told means nothing to another.
    options = {step: given for step, given in recipe.data.get("options", {}).items() if step not in told}
    data = recipes.from_dict({**recipe.data, **changes, "options": options}).to_dict()
    key = hashlib.sha256(json.dumps([recipe.name, recipe.version, data], sort_keys=True).encode()).hexdigest()[:16]
    names = dict.fromkeys(name or "nobody" for name in changes.values())
    label = f"{recipe.label.partition(':')[0]} with {', '.join(names)}"
    return Recipe.objects.get_or_create(
        name=f"{recipe.name[:50]}-{key}", version=1, defaults={"label": label[:120], "data": data, "is_current": False}
    )[0]


def recipe_named(text: str) -> Recipe:
    """The recipe of a name, or of one with choices behind it: "lifestyle,background=replicate,engine=studio".

    RecipeError names what is not understood.
    """
    name, *choices = (part.strip() for part in text.split(","))
    chosen: dict[str, str] = {}
    for choice in choices:
        slot, sign, maker = (part.strip() for part in choice.partition("="))
        if slot not in SLOTS or not sign:
            raise RecipeError("recipe", f"{choice!r} is no choice: write {', '.join(f'{one}=NAME' for one in SLOTS)}")
        chosen[slot] = maker
    return with_makers(recipes.current(name), chosen)
