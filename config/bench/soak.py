"""A long night in short: a private installation whose processes are killed every few seconds, and the books afterwards."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

PRODUCTS = 2000


def run(
    folders: Sequence[Path], say: Callable[[str], None], *, products: int | None = None, options: Sequence[str] = ()
) -> dict[str, Any]:
    """Runs `manage.py soak` in a data folder of its own; what it says goes through `say`."""
    with tempfile.TemporaryDirectory(prefix="firstpass-soak-") as folder:
        others = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "S3_BUCKET")
        }
        command = [sys.executable, "manage.py", "soak", "--products", str(products or PRODUCTS), "--json", *options]
        with subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={
                **others,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "FIRSTPASS_DATA": folder,
                "LEASE_S": "6",
                "MAX_ATTEMPTS": "20",
                "LOG_LEVEL": "CRITICAL",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stderr:
                say(line.rstrip())
            answer = process.stdout.read()
    if process.returncode not in (0, 1) or not answer.strip():
        raise RuntimeError(f"The soak ended with {process.returncode}; what it said stands above.")
    report: dict[str, Any] = json.loads(answer)
    return report
