"""Runs docs/integration.md as an integrator would: the shell blocks in order, then the Python client."""

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dramatiq
import pytest
from django.db import connections, transaction

from accounts.models import Role, Scope
from marketplaces.listings import withdraw_recalled
from processing.models import Rendition
from processing.recipes import ensure_presets
from tests import builders

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "integration.md").read_text()
CLIENT_LINES = 40


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def at_work(broker, transactional_db) -> Iterator[None]:
    """Workers and the gate, in threads of this process."""
    from review.gate import judge_pending

    # An earlier test with real transactions has emptied the tables, migrated rows included.
    ensure_presets()
    stop = threading.Event()

    def judge() -> None:
        while not stop.wait(0.3):
            # In one step, so that nobody sees pictures that are judged but not approved.
            with transaction.atomic():
                judge_pending()
                Rendition.objects.filter(state="in_review").update(state="approved", effective_at="2020-01-01T00:00Z")
        connections.close_all()

    worker = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
    thread = threading.Thread(target=judge)
    worker.start()
    thread.start()
    yield
    stop.set()
    thread.join()
    worker.stop()


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the tour's commands need curl")
def test_tour_runs_as_written(live_server, at_work, settings, tmp_path):
    settings.SITE_URL = live_server.url
    owner = builders.user("ivan", role=Role.INTEGRATOR)
    token = builders.token(owner, Scope.READ, Scope.UPLOAD, Scope.EXPORT)
    shutil.copy(ROOT / "samples" / "photos" / "MUG-01_2.jpg", tmp_path)
    script = "\n".join(blocks("sh"))
    shell = run(["bash", "-euo", "pipefail", "-c", script], tmp_path, FIRSTPASS=live_server.url, TOKEN=token)
    assert "sandbox" in shell.stdout
    assert (tmp_path / "picture.webp").read_bytes()[8:12] == b"WEBP"
    assert '"items": []' in (tmp_path / "nothing_new.json").read_text()
    client = {"FIRSTPASS": f"{live_server.url}/api/v1", "TOKEN": token}
    first = run([sys.executable, "-c", blocks("python")[0]], tmp_path, **client)
    assert first.stdout.startswith("upsert MUG-01")
    shown = sorted(path.name for path in (tmp_path / "shop" / "MUG-01").iterdir())
    assert shown == ["MUG-01-1.webp"]
    assert run([sys.executable, "-c", blocks("python")[0]], tmp_path, **client).stdout == ""
    Rendition.objects.get(name="main", is_current=True).recall()
    withdraw_recalled()
    assert (
        run([sys.executable, "-c", blocks("python")[0]], tmp_path, **client).stdout == "withdrawn MUG-01 0 pictures\n"
    )
    assert list((tmp_path / "shop" / "MUG-01").iterdir()) == []


def test_client_of_the_tour_is_short():
    assert len(blocks("python")[0].splitlines()) <= CLIENT_LINES


def test_signature_sample_agrees_with_standard_webhooks():
    from datetime import UTC, datetime

    from standardwebhooks.webhooks import Webhook

    space: dict = {}
    exec(blocks("python webhook")[0], space)
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    now, long_ago = datetime.now(UTC), datetime(2026, 1, 1, tzinfo=UTC)
    body = '{"type": "export.completed"}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }
    assert space["is_genuine"](body.encode(), headers, secret)
    assert not space["is_genuine"](body.encode() + b" ", headers, secret)
    old = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(long_ago.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", long_ago, body),
    }
    assert not space["is_genuine"](body.encode(), old, secret)
