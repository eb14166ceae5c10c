"""Secrets of targets: sealed in the database with a key made from SECRET_KEY, or named and kept out of it altogether.

A value "env:NAME" stands for the environment variable DELIVERY_SECRET_NAME. Other variables cannot be named: a target
must not be a way to read the server's own passwords.
"""

from collections.abc import Mapping

from cryptography.fernet import InvalidToken
from django.conf import settings

from accounts import sealing
from marketplaces.deliveries.base import DeliveryError

REFERENCE = "env:"
_SEALED = "sealed:"
_PURPOSE = b"firstpass delivery secrets 1"


def seal(value: str) -> str:
    """The form that is kept: encrypted, or the reference as it is."""
    if value.startswith(REFERENCE):
        return value
    return _SEALED + sealing.box(_PURPOSE).encrypt(value.encode()).decode()


def unseal(kept: str) -> str:
    """The secret itself. DeliveryError when it cannot be had."""
    if kept.startswith(REFERENCE):
        name = kept.removeprefix(REFERENCE)
        if name not in settings.DELIVERY_SECRETS:
            raise _lost(f"The environment variable DELIVERY_SECRET_{name} is not set on this machine.")
        return str(settings.DELIVERY_SECRETS[name])
    try:
        return sealing.box(_PURPOSE).decrypt(kept.removeprefix(_SEALED).encode()).decode()
    except InvalidToken as error:
        raise _lost("The secret was sealed with another SECRET_KEY: enter it again.") from error


def unsealed(kept: Mapping[str, str]) -> dict[str, str]:
    return {name: unseal(value) for name, value in kept.items()}


def shown(kept: str) -> str:
    """What a page may show: the reference, or that there is something."""
    return kept if kept.startswith(REFERENCE) else "is set" if kept else ""


def _lost(message: str) -> DeliveryError:
    return DeliveryError("secret", message, is_permanent=True, concerns_target=True)
