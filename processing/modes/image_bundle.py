"""Campaign: the named campaign sizes on the style that suits the category best, all showing the same set."""

from processing.imaging.sizes import named_size
from processing.imaging.specs import Spec
from processing.keys import seed_of
from processing.modes.base import PlannedStep, Subject, background, needs_of, opening, picture
from processing.recipes import RecipeData, encode_for
from processing.styles import preferred_styles


def plan(subject: Subject, recipe: RecipeData) -> list[PlannedStep]:
    """Steps for one photo."""
    style = (recipe.styles_for(subject.category) or preferred_styles(subject.category))[0]
    seed = seed_of(subject.sku, style, recipe_version=subject.recipe_version)
    scene = background(subject, style, recipe=recipe, seed=seed)
    steps = [*opening(subject, recipe), scene]
    for name in recipe.campaign_sizes:
        spec = Spec(
            name=f"campaign-{name}",
            size=named_size(name),
            background=style,
            padding=recipe.padding_for(subject.category),
            shadow=recipe.shadow_for(subject.category),  # type: ignore[arg-type]
            reflection=recipe.reflection,
            encode=encode_for(recipe.style_format),
        )
        needs = (*needs_of(subject, recipe), scene.name)
        steps.append(picture(subject, spec, kind="campaign", parent="cutout", needs=needs, style=style, seed=seed))
    return steps
