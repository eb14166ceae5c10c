"""The review room in a real browser on a site of its own: from the key to the next picture painted, and what a picture costs to show.

Measured with the browser's own clocks: the key event's time stamp, and Element Timing's render time of the next picture. A timer in
the page would flatter, because it ends before anything is painted.
"""

import gzip
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from config.storage import slim

DECISIONS = 200
PICTURES = 24
# One decision each so often: the pace of somebody quick. The lead is warm, as it is for whoever looks before deciding.
PACE_MS = 400
START_S = 180
HASH = re.compile(r"(?<=\.)[0-9a-f]{12}\.")
GOALS = {"p50_ms": 35.0, "p95_ms": 70.0}
NAME, PASSWORD = "bench", "bench-pass-1"
FILL = f"from config.bench.review_rows import fill; fill(count={DECISIONS + 20}, pictures={PICTURES}, name={NAME!r}, password={PASSWORD!r})"
WATCH = """
window.taken = [];
window.pressed = 0;
addEventListener("keydown", (event) => { window.pressed = event.timeStamp; }, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.identifier === "result" && window.pressed && entry.renderTime >= window.pressed) {
      window.taken.push(entry.renderTime - window.pressed);
      window.pressed = 0;
    }
  }
}).observe({ type: "element", buffered: false });
"""


def run(folders: Sequence[Path], say: Callable[[str], None]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="firstpass-bench-") as folder, _site(Path(folder)) as url:
        say(f"{DECISIONS} decisions by keyboard, one each {PACE_MS} ms, {PICTURES} pictures of 1600 px")
        report = _measured(url)
    report["code_bytes"] = _code_bytes(report.pop("scripts"), report.pop("styles"))
    say(
        f"key to next picture painted: p50 {report['p50_ms']:.0f} ms, p95 {report['p95_ms']:.0f} ms, longest {report['max_ms']:.0f} ms"
    )
    say(f"decisions per key {report['decisions_per_key']:.2f}; {report['kb_per_picture']:.0f} kB a picture")
    say(f"gzip: scripts {report['code_bytes']['js']:,} bytes, styles {report['code_bytes']['css']:,} bytes")
    say(f"requests to anybody else: {report['outside']}")
    met = all(report[name] <= goal for name, goal in GOALS.items())
    say(f"aims (p50 {GOALS['p50_ms']:.0f} ms, p95 {GOALS['p95_ms']:.0f} ms): {'met' if met else 'missed'}")
    return report


@contextmanager
def _site(folder: Path) -> Iterator[str]:
    """A whole site in a folder, filled, until the end of the block. Gives its address."""
    environment = _environment(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    with (folder / "site.log").open("wb") as log:
        site = subprocess.Popen(
            [*manage, "up", "--port", str(port), "--workers", "1"],
            env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/api/v1/health", site)
            subprocess.run([*manage, "shell", "--no-imports", "-c", FILL], env=environment, check=True)
            yield f"http://127.0.0.1:{port}"
        finally:
            site.send_signal(signal.SIGINT)
            site.wait(60)


def _environment(folder: Path) -> dict[str, str]:
    """Services are the site's own, whatever the environment names for others."""
    others = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    kept = {name: value for name, value in os.environ.items() if name not in others}
    return kept | {"FIRSTPASS_DATA": str(folder / "var"), "FIRSTPASS_FSYNC": "off", "LOG_LEVEL": "WARNING"}


def _wait(url: str, site: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and site.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("The site for the bench did not start.")


def _measured(url: str) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        seen: dict[str, Any] = {"outside": 0, "bytes": 0, "scripts": set(), "styles": set()}
        page.on("request", lambda sent: _note_request(seen, sent, url))
        page.on("response", lambda answer: _note_response(seen, answer))
        page.goto(f"{url}/sign-in/")
        page.fill("#id_username", NAME)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("nav.rail")
        report = _judge(page, url, seen)
        browser.close()
    return report


def _judge(page: Any, url: str, seen: dict[str, Any]) -> dict[str, Any]:
    before = _waiting(page, url)
    for name in ("scripts", "styles"):
        seen[name].clear()
    seen["bytes"] = 0
    page.goto(f"{url}/review/room")
    page.wait_for_selector('#room[data-state="looking"]')
    page.wait_for_timeout(3000)
    for _ in range(DECISIONS):
        page.keyboard.press("a")
        # The next key comes after the picture, however slow the machine: nobody judges what is not there yet.
        _until(page, "window.pressed === 0")
        page.wait_for_timeout(PACE_MS)
    _until(page, "document.getElementById('unsent').hidden")
    page.wait_for_timeout(1500)
    taken = sorted(page.evaluate("window.taken"))
    if len(taken) < DECISIONS * 0.9:
        raise RuntimeError(f"Only {len(taken)} of {DECISIONS} pictures were seen being painted.")
    return {
        "p50_ms": statistics.median(taken), "p95_ms": taken[int(0.95 * len(taken))], "max_ms": taken[-1],
        "decisions_per_key": (before - _waiting(page, url)) / DECISIONS, "kb_per_picture": seen["bytes"] / 1000 / DECISIONS,
        "outside": seen["outside"], "scripts": seen["scripts"], "styles": seen["styles"],
    }  # fmt: skip


def _until(page: Any, expression: str) -> None:
    """Asked from outside: the content security policy lets nothing be evaluated inside the page."""
    end = time.monotonic() + 10
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise RuntimeError(f"Waited ten seconds for {expression}")
        page.wait_for_timeout(15)


def _waiting(page: Any, url: str) -> int:
    return int(page.request.get(f"{url}/api/v1/review/queues").json()["count"])


def _note_request(seen: dict[str, Any], sent: Any, url: str) -> None:
    if not sent.url.startswith((url, "data:", "blob:")):
        seen["outside"] += 1


def _note_response(seen: dict[str, Any], answer: Any) -> None:
    kind = answer.request.resource_type
    if kind == "image":
        seen["bytes"] += int(answer.headers.get("content-length", 0))
    elif kind in ("script", "stylesheet"):
        seen["scripts" if kind == "script" else "styles"].add(answer.url)


def _code_bytes(scripts: set[str], styles: set[str]) -> dict[str, int]:
    """What the room's own code weighs as it is sent, each file compressed by itself."""
    sizes = {}
    for name, urls in (("js", scripts), ("css", styles)):
        sent = [_source(url).read_bytes() for url in urls]
        sizes[name] = sum(len(gzip.compress(slim(code) if name == "js" else code)) for code in sent)
    return sizes


def _source(url: str) -> Path:
    """The file of ours that an address serves, whose name may carry the hash of what is in it."""
    return settings.BASE_DIR / "static" / HASH.sub("", url.partition("/static/")[2].partition("?")[0])


def _chromium() -> str | None:
    """CHROMIUM from the environment, or the system's; None leaves it to Playwright's own."""
    from shutil import which

    return os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome")
