"""Examples for the API's document, made from its own schemas: every operation has one, also one written tomorrow."""

from typing import Any

# What a field of this name looks like in life; the rest follows from its type.
_BY_NAME: dict[str, Any] = {
    "sku": "MUG-01",
    "product": "MUG-01",
    "name": "Autumn mugs",
    "file": "MUG-01_1.jpg",
    "title": "Blue mug",
    "alt_text": "Blue mug",
    "channel": "google",
    "pack": "google",
    "label": "Google Merchant Center",
    "recipe": "packshot@1",
    "state": "done",
    "mode": "packshot",
    "kind": "main",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "gtin": "09520001002045",
    "asin": "B0EXAMPLE1",
    "url": "https://shop.example/hooks/firstpass",
    "image_url": "https://cdn.example.com/MUG-01_1.jpg",
    "cursor": "",
    "next": None,
    "next_cursor": "MTo0Mg",
    "width": 1600,
    "height": 1600,
    "bytes": 184_220,
    "media_type": "image/jpeg",
    "mime": "image/jpeg",
    "view": 1,
    "score": 0.97,
    "error": "",
    "reason": "",
    "category": "home-goods",
    "event": "export.completed",
    "message_id": "evt_42",
}
_BY_FORMAT = {
    "date-time": "2026-11-21T09:30:00Z",
    "date": "2026-11-21",
    "uuid": "0b1c5f8e-6f7a-4d53-9a5e-2f3f4c1d7a10",
    "uri": "https://shop.example/",
    "binary": "…",
}
_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "string": "text", "null": None}


def example_of(schema: dict[str, Any], components: dict[str, Any], *, name: str = "", depth: int = 0) -> Any:
    """A value the schema accepts: its own example or default, a usual one for the field's name, else by its type."""
    if "$ref" in schema:
        found = components.get(schema["$ref"].rsplit("/", 1)[-1], {})
        return example_of(found, components, name=name, depth=depth)
    given = _given(schema, name)
    if given is not _NOTHING:
        return given
    for key in ("anyOf", "oneOf", "allOf"):
        if choices := schema.get(key):
            return example_of(choices[0], components, name=name, depth=depth)
    kind = schema.get("type")
    if kind == "array":
        return _list_of(schema, components, name=_single(name), depth=depth + 1)
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {key: example_of(one, components, name=key, depth=depth + 1) for key, one in properties.items()}
    made = _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(str(kind)))
    return min(made, schema["maximum"]) if "maximum" in schema else made


def _list_of(schema: dict[str, Any], components: dict[str, Any], *, name: str, depth: int) -> list[Any]:
    """One item, or as many as there must be; deep down none that need not be."""
    kinds = schema.get("prefixItems") or [schema.get("items", {})] * max(schema.get("minItems", 0), depth <= _DEEPEST)
    return [example_of(kind, components, name=name, depth=depth) for kind in kinds if kind]


_NOTHING = object()
_DEEPEST = 5


def _given(schema: dict[str, Any], name: str) -> Any:
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    usual = _BY_NAME.get(name, _NOTHING)
    if usual is not _NOTHING and _fits(usual, schema):
        return usual
    if "default" in schema:
        return schema["default"]
    return schema.get("minimum", _NOTHING)


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """The usual value of a name, where the schema is one of its type."""
    kinds = {str(one.get("type")) for one in [schema, *schema.get("anyOf", [])]}
    is_plain = not schema.get("format") and "pattern" not in schema and len(str(value)) <= schema.get("maxLength", 999)
    return is_plain and {str: "string", int: "integer", float: "number", type(None): "null"}[type(value)] in kinds


def _single(name: str) -> str:
    """The name of one item of a list: "skus" holds a "sku"."""
    return name.removesuffix("s")
