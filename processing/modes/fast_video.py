"""Short videos: the product in a set, or on white, while the camera moves in slowly. No model makes anything up."""

from dataclasses import replace
from typing import Any

from processing.imaging.clips import Clip
from processing.imaging.specs import Spec
from processing.keys import seed_of
from processing.modes.base import PlannedStep, Subject, background, needs_of, opening, picture, style_slug
from processing.recipes import VIDEO_FORMS, RecipeData
from processing.styles import preferred_styles

# The product comes nearer than midway, and must not fill more of the frame than on a main picture then.
NEAREST = 1.05


def plan(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """Steps for one photo: each form in each style, and on white where the recipe asks for main."""
    steps = opening(subject, recipe)
    if recipe.main:
        steps += [_clip(subject, recipe, _on_white(subject, recipe, form), side=1) for form in recipe.video_forms]
    styles = recipe.styles_for(subject.category)
    if not (styles or recipe.main):
        styles = preferred_styles(subject.category)[:1]
    for style in styles:
        steps += _in_style(subject, recipe, style)
    return steps


def _on_white(subject: Subject, recipe: RecipeData, form: str) -> Spec:
    padding = NEAREST / recipe.fill_for(subject.category)
    return Spec(name=f"video-{form}-white", size=VIDEO_FORMS[form], background="white", padding=padding)


def _in_style(subject: Subject, recipe: RecipeData, style: str) -> list[PlannedStep]:
    """The set, and all forms in it."""
    seed = seed_of(subject.sku, style, recipe_version=subject.recipe_version)
    scene = background(subject, style, recipe=recipe, seed=seed)
    steps = [scene]
    for form in recipe.video_forms:
        spec = Spec(
            name=f"video-{form}-{style_slug(style)}",
            size=VIDEO_FORMS[form],
            background=style,
            padding=recipe.padding_for(subject.category),
            shadow=recipe.shadow_for(subject.category),  # type: ignore[arg-type]
        )
        side = 1 if seed % 2 else -1
        steps.append(
            _clip(subject, recipe, spec, side=side, scene=scene.name, style=style, seed=seed, repair=recipe.repair)
        )
    return steps


def _clip(
    subject: Subject, recipe: RecipeData, spec: Spec, *, side: int, scene: str = "", **params: Any
) -> PlannedStep:
    clip = Clip(seconds=recipe.video_seconds, side=side, loops=recipe.video_loops)
    needs = (*needs_of(subject, recipe), *([scene] if scene else []))
    step = picture(subject, spec, kind="video", parent="cutout", needs=needs, clip=vars(clip), **params)
    return replace(step, kind="clip")
