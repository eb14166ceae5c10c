import sys
import time

import pytest

from config.supervisor import Child, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)",
]


def until(supervisor, condition, seconds=20):
    deadline = time.monotonic() + seconds
    supervisor.run(until=lambda: condition() or time.monotonic() > deadline)
    assert condition()


def test_dead_child_is_started_again():
    child = Child("sleeper", SLEEP)
    tree = Supervisor([child], quiet=True)
    tree.start()
    first = child.process
    first.kill()
    until(tree, lambda: child.process is not None and child.process is not first)
    assert tree.restarts == 1
    tree.stop()
    assert child.process.poll() is not None


def test_child_that_dies_at_once_is_started_ever_later():
    child = Child("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    tree = Supervisor([child], quiet=True)
    tree.start()
    until(tree, lambda: child.failures >= 2)
    assert child.restart_at - child.started > 0.3
    tree.stop()


@pytest.mark.slow
def test_child_that_ignores_the_signal_is_killed(monkeypatch):
    monkeypatch.setattr("config.supervisor.STOP_S", 0.5)
    child = Child("stubborn", STUBBORN)
    tree = Supervisor([child], quiet=True)
    tree.start()
    tree.stop()
    assert child.process.poll() is not None
