"""What an installation needs to work, looked at from this machine: each finding says what is wrong and what to do about it."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.checks import WARNING, run_checks
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.models import User
from catalog import files
from processing.models import ACTIVE_JOB_STATES, Job, UpkeepLease
from review.models import Policy
from review.suggestions import suggestions

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
OLDEST_POSTGRES = 14
# A busy worker writes some gigabytes of pictures in an hour; below this an evening's batch may not fit.
LEAST_FREE_BYTES = 5 * 10**9
CLOCK_S = 5.0
SILENT_S = 30


class Level(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    about: str
    level: Level
    text: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine() -> Iterator[Finding]:
    """All findings, one after another. Without a database only what needs none is looked at."""
    database = look_at_database()
    yield database
    yield look_at_broker()
    yield look_at_files()
    yield look_at_space()
    if database.level is not Level.BROKEN:
        for look in WITH_DATABASE:
            yield look()
    yield from look_at_settings()
    yield from look_at_checks()


def look_at_database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, extract(epoch FROM clock_timestamp())")
            number, seconds = cursor.fetchone()
    except Error as error:
        return _broken("database", f"It does not answer: {_first_line(error)}. Check DATABASE_URL and that it runs.")
    version = number // 10_000
    if version < OLDEST_POSTGRES:
        return _broken("database", f"PostgreSQL {version} is too old; {OLDEST_POSTGRES} is the oldest that works.")
    ahead_s = abs(float(seconds) - time.time())
    if ahead_s > CLOCK_S:
        return _warn("database", f"Its clock and this machine's are {ahead_s:.0f} s apart. Set both by NTP.")
    return _fine("database", f"PostgreSQL {version} answers.")


def look_at_broker() -> Finding:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except redis.ResponseError:
        return _fine("broker", "Redis answers; its settings may not be read here. It must not evict keys.")
    except (redis.RedisError, ValueError) as error:
        return _broken("broker", f"Redis does not answer: {_first_line(error)}. Check REDIS_URL and that it runs.")
    if policy != "noeviction":
        return _warn("broker", f"Redis may throw messages away (maxmemory-policy {policy}). Set it to noeviction.")
    return _fine("broker", "Redis answers.")


def look_at_files() -> Finding:
    try:
        files.require()
    except files.StorageUnavailable as error:
        return _broken("files", str(error))
    return _fine("files", "Files can be written.")


def look_at_space() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR if settings.DATA_DIR.exists() else "/").free
    text = f"{free / 10**9:.0f} GB free in {settings.DATA_DIR}."
    return (
        _fine("space", text) if free > LEAST_FREE_BYTES else _warn("space", f"Only {text} Work waits when it is full.")
    )


def look_at_tables() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return _broken(
            "tables", f"They lack {_count(len(missing), 'change')}. Run manage.py migrate, or manage.py up, which does."
        )
    return _fine("tables", "The tables are those of this version.")


def look_at_work() -> Finding:
    """Whether anybody works: a scheduler signs every second, and no photo that could run waits for long."""
    if not _has_tables():
        return _warn("work", "Nothing has run yet.")
    last = UpkeepLease.objects.order_by("-ran_at").exclude(ran_at=None).values_list("ran_at", flat=True).first()
    if last is None or timezone.now() - last > timedelta(seconds=SILENT_S):
        when = f"since {last:%Y-%m-%d %H:%M}" if last else "yet"
        return _warn("work", f"No scheduler has run {when}. Start manage.py up, or manage.py scheduler.")
    waiting = Job.objects.filter(state__in=ACTIVE_JOB_STATES).count()
    return _fine("work", f"The scheduler runs; {_count(waiting, 'photo')} waiting or under way.")


def look_at_people() -> Finding:
    if not _has_tables() or not User.objects.filter(is_active=True).exists():
        return _warn("people", "Nobody can sign in. Add somebody: manage.py user NAME --administrator")
    if not _is_local() and authenticate(None, username="demo", password="firstpass") is not None:
        return _broken("people", "The demo's user can sign in with the printed password. manage.py user demo --off")
    count = User.objects.filter(is_active=True).count()
    return _fine("people", "One person can sign in." if count == 1 else f"{count} people can sign in.")


def look_at_limits() -> Finding:
    """Limits that nobody here chose and that this version of the checks would set otherwise, as after an upgrade."""
    policy = Policy.objects.filter(is_active=True).first() if _has_tables() else None
    waiting = [one for one in suggestions(policy) if not one.is_own] if policy else []
    if waiting:
        text = f"This version suggests other values for {_count(len(waiting), 'limit')}. See Settings, Thresholds."
        return _warn("limits", text)
    return _fine(
        "limits", "The gate's limits are up to date." if policy else "The first picture sets the gate's limits."
    )


WITH_DATABASE: tuple[Callable[[], Finding], ...] = (look_at_tables, look_at_work, look_at_people, look_at_limits)


def look_at_settings() -> Iterator[Finding]:
    """What is fine on one's own machine and a danger once others can reach it."""
    if settings.DEBUG:
        yield _warn("settings", "FIRSTPASS_DEBUG is on: errors show their insides to everybody.")
    if _is_local():
        yield _fine("settings", "For this machine alone. For others set ALLOWED_HOSTS, SITE_URL and FIRSTPASS_HTTPS.")
        return
    if "*" in settings.ALLOWED_HOSTS:
        yield _warn("settings", "ALLOWED_HOSTS is *: name the hosts, or links can be made to lead elsewhere.")
    if not settings.HTTPS:
        yield _warn("settings", "FIRSTPASS_HTTPS is off: passwords and tokens travel readably.")
    if settings.SITE_URL.startswith("https://") != settings.HTTPS:
        yield _warn("settings", f"SITE_URL is {settings.SITE_URL}, which does not go with FIRSTPASS_HTTPS.")
    if settings.SITE_URL.partition("://")[2].partition(":")[0] in LOCAL_HOSTS:
        yield _warn(
            "settings", f"SITE_URL is {settings.SITE_URL}: links in feeds and webhooks lead nowhere for others."
        )
    if not settings.SECRET_KEY_GIVEN:
        yield _warn(
            "settings", f"SECRET_KEY lies in {settings.DATA_DIR}; several machines need the same, from the environment."
        )


def look_at_checks() -> Iterator[Finding]:
    """What the parts of the program complain about themselves: rule packs, certificates, combinations of settings."""
    complaints = [one for one in run_checks() if one.level >= WARNING and not one.is_silenced()]
    for one in complaints:
        text = " ".join(part for part in (str(one.msg), one.hint or "") if part)
        yield _broken("checks", text) if one.is_serious() else _warn("checks", text)
    if not complaints:
        yield _fine("checks", "No complaints.")


def _is_local() -> bool:
    return set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS


def _has_tables() -> bool:
    return {User._meta.db_table, UpkeepLease._meta.db_table} <= set(connection.introspection.table_names())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _fine(about: str, text: str) -> Finding:
    return Finding(about, Level.FINE, text)


def _warn(about: str, text: str) -> Finding:
    return Finding(about, Level.WARNING, text)


def _broken(about: str, text: str) -> Finding:
    return Finding(about, Level.BROKEN, text)
