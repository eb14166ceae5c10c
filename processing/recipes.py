"""Recipes: validated, versioned descriptions of what is to be made. Editing one means writing its next version."""

import dataclasses
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_args

from django.db import transaction
from django.utils.translation import gettext_noop as _

from accounts.models import User
from processing.errors import PermanentStepError
from processing.imaging.codec import EncodeSettings, Format
from processing.imaging.sizes import NAMED_SIZES
from processing.imaging.specs import SHADOWS
from processing.models import Recipe
from processing.providers import provider
from processing.providers.base import Capability, HostedProvider
from processing.styles import STYLES, matching_styles, preferred_styles, profile_of

FORMATS: tuple[str, ...] = get_args(Format)
ERP_FORMATS = ("jpeg", "png", "webp")
ERP_BACKGROUNDS = ("transparent", "white", "half-glass")
MODES = ("packshot", "image_bundle", "eyewear", "fast_video")
# (width, height) of the forms that a clip can have.
VIDEO_FORMS = {"square": (1080, 1080), "vertical": (1080, 1920), "wide": (1920, 1080)}
LOOKS = ("batch", "photo")
BY_CATEGORY = "category"
MOST_REPAIR_USD = 5


class RecipeError(ValueError):
    """A recipe that cannot be used; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class UnknownRecipe(RecipeError, LookupError):
    """There is no recipe of this name."""


@dataclass(frozen=True)
class RecipeData:
    """What is to be made from one photo.

    engine: "auto", "studio", "rembg", "rembg:<model>" or a hosted provider; background: the provider of sets;
    enhancer: a hosted provider whose light is taken over, or empty; ghost: a garment's inside view closes its neck;
    look: "batch" corrects light and colour as the whole batch says, "photo" each photo by itself;
    options: what the hosted model of a step is told besides, by step: {"background": {"megapixels": "0.25"}, "cutout": {}};
    repair: doubts are repaired before a person is asked, a cut-out's with at most `repair_tries` tries;
    paid_repair_usd: what repairs by hosted providers may cost for one photo; 0 means that none is paid for;
    styles: names, patterns such as "seasonal-*", or "preferred" for what suits the category;
    max_kb: what no picture may exceed, in kilobytes of 1,000 bytes (the cut-out itself and videos excepted); 0 for no limit;
    swatch: a square of the material, out of the front view, as marketplaces show colours and fabrics;
    video_forms: the forms of a short video, in the given styles (or the first that suits the category) and with `main` on white;
    video_loops: it ends where it began;
    main_fill, padding and shadow: a value, or "category" for the category's.
    """

    mode: str = "packshot"
    engine: str = "auto"
    enhance: bool = True
    look: str = "batch"
    straighten: bool = True
    enhancer: str = ""
    ghost: bool = False
    repair: bool = True
    repair_tries: int = 6
    paid_repair_usd: float = 0.0
    main: bool = False
    main_px: int = 2000
    main_fill: float | str = BY_CATEGORY
    sizes: tuple[str, ...] = ()
    swatch: bool = False
    styles: tuple[str, ...] = ()
    style_px: int = 1200
    campaign_sizes: tuple[str, ...] = ()
    video_forms: tuple[str, ...] = ("square",)
    video_seconds: float = 6.0
    video_loops: bool = False
    background: str = "backplates"
    options: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    padding: float | str = BY_CATEGORY
    shadow: str = BY_CATEGORY
    reflection: bool = False
    main_format: str = "jpeg"
    size_format: str = "webp"
    style_format: str = "webp"
    max_kb: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def fill_for(self, category: str) -> float:
        """Share of the main picture that the product's longer side takes."""
        return profile_of(category).fill if isinstance(self.main_fill, str) else self.main_fill

    def padding_for(self, category: str) -> float:
        """Canvas over product for a category."""
        return profile_of(category).padding if isinstance(self.padding, str) else self.padding

    def shadow_for(self, category: str) -> str:
        """Shadow style in sets for a category."""
        return profile_of(category).shadow if self.shadow == BY_CATEGORY else self.shadow

    def styles_for(self, category: str) -> tuple[str, ...]:
        """Style names for a category, patterns resolved."""
        names: dict[str, None] = {}
        for entry in self.styles:
            names.update(
                dict.fromkeys(preferred_styles(category) if entry == "preferred" else matching_styles((entry,)))
            )
        return tuple(names)


