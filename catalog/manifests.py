"""JSON manifests: [{"sku": …, "category": …, "image_url": …}], with several pictures per product if wanted.

As one value; as a document in a file, or lines with an item each (NDJSON): those two are read item by item.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from django.conf import settings

from catalog.jsonstream import BrokenDocument, JsonStream
from catalog.rows import Row

_IMAGE_KEYS = ("image_url", "image", "file", "url")
_LIST_KEYS = ("image_urls", "images")
_WRAPPERS = ("items", "products")
MAX_LINE_BYTES = 64 * 2**10


class ManifestError(ValueError):
    """The manifest as a whole cannot be used."""


def read_manifest(data: bytes | str | Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """A row per picture, or per item that names none. What is wrong inside an item is found when the row is taken.

    Raises ManifestError if it is no list of objects, or too long.
    """
    parsed = _parsed(data) if isinstance(data, bytes | str) else data
    if isinstance(parsed, Mapping):
        parsed = next((parsed[key] for key in _WRAPPERS if key in parsed), parsed)
    if not isinstance(parsed, list | tuple):
        raise ManifestError('The manifest must be a list: [{"sku": "…", "category": "…", "image_url": "…"}].')
    if len(parsed) > settings.MAX_MANIFEST_ITEMS:
        raise ManifestError(f"The manifest has {len(parsed)} items; at most {settings.MAX_MANIFEST_ITEMS} are allowed.")
    rows = [row for index, item in enumerate(parsed) for row in _rows(index, item)]
    if len(rows) > 2 * settings.MAX_MANIFEST_ITEMS:
        raise ManifestError(f"The manifest names {len(rows)} pictures; at most {2 * settings.MAX_MANIFEST_ITEMS}.")
    return rows


def read_head(document: IO[bytes]) -> tuple[dict[str, Any], int]:
    """What a document says beside its items, and how many those are. All of it is looked through, none of it is kept.

    Raises ManifestError for what is no JSON, and for too many items.
    """
    head: dict[str, Any] = {}
    count = 0
    for name, value in _parts(document):
        if name:
            head[name] = value
        else:
            count += 1
    if count > settings.MAX_MANIFEST_ITEMS:
        raise ManifestError(f"The manifest has {count} items; at most {settings.MAX_MANIFEST_ITEMS} are allowed.")
    return head, count


def read_items(document: IO[bytes]) -> Iterator[Row]:
    """The rows of a document's items, as they are read; their places are counted from 0. Raises ManifestError."""
    items = (value for name, value in _parts(document) if not name)
    for index, item in enumerate(items):
        yield from _rows(index, item)


def _parts(document: IO[bytes]) -> Iterator[tuple[str, Any]]:
    try:
        yield from JsonStream(document, most=MAX_LINE_BYTES).parts("items")
    except BrokenDocument as error:
        raise ManifestError(f"The manifest is not JSON: {error}.") from error


def read_lines(lines: IO[bytes]) -> Iterator[Row]:
    """The rows of a manifest of lines, as they are read. A line that cannot be used becomes a row that says why.

    Raises ManifestError behind the last line that is allowed.
    """
    count = 0
    for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if not line.strip():
            continue
        count += 1
        if count > settings.MAX_MANIFEST_ITEMS:
            raise ManifestError(f"The manifest has more than {settings.MAX_MANIFEST_ITEMS} items: send it in parts.")
        yield from _line_rows(f"line {number}", line, lines)


def _line_rows(place: str, line: bytes, lines: IO[bytes]) -> list[Row]:
    if len(line) > MAX_LINE_BYTES:
        while line and not line.endswith(b"\n"):
            line = lines.readline(MAX_LINE_BYTES)
        return [Row(place, "", {}, fault=f"has more than {MAX_LINE_BYTES // 1024} kB")]
    try:
        item = _parsed(line)
    except ManifestError as error:
        return [Row(place, "", {}, fault=str(error).removeprefix("The manifest "))]
    if not isinstance(item, Mapping):
        return [Row(place, "", {}, fault='is not an object such as {"sku": "MUG-01", "image_url": "https://…"}')]
    return _item_rows(place, item)


def _parsed(data: bytes | str) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        raise ManifestError("The manifest is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise ManifestError(f"The manifest is not JSON: {error.msg} in line {error.lineno}.") from error
    except RecursionError as error:
        raise ManifestError("The manifest is nested too deep.") from error


def _rows(index: int, item: Any) -> list[Row]:
    """Rows of item `index`, counted from 0 as in the JSON path `[index]`."""
    place = f"item {index}"
    return _item_rows(place, item) if isinstance(item, Mapping) else [Row(place=place, image="", fields={})]


def _item_rows(place: str, item: Mapping[Any, Any]) -> list[Row]:
    fields = {str(key).lower(): value for key, value in item.items()}
    images = _images(fields)
    if len(images) <= 1:
        return [Row(place=place, image=_address(image), fields={**fields, **_own(image)}) for image in images or [""]]
    # A view of the item as a whole cannot be meant for each of several pictures.
    shared = {key: value for key, value in fields.items() if key != "view"}
    return [
        Row(place=f"{place}, picture {number}", image=_address(image), fields={**shared, **_own(image)})
        for number, image in enumerate(images)
    ]


def _images(fields: Mapping[str, Any]) -> list[Any]:
    single = [fields[key] for key in _IMAGE_KEYS if fields.get(key)]
    several = [value for key in _LIST_KEYS if isinstance(fields.get(key), list | tuple) for value in fields[key]]
    return [*single[:1], *several]


def _address(image: Any) -> str:
    """The picture's address out of a text or an object; anything else becomes a text that no check lets through."""
    if isinstance(image, Mapping):
        image = next((image[key] for key in _IMAGE_KEYS if image.get(key)), "\0")
    return image.strip() if isinstance(image, str) else "\0"


def _own(image: Any) -> dict[str, Any]:
    return {"view": image["view"]} if isinstance(image, Mapping) and image.get("view") else {}
