"""The API's OpenAPI document, completed: the errors every operation can answer, headers, and an example of everything.

Operations name what is theirs; what holds for all of them is written here once, so that no new operation can forget it.
"""

from typing import Any

from config.examples import example_of
from config.problems import CONTENT_TYPE as PROBLEM
from config.problems import TITLES, problem

DETAILS = {
    400: "Cannot parse request body",
    401: "Send an API token: Authorization: Bearer fp_…",
    403: "This token may not do this: it needs the scope export and a role that has it.",
    404: "There is nothing under this address.",
    409: "The first request with this key is still being answered. Ask again in a moment.",
    413: "The request is larger than is taken at once.",
    422: "Some fields are missing or wrong.",
    429: "Too many requests. Wait and try again.",
}
TAGS = {
    "health": "Whether the service can work.",
    "tokens": "Short-lived tokens for services that call each other.",
    "catalog": "What is sold, and its photos.",
    "processing": "Batches of photos, the work on each, and the pictures made.",
    "review": "Pictures that wait for a person.",
    "marketplaces": "Channels, exports, and the listings a shop keeps in sync with.",
    "deliveries": "Exports on their way to a folder, a bucket or a shop, and whether they arrived.",
    "webhooks": "Being told instead of asking.",
}
_REQUEST_ID = {"X-Request-Id": {"description": "quote it when something went wrong", "schema": {"type": "string"}}}
_HEADERS: dict[str, Any] = {
    **_REQUEST_ID,
    "RateLimit-Policy": {"description": 'as "token";q=600;w=60', "schema": {"type": "string"}},
    "RateLimit": {"description": 'as "token";r=599;t=60', "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "requests in a window", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "requests left in it", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "seconds until it starts again", "schema": {"type": "integer"}},
}
_RETRY_AFTER = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}}}
_ETAG = {"ETag": {"description": "give it back in If-None-Match", "schema": {"type": "string"}}}
_IF_NONE_MATCH = {
    "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "an ETag of before: 304 without a body while nothing has changed",
}  # fmt: skip
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255},
    "description": "any text of your own: the same request with the same key is carried out once, for a day",
}  # fmt: skip
TAKES_KEY = {"/batches", "/deliveries", "/exports", "/webhooks"}


def complete(document: dict[str, Any]) -> None:
    """Completes the document in place."""
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    document["info"]["contact"] = {"name": "Whoever runs this installation"}
    schemas = document["components"].setdefault("schemas", {})
    used: list[str] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete_operation(path, method, operation, schemas)
            used += operation.get("tags", [])
    document["tags"] = [{"name": name, "description": TAGS.get(name, "")} for name in dict.fromkeys(used)]


def _complete_operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    if operation["summary"].istitle():
        # Made from the function's name, Each Word With A Capital.
        operation["summary"] = operation["summary"].capitalize()
    parameters = operation.setdefault("parameters", [])
    given = {str(status): answer for status, answer in operation["responses"].items()}
    if method == "get" and "200" in given and _is_json(given["200"]):
        parameters.append(_IF_NONE_MATCH)
        given.setdefault("304", {"description": "Not changed"})
    if method == "post" and path.removeprefix("/api/v1") in TAKES_KEY:
        parameters.append(IDEMPOTENCY_KEY)
    for status in _common(path, operation):
        given.setdefault(str(status), {})
    is_limited = bool(operation.get("security"))
    operation["responses"] = {
        status: _answer(int(status), given[status], schemas, is_get=method == "get", is_limited=is_limited)
        for status in sorted(given)
    }
    _exemplify_body(operation, schemas)


def _common(path: str, operation: dict[str, Any]) -> list[int]:
    """What an operation can answer because of what it is."""
    found = [401, 403, 429] if operation.get("security") else []
    if "{" in path:
        found.append(404)
    if operation.get("requestBody"):
        found += [400, 409, 413] if _takes_key(operation) else [400, 413]
    if operation.get("requestBody") or operation.get("parameters"):
        found.append(422)
    return found


def _takes_key(operation: dict[str, Any]) -> bool:
    return IDEMPOTENCY_KEY in operation["parameters"]


def _is_json(answer: dict[str, Any]) -> bool:
    return "application/json" in answer.get("content", {})


def _answer(
    status: int, answer: dict[str, Any], schemas: dict[str, Any], *, is_get: bool, is_limited: bool
) -> dict[str, Any]:
    content = answer.get("content", {})
    if status >= 400 and (not content or _is_problem(content)):
        content = {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemOut"}, "example": _example_of_problem(status)}
        }
    else:
        for kind, body in content.items():
            if kind == "application/json" and "example" not in body:
                body["example"] = example_of(body.get("schema", {}), schemas)
    made: dict[str, Any] = {
        "description": TITLES[status] if status in TITLES else answer.get("description", "Done"),
        "headers": {
            **(_HEADERS if is_limited and status != 401 else _REQUEST_ID),
            **(_RETRY_AFTER if status == 429 else {}),
            **(_ETAG if is_get and status in (200, 304) else {}),
        },
    }
    return {**made, "content": content} if content else made


def _is_problem(content: dict[str, Any]) -> bool:
    return any(str(body.get("schema", {}).get("$ref", "")).endswith("/ProblemOut") for body in content.values())


def _exemplify_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json" and "example" not in body and "examples" not in body:
            body["example"] = example_of(body.get("schema", {}), schemas)


def _example_of_problem(status: int) -> dict[str, Any]:
    detail = DETAILS.get(status, "What is wrong, in a sentence.")
    return problem(status=status, detail=detail, request_id="4b1f6c9e2d7a4f0e9c3b5a8d7e6f1029")
