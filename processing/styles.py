"""The named background styles, and what suits each product category."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from processing.imaging.specs import Shadow


@dataclass(frozen=True)
class Style:
    """A background by name: what a generating provider is asked for, and what the picture is good for."""

    name: str
    label: str
    prompt: str
    use: str


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style(
            "studio-white",
            "Studio white",
            "seamless white studio paper sweep, soft even key light from the side, gentle falloff, empty foreground, "
            "professional product photography, no objects, no text",
            "Second marketplace picture, catalogues, press",
        ),
        Style(
            "lifestyle-home",
            "At home",
            "bright modern living room, light oak table in the foreground, soft window daylight from the side, blurred "
            "sofa and plants behind, empty table top, realistic interior photography, no people, no text",
            "Lifestyle picture for home goods and fashion, social posts",
        ),
        Style(
            "lifestyle-office",
            "At the office",
            "tidy office desk, light wood, soft daylight, blurred shelves and monitor behind, empty desk top in the "
            "foreground, realistic interior photography, no people, no text",
            "Lifestyle picture for electronics and accessories",
        ),
        Style(
            "seasonal-summer",
            "Summer",
            "sunlit wooden terrace, green garden out of focus, warm late afternoon sun, empty planks in the foreground, "
            "realistic outdoor photography, no people, no text",
            "Summer campaign, outdoor goods",
        ),
        Style(
            "seasonal-holiday",
            "Holidays",
            "dark wooden table top, fir branches and warm defocused string lights behind, cosy evening light, empty "
            "table in the foreground, realistic photography, no people, no text",
            "Year-end campaign and gift guides",
        ),
    )
}


# Before the name of a style whose sets a shop has brought along.
OWN = "own:"
_OWN_NAME = re.compile(r"own:[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class CategoryProfile:
    """What suits a category: `styles` in order of preference, with wildcards; `padding` canvas over product 1.2-1.5 in sets
    and sizes; `fill` share of the main picture that the product's longer side takes, so that a category looks like one
    shop (every channel asks for at least 0.85)."""

    styles: tuple[str, ...]
    padding: float
    shadow: Shadow
    fill: float = 0.88


CATEGORY_PROFILES: dict[str, CategoryProfile] = {
    "beauty": CategoryProfile(("studio-white", "lifestyle-home"), 1.3, "soft-drop"),
    "electronics": CategoryProfile(("studio-white", "lifestyle-office"), 1.3, "soft-drop"),
    # Wide and thin: a pair of glasses looks small where it does not take the width.
    "eyewear": CategoryProfile(("lifestyle-home", "seasonal-*"), 1.2, "natural", fill=0.90),
    "fashion": CategoryProfile(("lifestyle-home", "seasonal-*"), 1.2, "natural", fill=0.90),
    "food": CategoryProfile(("lifestyle-home", "seasonal-*"), 1.3, "ambient"),
    "home-goods": CategoryProfile(("lifestyle-home", "seasonal-*"), 1.4, "ambient", fill=0.86),
    "jewellery": CategoryProfile(("studio-white", "lifestyle-home", "seasonal-holiday"), 1.4, "natural", fill=0.86),
    "outdoor": CategoryProfile(("seasonal-summer", "lifestyle-*"), 1.5, "natural-outdoor"),
    "toys": CategoryProfile(("lifestyle-home", "seasonal-*"), 1.3, "natural"),
    "default": CategoryProfile(("studio-white", "lifestyle-*"), 1.3, "soft-drop"),
}

# Worn on the body: what a title's words mean in fashion they mean here too.
WORN = frozenset({"fashion", "eyewear", "jewellery"})
# Most of what is in it are clothes.
CLOTHING = "fashion"


def profile_of(category: str) -> CategoryProfile:
    """Profile of a category; an unknown one gets the default."""
    return CATEGORY_PROFILES.get(category, CATEGORY_PROFILES["default"])


def matching_styles(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Style names that the patterns mean, in the patterns' order, each once. ValueError for one that matches nothing."""
    found: dict[str, None] = {}
    for pattern in patterns:
        names = [name for name in STYLES if fnmatchcase(name, pattern)]
        if _OWN_NAME.fullmatch(pattern):
            names = [pattern]
        if not names:
            raise ValueError(
                f"no style is named {pattern!r}; choose from {', '.join(STYLES)}, a pattern like seasonal-* "
                "or own: and the name of a style of your own"
            )
        found.update(dict.fromkeys(names))
    return tuple(found)


def preferred_styles(category: str) -> tuple[str, ...]:
    """Styles that suit a category, best first."""
    return matching_styles(profile_of(category).styles)
