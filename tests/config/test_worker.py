"""The worker process: what it asks for at its start, and when it makes room for a fresh one."""

import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.management.commands import worker
from config.worker import new_worker


def test_worker_gives_memory_back_by_ending(settings, monkeypatch, caplog):
    settings.WORKER_MAX_MB = 1
    monkeypatch.setattr(worker, "MEMORY_CHECK_S", 0)
    worker.Command()._wait(threading.Event())
    assert "to give memory back" in caplog.text


def test_worker_within_its_memory_goes_on_until_told_to_stop(settings, monkeypatch):
    settings.WORKER_MAX_MB = 1_000_000
    monkeypatch.setattr(worker, "MEMORY_CHECK_S", 0)
    asked = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda timeout: asked.append(timeout) or len(asked) > 3)
    worker.Command()._wait(stop)
    assert len(asked) == 4


def test_worker_without_a_place_for_files_says_so(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("worker")


def test_worker_asks_for_no_more_messages_than_it_has_threads():
    assert [new_worker(queues={"delivery"}, threads=threads).queue_prefetch for threads in (1, 3)] == [1, 3]


def test_worker_knows_its_queues():
    with pytest.raises(CommandError, match="Unknown queue pictures"):
        call_command("worker", "--queues", "pictures")
