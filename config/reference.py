"""The API reference page: drawn from our own OpenAPI document, with no script and nothing from outside."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import requires
from config.api import api


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    body: list[str]
    answers: list[dict[str, Any]] = field(default_factory=list)


@require_GET
@requires("view")
def api_docs(request: HttpRequest) -> HttpResponse:
    document = api.get_openapi_schema()
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(
                _operation(method, path, operation, document)
            )
    host = request.build_absolute_uri("/").rstrip("/")
    return render(request, "insights/api_docs.html", {"groups": groups, "info": document["info"], "host": host})


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    return Operation(
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[
            {
                "name": one["name"],
                "where": one["in"],
                "required": one.get("required", False),
                "type": _words(one.get("schema", {}), document),
            }
            for one in operation.get("parameters", [])
        ],
        body=[f"{kind}: {_words(given.get('schema', {}), document)}" for kind, given in content.items()],
        answers=[
            {
                "status": status,
                "what": answer.get("description", ""),
                "body": [_words(given.get("schema", {}), document) for given in answer.get("content", {}).values()],
            }
            for status, answer in operation.get("responses", {}).items()
        ],
    )


def _words(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> str:
    """A schema in one line, two levels deep: {sku: string, items: [{url: string}]}."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return name if depth > 1 else _words(document["components"]["schemas"].get(name, {}), document, depth)
    if choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " or ".join(dict.fromkeys(_words(one, document, depth) for one in choices))
    if "enum" in schema:
        return " | ".join(repr(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_words(schema.get('items', {}), document, depth + 1)}]"
    if schema.get("type") == "object" and "properties" in schema:
        if depth > 2:
            return "object"
        return (
            "{"
            + ", ".join(f"{key}: {_words(one, document, depth + 1)}" for key, one in schema["properties"].items())
            + "}"
        )
    return str(schema.get("format") or schema.get("type") or "any")
