"""Product codes and views out of file names, by a pattern people can edit.

A pattern is one or more forms, tried from left to right and divided by `|`. In a form `{sku}` is the product's code, `{view}`
the view (1 front, 2 angle, 3 side or those words), `*` any text, `/` a folder; everything else is meant literally, in either
case. A form speaks about the end of the path: `{sku}/*` is "the folder a photo lies in". The file ending is not part of it.

Three rules settle what names alone leave open:
- A folder named like a product wins over the file name: MUG-01/MUG-01.jpg is MUG-01, not MUG's first photo.
- After an underscore a view may have two digits and a leading zero (AC4102_1, AC4102_01). After a hyphen only one digit counts,
  because codes end in "-01" more often than photos are numbered so: SKU-2.jpg is the second photo of SKU, MUG-01.jpg is MUG-01.
- A whole name that is the code of a known product is that product.

The folder that was dropped is a collection, not a product, as soon as one photo right inside it has a telling name.
"""

import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_PATTERN = (
    "{sku}/{sku}_{view} | {sku}/{sku}-{view} | {sku}/{sku} ({view}) | {sku}/{view} | {sku}/* "
    "| {sku}_{view} | {sku}-{view} | {sku} ({view}) | {sku}"
)
# What is shown and typed in place of the long form above.
AUTOMATIC = "automatic"
MAX_PATH = 1000
MAX_SKU = 80
MAX_PATTERN = 200
MAX_FORMS = 12
# The inside of a garment, its collar, is no view that is sold: it closes the neck of the front view.
VIEW_WORDS = {"front": 1, "angle": 2, "side": 3, "inside": 99, "neck": 99}
IMAGE_SUFFIXES = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "mpo", "png", "webp", "avif", "heic", "heif", "hif", "tif", "tiff", "bmp", "gif"}
)
WORKBOOK_SUFFIX = "xlsx"
TABLE_SUFFIXES = frozenset({"csv", "tsv", "json", WORKBOOK_SUFFIX})
# Workbooks that are not opened: with macros, of the old kind, of other programs.
OTHER_WORKBOOK_SUFFIXES = frozenset({"xlsm", "xlsb", "xls", "ods", "numbers"})
ARCHIVE_SUFFIXES = frozenset({"zip"})
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})\Z")
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
_TOKEN = re.compile(r"(\{sku\}|\{view\}|\*)")
_VIEW_WORD = "|".join(VIEW_WORDS)
# What desktops put behind the name of a copy: "MUG-01 (copy)", "MUG-01 - Copy (2)", "MUG-01 copy 3".
_COPY = re.compile(
    r" (?:\((?:another |[0-9]+(?:st|nd|rd|th) )?copy(?: [0-9]+)?\)|(?:- )?(?:copy|kopie)(?: \(?[0-9]+\)?)?)\Z",
    re.IGNORECASE,
)
# Names cameras and people give that say nothing about the product.
_GENERIC = re.compile(
    r"(?:img|image|photo|picture|pic|dsc|dscf|dscn|pxl|scan|mvimg|p|view|untitled|copy)[\W_0-9]*"
    r"|[0-9]{1,4}"
    rf"|{_VIEW_WORD}|back|top|bottom|detail|main|[0-9a-f]{{8}}-[0-9a-f-]{{27}}",
    re.IGNORECASE,
)


