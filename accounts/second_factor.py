"""A second factor: a code of six digits from an app on the phone (RFC 6238), asked for after the password, once in a session.

The key is sealed with SECRET_KEY. Ten recovery codes stand in for a lost phone, each once. API tokens know nothing of all this.
"""

import hashlib
import logging
import re
import secrets
import time
from base64 import b32decode, b32encode
from urllib.parse import quote

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django_otp.oath import TOTP

from accounts import people, ratelimit, sealing
from accounts.models import RecoveryCode, User

logger = logging.getLogger(__name__)
PURPOSE = b"firstpass second factor 1"
MISSING = "Your role needs a second factor: set it up under Settings."
ISSUER = "Firstpass"
ADMINISTRATOR = "administrator"
RECOVERY_CODES = 10
# So few unused recovery codes are told at the next sign-in.
FEW_CODES = 3
_KEY_BYTES = 20
_RECOVERY_BYTES = 10
# Steps of 30 s before and after ours that are taken too: clocks of phones differ, and typing takes its time.
_TOLERANCE = 1
_SEEN = "second_factor"


class NotTaken(Exception):
    """The code does not fit, or is not looked at; the text says which."""


def is_asked_of(user: User) -> bool:
    return user.second_factor_at is not None


def is_missing(user: User) -> bool:
    """True for whoever has none, though the site asks it of their role."""
    roles = {user.role, ADMINISTRATOR} if user.is_superuser else {user.role}
    return not is_asked_of(user) and is_required_of(roles)


def is_required_of(roles: set[str]) -> bool:
    return not roles.isdisjoint(settings.SECOND_FACTOR_FOR)


# ---------------------------------------------------------------- the session


def is_seen(session: SessionBase, user: User) -> bool:
    """Whether this session has shown a code of the factor as it is now; one set up anew is asked for again."""
    return not is_asked_of(user) or session.get(_SEEN) == _stamp(user)


def remember(session: SessionBase, user: User) -> None:
    session[_SEEN] = _stamp(user)
    # What was known of the session before the code is of no use after it.
    session.cycle_key()


def _stamp(user: User) -> str:
    return user.second_factor_at.isoformat() if user.second_factor_at else ""


# ---------------------------------------------------------------- set-up


def begin(user: User) -> None:
    """A new key, which counts for nothing before a code of it has been given."""
    key = sealing.box(PURPOSE).encrypt(b32encode(secrets.token_bytes(_KEY_BYTES))).decode()
    # A factor in use is turned off first: by its codes.
    User.objects.filter(pk=user.pk, second_factor_at=None).update(second_factor_key=key, second_factor_step=0)
    user.refresh_from_db()


def key_of(user: User) -> str:
    """The key in Base32, as apps take it by hand. NotTaken where SECRET_KEY is another than it was sealed with."""
    try:
        return sealing.box(PURPOSE).decrypt(user.second_factor_key.encode()).decode()
    except InvalidToken as error:
        raise NotTaken(
            gettext("The site's key has changed, and codes can no longer be checked. Use a recovery code.")
        ) from error


def address_of(user: User) -> str:
    """What the QR code says: the otpauth address that authenticator apps read."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    return f"otpauth://totp/{label}?secret={key_of(user)}&issuer={ISSUER}"


def confirm(user: User, code: str) -> list[str]:
    """Turns it on, and answers the recovery codes. NotTaken when the code is not of the key that `begin` made."""
    if not user.second_factor_key or is_asked_of(user) or not _takes_digits(user, code):
        raise NotTaken(_wrong())
    with transaction.atomic():
        # Another tab may have made another key meanwhile, or turned this one on: its code and its recovery codes are what counts.
        mine = User.objects.filter(pk=user.pk, second_factor_key=user.second_factor_key, second_factor_at=None)
        user.second_factor_at = timezone.now()
        if mine.update(second_factor_at=user.second_factor_at) != 1:
            user.refresh_from_db()
            raise NotTaken(_wrong())
        people.note(user, by=user, what="Second factor turned on")
        return _fresh_codes(user)


def renew_codes(user: User) -> list[str]:
    with transaction.atomic():
        people.note(user, by=user, what="New recovery codes made")
        return _fresh_codes(user)


def turn_off(user: User, *, by: User | None, what: str = "Second factor turned off") -> None:
    with transaction.atomic():
        user.second_factor_key, user.second_factor_at, user.second_factor_step = "", None, 0
        user.save(update_fields=["second_factor_key", "second_factor_at", "second_factor_step"])
        user.recovery_codes.all().delete()
        people.note(user, by=by, what=what)


def reset(user: User, *, by: User | None = None) -> None:
    """For somebody whose phone and recovery codes are lost. people.NotAllowed for oneself, and for administrators by others."""
    people.check_may_change(user, by=by)
    turn_off(user, by=by, what="Second factor reset")


# ---------------------------------------------------------------- codes


def check(user: User, code: str, *, password: str | None = None, address: str | None = None) -> None:
    """Takes a code of the app or a recovery code, each once; with `password`, only beside the right one.

    NotTaken when it does not fit. Wrong ones are counted for the user, from wherever they come: who gets to ask knows the password.
    """
    key = f"second-factor:{user.pk}"
    allowance = ratelimit.spend(key, limit=settings.SIGN_IN_TRIES, window_s=ratelimit.GUESSES_WINDOW_S)
    if allowance.is_over:
        logger.warning("second factor refused user=%s address=%s: too many tries", user.pk, address)
        raise NotTaken(ratelimit.too_many_guesses(allowance.reset_s))
    if password is not None and not user.check_password(password):
        raise NotTaken(gettext("Password and code do not fit."))
    if not (_takes_recovery(user, code) or _takes_digits(user, code)):
        logger.warning("second factor failed user=%s address=%s", user.pk, address)
        raise NotTaken(_wrong() if password is None else gettext("Password and code do not fit."))
    ratelimit.give_back(key, window_s=ratelimit.GUESSES_WINDOW_S)


def _takes_digits(user: User, code: str) -> bool:
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return False
    clock = TOTP(b32decode(key_of(user)))
    clock.time = time.time()
    if not clock.verify(int(digits), tolerance=_TOLERANCE, min_t=user.second_factor_step + 1):
        return False
    # Of two requests with the same code one moves the step on; the other finds it moved.
    step = clock.t()
    taken = User.objects.filter(pk=user.pk, second_factor_step__lt=step).update(second_factor_step=step) == 1
    user.second_factor_step = step
    return taken


def _takes_recovery(user: User, code: str) -> bool:
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at=None)
    taken = unused.update(used_at=timezone.now()) == 1
    if taken:
        people.note(user, by=user, what="Recovery code used")
    return taken


def _fresh_codes(user: User) -> list[str]:
    codes = [b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(code)) for code in codes])
    return ["-".join(re.findall("....", code)) for code in codes]


def _digest(code: str) -> str:
    return hashlib.sha256(re.sub(r"[\s-]", "", code).lower().encode()).hexdigest()


def _wrong() -> str:
    return gettext("This code does not fit. Codes change every 30 seconds: take the one shown now.")
