"""What tables and manifests say about products, checked; and the products and variants it makes or meets."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation

from catalog.models import Category, Product, Variant
from catalog.naming import NameError_, check_sku

# Fields a row may carry besides its photo, with the longest text kept.
TEXT_FIELDS = {"name": 200, "asin": 10, "gtin": 14, "category": 16, "product": 80}
_ASIN = re.compile(r"[A-Z0-9]{10}")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
# What shops call categories, besides the names that the pages show.
_CATEGORY_WORDS = {
    Category.BEAUTY: "cosmetics, make-up, skincare, personal care, health & beauty, schönheit, parfümerie"
    ", cosmétique, cosmétiques, parfumerie",
    Category.EYEWEAR: "glasses, eyeglasses, sunglasses, spectacles, brille, sonnenbrille, sonnenbrillen, lunettes de soleil"
    ", lunettes de vue",
    Category.FOOD: "groceries, grocery, food & drink, nahrungsmittel, lebensmittel & getränke, épicerie, aliments",
    Category.JEWELLERY: "jewelry, juwelen, bijou, bijouterie, joaillerie",
    Category.TOYS: "toy, toys & games, spielwaren, spielzeuge, spielsachen, jouet, jeux et jouets",
}


class FieldError(ValueError):
    """A field without which the row is of no use; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def clean_fields(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Checked fields (sku, view, category, name, asin, gtin, product) and notes on what was left out.

    Fields that are empty or unknown are dropped without a word. Raises FieldError for a code or view that cannot be used.
    """
    given = {key: value for key, value in raw.items() if value not in (None, "")}
    fields: dict[str, Any] = {}
    notes: list[str] = []
    for key in ("sku", "product"):
        if key in given:
            fields[key] = _code(key, given[key])
    if "view" in given:
        fields["view"] = _view(given["view"])
    if text := _text(given.get("name")):
        fields["name"] = text[: TEXT_FIELDS["name"]]
    for key, check in (("asin", _asin), ("gtin", _gtin), ("category", _category)):
        if text := _text(given.get(key)):
            checked = check(text)
            fields.update({key: checked} if checked else {})
            notes += [] if checked else [_left_out(key, text)]
    return fields, notes


def known_skus(candidates: Iterable[str]) -> set[str]:
    return set(Variant.objects.filter(sku__in=set(candidates)).values_list("sku", flat=True))


def match_variants(rows: Mapping[str, Mapping[str, Any]], *, default_category: str) -> dict[str, Variant]:
    """The variant of each code, made with its product where there is none, and brought up to what the rows say.

    rows: {sku: fields of `clean_fields`}. Safe against another intake making the same products meanwhile.
    """
    found = _variants(rows)
    missing = {sku: fields for sku, fields in rows.items() if sku not in found}
    if missing:
        _create(missing, default_category=default_category)
        found |= _variants(missing)
    _update(rows, found)
    return found


def _variants(skus: Iterable[str]) -> dict[str, Variant]:
    return {one.sku: one for one in Variant.objects.filter(sku__in=list(skus)).select_related("product")}


def _create(rows: Mapping[str, Mapping[str, Any]], *, default_category: str) -> None:
    codes = {sku: fields.get("product", sku) for sku, fields in rows.items()}
    products = {
        codes[sku]: Product(
            code=codes[sku], name=fields.get("name", ""), category=fields.get("category", default_category)
        )
        for sku, fields in rows.items()
    }
    Product.objects.bulk_create(products.values(), ignore_conflicts=True, batch_size=1000)
    ids = dict(Product.objects.filter(code__in=set(products)).values_list("code", "id"))
    variants = [
        Variant(sku=sku, product_id=ids[codes[sku]], asin=fields.get("asin", ""), gtin=fields.get("gtin", ""))
        for sku, fields in rows.items()
    ]
    Variant.objects.bulk_create(variants, ignore_conflicts=True, batch_size=1000)


def _update(rows: Mapping[str, Mapping[str, Any]], variants: Mapping[str, Variant]) -> None:
    """The latest word counts; a field that is not given stays."""
    changed_variants: list[Variant] = []
    changed_products: dict[int, Product] = {}
    for sku, fields in rows.items():
        variant = variants[sku]
        if _assign(variant, fields, ("asin", "gtin")):
            changed_variants.append(variant)
        if _assign(variant.product, fields, ("name", "category")):
            changed_products[variant.product_id] = variant.product
    # Upserts of rows that exist: for thousands ten times faster than bulk_update. In one order, against deadlocks.
    Variant.objects.bulk_create(
        sorted(changed_variants, key=lambda one: one.pk), update_conflicts=True, unique_fields=["pk"],
        update_fields=["asin", "gtin"], batch_size=1000,
    )  # fmt: skip
    Product.objects.bulk_create(
        [changed_products[pk] for pk in sorted(changed_products)], update_conflicts=True, unique_fields=["pk"],
        update_fields=["name", "category", "updated_at"], batch_size=1000,
    )  # fmt: skip


def _assign(row: Product | Variant, fields: Mapping[str, Any], names: Iterable[str]) -> bool:
    different = [name for name in names if name in fields and getattr(row, name) != fields[name]]
    for name in different:
        setattr(row, name, fields[name])
    return bool(different)


def _text(value: Any) -> str:
    """One line of text; a number out of JSON is taken as it would be written."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return " ".join(printable.split())


def _code(field: str, value: Any) -> str:
    text = _text(value)
    if not text:
        raise FieldError(field, f"the {field} must be a text")
    try:
        return check_sku(text)
    except NameError_ as error:
        raise FieldError(field, str(error)) from error


def _view(value: Any) -> int:
    text = _text(value).lower()
    number = {"front": "1", "angle": "2", "side": "3"}.get(text, text)
    if not re.fullmatch(r"[1-9][0-9]?", number):
        raise FieldError("view", f"the view is {text[:20]!r}; use 1 to 99, front, angle or side")
    return int(number)


def _asin(text: str) -> str:
    return text.upper() if _ASIN.fullmatch(text.upper()) else ""


def _gtin(text: str) -> str:
    """Digits of a GTIN whose check digit is right (GS1 General Specifications 7.9: weights 3 and 1 from the right)."""
    digits = re.sub(r"[\s-]", "", text)
    if not _GTIN.fullmatch(digits):
        return ""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return digits if weighted % 10 == 0 else ""


def _category(text: str) -> str:
    slug = re.sub(r"[\s_&/]+", "-", text.lower()).strip("-")
    return slug if slug in Category.values else _category_labels().get(text.lower(), "")


@cache
def _category_labels() -> dict[str, str]:
    """Categories by what shops call them and by their names in every language of the pages: people write what they read there."""
    found: dict[str, str] = {word: value for value, words in _CATEGORY_WORDS.items() for word in words.split(", ")}
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            found |= {str(label).lower(): value for value, label in Category.choices}
    return found


def _left_out(field: str, text: str) -> str:
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    if field == "category":
        return f"The category {shown!r} is not known; the default is used."
    why = "ten letters and digits" if field == "asin" else "8, 12, 13 or 14 digits with a right check digit"
    return f"{field.upper()} {shown!r} is left out: it must be {why}."
