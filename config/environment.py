"""Typed readers of environment variables; every one refuses a value it cannot use and says which and why."""

import os
import zoneinfo
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_url(name: str, default: str) -> str:
    """An address without a slash at its end."""
    value = os.environ.get(name, "").strip() or default
    if not value.startswith(("http://", "https://")) or not urlsplit(value).hostname:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write the whole address, such as https://pictures.example.com."
        )
    return value.rstrip("/")


def env_bool(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use yes or no.")


def env_int(name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}; the least is {least}.")
    if most is not None and number > most:
        raise ImproperlyConfigured(f"{name} is {number}; the most is {most}.")
    return number


def env_days(name: str, *, default: int | None) -> int | None:
    """A number of days, or None for "never"."""
    value = os.environ.get(name, "").strip().lower()
    if value in ("", "never"):
        return None if value else default
    return env_int(name, default=0, least=1)


def env_choice(name: str, *choices: str) -> str:
    """One of the choices; the first is the default."""
    value = os.environ.get(name, "").strip().lower() or choices[0]
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; use one of {', '.join(choices)}.")
    return value


def env_zone(name: str, default: str) -> str:
    value = os.environ.get(name, "").strip() or default
    if value not in zoneinfo.available_timezones():
        raise ImproperlyConfigured(f"{name} is {value!r}; write a time zone such as Europe/Berlin.")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_prefixed(prefix: str) -> dict[str, str]:
    """All variables that begin so, by the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}


def database_from_url(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for postgres://user:password@host:port/name?option=value (host may be a socket folder)."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme!r}; Firstpass needs PostgreSQL (postgresql://…)."
        )
    options = dict(parse_qsl(parts.query))
    try:
        port = str(parts.port or "")
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has a port that is not a number.") from None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured(
            "DATABASE_URL names no database; add it after the host: postgresql://host/firstpass."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": port,
        "OPTIONS": options,
    }
