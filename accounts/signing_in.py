"""Signing in with a password: guesses are counted, and one too many is refused before the password is looked at."""

import hashlib
import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts import ratelimit
from accounts.access import client_address
from accounts.models import User

logger = logging.getLogger(__name__)
# Guesses for all names from one address, and for one name from all addresses, as multiples of those for one name from one address.
# Many people share an office's address; nobody may lock a colleague out from afar with a handful of wrong guesses.
WIDER = 10


class CountingBackend(ModelBackend):
    """Django's own users and passwords, for the sign-in page and the admin alike. A right password gives the try back."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if request is None or not username:
            return super().authenticate(request, username, password, **kwargs)
        address = client_address(request) or ""
        limits = _limits(username, address)
        tries = {
            key: ratelimit.spend(key, limit=limit, window_s=ratelimit.GUESSES_WINDOW_S) for key, limit in limits.items()
        }
        if over := [one for one in tries.values() if one.is_over]:
            request.sign_in_wait_s = max(one.reset_s for one in over)  # type: ignore[attr-defined]
            logger.warning("sign-in refused address=%s: too many tries", address)
            raise PermissionDenied
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            logger.warning("sign-in failed address=%s", address)
        else:
            for key in limits:
                ratelimit.give_back(key, window_s=ratelimit.GUESSES_WINDOW_S)
        return user


class SignInForm(AuthenticationForm):
    """Says how long to wait where that is the reason, and never whether a name exists."""

    def get_invalid_login_error(self) -> ValidationError:
        wait_s = getattr(self.request, "sign_in_wait_s", 0)
        if not wait_s:
            return ValidationError(
                gettext("This name and password do not fit. Passwords tell capital letters from small ones."),
                code="no-fit",
            )
        return ValidationError(ratelimit.too_many_guesses(wait_s), code="too-many")


def _limits(username: str, address: str) -> dict[str, int]:
    """How many tries each count allows. Names are hashed: people type passwords into the wrong field."""
    name = hashlib.sha256(username.casefold().encode()).hexdigest()[:32]
    least = settings.SIGN_IN_TRIES
    return {
        f"sign-in:{name}:{address}": least,
        f"sign-in:{name}": least * WIDER,
        f"sign-in:@{address}": least * WIDER,
    }
