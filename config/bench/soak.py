"""The soak test on a private installation: its processes are killed every few seconds, and an audit says what that did."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from config.supervisor import dying_with

PRODUCTS = 2000


def run(
    folders: Sequence[Path], say: Callable[[str], None], *, products: int | None = None, options: Sequence[str] = ()
) -> dict[str, Any]:
    """Runs `manage.py soak` in a data folder of its own; what it says goes through `say`."""
    with tempfile.TemporaryDirectory(prefix="firstpass-soak-") as folder:
        code, answer = _soak(folder, ["--products", str(products or PRODUCTS), "--json", *options], say)
        if code not in (0, 1):
            _stop_services(folder)
    if code not in (0, 1) or not answer.strip():
        raise RuntimeError(f"The soak ended with {code}; what it said stands above.")
    report: dict[str, Any] = json.loads(answer)
    return report


def _soak(folder: str, options: Sequence[str], say: Callable[[str], None]) -> tuple[int, str]:
    """Exit status, and what it answered."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "soak", *options],
        cwd=settings.BASE_DIR,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=dying_with(os.getpid()),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stderr:
            say(line.rstrip())
        answer = process.stdout.read()
    return process.returncode, answer


def _environment(folder: str) -> dict[str, str]:
    outside = ("DATABASE_URL", "REDIS_URL", "S3_BUCKET")
    return {
        **{name: value for name, value in os.environ.items() if name not in outside},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "FIRSTPASS_DATA": folder,
        "LEASE_S": "6",
        # A photo takes half a second there: what waits longer was lost by a kill.
        "RESEND_S": "4",
        "MAX_ATTEMPTS": "20",
        "LOG_LEVEL": "CRITICAL",
    }


def _stop_services(folder: str) -> None:
    """A soak that was killed left its PostgreSQL and Redis behind: whoever uses them last stops them."""
    command = [sys.executable, "manage.py", "check"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=_environment(folder), capture_output=True, check=False)
