import gc
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


def test_without_glibc_nothing_is_trimmed(monkeypatch):
    def no_such_library(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(memory.ctypes, "CDLL", no_such_library)
    memory._malloc_trim.cache_clear()
    try:
        assert memory._malloc_trim() is None
        give_back()
    finally:
        memory._malloc_trim.cache_clear()
