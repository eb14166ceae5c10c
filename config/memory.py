"""Between two messages a worker holds what it needs again, and nothing of the pictures it has finished.

A photo of twelve megapixels passes through a worker as a dozen arrays of 12 to 48 MB. Freed, they stay with the allocator in
pieces, and the next product's arrays go beside them: without this a worker settles at nearly twice the memory.
"""

import ctypes
import gc
import sys
from functools import cache

from dramatiq.broker import Broker
from dramatiq.middleware import Middleware


class MemoryBack(Middleware):
    """Gives memory back after each message."""

    def after_process_message(
        self, broker: Broker, message: object, *, result: object = None, exception: object = None
    ) -> None:
        give_back()


def give_back() -> None:
    """Lets go of what is cheaper to make again than to hold, and returns free memory to the system. About 10 ms."""
    # Only where it was used: a worker that delivers files must not load OpenCV for this.
    network = sys.modules.get("processing.imaging.matting.network")
    if network is not None:
        network.forget()
    _collect()
    _trim()


def _collect() -> None:
    """A job's objects refer to each other in cycles that hold its pictures."""
    gc.collect()
    # The thousands of objects of the program itself need not be looked at each time.
    if not gc.get_freeze_count():
        gc.freeze()


def _trim() -> None:
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> "ctypes._NamedFuncPointer | None":
    """glibc's own; None with another C library, whose allocators give back by themselves."""
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None
