"""The one NinjaAPI: routers of the apps, and errors as problem+json (RFC 9457) with the request's id."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from accounts.access import scoped
from accounts.api import router as accounts_router
from accounts.models import Scope
from catalog.api import router as catalog_router
from config.health import router as health_router
from marketplaces.api import router as marketplaces_router
from processing.api import router as processing_router
from review.api import router as review_router

logger = logging.getLogger(__name__)
TITLES = {400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 409: "Conflict", 410: "Gone",
          413: "Too large", 415: "Unsupported media type", 422: "Invalid input", 429: "Too many requests", 500: "Server error"}  # fmt: skip

api = NinjaAPI(
    title="Firstpass API",
    version="1",
    description="Submit photos, follow batches, review, export, and keep a shop in sync.",
    urls_namespace="api",
    docs_url=None,
    # An operation that names no scope of its own is at least not open.
    auth=scoped(Scope.READ),
)
api.add_router("", health_router)
api.add_router("", accounts_router)
api.add_router("", catalog_router)
api.add_router("", processing_router)
api.add_router("", review_router)
api.add_router("", marketplaces_router)


def problem(request: HttpRequest, *, status: int, detail: str, **extra: Any) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "request_id": getattr(request, "id", ""),
        **extra,
    }
    response = api.create_response(request, body, status=status)
    response["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, status=error.status_code, detail=str(error))


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(request, status=401, detail="Send an API token: Authorization: Bearer fp_…")
    response["WWW-Authenticate"] = 'Bearer realm="firstpass"'
    return response


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        {"loc": [str(part) for part in row["loc"]], "msg": row["msg"], "type": row["type"]} for row in error.errors
    ]
    return problem(request, status=422, detail="Some fields are missing or wrong.", errors=fields)


@api.exception_handler(Throttled)
def on_throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    response = problem(request, status=429, detail="Too many requests. Wait and try again.")
    response["Retry-After"] = str(error.wait or 1)
    return response


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, status=404, detail="There is nothing under this address.")


@api.exception_handler(PermissionDenied)
def on_permission_denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(request, status=403, detail=str(error) or "Your role may not do this.")


@api.exception_handler(Exception)
def on_error(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("request=%s failed", getattr(request, "id", ""))
    return problem(request, status=500, detail="Something went wrong here. The log has it under the request id.")
