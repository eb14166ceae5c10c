"""Errors of the API as problem+json (RFC 9457) with the request's id."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/problem+json"
TITLES = {400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
          409: "Conflict", 410: "Gone", 413: "Too large", 415: "Unsupported media type", 422: "Invalid input",
          429: "Too many requests", 500: "Server error", 503: "Not available"}  # fmt: skip


def problem(*, status: int, detail: str, request_id: str, **extra: Any) -> dict[str, Any]:
    title = TITLES.get(status, "Error")
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request_id,
        **extra,
    }


def problem_response(request: HttpRequest, *, status: int, detail: str, **extra: Any) -> HttpResponse:
    body = problem(status=status, detail=detail, request_id=getattr(request, "id", ""), **extra)
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
