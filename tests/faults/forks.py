"""Acts in a child process that may be killed in the middle, with everything loaded already: a worker in a few milliseconds."""

import os
import signal
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connections


def in_child(act: Callable[[], object]) -> int:
    """Runs the act in a forked process. Its exit status: 0, 1 for an exception, minus the signal that killed it."""
    connections.close_all()  # a connection must not be shared by two processes
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # threads of the parent do not live on in the child: none is needed
        child = os.fork()
    if child == 0:
        status = 1
        try:
            act()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def plan_crash(*points: str) -> None:
    for point in points:
        Path(settings.CRASH_DIR, point).touch()


def killed_at(point: str, act: Callable[[], object]) -> bool:
    """True when the act came to this point and died there."""
    plan_crash(point)
    try:
        return in_child(act) == -signal.SIGKILL
    finally:
        Path(settings.CRASH_DIR, point).unlink(missing_ok=True)
