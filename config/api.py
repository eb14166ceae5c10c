"""The one NinjaAPI: routers of the apps, and what becomes of their errors."""

import logging
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.openapi.schema import OpenAPISchema

from accounts.access import scoped
from accounts.api import router as accounts_router
from accounts.models import Scope
from accounts.token_api import router as tokens_router
from catalog.api import router as catalog_router
from config.contract import complete
from config.health import router as health_router
from config.metrics import router as metrics_router
from config.problems import problem_response
from marketplaces.api import router as marketplaces_router
from marketplaces.deliveries.api import router as deliveries_router
from processing.backpressure import Overloaded
from processing.generation_api import router as generation_router
from processing.running_api import router as processing_router
from review.api import router as review_router

logger = logging.getLogger(__name__)


class FirstpassAPI(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        complete(document)
        return document


api = FirstpassAPI(
    title="Firstpass API",
    version="1",
    description="Submit photos, follow batches, review, export, and keep a shop in sync.",
    urls_namespace="api",
    docs_url=None,
    # An operation that names no scope of its own is at least not open.
    auth=scoped(Scope.READ),
)
api.add_router("", health_router)
api.add_router("", metrics_router)
api.add_router("", tokens_router)
api.add_router("", accounts_router)
api.add_router("", catalog_router)
api.add_router("", processing_router)
api.add_router("", generation_router)
api.add_router("", review_router)
api.add_router("", marketplaces_router)
api.add_router("", deliveries_router)


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(request, status=error.status_code, detail=str(error))


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    detail = getattr(request, "refusal", "Send an API token: Authorization: Bearer fp_…")
    response = problem_response(request, status=401, detail=detail)
    response["WWW-Authenticate"] = 'Bearer realm="firstpass"'
    return response


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        {"loc": [str(part) for part in row["loc"]], "msg": row["msg"], "type": row["type"]} for row in error.errors
    ]
    told = "; ".join(dict.fromkeys(_told(row) for row in fields[:5]))
    detail = f"Some fields are missing or wrong: {told}." if told else "Some fields are missing or wrong."
    return problem_response(request, status=422, detail=detail, errors=fields)


def _told(row: dict[str, Any]) -> str:
    """A field and what is wrong with it. The last parts of its place tell enough: scope.skus, items.0."""
    place = ".".join(row["loc"][2:]) or ".".join(row["loc"][-1:])
    said = "there is no such field" if row["type"] == "extra_forbidden" else row["msg"][:1].lower() + row["msg"][1:]
    return f"{place} ({said})"


@api.exception_handler(Overloaded)
def on_overloaded(request: HttpRequest, error: Overloaded) -> HttpResponse:
    response = problem_response(request, status=429, detail=str(error))
    response["Retry-After"] = str(error.retry_after_s)
    return response


@api.exception_handler(Throttled)
def on_throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    response = problem_response(request, status=429, detail="Too many requests. Wait and try again.")
    response["Retry-After"] = str(error.wait or 1)
    return response


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(request, status=404, detail="There is nothing under this address.")


@api.exception_handler(PermissionDenied)
def on_permission_denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem_response(request, status=403, detail=str(error) or "Your role may not do this.")


@api.exception_handler(RequestDataTooBig)
def on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem_response(
        request, status=413, detail="The request is larger than is taken at once. Send it in parts."
    )


@api.exception_handler(BadRequest)
@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
@api.exception_handler(UnreadablePostError)
def on_unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """A form without its boundary, too many fields, a line that was cut: what Django's own views answer with 400."""
    return problem_response(request, status=400, detail="The request cannot be read: it is cut off, or no such form.")


@api.exception_handler(DataError)
def on_data_error(request: HttpRequest, error: DataError) -> HttpResponse:
    """What only the database can tell: a NUL character deep in a text, a number beyond its columns."""
    return problem_response(request, status=422, detail="A text holds a NUL character, or a number is out of range.")


@api.exception_handler(Exception)
def on_error(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("request=%s failed", getattr(request, "id", ""))
    return problem_response(
        request, status=500, detail="Something went wrong here. The log has it under the request id."
    )
