import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

from config import memory
from config.memory import MemoryBack, give_back
from processing.imaging.matting import network


@pytest.fixture(autouse=True)
def _thawed():
    """Tests after this one must not leave their garbage among frozen objects."""
    yield
    gc.unfreeze()


def test_given_back_network_answers_as_before():
    codes = np.random.default_rng(3).integers(0, 256, (64, 96, network.PLANES), np.uint8)
    picture = np.full((64, 96, 3), 0.5, np.float32)
    before = network.coverage(codes, picture)
    give_back()
    assert not network._session.cache_info().currsize
    assert np.array_equal(network.coverage(codes, picture), before)


def test_pictures_held_in_a_circle_go_after_the_message():
    class Job:
        def __init__(self) -> None:
            self.pixels = np.zeros(1000)
            self.read = self.pixels_of

        def pixels_of(self) -> np.ndarray:
            return self.pixels

    job = Job()
    held = weakref.ref(job)
    del job
    assert held() is not None
    MemoryBack().after_process_message(None, None)
    assert held() is None


@pytest.mark.skipif(memory._of_glibc("mallopt") is None, reason="other C libraries have no such options")
def test_freed_arrays_stay_in_the_process_until_they_are_given_back():
    program = """
import numpy as np
from config.memory import _trim, keep_freed
def held_mb():
    return int(open("/proc/self/statm").read().split()[1]) // 256
keep_freed()
before = held_mb()
arrays = [np.ones(40_000_000, np.uint8) for _ in range(3)]
del arrays
kept = held_mb()
_trim()
print(kept - before, held_mb() - before)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    kept, given_back = map(int, answer.stdout.split())
    assert kept > 90
    assert given_back < 20


def test_without_glibc_nothing_is_trimmed(monkeypatch):
    def no_such_library(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(memory.ctypes, "CDLL", no_such_library)
    memory._of_glibc.cache_clear()
    try:
        assert memory._of_glibc("malloc_trim") is None
        memory.keep_freed()
        give_back()
    finally:
        memory._of_glibc.cache_clear()