def from_dict(data: Any) -> RecipeData:
    """Recipe of JSON values. RecipeError names the field that is unknown or wrong."""
    if not isinstance(data, dict):
        raise RecipeError("recipe", "must be an object of fields and values")
    known = {field.name: field for field in fields(RecipeData)}
    for name in data:
        if name not in known:
            raise RecipeError(str(name), f"is not a field of a recipe; known are {', '.join(sorted(known))}")
    values = {name: _typed(name, value, known[name].default) for name, value in data.items()}
    recipe = RecipeData(**values)
    validate(recipe)
    return recipe


def _typed(name: str, value: Any, default: Any) -> Any:
    if name in _OR_BY_CATEGORY:
        return _number_or_category(name, value)
    if name == "options":
        return _option_sets(value)
    if isinstance(default, bool):
        return _require(name, value, isinstance(value, bool), "must be true or false")
    if isinstance(default, tuple):
        is_list = isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value)
        # A name given twice is made once.
        return tuple(dict.fromkeys(_require(name, value, is_list, "must be a list of names")))
    if isinstance(default, str):
        return _require(name, value, isinstance(value, str), "must be a text")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    _require(name, value, is_number, "must be a number")
    return int(value) if isinstance(default, int) else float(value)


# Fields that take a number or "category", and its range.
_OR_BY_CATEGORY = {"padding": (1.02, 3.0), "main_fill": (0.5, 0.98)}


