#!/usr/bin/env python
"""Firstpass on the command line: `manage.py up`, `demo`, `submit`, `cutout`, `score`, `export` and Django's own commands."""

import os
import signal
import sys


def main() -> None:
    # By default the signal would end this process before it could stop the services it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # One worker a core: threads of its libraries that wait for each other take processor time. Read as numpy loads, which is soon.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from config.embedded import ServiceError, needs_services, running_services

    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "Django is not installed here. Run `make setup` once, then use .venv/bin/python manage.py."
        ) from error
    if not needs_services(sys.argv):
        execute_from_command_line(sys.argv)
        return
    try:
        with running_services():
            execute_from_command_line(sys.argv)
    except ServiceError as error:
        raise SystemExit(f"firstpass: {error}") from error
    except Exception as error:
        if "--traceback" in sys.argv or not (said := explained(error)):
            raise
        raise SystemExit(f"firstpass: {said}") from None


def explained(error: Exception) -> str:
    """What people who run the site can mend themselves, in a sentence; empty for what only a traceback explains."""
    import redis
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    if isinstance(error, ImproperlyConfigured):
        return str(error)
    first = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, OperationalError) and "connect" in first:
        return f"the database does not answer: {first}. Check DATABASE_URL; manage.py doctor looks at everything."
    if isinstance(error, ProgrammingError) and isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
        return (
            f"the tables are not those of this version ({first}). Run manage.py migrate, or manage.py up, which does."
        )
    if isinstance(error, redis.ConnectionError):
        return f"Redis does not answer: {first}. Check REDIS_URL; manage.py doctor looks at everything."
    return ""


if __name__ == "__main__":
    main()
