"""Named places where a test may end this process as a lost machine would: at once, without a farewell.

Each is a place where an act is half done: written down and not made, made and not written down. Outside of tests the setting
is None and a crash point costs a comparison.
"""

import os
import signal

from django.conf import settings


def crashpoint(name: str) -> None:
    """Kills this process when the folder of planned crashes has a file of this name; it is used up by that."""
    if settings.CRASH_DIR is None:
        return
    try:
        (settings.CRASH_DIR / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
