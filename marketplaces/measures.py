"""One measure per rule code: whether a file keeps the rule, what was found, and what is wrong in words."""

import re
from collections.abc import Callable
from typing import Any

from marketplaces.facts import FileFacts
from marketplaces.rulekinds import text_of
from processing.imaging.metadata import source_type_address

# Whether the rule is kept, the value found, and what is wrong if it is not; None where a rule cannot be answered.
Measured = tuple[bool, str, str]
Outcome = Measured | None


def _at_least(value: float, limit: float, unit: str, what: str) -> Measured:
    return value >= limit, f"{value:g}", f"{what} is {value:,g} {unit}, at least {limit:,g} are needed"


def _at_most(value: float, limit: float, unit: str, what: str) -> Measured:
    return value <= limit, f"{value:g}", f"{what} is {value:,g} {unit}, at most {limit:,g} are allowed"


def _aspect(facts: FileFacts, limit: Any) -> Outcome:
    ratio = facts.width / facts.height
    # Whole pixels: a ratio may miss its bound by what half a pixel is worth.
    slack = ratio * 0.75 / min(facts.width, facts.height)
    passed = limit[0] - slack <= ratio <= limit[1] + slack
    return passed, f"{ratio:.3f}", f"width to height is {ratio:.3f}, {text_of(limit)} is needed"


def _formats(facts: FileFacts, limit: Any) -> Outcome:
    return facts.format in limit, facts.format, f"the file is {facts.format}; allowed are {', '.join(limit)}"


def _white(facts: FileFacts, limit: Any) -> Outcome:
    if not limit:
        return None
    fault = facts.white_fault
    return not fault, "not white" if fault else "white", f"the background is not pure white: {fault}"


def _fill_of(facts: FileFacts) -> float | None:
    """Longer relative side of the product's box; no marketplace says what it means by "85 %", this is the usual reading.

    Not measured of scenes, which come without a mask: what surrounds the product is part of them.
    """
    if facts.product is None or facts.product.mask is None:
        return None
    _, _, width, height = facts.product.box_px
    return max(width / facts.width, height / facts.height)


def _min_fill(facts: FileFacts, limit: Any) -> Outcome:
    fill = _fill_of(facts)
    if fill is None:
        return None
    # A pixel of rounding on the canvas is no fault of framing.
    passed = fill >= limit - 1 / min(facts.width, facts.height)
    return passed, f"{fill:.3f}", f"the product fills {fill:.1%} of the frame, at least {limit:.0%} is needed"


def _max_fill(facts: FileFacts, limit: Any) -> Outcome:
    fill = _fill_of(facts)
    if fill is None:
        return None
    return fill <= limit, f"{fill:.3f}", f"the product fills {fill:.1%} of the frame, at most {limit:.0%} is advised"


def _no_contact(facts: FileFacts, limit: Any) -> Outcome:
    if facts.product is None or not limit:
        return None
    left, top, width, height = facts.product.box_px
    gap = min(left, top, facts.width - left - width, facts.height - top - height)
    return gap > 0, f"{gap} px", "the product touches the edge of the picture"


def _no_alpha(facts: FileFacts, limit: Any) -> Outcome:
    clear = facts.is_clear
    return (not clear or not limit), "transparent" if clear else "opaque", "the file has transparency"


def _srgb(facts: FileFacts, limit: Any) -> Outcome:
    fine = facts.is_srgb
    passed = fine or not limit
    return passed, "sRGB" if fine else "other", "the file is not RGB with an sRGB profile"


def _source_type(facts: FileFacts, limit: Any) -> Outcome:
    found = facts.found_source_type
    wanted = source_type_address(facts.source_type) if facts.source_type else ""
    passed = found == wanted or not limit
    detail = f"the digital source type is {found or 'missing'}, it must be {wanted or 'absent'}"
    return passed, found.rsplit("/", 1)[-1] or "none", detail


def _name_pattern(name: str, limit: Any) -> Measured:
    passed = re.fullmatch(limit, name) is not None
    return passed, name, f"the name {name} does not have the form {limit}"


NAME_MEASURES: dict[str, Callable[[str, Any], Measured]] = {
    "NAME_PATTERN": _name_pattern,
    "MAX_NAME": lambda name, limit: _at_most(len(name), limit, "characters", "the name"),
}
MEASURES: dict[str, Callable[[FileFacts, Any], Outcome]] = {
    "MIN_LONG_SIDE": lambda facts, limit: _at_least(max(facts.width, facts.height), limit, "px", "the longest side"),
    "MIN_SHORT_SIDE": lambda facts, limit: _at_least(min(facts.width, facts.height), limit, "px", "the shortest side"),
    "MIN_WIDTH": lambda facts, limit: _at_least(facts.width, limit, "px", "the width"),
    "MIN_HEIGHT": lambda facts, limit: _at_least(facts.height, limit, "px", "the height"),
    "MAX_LONG_SIDE": lambda facts, limit: _at_most(max(facts.width, facts.height), limit, "px", "the longest side"),
    "MAX_SIDES_SUM": lambda facts, limit: _at_most(
        facts.width + facts.height, limit, "px", "width and height together"
    ),
    "MAX_MEGAPIXELS": lambda facts, limit: _at_most(facts.width * facts.height / 1e6, limit, "MP", "the picture"),
    "MAX_BYTES": lambda facts, limit: _at_most(facts.bytes, limit, "bytes", "the file"),
    "ASPECT": _aspect,
    "FORMATS": _formats,
    "WHITE_BACKGROUND": _white,
    "MIN_FILL": _min_fill,
    "MAX_FILL": _max_fill,
    "NO_FRAME_CONTACT": _no_contact,
    "NO_ALPHA": _no_alpha,
    "SRGB": _srgb,
    "KEEP_SOURCE_TYPE": _source_type,
}
