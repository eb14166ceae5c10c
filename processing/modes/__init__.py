"""Output modes by name. Adding one: a module with `plan`, and its line here."""

from dataclasses import replace

from processing.modes import eyewear, fast_video, image_bundle, packshot
from processing.modes.base import Mode, PlannedStep, Subject
from processing.recipes import RecipeData

MODES: dict[str, Mode] = {
    "packshot": packshot.plan,
    "image_bundle": image_bundle.plan,
    "eyewear": eyewear.plan,
    "fast_video": fast_video.plan,
}


def steps_of(mode: str, subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """The mode's steps, with the options that the recipe has for whoever does them, and what files may take."""
    return [_bounded(_with_options(step, recipe), recipe) for step in MODES[mode](subject, recipe)]


def _bounded(step: PlannedStep, recipe: RecipeData) -> PlannedStep:
    if not recipe.max_kb or step.kind != "render" or step.params["layout"] == "cropped":
        return step
    return replace(step, params={**step.params, "max_bytes": 1000 * recipe.max_kb})


def _with_options(step: PlannedStep, recipe: RecipeData) -> PlannedStep:
    maker = {"background": recipe.background, "cutout": recipe.engine, "retouch": recipe.enhancer}.get(step.kind)
    if step.kind not in recipe.options or step.provider != maker:
        return step
    return replace(step, params={**step.params, "options": recipe.options[step.kind]})


__all__ = ["MODES", "Mode", "PlannedStep", "Subject", "steps_of"]
