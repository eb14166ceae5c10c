"""Eyewear: the ERP files of a pair of glasses, on nothing, on white and as half-glass."""

from processing.imaging.specs import Spec
from processing.modes.base import PlannedStep, Subject, needs_of, opening, picture
from processing.recipes import ERP_BACKGROUNDS, ERP_FORMATS, RecipeData, encode_for


def plan(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """Steps for one photo. Whether a half-glass can be cut is seen on the picture itself."""
    steps = opening(subject, recipe)
    for background in ERP_BACKGROUNDS:
        for name in ERP_FORMATS:
            if (name, background) != ("jpeg", "transparent"):
                steps.append(_file(subject, recipe, name, background))
    return steps


def _file(subject: Subject, recipe: RecipeData, name: str, background: str) -> PlannedStep:
    spec = Spec(
        name=f"erp-{name}-{background}",
        size=(recipe.main_px, recipe.main_px),
        background="transparent" if background == "transparent" else "white",
        fill=recipe.fill_for(subject.category),
        encode=encode_for(name),
    )
    layout = "half-glass" if background == "half-glass" else "fit"
    return picture(subject, spec, kind="erp", parent="cutout", layout=layout, needs=needs_of(subject, recipe))
