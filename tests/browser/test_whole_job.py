"""The main job as people do it: a browser from the photos to the download, and a program that uses the API alone."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests import site as sites
from tests.browser.conftest import sign_in
from tests.browser.test_review_room import press

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
MINUTES = 60
MOST_PICTURES = 150


@pytest.fixture(scope="module")
def site() -> Iterator[sites.Site]:
    with sites.running() as made:
        yield made


def test_browser_from_photos_to_download(site, page: Page):
    photos = sorted((SAMPLES / "photos").glob("*.jpg"))[:5]
    sign_in(page, site.url, name="mona")
    page.click("[data-key=n]")
    page.set_input_files("#pick-files", [*photos, SAMPLES / "README.md"])
    page.fill("#id_name", "Six files")
    expect(page.locator("#rows > li")).to_have_count(6)
    expect(page.locator("#start")).to_be_enabled(timeout=60_000)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/batches/\d+$"))
    expect(page.locator(".batch-done")).to_have_text("5 of 5", timeout=8 * MINUTES * 1000)
    review_by_keyboard(page, site.url)
    export_and_download(page, site.url)


def review_by_keyboard(page: Page, url: str) -> None:
    """Approves what is in the queue, one key each, until the room says that nothing is left."""
    page.goto(f"{url}/review/")
    if page.get_by_text("Nothing needs a look").count():
        return
    page.keyboard.press("Enter")
    room = page.locator("#room")
    for _ in range(MOST_PICTURES):
        expect(room).to_have_attribute("data-state", re.compile("looking|end"))
        if room.get_attribute("data-state") == "end":
            return
        press(page, "a")
    raise AssertionError("the queue did not end")


def export_and_download(page: Page, url: str) -> None:
    page.goto(f"{url}/exports/new")
    page.locator("form [type=submit]").last.click()
    page.wait_for_url(re.compile(r"/exports/\d+$"))
    link = page.locator("a[href$='/download']")
    link.wait_for(timeout=2 * MINUTES * 1000)
    with page.expect_download() as waiting:
        link.first.click()
    assert zipfile.is_zipfile(waiting.value.path())


def test_program_with_the_api_alone(site):
    with httpx.Client(
        base_url=f"{site.url}/api/v1", headers={"Authorization": f"Bearer {site.token}"}, timeout=60
    ) as api:
        batch = submit(api)
        sites.wait_until(
            lambda: api.get(f"/batches/{batch}").json()["state"] == "done", seconds=4 * MINUTES, what="the batch"
        )
        decide_everything(api, batch)
        archive = export(api)
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        assert "catalog.json" in found.namelist() or "manifest.json" in found.namelist()


def submit(api: httpx.Client) -> int:
    """Two photos, sent twice with one idempotency key: one batch."""
    names = ("MUG-01_2.jpg", "SHAMPOO-01_1.jpg")
    answers = [
        api.post(
            "/batches",
            data={"recipe": "packshot", "name": "by program"},
            files=[("files", (name, (SAMPLES / "photos" / name).read_bytes(), "image/jpeg")) for name in names],
            headers={"Idempotency-Key": "one-and-only"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    assert answers[0].json()["id"] == answers[1].json()["id"]
    return int(answers[0].json()["id"])


def decide_everything(api: httpx.Client, batch: int) -> None:
    """Approves whatever waits, over the API, and waits until the decisions are in effect."""
    import uuid

    def left() -> bool:
        items = api.post("/review/claim", json={"n": 12}).json()["items"]
        if items:
            decisions = [
                {"client_id": str(uuid.uuid4()), "id": one["id"], "version": one["version"], "verdict": "approve"}
                for one in items
            ]
            assert all(row["status"] == "ok" for row in api.post("/review/decisions", json=decisions).json())
        return not items

    sites.wait_until(left, seconds=MINUTES, what="the queue to be empty")
    sites.wait_until(
        lambda: not api.get("/renditions", params={"state": "in_review", "batch": batch}).json()["items"],
        seconds=MINUTES,
        what="the grace to pass",
    )


def export(api: httpx.Client) -> bytes:
    started = api.post("/exports", json={})
    assert started.status_code == 202, started.text
    number = started.json()["id"]
    sites.wait_until(
        lambda: api.get(f"/exports/{number}").json()["state"] in {"done", "failed"},
        seconds=2 * MINUTES,
        what="the export",
    )
    assert api.get(f"/exports/{number}").json()["state"] == "done"
    return api.get(f"/exports/{number}/download").content
