import pytest

from processing import providers
from tests.processing.fake import FakeVendor


@pytest.fixture
def vendor(monkeypatch):
    """A hosted provider named "fake", known to the registry."""
    made = FakeVendor()
    monkeypatch.setitem(providers.MODULES, "fake", "tests.processing.fake")
    monkeypatch.setattr("tests.processing.fake.make", lambda *_: made, raising=False)
    providers.provider.cache_clear()
    yield made
    providers.provider.cache_clear()
