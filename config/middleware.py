"""What every answer of the API has: a problem document for any error, the token's allowance, an ETag, compression."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.translation import override

from config.problems import CONTENT_TYPE, problem_response

JSON = "application/json"
# Bare answers that would leave a person on an empty page: each has a template of its number.
SAID_ON_A_PAGE = (405, 410)


class ApiMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.gzip = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        if "\0" in request.path:
            return problem_response(request, status=404, detail="There is nothing under this address.")
        if "%00" in request.META.get("QUERY_STRING", ""):
            return problem_response(request, status=422, detail="A text holds a NUL character: leave it out.")
        response = _with_problem(request, self.get_response(request))
        if allowance := getattr(request, "allowance", None):
            for name, value in allowance.headers().items():
                response[name] = value
        return self._small(request, response)

    def _small(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Not at all, where the caller has it already; else compressed, where it is text."""
        if not isinstance(response, HttpResponse) or not response.get("Content-Type", "").startswith(JSON):
            return response
        patch_vary_headers(response, ["Authorization", "Cookie"])
        if request.method == "GET" and response.status_code == 200:
            if "ETag" not in response:
                set_response_etag(response)
            fresh = get_conditional_response(request, etag=response["ETag"], response=response)
            if fresh is not None and fresh.status_code == 304:
                return fresh
        return self.gzip.process_response(request, response)


def _with_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Errors that Django answers with a page, as an unknown address or a wrong method, in the form of all others."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith((JSON, CONTENT_TYPE)):
        return response
    details = {404: "There is nothing under this address.", 405: f"{request.method} is not for this address."}
    detail = details.get(response.status_code, response.reason_phrase)
    problem = problem_response(request, status=response.status_code, detail=detail)
    for name in ("Allow", "WWW-Authenticate", "Retry-After"):
        if name in response:
            problem[name] = response[name]
    return problem


class ErrorPageMiddleware:
    """Whoever follows a link in a browser gets a page, where a program gets a plain sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code not in SAID_ON_A_PAGE or "text/html" not in request.headers.get("Accept", ""):
            return response
        with override(getattr(request, "LANGUAGE_CODE", None)):
            page = render(request, f"{response.status_code}.html", status=response.status_code)
        if "Allow" in response:
            page["Allow"] = response["Allow"]
        return page


class NoNulMiddleware:
    """PostgreSQL holds no NUL in a text: nothing that is looked for with one can be there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path:
            raise Http404("There is nothing under this address.")
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("A text holds a NUL character: leave it out.")
        return self.get_response(request)


class FreshPagesMiddleware:
    """Pages are for whoever is signed in and change by the second: asked for anew each time, and kept by nobody in between."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
