"""Whether the processes of the private services live: told by their name and folder, for numbers are given out again."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

POLL_S = 0.05


def ours(pid: int, names: Sequence[str], folder: Path) -> psutil.Process | None:
    """The process of this number, if it lives, is called so and works in this folder; both services move into theirs."""
    try:
        process = psutil.Process(pid)
        is_ours = any(name in process.name() for name in names) and Path(process.cwd()) == folder
        return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def all_of(name: str, folder: Path) -> list[psutil.Process]:
    """Every living process called so that works in this folder."""
    found = (
        ours(process.pid, (name,), folder)
        for process in psutil.process_iter(["name"])
        if name in (process.info["name"] or "")
    )
    return [process for process in found if process is not None]


def has_ended(find: Callable[[], object], *, within_s: float) -> bool:
    """Waits until nothing is found any more. One that nobody has fetched the status of counts as ended."""
    deadline = time.monotonic() + within_s
    while find():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
