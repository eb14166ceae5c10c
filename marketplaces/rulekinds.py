"""The kinds of rules a pack may hold: what each code limits, the type and unit of its value, and how a value is read and written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_noop as _

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "HEIC")
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


def typed_value(code: str, value: Any, *, where: str) -> Value:
    """A rule's value in the type of its code; also from what a form or a JSON override gives. PackError when it cannot be."""
    kind = RULE_KINDS[code]
    try:
        return _CONVERT[kind.type](value)
    except (TypeError, ValueError, AttributeError) as error:
        raise PackError(f"{where}: {value!r} is not usable for {code} ({kind.label.lower()}): {error}") from error


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


# ---------------------------------------------------------------- values by type


def _as_count(value: Any) -> int:
    number = int(str(value).replace(",", "").strip()) if isinstance(value, str) else value
    if type(number) is not int or number < 1:
        raise ValueError("use a whole number above 0")
    return number


def _as_number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("use a number")
    number = float(value)
    if not 0 < number < 1e9:
        raise ValueError("use a number above 0")
    return number


def _as_share(value: Any) -> float:
    number = _as_number(value)
    if number > 1:
        raise ValueError("use a share from 0 to 1, such as 0.85")
    return number


def _as_flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
    if str(value).strip().lower() not in words:
        raise ValueError("use yes or no")
    return words[str(value).strip().lower()]


def _as_words(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    words = tuple(str(part).strip().upper() for part in parts)
    unknown = set(words) - set(FORMATS)
    if unknown or not words:
        raise ValueError(f"use some of {', '.join(FORMATS)}")
    return words


def _as_ratio(value: Any) -> tuple[float, float]:
    parts = re.split(r"\s+to\s+|\s*-\s*", value.strip()) if isinstance(value, str) else list(value)
    low, high = _as_number(parts[0]), _as_number(parts[-1])
    if len(parts) > 2 or low > high:
        raise ValueError("use one ratio, or the lower and the upper one, such as 0.8 to 1.91")
    return low, high


def _as_text(value: Any) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"it is no pattern: {error}") from error
    return str(value)


_CONVERT: dict[str, Callable[[Any], Value]] = {
    "count": _as_count,
    "number": _as_number,
    "share": _as_share,
    "flag": _as_flag,
    "words": _as_words,
    "ratio": _as_ratio,
    "text": _as_text,
}
