import contextlib
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from config.supervisor import Child, Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
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


PARENT = """
import sys, os
from django.conf import settings
settings.configure(BASE_DIR=".")
from config.supervisor import Child, Supervisor
tree = Supervisor([Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"])], quiet=True)
import config.supervisor
config.supervisor.child_environment = lambda: dict(os.environ)
tree.start()
print(tree.children[0].process.pid, flush=True)
import time; time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has been killed")
def test_children_of_a_killed_supervisor_end_too():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT, text=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        child.wait(timeout=20)
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE
