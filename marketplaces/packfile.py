"""Rule packs read from their JSON. Every complaint names the file and the field, as "amazon.json: rules[3].checked_on: …"."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from catalog.models import Category
from marketplaces.packs import Pack, RoleSpec, Rule, Scope
from marketplaces.rulekinds import RULE_KINDS, PackError, typed_value
from processing.imaging.codec import EncodeSettings

PACKS_DIR = Path(__file__).parent / "packs"
# The order in which they are offered.
PACK_NAMES = (
    "amazon", "google", "shopify", "ebay", "walmart", "etsy", "tiktok", "meta", "instagram-feed", "instagram-story",
    "zalando", "otto", "pinterest", "site",
)  # fmt: skip
SOURCES = ("main", "views", "lifestyle", "styles", "swatch")
IDENTIFIERS = ("asin", "gtin", "sku")
FEEDS = ("google-tsv", "google-xml", "shopify", "amazon-flat", "amazon-patches", "ebay", "woocommerce", "meta")
_PACK_FIELDS = {
    "name", "label", "version", "review_by", "about", "identifiers", "sku_fallback", "feeds", "roles", "rules",
}  # fmt: skip
_ROLE_FIELDS = {
    "role", "count", "sources", "size", "fill", "encode", "least_quality", "max_bytes", "name", "required",
}  # fmt: skip
_RULE_FIELDS = {
    "code", "value", "severity", "scope", "source", "confidence", "checked_on", "valid_from", "valid_to", "note",
}  # fmt: skip


@cache
def load_pack(name: str) -> Pack:
    """The pack of that name. PackError when there is none or its file is not valid."""
    path = PACKS_DIR / f"{name}.json"
    if name not in PACK_NAMES or not path.exists():
        raise PackError(f"there is no rule pack {name!r}; choose one of {', '.join(PACK_NAMES)}")
    return read_pack(path)


def all_packs() -> tuple[Pack, ...]:
    return tuple(load_pack(name) for name in PACK_NAMES)


def read_pack(path: Path) -> Pack:
    """The pack in a file. PackError with file and field for anything that is not as it must be."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackError(f"{path.name}: cannot be read: {error}") from error
    return parse_pack(data, where=path.name)


def parse_pack(data: Any, *, where: str) -> Pack:
    fields = _Fields(data, where, known=_PACK_FIELDS)
    roles = tuple(_role(_Fields(one, at, known=_ROLE_FIELDS)) for at, one in fields.items("roles"))
    names = [role.role for role in roles]
    if len(set(names)) != len(names) or not roles:
        raise PackError(f"{where}: roles: name each role once, and at least one")
    rules = tuple(_rule(_Fields(one, at, known=_RULE_FIELDS), roles=names) for at, one in fields.items("rules"))
    keys = [rule.key for rule in rules]
    for key in keys:
        if keys.count(key) > 1:
            raise PackError(f"{where}: rules: {key} is given twice")
    return Pack(
        name=fields.text("name"),
        label=fields.text("label"),
        version=fields.count("version"),
        review_by=fields.day("review_by"),
        about=fields.text("about"),
        identifiers=fields.words("identifiers", among=IDENTIFIERS),
        sku_fallback=fields.flag("sku_fallback"),
        feeds=fields.words("feeds", among=FEEDS),
        roles=roles,
        rules=rules,
    )


