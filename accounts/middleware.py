import re
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


class RequestIdMiddleware:
    """Names every request, so that an error shown to a user can be found in the log: request.id and X-Request-Id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.id = given if GIVEN_ID.match(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


def language_of(request: HttpRequest) -> str:
    """The user's own language, else the browser's. Programs with a token read English: their answers must not change with a person."""
    if "Authorization" in request.headers:
        return "en"
    chosen = str(getattr(getattr(request, "user", None), "language", ""))
    return (
        chosen if chosen and translation.check_for_language(chosen) else translation.get_language_from_request(request)
    )


class LanguageMiddleware:
    """Every page in the reader's language. Nothing of it stays behind in the thread, which serves others next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.LANGUAGE_CODE = language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.setdefault("Content-Language", language)
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page wants a signed-in user unless it says otherwise. The API answers strangers itself, with 401 instead of a page."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.path.startswith("/api/"):
            return None
        refusal = super().process_view(request, view_func, view_args, view_kwargs)
        # A script would take the sign-in page for success.
        if refusal is not None and request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"detail": "You are signed out. Sign in again in another tab, then retry."}, status=401)
        return refusal

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """After a form one comes back to the page it stood on: its own address shows nothing."""
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        before = request.headers.get("Referer", "")
        known = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
        return redirect_to_login(before if known else "/", self.get_login_url(view_func))
