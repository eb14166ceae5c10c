import threading

import pytest

from processing import providers
from processing.providers.loopback import firefly_side, gemini_side, replicate_side
from processing.providers.loopback.server import environment, serve


@pytest.fixture(scope="session")
def running_town():
    """One loopback server for the whole run: http://127.0.0.1:port, and what it serves."""
    server, town = serve()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", town
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def town(running_town, settings, monkeypatch):
    """The server without memory of other tests, making small pictures, and settings that lead to it."""
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 128, "0.25": 64})
    monkeypatch.setattr(gemini_side, "SIDES", {"1K": 128})
    monkeypatch.setattr(firefly_side, "SHRINK", 16)
    base, made = running_town
    made.forget()
    for name, value in environment(base).items():
        setattr(settings, name, value.split(",") if name == "FETCH_ALLOWED_HOSTS" else value)
    settings.FIREFLY_CALLS_PER_MINUTE = 4
    settings.GEMINI_BATCH_WAIT_S = settings.GEMINI_BATCH_POLL_S = 0
    providers.provider.cache_clear()
    yield made
    providers.provider.cache_clear()


@pytest.fixture
def plan(town):
    """Plans faults: plan("create", "429", "cut")."""

    def planned(call, *faults, vendor="replicate"):
        town.plan.add({"vendor": vendor, "call": call, "faults": list(faults)})

    return planned
