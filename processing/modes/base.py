"""What a mode hands to the engine: a list of steps, as data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from processing.imaging.codec import EncodeSettings
from processing.imaging.specs import Spec
from processing.materials import seen_through
from processing.placing import is_on_sole, is_small, views_of
from processing.recipes import RecipeData
from processing.styles import CLOTHING, OWN


@dataclass(frozen=True)
class PlannedStep:
    """One step of a job: `kind` names the module of processing/steps that does it, `needs` the steps whose results it
    uses, `provider` who does the work where that is known before the start."""

    name: str
    kind: str
    needs: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    provider: str = ""


@dataclass(frozen=True)
class Subject:
    """What a plan is made for: the snapshot of a product and its photo at submit; `batch` hashes of the photos that speak
    for its batch, `inside` that of a garment's inside view, `hints` what else says what the product is."""

    sku: str
    title: str
    category: str
    view: int
    source_sha256: str
    recipe_name: str
    recipe_version: int
    batch: tuple[str, ...] = ()
    inside: str = ""
    hints: tuple[str, ...] = ()


Mode = Callable[[Subject, RecipeData], list[PlannedStep]]

CUTOUT_NEEDS = ("cutout", "enhance")
# The view of a garment that shows its collar from inside; file names say "inside" or "neck".
INSIDE_VIEW = 99


def needs_of(subject: Subject, recipe: RecipeData) -> tuple[str, ...]:
    """The steps that the finished product comes from."""
    ghost = ("ghost",) if recipe.ghost and subject.inside else ()
    return (*CUTOUT_NEEDS, *ghost, *(("retouch",) if recipe.enhancer else ()))


def opening(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """Steps that every still picture starts with: the photo, the matte, the look and the cut-out as a file."""
    category = {"category": subject.category}
    return [
        PlannedStep("prepare", "prepare", (), {"source": subject.source_sha256}),
        PlannedStep(
            "cutout",
            "cutout",
            ("prepare",),
            {
                "engine": recipe.engine,
                "repair": recipe.repair,
                "repair_tries": recipe.repair_tries,
                **category,
                **_see_through(subject, recipe),
            },
            recipe.engine,
        ),
        PlannedStep("enhance", "enhance", ("cutout",), {**_look(subject, recipe), **category}),
        *_ghost(subject, recipe),
        *_retouch(subject, recipe),
        picture(
            subject,
            Spec(name="cutout", size=(16, 16), background="transparent", encode=EncodeSettings.named("png")),
            kind="cutout",
            layout="cropped",
            needs=needs_of(subject, recipe),
        ),
    ]


def _see_through(subject: Subject, recipe: RecipeData) -> dict[str, str]:
    """Only named where it changes the cut-out: all others keep their key."""
    category = "eyewear" if recipe.mode == "eyewear" else subject.category
    kind = seen_through(subject.title, category, hints=subject.hints)
    return {"see_through": kind} if kind else {}


def _ghost(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """The neck joint, where the recipe asks for it and there is an inside view."""
    if not (recipe.ghost and subject.inside):
        return []
    params = {"inside": subject.inside, "engine": recipe.engine, "category": subject.category}
    return [PlannedStep("ghost", "ghost", ("cutout",), params)]


def _retouch(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """The step of a hosted enhancement, where the recipe names who does it."""
    if not recipe.enhancer:
        return []
    params = {"provider": recipe.enhancer, "category": subject.category}
    needs = tuple(name for name in needs_of(subject, recipe) if name != "retouch")
    return [PlannedStep("retouch", "retouch", needs, params, recipe.enhancer)]


def _look(subject: Subject, recipe: RecipeData) -> dict[str, Any]:
    """Parameters of the look. The photos that speak for the batch are among them, and so in the step's key."""
    params = {"is_on": recipe.enhance, "repair": recipe.repair, "straighten": recipe.straighten}
    return {**params, "batch": list(subject.batch)} if recipe.look == "batch" and subject.batch else params


def picture(
    subject: Subject,
    spec: Spec,
    *,
    kind: str,
    layout: str = "",
    parent: str = "",
    needs: tuple[str, ...] = CUTOUT_NEEDS,
    **params: Any,
) -> PlannedStep:
    """The step that makes one rendition named like its spec; in a set, from near where the product is small, and level where it is
    a shoe.

    layout: "cropped" (the cut-out as it is), "fit" (a square as large as the product allows, at most the spec's size),
    "half-glass", or "" for the spec's canvas.
    """
    if "style" in params and is_small(subject.title, hints=subject.hints):
        params["near"] = True
    if "style" in params and is_on_sole(subject.title, hints=subject.hints):
        params["level"] = True
    return PlannedStep(
        name=f"render:{spec.name}",
        kind="render",
        needs=needs,
        params={
            "kind": kind,
            "parent": parent,
            "layout": layout,
            "spec": spec.to_dict(),
            "category": subject.category,
            "title": subject.title,
            "sku": subject.sku,
            **params,
        },
    )


def style_slug(style: str) -> str:
    """A style in the names of steps and files, where colons may not stand."""
    return style.replace(":", "-")


def background(subject: Subject, style: str, *, recipe: RecipeData, seed: int) -> PlannedStep:
    """The step that gets a set for a style. A shop's own sets are pictures that are there, whoever makes the others; only
    where pictures are there can one be chosen for things that lie or stand on the floor. It waits for the finished product
    where that has to say which they are."""
    provider = "backplates" if style.startswith(OWN) else recipe.background
    params: dict[str, Any] = {"style": style, "seed": seed, "provider": provider}
    views = views_of(subject.title, subject.category, hints=subject.hints)
    if views != ("front",) and provider == "backplates":
        params["views"] = list(views)
    needs = needs_of(subject, recipe) if len(params.get("views", ())) > 1 else ()
    if needs and subject.category == CLOTHING:
        params["is_worn"] = True
    return PlannedStep(f"background:{style}", "background", needs, params, provider)