def _number_or_category(name: str, value: Any) -> float | str:
    if value == BY_CATEGORY:
        return BY_CATEGORY
    low, high = _OR_BY_CATEGORY[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_right = is_number and low <= value <= high
    _require(name, value, is_right, f'must be "category" or a number from {low:g} to {high:g}')
    return float(value)


def _option_sets(value: Any) -> dict[str, dict[str, Any]]:
    is_fine = isinstance(value, dict) and all(isinstance(given, dict) for given in value.values())
    _require("options", value, is_fine, 'must be an object of steps and their options, as {"background": {…}}')
    return {str(step): dict(given) for step, given in value.items() if given}


def _check_options(recipe: RecipeData) -> None:
    """Each option is one that the model has, in its range; said when the recipe is written, not when the batch runs."""
    makers = {
        "background": (recipe.background, Capability.GENERATE_BACKGROUND),
        "cutout": (recipe.engine, Capability.REMOVE_BACKGROUND),
        "retouch": (recipe.enhancer, Capability.ENHANCE),
    }
    for step, given in recipe.options.items():
        _choice("options", step, tuple(makers))
        name, capability = makers[step]
        if name in ("", "auto") or not isinstance(vendor := _vendor(name), HostedProvider):
            raise RecipeError(
                "options", f"{name or 'nobody'} does the {step} here and has no options; they are for hosted providers"
            )
        if given.get("num_outputs", 1) != 1:
            raise RecipeError("options", "num_outputs must be 1 in a recipe: one picture of each call is used")
        try:
            vendor.check_options(capability, given)
        except PermanentStepError as error:
            raise RecipeError("options", str(error)) from error


def _vendor(name: str) -> Any:
    try:
        return provider(name)
    except PermanentStepError as error:
        raise RecipeError("options", str(error)) from error


def _require(field: str, value: Any, condition: bool, message: str) -> Any:
    if not condition:
        raise RecipeError(field, f"{message}, not {value!r}")
    return value


def validate(recipe: RecipeData) -> None:
    """RecipeError when values are out of range or contradict each other."""
    _check_choices(recipe)
    _check_numbers(recipe)
    _check_options(recipe)
    if recipe.mode == "packshot" and not (recipe.main or recipe.sizes or recipe.styles or recipe.swatch):
        raise RecipeError("main", "nothing is to be made: ask for the main picture, sizes, styles or a swatch")
    if recipe.mode == "image_bundle" and not recipe.campaign_sizes:
        raise RecipeError("campaign_sizes", "a campaign needs at least one size")
    if recipe.mode == "fast_video" and not recipe.video_forms:
        raise RecipeError("video_forms", "a video needs at least one form: square, vertical or wide")
    if recipe.sizes and not recipe.main:
        raise RecipeError("sizes", "sizes are made from the main picture: set main to true")


def _check_choices(recipe: RecipeData) -> None:
    _choice("mode", recipe.mode, MODES)
    for field in ("main_format", "size_format", "style_format"):
        _choice(field, getattr(recipe, field), FORMATS)
    for field in ("sizes", "campaign_sizes"):
        for name in getattr(recipe, field):
            _choice(field, name, tuple(NAMED_SIZES))
    for name in recipe.video_forms:
        _choice("video_forms", name, tuple(VIDEO_FORMS))
    for name in recipe.styles:
        if name != "preferred":
            _styles(name)
    _choice("look", recipe.look, LOOKS)
    _enhancer(recipe.enhancer)
    _choice("shadow", recipe.shadow, (BY_CATEGORY, *SHADOWS))
    _require("engine", recipe.engine, bool(recipe.engine), "must name an engine")


def _check_numbers(recipe: RecipeData) -> None:
    _require("main_px", recipe.main_px, 500 <= recipe.main_px <= 10_000, "must be 500 to 10,000")
    _require("repair_tries", recipe.repair_tries, 0 <= recipe.repair_tries <= 12, "must be 0 to 12")
    _require(
        "paid_repair_usd", recipe.paid_repair_usd, 0 <= recipe.paid_repair_usd <= MOST_REPAIR_USD, "must be 0 to 5"
    )
    _require("video_seconds", recipe.video_seconds, 3 <= recipe.video_seconds <= 15, "must be 3 to 15")
    _require("max_kb", recipe.max_kb, recipe.max_kb == 0 or 20 <= recipe.max_kb <= 50_000, "must be 0 or 20 to 50,000")
    _require("style_px", recipe.style_px, 400 <= recipe.style_px <= 4096, "must be 400 to 4,096")
    _number_or_category("main_fill", recipe.main_fill)


def _choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    _require(field, value, value in choices, f"must be one of {', '.join(choices)}")


def _enhancer(name: str) -> None:
    if not name:
        return
    try:
        able = Capability.ENHANCE in provider(name).capabilities
    except PermanentStepError as error:
        raise RecipeError("enhancer", str(error)) from error
    _require("enhancer", name, able, "must be a provider that enhances pictures, such as gemini")


def _styles(pattern: str) -> None:
    try:
        matching_styles((pattern,))
    except ValueError as error:
        raise RecipeError("styles", str(error)) from error


_SIZES = tuple(NAMED_SIZES)
_STYLES = tuple(STYLES)
PRESETS: dict[str, tuple[str, RecipeData]] = {
    "packshot": (_("Packshot: cut-out, white main picture, six sizes"), RecipeData(main=True, sizes=_SIZES)),
    "lifestyle": (_("Lifestyle: the five background styles"), RecipeData(styles=_STYLES)),
    "catalogue": (
        _("Catalogue: packshot and lifestyle in one, with a swatch"),
        RecipeData(main=True, sizes=_SIZES, swatch=True, styles=_STYLES),
    ),
    "eyewear": (_("Eyewear: eight ERP files with half-glass"), RecipeData(mode="eyewear")),
    "campaign": (
        _("Campaign: square, story and banner on the category's own style"),
        RecipeData(mode="image_bundle", campaign_sizes=("social-square", "social-story", "banner")),
    ),
    "video": (
        _("Short videos: six seconds, square and upright, on the category's own style"),
        RecipeData(mode="fast_video", video_forms=("square", "vertical")),
    ),
}


def ensure_presets() -> None:
    """Writes version 1 of each preset that is missing; what is there is left alone."""
    for name, (label, data) in PRESETS.items():
        Recipe.objects.get_or_create(name=name, version=1, defaults={"label": label, "data": data.to_dict()})


def current(name: str) -> Recipe:
    """The version of a recipe in force. UnknownRecipe, a LookupError, names those there are."""
    found = Recipe.objects.filter(name=name, is_current=True).first()
    if found is None:
        names = Recipe.objects.filter(is_current=True).order_by("name").values_list("name", flat=True)
        raise UnknownRecipe("recipe", f"there is none named {name!r}; choose one of {', '.join(names)}")
    return found


def new_version(name: str, *, data: dict[str, Any], label: str = "", by: User | None = None) -> Recipe:
    """The next version of a recipe (or its first), from now on the current one. Batches keep the version they run on."""
    recipe = from_dict(data)
    with transaction.atomic():
        rows = list(Recipe.objects.select_for_update().filter(name=name).order_by("-version"))
        Recipe.objects.filter(name=name, is_current=True).update(is_current=False)
        return Recipe.objects.create(
            name=name,
            version=rows[0].version + 1 if rows else 1,
            label=label or (rows[0].label if rows else name),
            data=recipe.to_dict(),
            created_by=by,
        )


def encode_for(format_name: str) -> EncodeSettings:
    """Measured default settings of a format."""
    return EncodeSettings.named(format_name)  # type: ignore[arg-type]


def changed(recipe: RecipeData, **values: Any) -> RecipeData:
    """The recipe with some values replaced, validated."""
    result = replace(recipe, **values)
    validate(result)
    return result