class NameError_(ValueError):
    """A name that cannot be used; `code` for machines, `str()` one sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PatternError(ValueError):
    """A pattern that cannot be used; the text says where and why."""


@dataclass(frozen=True)
class ParsedName:
    """`view` is None where the name does not tell it."""

    sku: str
    view: int | None


def parse_name(path: str, *, pattern: str = DEFAULT_PATTERN, known: Container[str] = ()) -> ParsedName:
    """Code and view of a photo named `path` (folders divided by "/"), the code in the case it is given.

    known: codes that exist; a name that equals one is taken whole. Raises NameError_ and PatternError.
    """
    folders, stem = _split(path)
    if stem in known and not folders:
        return ParsedName(sku=stem, view=None)
    for form in compile_pattern(pattern):
        if parsed := form.match(folders, stem):
            return ParsedName(sku=check_sku(parsed.sku), view=parsed.view)
    raise NameError_("wrong-name", f"The name does not fit the pattern {shown(pattern)}.")


def check_sku(text: str) -> str:
    """The code, without blanks around it and in composed form. Raises NameError_ for one that cannot be used."""
    sku = unicodedata.normalize("NFC", text).strip()
    if not sku.strip("._-"):
        raise NameError_("wrong-name", "The name holds no product code.")
    if len(sku) > MAX_SKU:
        raise NameError_("wrong-name", f"The product code has {len(sku)} characters; at most {MAX_SKU} are allowed.")
    if found := _FORBIDDEN.search(sku):
        raise NameError_("wrong-name", f"The product code holds {found.group()!r}, which file names cannot hold.")
    if any(unicodedata.category(letter)[0] in "CZ" and letter != " " for letter in sku):
        raise NameError_("wrong-name", "The product code holds an invisible character.")
    if sku.startswith(".") or sku.endswith("."):
        raise NameError_("wrong-name", "The product code may not start or end with a dot.")
    return sku


def clean_path(path: str) -> str:
    """The path with "/" between folders, composed. Raises NameError_ for one that leaves its folder or is made to deceive."""
    if len(path) > MAX_PATH:
        raise NameError_("wrong-name", f"The name has {len(path)} characters; at most {MAX_PATH} are allowed.")
    text = unicodedata.normalize("NFC", path.replace("\\", "/"))
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise NameError_("wrong-name", "The name holds a control character.")
    parts = text.split("/")
    if ".." in parts or text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise NameError_("wrong-name", "The name points outside its folder.")
    cleaned = "/".join(part for part in parts if part not in ("", "."))
    if not cleaned:
        raise NameError_("wrong-name", "The file has no name.")
    return cleaned


def is_ignored(path: str) -> bool:
    """True for what systems leave beside photos: hidden files, thumbnails, the Mac's second copies."""
    parts = path.replace("\\", "/").split("/")
    if any(part in ("__MACOSX", "@eaDir", "$RECYCLE.BIN") for part in parts):
        return True
    return any(part.startswith(".") and part not in (".", "..") for part in parts) or parts[-1].lower() in {
        "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
    }  # fmt: skip


def printable(path: str) -> str:
    """The name as it can be shown and stored, whatever it holds."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in path)[:MAX_PATH]


def row_path(path: str) -> str:
    """What a row is found by: the cleaned path, or for one that cannot be used something that can be shown."""
    try:
        return clean_path(path)
    except NameError_:
        return printable(path)


def suffix_of(path: str) -> str:
    """Ending in lower case without its dot, or nothing."""
    found = _SUFFIX.search(path)
    return found.group(1).lower() if found else ""


def stem_of(path: str) -> str:
    """The file's own name without folders and without an image's ending."""
    return _stem(path.replace("\\", "/").rpartition("/")[2])


def sort_key(path: str) -> list[tuple[int, int, str]]:
    """Order people expect: photo 2 before photo 10."""
    parts = re.split(r"([0-9]+)", path.lower())
    return [(1, int(part), "") if part.isascii() and part.isdigit() else (0, 0, part) for part in parts]


def is_automatic(pattern: str) -> bool:
    return pattern.strip() in ("", AUTOMATIC, DEFAULT_PATTERN)


def shown(pattern: str) -> str:
    return AUTOMATIC if is_automatic(pattern) else pattern


def collections(paths: Iterable[str]) -> set[str]:
    """Top folders that hold photos of several products, so that their names say nothing about one.

    A top folder is a collection when a photo right inside it has a telling name: not a camera's number, not just a
    view, not the folder's own name. Otherwise the folder is itself the product.
    """
    found = set()
    for path in paths:
        parts = inside_archive(path).split("/")
        if len(parts) == 2 and parts[0] not in found and is_telling(_stem(parts[1]), folder=parts[0]):
            found.add(parts[0])
    return found


def is_telling(stem: str, *, folder: str = "") -> bool:
    """True if the name could be a product's."""
    return not _GENERIC.fullmatch(stem) and not (folder and stem.lower().startswith(folder.lower()))


