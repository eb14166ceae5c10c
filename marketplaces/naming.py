"""File names by template, as "{id}.MAIN.{ext}", with what must be known, safe and unique about them."""

import re
import unicodedata
from dataclasses import dataclass, field

from marketplaces.packs import Pack

_PLACE = re.compile(r"\{([a-z0-9_]+)(?::0(\d))?\}")
_ASIN = re.compile(r"[A-Z0-9]{10}")
_GTIN = re.compile(r"\d{8}|\d{12,14}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
MAX_NAME = 120
FIELDS = ("id", "asin", "gtin14", "sku", "role", "n", "p", "ext")


class NameProblem(ValueError):
    """A name that cannot be given. `code` for machines, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Identity:
    """The numbers a product is known by."""

    sku: str
    asin: str = ""
    gtin: str = ""


def fill_template(template: str, fields: dict[str, str | int]) -> str:
    """The template with its places filled; `{n:02}` is padded with zeros. ValueError for an unknown place."""

    def put(match: re.Match[str]) -> str:
        name, width = match.group(1), match.group(2)
        if name not in fields:
            raise ValueError(f"name template {template!r} asks for {{{name}}}; known are {', '.join(FIELDS)}")
        return str(fields[name]).zfill(int(width)) if width else str(fields[name])

    return _PLACE.sub(put, template)


def picture_name(
    template: str, *, identity: Identity, identifier: str, role: str, number: int, position: int, ext: str
) -> str:
    """File name of one picture: `number` counts within its role, `position` within the whole set, both from 1."""
    fields: dict[str, str | int] = {
        "id": plain(identifier),
        "asin": identity.asin,
        "gtin14": gtin14(identity.gtin) if identity.gtin else "",
        "sku": plain(identity.sku),
        "role": role,
        "n": number,
        "p": position,
        "ext": ext,
    }
    name = fill_template(template, fields)
    if len(name) > MAX_NAME or _RESERVED.match(name) or name.startswith("."):
        raise NameProblem(
            "name", f"The name {name[:60]!r} cannot be used: rename the SKU (at most {MAX_NAME} characters)."
        )
    return name


def plain(text: str) -> str:
    """ASCII letters, digits, dot, dash and underscore: accents are taken off, all else becomes a dash."""
    letters = text.replace("ß", "ss").replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    letters = letters.replace("Ä", "Ae").replace("Ö", "Oe").replace("Ü", "Ue")
    ascii_ = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_).strip(".-")
    if not made:
        raise NameProblem("name", f"The SKU {text!r} has no letter or digit a file name can be made of: rename it.")
    return made


def gtin14(value: str) -> str:
    """A GTIN-8, -12, -13 or -14 as fourteen digits. NameProblem when it is none or its check digit is wrong (GS1
    General Specifications, 7.9: weights 3 and 1 from the right)."""
    digits = value.strip().replace(" ", "").replace("-", "")
    if not _GTIN.fullmatch(digits):
        raise NameProblem("gtin", f"The GTIN {value!r} must have 8, 12, 13 or 14 digits: correct it on the product.")
    padded = digits.zfill(14)
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(padded[:13]))
    if (10 - total % 10) % 10 != int(padded[13]):
        raise NameProblem("gtin", f"The GTIN {value!r} has a wrong last digit: correct it on the product.")
    return padded


def identifier_of(pack: Pack, identity: Identity, *, by_sku: bool = False) -> str:
    """What `{id}` stands for in this pack. NameProblem "missing-id" says which number to add."""
    for kind in pack.identifiers:
        if kind == "sku":
            return identity.sku
        if kind == "asin" and identity.asin:
            if not _ASIN.fullmatch(identity.asin):
                raise NameProblem("asin", f"The ASIN {identity.asin!r} must be ten capital letters and digits.")
            return identity.asin
        if kind == "gtin" and identity.gtin:
            return gtin14(identity.gtin)
    if by_sku and pack.sku_fallback:
        return identity.sku
    wanted = " or ".join(kind.upper() for kind in pack.identifiers)
    hint = " or let this channel name files by SKU" if pack.sku_fallback else ""
    raise NameProblem(
        "missing-id", f"No {wanted}: {pack.label} names files by it. Add it to the product (CSV column){hint}."
    )


@dataclass
class NameBook:
    """The names given so far in one export; differing only in case counts as the same, as on most disks."""

    owners: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, *, sku: str) -> None:
        """NameProblem "collision" when another product has the name already."""
        owner = self.owners.setdefault(name.lower(), sku)
        if owner != sku:
            raise NameProblem(
                "collision", f"The name {name} is taken by {owner}: both have the same identifier or a SKU alike."
            )

    def claim_all(self, names: list[str], *, sku: str) -> None:
        """All names of one product, or none of them."""
        for name in names:
            owner = self.owners.get(name.lower(), sku)
            if owner != sku:
                self.claim(name, sku=sku)
        repeated = next((name for name in names if [one.lower() for one in names].count(name.lower()) > 1), None)
        if repeated:
            raise NameProblem(
                "collision", f"Two pictures of {sku} would be named {repeated}: correct the name template."
            )
        for name in names:
            self.claim(name, sku=sku)
