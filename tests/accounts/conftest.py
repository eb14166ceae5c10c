import pytest

from accounts import ratelimit


@pytest.fixture
def counts(monkeypatch):
    """Counters in memory, so that tests share none."""
    kept: dict[str, int] = {}

    def count(name: str, *, by: int, window_s: int) -> int:
        kept[name] = kept.get(name, 0) + by
        return kept[name]

    monkeypatch.setattr(ratelimit, "_count", count)
    return kept