def without_collection(path: str, *, roots: Container[str]) -> str:
    """The path as seen from inside the archive and the collection it was dropped with."""
    inner = inside_archive(path)
    first, slash, rest = inner.partition("/")
    return rest if slash and first in roots else inner


def inside_archive(path: str) -> str:
    """The path without the zip file it came in: shop.zip/MUG-01.jpg is MUG-01.jpg."""
    archive, slash, rest = path.partition("/")
    return rest if slash and suffix_of(archive) in ARCHIVE_SUFFIXES else path


@dataclass(frozen=True)
class _Form:
    expression: re.Pattern[str]
    depth: int

    def match(self, folders: list[str], stem: str) -> ParsedName | None:
        if len(folders) < self.depth:
            return None
        tail = [*folders[len(folders) - self.depth :], stem]
        found = self.expression.fullmatch("/".join(tail))
        if found is None:
            return None
        groups = found.groupdict()
        return ParsedName(sku=groups["sku"], view=_view(groups.get("view")))


@lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> tuple[_Form, ...]:
    """The forms of a pattern. Raises PatternError."""
    text = DEFAULT_PATTERN if is_automatic(pattern) else pattern
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"The pattern has {len(pattern)} characters; at most {MAX_PATTERN} are allowed.")
    forms = [form.strip() for form in text.split("|")]
    if len(forms) > MAX_FORMS:
        raise PatternError(f"The pattern has {len(forms)} forms; at most {MAX_FORMS} are allowed.")
    return tuple(_compile_form(form) for form in forms)


def _compile_form(form: str) -> _Form:
    if "{sku}" not in form:
        raise PatternError(f"{form or 'An empty form'!r} has no {{sku}}: without it no product is known.")
    if unknown := re.search(r"\{(?!sku\}|view\})[^}]*\}?", form):
        raise PatternError(f"{unknown.group()} is not known; use {{sku}}, {{view}} and *.")
    if form.count("{view}") > 1:
        raise PatternError(f"{form!r} names {{view}} twice.")
    if form.count("*") > 4 or "**" in form:
        raise PatternError(f"{form!r} has too many *.")
    pieces = _TOKEN.split(_without_suffix(form))
    expression = "".join(_piece(pieces, index) for index in range(len(pieces)))
    return _Form(expression=re.compile(expression, re.IGNORECASE), depth=form.count("/"))


def _piece(pieces: list[str], index: int) -> str:
    token = pieces[index]
    if token == "{sku}":
        return "(?P=sku)" if "{sku}" in pieces[:index] else r"(?P<sku>[^/]+)"
    if token == "{view}":
        digits = "[1-9]" if index and pieces[index - 1].endswith("-") else "0?[1-9]|[1-9][0-9]"
        return rf"(?P<view>{digits}|{_VIEW_WORD})"
    return r"[^/]*" if token == "*" else re.escape(token)


def _without_suffix(form: str) -> str:
    """People type the file ending too: {sku}_{view}.jpg means the same as without."""
    return re.sub(r"\.(?:\*|\{ext\}|ext|" + "|".join(IMAGE_SUFFIXES) + r")\Z", "", form, flags=re.IGNORECASE)


def _view(text: str | None) -> int | None:
    if text is None:
        return None
    return VIEW_WORDS.get(text.lower()) or int(text)


def _split(path: str) -> tuple[list[str], str]:
    *folders, name = clean_path(path).split("/")
    return folders, _stem(name)


def _stem(name: str) -> str:
    """The name without an image's ending; another dot belongs to the code, as in AB.1200."""
    stem = name[: -len(suffix_of(name)) - 1] if suffix_of(name) in IMAGE_SUFFIXES else name
    return _COPY.sub("", stem) or stem
