"""Is this file what its pack asks for? Measured on the encoded bytes, as the marketplace will read them.

The same checks run when a picture is rendered and when a whole export is checked again from disk.
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import PurePath
from typing import Any

from PIL import Image, ImageCms

from marketplaces.packs import Pack, Rule, text_of
from processing.imaging.metadata import read_metadata, source_type_address

MAX_PIXELS = 120_000_000
# The endings that tell a format truly; a file named otherwise is refused by most importers.
SUFFIXES = {
    "JPEG": ("jpg", "jpeg"), "PNG": ("png",), "WEBP": ("webp",), "AVIF": ("avif",), "GIF": ("gif",), "BMP": ("bmp",),
    "TIFF": ("tif", "tiff"),
}  # fmt: skip
_MAGIC = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "GIF": b"GIF8", "BMP": b"BM"}
_UNREADABLE = (OSError, ValueError, SyntaxError, LookupError, TypeError, Image.DecompressionBombError)


@dataclass(frozen=True)
class ProductArea:
    """Where the product is in a picture: its box (x, y, w, h) in px, and a mask (L, product above 0) of the picture's
    ratio, at any size. A small mask must cover whatever pixel the product touches."""

    box_px: tuple[int, int, int, int]
    mask: Image.Image | None = None


@dataclass(frozen=True)
class Finding:
    """One rule held against one file."""

    code: str
    key: str
    severity: str
    passed: bool
    value: str
    limit: str
    detail: str

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == "block"


class FileFacts:
    """What is measured of a file, each at most once."""

    def __init__(
        self, data: bytes, *, name: str = "", product: ProductArea | None = None, source_type: str = ""
    ) -> None:
        self.data, self.name, self.product, self.source_type = data, name, product, source_type
        self.error = ""
        self.image: Image.Image
        try:
            image = Image.open(io.BytesIO(data), formats=tuple(SUFFIXES))
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many to check")
            image.load()
            self.image = image
        except _UNREADABLE as error:
            self.error = str(error) or "unreadable"
            self.image = Image.new("RGB", (1, 1))

    def knows(self, code: str) -> bool:
        """Whether a rule of this code can be answered."""
        return True

    @property
    def bytes(self) -> int:
        return len(self.data)

    @property
    def format(self) -> str:
        return self.image.format or "unknown"

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    @property
    def is_clear(self) -> bool:
        return bool(self.image.has_transparency_data)

    @cached_property
    def is_srgb(self) -> bool:
        """RGB, with a profile that says so."""
        if self.image.mode not in ("RGB", "RGBA"):
            return False
        profile = self.image.info.get("icc_profile")
        if not profile:
            return False
        try:
            description = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        except (OSError, ImageCms.PyCMSError):
            return False
        return "srgb" in description.lower()

    @cached_property
    def found_source_type(self) -> str:
        """Address of the digital source type in the file, empty for none."""
        return read_metadata(self.data).get("digital_source_type", "")

    @cached_property
    def white_fault(self) -> str:
        """What is not white that should be, in words; empty when all is."""
        from processing.scoring.rendition import Expected, measure_rendition

        mask = self.product.mask if self.product else None
        if mask is not None:
            mask = mask.resize(self.image.size, Image.Resampling.NEAREST)
        for found in measure_rendition(self.data, expected=Expected(background="white"), product_mask=mask):
            if found.code == "BG_NOT_WHITE":
                return found.detail if found.value else ""
        return "the background could not be measured"


def check_file(  # noqa: PLR0913 - all that is known about a file
    pack: Pack,
    role: str,
    data: bytes,
    *,
    on: date,
    category: str = "",
    name: str = "",
    product: ProductArea | None = None,
    source_type: str = "",
) -> list[Finding]:
    """Every rule of the pack that can be measured on this file, and the true format against the file's ending.

    `source_type` is the digital source type the file must carry, empty for none. A file that cannot be decoded gives
    one blocking finding.
    """
    facts = FileFacts(data, name=name, product=product, source_type=source_type)
    if facts.error:
        return [_fixed("READABLE", False, "no", "yes", f"the file cannot be decoded: {facts.error}")]
    return [_magic(facts), *check_facts(pack, role, facts, on=on, category=category)]


def check_facts(pack: Pack, role: str, facts: FileFacts, *, on: date, category: str = "") -> list[Finding]:
    """Every rule of the pack that these facts can answer, those about the name where there is one."""
    findings = []
    for rule in pack.rules_for(role, category=category, on=on):
        measure = _MEASURES.get(rule.code)
        outcome = measure(facts, rule.value) if measure and facts.knows(rule.code) else None
        if outcome is not None:
            findings.append(_finding(rule, outcome))
    return findings + (check_name(pack, role, facts.name, on=on, category=category) if facts.name else [])


def check_name(pack: Pack, role: str, name: str, *, on: date, category: str = "") -> list[Finding]:
    """The rules about a file's name alone."""
    rules = pack.rules_for(role, category=category, on=on)
    return [
        _finding(rule, _NAME_MEASURES[rule.code](name, rule.value)) for rule in rules if rule.code in _NAME_MEASURES
    ]


def _finding(rule: Rule, outcome: tuple[bool, str, str]) -> Finding:
    passed, value, detail = outcome
    limit = f"{text_of(rule.value)} {rule.unit}".strip()
    return Finding(rule.code, rule.key, rule.severity, passed, value, limit, "" if passed else detail)


def check_set(pack: Pack, *, roles: Sequence[str], on: date) -> list[Finding]:
    """The rules about how many pictures a listing has, given the role of each."""
    findings = []
    for rule in pack.rules:
        if rule.code not in ("MIN_COUNT", "MAX_COUNT") or not rule.in_force(on) or not isinstance(rule.value, int):
            continue
        count = sum(rule.scope.covers(role, "") for role in roles)
        passed = count >= rule.value if rule.code == "MIN_COUNT" else count <= rule.value
        words = "at least" if rule.code == "MIN_COUNT" else "at most"
        detail = (
            "" if passed else f"{count} picture{'' if count == 1 else 's'}, {pack.label} wants {words} {rule.value}"
        )
        findings.append(Finding(rule.code, rule.key, rule.severity, passed, str(count), str(rule.value), detail))
    return findings


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.blocks]


def warnings(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.passed and finding.severity == "warn"]


def _fixed(code: str, passed: bool, value: str, limit: str, detail: str) -> Finding:
    return Finding(code, code, "block", passed, value, limit, "" if passed else detail)


def _magic(facts: FileFacts) -> Finding:
    """First bytes, decoder and file ending must agree."""
    ending = PurePath(facts.name).suffix.lower().lstrip(".")
    endings = SUFFIXES.get(facts.format, ())
    faults = []
    if not facts.data.startswith(_MAGIC.get(facts.format, b"")):
        faults.append("the first bytes are not those of its format")
    if facts.name and ending not in endings:
        faults.append(f"the name ends in .{ending}, the file is {facts.format}")
    if getattr(facts.image, "n_frames", 1) > 1:
        faults.append("the file holds several pictures")
    return _fixed("FORMAT", not faults, facts.format, "true format", "; ".join(faults))


# ---------------------------------------------------------------- one measure per rule code

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


_NAME_MEASURES: dict[str, Callable[[str, Any], Measured]] = {
    "NAME_PATTERN": _name_pattern,
    "MAX_NAME": lambda name, limit: _at_most(len(name), limit, "characters", "the name"),
}
_MEASURES: dict[str, Callable[[FileFacts, Any], Outcome]] = {
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
