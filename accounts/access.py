"""Who may do what: one table, one decorator for pages, one authentication for the API."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from ninja.errors import HttpError, Throttled
from ninja.security import HttpBearer, SessionAuth

from accounts import ratelimit, second_factor, service_tokens
from accounts.models import ApiToken, Role, Scope, User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# What each role may do. "view" is everybody who is signed in.
ABILITIES: dict[str, frozenset[str]] = {
    "view": frozenset(Role.values),
    "submit": frozenset({Role.OPERATOR, Role.MANAGER}),
    "review": frozenset({Role.REVIEWER, Role.MANAGER}),
    "export": frozenset({Role.OPERATOR, Role.MANAGER}),
    "integrate": frozenset({Role.INTEGRATOR, Role.OPERATOR, Role.MANAGER}),
    "manage": frozenset({Role.MANAGER}),
}
# What a role must be able to do to use a scope; a token never gives more than its user has.
SCOPE_ABILITY = {
    Scope.READ: "view",
    Scope.UPLOAD: "submit",
    Scope.REVIEW: "review",
    Scope.EXPORT: "export",
    Scope.WEBHOOKS: "integrate",
}
# An integrator works through tokens only and may submit and export with them.
TOKEN_ABILITIES = {Role.INTEGRATOR: frozenset({"view", "submit", "export", "integrate"})}


def may(user: Any, ability: str) -> bool:
    """True if the signed-in user's role has the ability; superusers have all."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return bool(user.is_superuser) or user.role in ABILITIES[ability]


def requires(ability: str) -> Callable[[View], View]:
    """A view for those whose role has the ability; others get 403, strangers the sign-in page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, ability):
                raise PermissionDenied(f"Your role may not {ability}.")
            return view(request, *args, **kwargs)

        guarded.ability = ability  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def signed_in(request: HttpRequest) -> User:
    """The user of a request behind `requires`."""
    assert isinstance(request.user, User)
    return request.user


def client_address(request: HttpRequest) -> str | None:
    """Who is calling. Behind a proxy of our own the last address it noted: what stands before it, callers can make up."""
    direct = request.META.get("REMOTE_ADDR") or None
    if not settings.BEHIND_PROXY:
        return direct
    noted = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(noted))
    except ValueError:
        return direct


class TokenAuth(HttpBearer):
    """Bearer token with the given scope, of a user whose role allows it. The token is at request.auth.

    An API token, or a signed one made from it (see service_tokens).
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        given = read_token(token)
        if given is None:
            request.refusal = why_refused(token)  # type: ignore[attr-defined]
            return None
        found, scopes = given
        _spend(request, found)
        if self.scope not in scopes or not token_may(found.user, SCOPE_ABILITY[self.scope]):
            raise HttpError(
                403, f"This token may not do this: it needs the scope {self.scope.value} and a role that has it."
            )
        request.user = found.user
        return found


class ApiTokenAuth(HttpBearer):
    """Any API token, whatever its scopes; a signed one cannot be made into another."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = ApiToken.objects.find(token)
        if found is None:
            request.refusal = why_refused(token)  # type: ignore[attr-defined]
            return None
        _spend(request, found)
        request.user = found.user
        return found


def read_token(token: str) -> tuple[ApiToken, frozenset[str]] | None:
    """The API token and the scopes that a bearer has by it, be it that token or a signed one made from it; None for no use."""
    if service_tokens.looks_signed(token):
        return service_tokens.read(token)
    found = ApiToken.objects.find(token)
    return (found, frozenset(found.scopes)) if found else None


def why_refused(token: str) -> str:
    """Why a token is not taken, in words: whoever holds it may know what became of it."""
    if service_tokens.looks_signed(token):
        return "This signed token is not of this site, has ended, or its API token was revoked. Exchange an API token for a new one."
    found = ApiToken.objects.filter(digest=ApiToken.digest_of(token)).first()
    if found is None:
        return "This API token is not known here. Tokens look like fp_… and are made under Settings, API tokens."
    if found.is_expired and found.expires_at is not None and found.revoked_at is None:
        return f"This API token ended on {found.expires_at:%Y-%m-%d}. Make a new one under Settings, API tokens."
    return "This API token was revoked, or its user may not sign in any more."


def _spend(request: HttpRequest, token: ApiToken) -> None:
    """Counts the request; the one too many is refused, also when it asks for what the token may not do."""
    allowance = ratelimit.spend(f"token:{token.pk}", limit=settings.API_RATE_PER_MINUTE)
    request.allowance = allowance  # type: ignore[attr-defined]
    if allowance.is_over:
        raise Throttled(allowance.reset_s)
    token.mark_used(address=client_address(request))


class PageAuth(SessionAuth):
    """The site's own pages calling the API: signed-in session with CSRF token, and the ability behind the scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(csrf=True)
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        """Strangers are told to sign in, not that a form's secret is missing."""
        return super().__call__(request) if request.user.is_authenticated else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        if not may(request.user, SCOPE_ABILITY[self.scope]):
            raise HttpError(403, f"Your role may not {SCOPE_ABILITY[self.scope]}.")
        if second_factor.is_missing(signed_in(request)):
            raise HttpError(403, second_factor.MISSING)
        return request.user


def token_may(user: User, ability: str) -> bool:
    return may(user, ability) or (user.is_active and ability in TOKEN_ABILITIES.get(Role(user.role), ()))


def scoped(scope: Scope) -> list[Any]:
    """What to give as `auth=` to an API operation."""
    return [TokenAuth(scope), PageAuth(scope)]
