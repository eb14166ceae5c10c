"""Rule packs: what each marketplace asks of a picture, read from `marketplaces/packs/<name>.json`.

Nothing in them is a constant of the code: every number carries its source and the day it was looked at, and an operator
may override it per channel. `packfile` reads and checks the files; here is what a pack is and what can be asked of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from processing.imaging.codec import EncodeSettings

PACKS_DIR = Path(__file__).parent / "packs"
# The order in which they are offered.
PACK_NAMES = (
    "amazon", "google", "shopify", "ebay", "walmart", "etsy", "tiktok", "meta", "instagram-feed", "instagram-story",
    "zalando", "otto", "pinterest", "site",
)  # fmt: skip

Severity = Literal["block", "warn"]
Value = bool | int | float | str | tuple[str, ...] | tuple[float, float]


class PackError(ValueError):
    """A pack, or an override of one, that cannot be used; the message names file and field."""


@dataclass(frozen=True)
class RuleKind:
    """What a rule code means: the type its value must have, its unit, and whether a file can be measured for it."""

    type: Literal["count", "number", "share", "flag", "words", "ratio", "text"]
    unit: str
    label: str
    is_measured: bool = True


RULE_KINDS: dict[str, RuleKind] = {
    "MIN_LONG_SIDE": RuleKind("count", "px", _("Longest side at least")),
    "MIN_SHORT_SIDE": RuleKind("count", "px", _("Shortest side at least")),
    "MIN_WIDTH": RuleKind("count", "px", _("Width at least")),
    "MIN_HEIGHT": RuleKind("count", "px", _("Height at least")),
    "MAX_LONG_SIDE": RuleKind("count", "px", _("Longest side at most")),
    "MAX_SIDES_SUM": RuleKind("count", "px", _("Width and height together at most")),
    "MAX_MEGAPIXELS": RuleKind("number", "MP", _("Megapixels at most")),
    "ASPECT": RuleKind("ratio", "width / height", _("Width to height between")),
    "MAX_BYTES": RuleKind("count", "bytes", _("File size at most")),
    "FORMATS": RuleKind("words", "", _("File formats")),
    "WHITE_BACKGROUND": RuleKind("flag", "", _("Pure white background and frame")),
    "MIN_FILL": RuleKind("share", _("of the longer side"), _("Product fills at least")),
    "MAX_FILL": RuleKind("share", _("of the longer side"), _("Product fills at most")),
    "NO_FRAME_CONTACT": RuleKind("flag", "", _("Product does not touch the frame")),
    "NO_ALPHA": RuleKind("flag", "", _("No transparency")),
    "SRGB": RuleKind("flag", "", _("sRGB, with its profile")),
    "KEEP_SOURCE_TYPE": RuleKind("flag", "", _("Digital source type is kept in the file")),
    "NAME_PATTERN": RuleKind("text", "", _("File name matches")),
    "MAX_NAME": RuleKind("count", "characters", _("File name at most")),
    "MAX_COUNT": RuleKind("count", "pictures", _("Pictures at most")),
    "MIN_COUNT": RuleKind("count", "pictures", _("Pictures at least")),
    "NO_OVERLAYS": RuleKind("flag", "", _("No text, logo, watermark or border"), is_measured=False),
    "NO_PROPS": RuleKind("flag", "", _("Nothing that is not sold with it"), is_measured=False),
    "REAL_PHOTO": RuleKind("flag", "", _("Shows the real item, not a render"), is_measured=False),
    "AI_LABEL": RuleKind("flag", "", _("AI-made content is labelled in the listing"), is_measured=False),
}


@dataclass(frozen=True)
class Scope:
    """Where a rule holds; empty means everywhere."""

    roles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def covers(self, role: str, category: str) -> bool:
        return (not self.roles or role in self.roles) and (not self.categories or category in self.categories)

    def __str__(self) -> str:
        roles = gettext("all pictures") if not self.roles else ", ".join(self.roles)
        return f"{roles} ({', '.join(self.categories)})" if self.categories else roles


@dataclass(frozen=True)
class Rule:
    code: str
    value: Value
    unit: str
    severity: Severity
    scope: Scope
    source: str
    confidence: str
    checked_on: date
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""
    is_overridden: bool = False

    @property
    def key(self) -> str:
        """Names the rule in overrides and reports; unique in its pack."""
        scope = "+".join(self.scope.roles) or "all"
        if self.scope.categories:
            scope += "@" + "+".join(self.scope.categories)
        since = f":{self.valid_from.isoformat()}" if self.valid_from else ""
        return f"{self.code}:{scope}:{self.severity}{since}"

    @property
    def kind(self) -> RuleKind:
        return RULE_KINDS[self.code]

    def in_force(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    @property
    def value_text(self) -> str:
        return text_of(self.value)


@dataclass(frozen=True)
class RoleSpec:
    """How the pictures of one role are made: from which renditions, on what canvas, how encoded and named.

    `sources` in order of preference: "main" (white, first view), "views" (white, further views), "lifestyle" (first
    scene that shows surroundings), "styles" (all scenes), "swatch" (the square of the material). White ones are laid out
    on `size` from the cut-out, scenes stay as they were approved.
    """

    role: str
    count: int
    sources: tuple[str, ...]
    size: tuple[int, int]
    fill: float
    encode: EncodeSettings
    least_quality: int
    max_bytes: int
    name: str
    is_required: bool

    @property
    def is_swatch(self) -> bool:
        """Shown beside the pictures and not among them: counted nowhere, and missed by nobody."""
        return self.sources == ("swatch",)


@dataclass(frozen=True)
class Pack:
    name: str
    label: str
    version: int
    review_by: date
    about: str
    identifiers: tuple[str, ...]
    sku_fallback: bool
    feeds: tuple[str, ...]
    roles: tuple[RoleSpec, ...]
    rules: tuple[Rule, ...]

    def role(self, role: str) -> RoleSpec:
        """KeyError when the pack has no such role."""
        return next((one for one in self.roles if one.role == role), None) or _missing(role)

    def rules_for(self, role: str, *, category: str = "", on: date) -> tuple[Rule, ...]:
        """The rules in force that day for a picture of that role, those for every category included."""
        return tuple(rule for rule in self.rules if rule.in_force(on) and rule.scope.covers(role, category))

    def rule_value(self, code: str, role: str, *, category: str = "", on: date) -> Any:
        """The strictest blocking value of a code; None when nothing blocks by it."""
        values = [
            rule.value
            for rule in self.rules_for(role, category=category, on=on)
            if rule.code == code and rule.severity == "block"
        ]
        if not values:
            return None
        return max(values) if code.startswith("MIN_") else min(values)

    def is_due(self, on: date) -> bool:
        """True when the day has passed by which somebody should have compared it with the marketplace's own pages."""
        return on > self.review_by

    def lost(self, overrides: Mapping[str, Any]) -> list[str]:
        """Keys of own values whose rules are no longer in the pack."""
        known = {rule.key for rule in self.rules}
        return [key for key in overrides if key not in known]

    def with_known(self, overrides: Mapping[str, Any]) -> "Pack":
        """With those own values whose rules are still there: a new version of a pack may not shut a channel down."""
        lost = self.lost(overrides)
        return self.with_overrides({key: value for key, value in overrides.items() if key not in lost})

    def with_overrides(self, overrides: Mapping[str, Any]) -> "Pack":
        """The same pack with an operator's values by rule key. PackError for an unknown key or a value of a wrong type."""
        for key in self.lost(overrides):
            raise PackError(f"overrides of {self.name}: there is no rule {key!r}")
        rules = tuple(_overridden(rule, overrides, pack=self.name) for rule in self.rules)
        return replace(self, rules=rules)


def _missing(role: str) -> RoleSpec:
    raise KeyError(role)


def _overridden(rule: Rule, overrides: Mapping[str, Any], *, pack: str) -> Rule:
    if rule.key not in overrides:
        return rule
    from marketplaces.packfile import typed_value

    value = typed_value(rule.code, overrides[rule.key], where=f"overrides of {pack}: {rule.key}")
    return replace(rule, value=value, is_overridden=True)


def text_of(value: Value) -> str:
    """A rule's value as people write it: "yes", "2,000", "JPEG, PNG", "0.8 to 1.91"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        if value and isinstance(value[0], str):
            return ", ".join(str(part) for part in value)
        low, high = value
        return f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else value


@cache
def load_pack(name: str) -> Pack:
    """The pack of that name. PackError when there is none or its file is not valid."""
    from marketplaces.packfile import read_pack

    path = PACKS_DIR / f"{name}.json"
    if name not in PACK_NAMES or not path.exists():
        raise PackError(f"there is no rule pack {name!r}; choose one of {', '.join(PACK_NAMES)}")
    return read_pack(path)


def all_packs() -> tuple[Pack, ...]:
    return tuple(load_pack(name) for name in PACK_NAMES)
