"""Short-lived tokens for services that call each other: signed (JWT), made from an API token and dead with it.

The service that holds the API token keeps it; what it hands on works for minutes, and for no more than it asked for.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import ApiToken

# Pinned: what the token's own header says about it is never believed.
ALGORITHM = "HS256"
ISSUER = "firstpass"
AUDIENCE = "firstpass-api"
SHORTEST_S, USUAL_S, LONGEST_S = 30, 300, 900
# Clocks of two machines may differ by this much.
LEEWAY_S = 30
_CLAIMS = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "token", "scope"]


class ExchangeError(ValueError):
    """An exchange that cannot be made; the message says why."""


@dataclass(frozen=True)
class Issued:
    access_token: str
    expires_in: int
    scope: str


def exchange(token: ApiToken, *, scopes: Sequence[str] = (), lifetime_s: int = USUAL_S) -> Issued:
    """A signed token with some of the API token's scopes, all of them by default. It never outlives the API token."""
    wanted = sorted(set(scopes) or set(token.scopes))
    if missing := sorted(set(wanted) - set(token.scopes)):
        raise ExchangeError(f"This API token has no scope {', '.join(missing)}; it has {', '.join(token.scopes)}.")
    now = timezone.now()
    until = now + timedelta(seconds=lifetime_s)
    if token.expires_at is not None:
        until = min(until, token.expires_at)
    scope = " ".join(wanted)
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(token.user_id), "iat": now, "nbf": now, "exp": until,
        "jti": uuid.uuid4().hex, "token": token.pk, "scope": scope,
    }  # fmt: skip
    signed = jwt.encode(claims, _key(settings.SECRET_KEY), algorithm=ALGORITHM)
    return Issued(signed, max(0, round((until - now).total_seconds())), scope)


def looks_signed(text: str) -> bool:
    return text.count(".") == 2


def read(text: str) -> tuple[ApiToken, frozenset[str]] | None:
    """The API token behind a signed one and the scopes it gives now. None when it is forged, over, or its token was revoked."""
    try:
        claims: dict[str, Any] = jwt.decode(
            text, _key(settings.SECRET_KEY), algorithms=[ALGORITHM], issuer=ISSUER, audience=AUDIENCE, leeway=LEEWAY_S,
            options={"require": _CLAIMS},
        )  # fmt: skip
    except jwt.InvalidTokenError:
        return None
    token = ApiToken.objects.usable().select_related("user").filter(pk=claims["token"]).first()
    if token is None or str(token.user_id) != claims["sub"]:
        return None
    return token, frozenset(claims["scope"].split()) & frozenset(token.scopes)


@cache
def _key(secret: str) -> bytes:
    """A key of its own, so that nothing else signed with the installation's secret is ever taken for a token."""
    return salted_hmac("accounts.service_tokens", "signing key", secret=secret, algorithm="sha256").digest()
