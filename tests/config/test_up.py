"""`manage.py up`: one tree that restarts what dies and leaves nothing behind."""

import signal
import socket

import psutil
import pytest

from config import site_address, supervisor
from tests import site as sites

pytestmark = pytest.mark.slow


def is_alive(pid: int) -> bool:
    # Asked once: it may end between two questions.
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def folder():
    with sites.own_folder() as path:
        yield path


def test_up_restarts_what_dies_and_ctrl_c_stops_everything(folder):
    site = sites.start(folder, workers=1)
    worker = next(one for one in site.tree() if "worker" in one.cmdline())
    worker.send_signal(signal.SIGKILL)
    sites.wait_until(
        lambda: any(
            "worker" in one.cmdline() and "pixels" in one.cmdline() for one in site.tree() if one.pid != worker.pid
        ),
        seconds=120,
        what="the worker to be started again",
    )
    everything = [one.pid for one in site.tree()] + sites.services_of(folder)
    assert len(everything) >= 5
    site.stop()
    assert [pid for pid in everything if is_alive(pid)] == []


def test_links_of_commands_lead_to_where_the_site_last_was(tmp_path):
    assert site_address.last_used(tmp_path) == "http://localhost:8000"
    site_address.remember(tmp_path, port=8161)
    assert site_address.last_used(tmp_path) == "http://localhost:8161"
    site_address.remember(tmp_path / "missing", port=1)
    assert site_address.last_used(tmp_path / "missing") == "http://localhost:8000"


@pytest.mark.parametrize(("host", "place"), [("127.0.0.1", "127.0.0.1:8161"), ("::1", "[::1]:8161")])
def test_the_web_server_is_told_where_to_listen(host, place):
    assert place in supervisor.web(host=host, port=8161).arguments


def test_port_in_use_is_named(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = sites.own_environment(folder)
        done = sites.manage(environment, "up", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in done.stderr
    assert f"--port {port + 1}" in done.stderr
