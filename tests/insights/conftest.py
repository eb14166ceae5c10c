import pytest


@pytest.fixture
def boss(as_manager, manager):
    """A manager, whom the client is signed in as."""
    return manager