class _Fields:
    """One JSON object being read, and where it stands."""

    def __init__(self, data: Any, where: str, *, known: set[str]) -> None:
        if not isinstance(data, dict):
            raise PackError(f"{where}: must be an object")
        self.data, self.where = data, where
        for name in data:
            if name not in known:
                raise PackError(f"{where}: {name}: unknown field; known are {', '.join(sorted(known))}")

    def get(self, name: str, type_: type | tuple[type, ...], what: str) -> Any:
        if name not in self.data:
            raise PackError(f"{self.where}: {name}: is missing")
        value = self.data[name]
        if not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool):
            raise PackError(f"{self.where}: {name}: must be {what}, is {value!r}")
        return value

    def text(self, name: str) -> str:
        value: str = self.get(name, str, "a text")
        if not value:
            raise PackError(f"{self.where}: {name}: is empty")
        return value

    def optional_text(self, name: str) -> str:
        return self.text(name) if name in self.data else ""

    def flag(self, name: str) -> bool:
        value: bool = self.get(name, bool, "true or false")
        return value

    def count(self, name: str) -> int:
        value: int = self.get(name, int, "a whole number above 0")
        if value < 1:
            raise PackError(f"{self.where}: {name}: must be a whole number above 0, is {value}")
        return value

    def share(self, name: str) -> float:
        value = float(self.get(name, (int, float), "a share"))
        if not 0.1 <= value <= 0.98:
            raise PackError(f"{self.where}: {name}: must be 0.1 to 0.98, is {value}")
        return value

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError as error:
            raise PackError(f"{self.where}: {name}: must be a day such as 2027-01-31") from error

    def optional_day(self, name: str) -> date | None:
        return self.day(name) if name in self.data else None

    def one_of(self, name: str, choices: tuple[str, ...]) -> Any:
        value = self.text(name)
        if value not in choices:
            raise PackError(f"{self.where}: {name}: {value!r} is none of {', '.join(choices)}")
        return value

    def words(self, name: str, *, among: tuple[str, ...]) -> tuple[str, ...]:
        for value in self.get(name, list, "a list"):
            if value not in among:
                raise PackError(f"{self.where}: {name}: {value!r} is none of {', '.join(among)}")
        return tuple(self.data[name])

    def items(self, name: str) -> list[tuple[str, Any]]:
        values = self.get(name, list, "a list")
        return [(f"{self.where}: {name}[{index}]", value) for index, value in enumerate(values)]


def _role(fields: _Fields) -> RoleSpec:
    encode = fields.get("encode", dict, "an object")
    try:
        settings = EncodeSettings(**encode)
    except (TypeError, ValueError) as error:
        raise PackError(f"{fields.where}: encode: {error}") from error
    size = fields.get("size", list, "a list of width and height")
    if len(size) != 2 or not all(type(side) is int and 16 <= side <= 10_000 for side in size):
        raise PackError(f"{fields.where}: size: must be two whole numbers from 16 to 10000")
    return RoleSpec(
        role=fields.text("role"),
        count=fields.count("count"),
        sources=fields.words("sources", among=SOURCES),
        size=(size[0], size[1]),
        fill=fields.share("fill"),
        encode=settings,
        least_quality=min(fields.count("least_quality"), settings.quality),
        max_bytes=fields.count("max_bytes"),
        name=fields.text("name"),
        is_required=fields.flag("required"),
    )


def _rule(fields: _Fields, *, roles: list[str]) -> Rule:
    code = fields.one_of("code", tuple(RULE_KINDS))
    if "value" not in fields.data:
        raise PackError(f"{fields.where}: value: is missing")
    valid_from, valid_to = fields.optional_day("valid_from"), fields.optional_day("valid_to")
    if valid_from and valid_to and valid_from > valid_to:
        raise PackError(f"{fields.where}: valid_to: lies before valid_from")
    return Rule(
        code=code,
        value=typed_value(code, fields.data["value"], where=f"{fields.where}: value"),
        unit=RULE_KINDS[code].unit,
        severity=fields.one_of("severity", ("block", "warn")),
        scope=_scope(fields, roles),
        source=fields.text("source"),
        confidence=fields.one_of("confidence", ("A", "B", "C", "U", "J", "M")),
        checked_on=fields.day("checked_on"),
        valid_from=valid_from,
        valid_to=valid_to,
        note=fields.optional_text("note"),
    )


def _scope(fields: _Fields, roles: list[str]) -> Scope:
    if "scope" not in fields.data:
        return Scope()
    inner = _Fields(fields.data["scope"], f"{fields.where}: scope", known={"role", "category"})
    categories = tuple(Category.values)
    return Scope(
        roles=inner.words("role", among=tuple(roles)) if "role" in inner.data else (),
        categories=inner.words("category", among=categories) if "category" in inner.data else (),
    )
