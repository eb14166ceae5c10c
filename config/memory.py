"""Between two messages a worker holds what it needs again, and nothing of the pictures it has finished.

A photo of twelve megapixels passes through a worker as a dozen arrays of 12 to 48 MB. Freed, they stay with the allocator in
pieces, and the next product's arrays go beside them: without this a worker settles at nearly twice the memory. Within a message
they stay there on purpose: memory that comes anew from the system comes page by page.
"""

import ctypes
import gc
import sys
from functools import cache

from dramatiq.broker import Broker
from dramatiq.middleware import Middleware

# Of glibc's <malloc.h>: the top of the heap is trimmed, and an array mapped on its own, from so many bytes on; heaps at most.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEEPING = {_M_TRIM_THRESHOLD: 2**31 - 1, _M_MMAP_THRESHOLD: 2**30, _M_ARENA_MAX: 1}


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
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def keep_freed() -> None:
    """Freed memory stays with this process until `give_back`, which saves 4 % of a product's processor time. To be called before
    threads start: they share one heap from then on, as heaps of their own could not hold the arrays of a photo."""
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        for option, value in _KEEPING.items():
            set_option(option, value)


@cache
def _of_glibc(name: str) -> "ctypes._NamedFuncPointer | None":
    """One of glibc's functions; None with another C library, whose allocators give back by themselves."""
    try:
        found: ctypes._NamedFuncPointer = getattr(ctypes.CDLL("libc.so.6"), name)
    except (OSError, AttributeError):
        return None
    return found
