"""Rule packs: what each marketplace asks of a picture, read from `marketplaces/packs/<name>.json`.

Nothing in them is a constant of the code: every number carries its source and the day it was looked at, and an operator
may override it per channel. Here is what a pack is and what can be asked of it; `packfile` reads and checks the files, `rulekinds`
says which rules there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext

from marketplaces.rulekinds import RULE_KINDS, PackError, RuleKind, Value, text_of, typed_value
from processing.imaging.codec import EncodeSettings

Severity = Literal["block", "warn"]


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
    value = typed_value(rule.code, overrides[rule.key], where=f"overrides of {pack}: {rule.key}")
    return replace(rule, value=value, is_overridden=True)
