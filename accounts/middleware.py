import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import second_factor
from accounts.models import User

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
# Pages for whoever has to set up a second factor before anything else.
SETTING_UP = {"second-factor", "second-factor-begin", "second-factor-confirm", "sign-in", "sign-out", "password-change"}


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


class SecondFactorMiddleware:
    """Who has given the password and no code yet is a stranger to everything behind: `request.half_signed_in` alone tells them apart.

    Who must have a second factor and has none gets to the pages that set one up, and to no other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.user
        request.half_signed_in = SimpleLazyObject(lambda: None if _is_known(request, given) else given)  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(lambda: given if _is_known(request, given) else AnonymousUser())  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        # The API asks for itself, where a page's session calls it: programs with a token have no second factor.
        if not settings.SECOND_FACTOR_FOR or request.path.startswith("/api/"):
            return None
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in SETTING_UP or not isinstance(request.user, User) or not second_factor.is_missing(request.user):
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"detail": second_factor.MISSING}, status=403)
        return redirect("second-factor")


def _is_known(request: HttpRequest, user: Any) -> bool:
    return not isinstance(user, User) or second_factor.is_seen(request.session, user)


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
