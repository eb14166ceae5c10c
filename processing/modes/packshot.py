"""Packshot and lifestyle: the cut-out, the white main picture with its sizes, a swatch, and the product in the named styles."""

from processing.imaging.sizes import named_size
from processing.imaging.specs import Spec
from processing.keys import seed_of
from processing.modes.base import INSIDE_VIEW, PlannedStep, Subject, background, needs_of, opening, picture, style_slug
from processing.recipes import RecipeData, encode_for

FRONT_VIEW = 1
SWATCH = "size-swatch"
SWATCH_PX = 1000


def plan(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """Steps for one photo."""
    steps = opening(subject, recipe)
    if recipe.ghost and subject.view == INSIDE_VIEW:
        return steps
    if recipe.main:
        steps.append(_main(subject, recipe))
    steps += [_size(subject, recipe, name) for name in recipe.sizes]
    if recipe.swatch and subject.view == FRONT_VIEW:
        steps.append(_swatch(subject, recipe))
    for style in recipe.styles_for(subject.category):
        steps += in_style(subject, recipe, style)
    return steps


def _main(subject: Subject, recipe: RecipeData) -> PlannedStep:
    spec = Spec(
        name="main",
        size=(recipe.main_px, recipe.main_px),
        background="white",
        fill=recipe.fill_for(subject.category),
        encode=encode_for(recipe.main_format),
    )
    return picture(subject, spec, kind="main", parent="cutout", layout="fit", needs=needs_of(subject, recipe))


def _swatch(subject: Subject, recipe: RecipeData) -> PlannedStep:
    """Without loss: every marketplace gets it in a format of its own."""
    spec = Spec(name=SWATCH, size=(SWATCH_PX, SWATCH_PX), background="white", encode=encode_for("png"))
    return picture(subject, spec, kind="size", parent="cutout", layout="swatch", needs=needs_of(subject, recipe))


def _size(subject: Subject, recipe: RecipeData, name: str) -> PlannedStep:
    spec = Spec(
        name=f"size-{name}",
        size=named_size(name),
        background="white",
        padding=recipe.padding_for(subject.category),
        encode=encode_for(recipe.size_format),
    )
    return picture(subject, spec, kind="size", parent="main", needs=needs_of(subject, recipe))


def in_style(subject: Subject, recipe: RecipeData, style: str) -> list[PlannedStep]:
    """The set and the product standing in it, square."""
    seed = seed_of(subject.sku, style, recipe_version=subject.recipe_version)
    spec = Spec(
        name=f"style-{style_slug(style)}",
        size=(recipe.style_px, recipe.style_px),
        background=style,
        padding=recipe.padding_for(subject.category),
        shadow=recipe.shadow_for(subject.category),  # type: ignore[arg-type]
        reflection=recipe.reflection,
        encode=encode_for(recipe.style_format),
    )
    scene = background(subject, style, recipe=recipe, seed=seed)
    needs = (*needs_of(subject, recipe), scene.name)
    return [
        scene,
        picture(
            subject, spec, kind="style", parent="cutout", needs=needs, style=style, seed=seed, repair=recipe.repair
        ),
    ]
