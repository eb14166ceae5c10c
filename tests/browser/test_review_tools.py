"""Brush, practice, keys of one's own, narrow screens, and what the room weighs."""

import gzip
import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Role
from config.storage import slim
from processing.models import Check, Rendition
from review import gate
from review.models import Decision, PracticeAnswer
from tests import builders
from tests.browser.conftest import sign_in, wait_until_served
from tests.browser.test_review_room import DECISIONS, doubted, open_room, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STATIC = Path(__file__).resolve().parents[2] / "static"
# Fetched when a pointer comes near the first picture.
BEHIND = ("pointer.js",)


@pytest.fixture
def in_room(page: Page, live_server) -> Page:
    return open_room(page, live_server.url)


def drag(page: Page, *points: tuple[float, float]) -> None:
    """The left button pressed along points, as shares of the canvas."""
    box = page.locator("canvas.paint").bounding_box()
    for place, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if not place:
            page.mouse.down()
    page.mouse.up()


def test_a_matte_is_painted_and_saved_with_one_key(in_room: Page):
    page = in_room
    page.keyboard.press("e")
    expect(page.locator("canvas.paint")).to_be_visible()
    drag(page, (0.3, 0.3), (0.5, 0.3))
    page.keyboard.press("k")
    page.keyboard.press("]")
    drag(page, (0.6, 0.6), (0.6, 0.7))
    page.keyboard.press("s")
    drag(page, (0.4, 0.8), (0.5, 0.8))
    page.keyboard.press("z")
    press(page, "Enter")
    expect(page.locator("#sku")).to_have_text("GREEN")
    said = Decision.objects.get()
    assert (said.verdict, said.rework_id, said.painting["approve"]) == ("rework", "by-hand", True)
    strokes = said.painting["strokes"]
    assert [one["tool"] for one in strokes] == ["remove", "keep"]
    assert strokes[0]["points"][0] == pytest.approx([0.3, 0.3], abs=0.01)
    assert strokes[1]["radius"] > strokes[0]["radius"]


def test_escape_leaves_the_brush_and_decides_nothing(in_room: Page):
    page = in_room
    page.keyboard.press("e")
    expect(page.locator("canvas.paint")).to_be_visible()
    drag(page, (0.3, 0.3), (0.5, 0.3))
    for key in ("a", "x", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("canvas.paint")).to_have_count(0)
    expect(page.locator("#sku")).to_have_text("RED")
    press(page, "a")
    assert Decision.objects.get().verdict == "approve"


def test_practice_tells_what_was_right_and_counts_nowhere(page: Page, live_server):
    builders.user("rita", role=Role.REVIEWER)
    sign_in(page, live_server.url, name="rita")
    page.goto(f"{live_server.url}/review/")
    page.get_by_role("link", name="Practise").click()
    expect(page.locator("#sku")).to_have_text("MUG-01")
    page.keyboard.press("a")
    expect(page.locator("#told")).to_contain_text("This one had a fault.")
    page.keyboard.press("Enter")
    expect(page.locator("#sku")).to_have_text("VASE-01")
    page.keyboard.press("a")
    expect(page.locator("#told")).to_contain_text("Right.")
    for _ in range(6):
        page.keyboard.press("a")
        expect(page.locator("#told")).to_be_hidden()
        page.keyboard.press("x")
        expect(page.locator("#told")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#end-title")).to_have_text("5 of 8 right.")
    assert PracticeAnswer.objects.count() == 8
    assert not Decision.objects.exists()


def test_previous_attempt_is_shown_by_its_key(page: Page, live_server):
    builders.user("rita", role=Role.REVIEWER)
    before = doubted("RED", (190, 40, 40), halo_px=9)
    Rendition.objects.filter(pk=before.pk).update(is_current=False)
    again = builders.rendition(
        before.job, name="cutout", kind="cutout", attempt=2, artifact=before.artifact, provenance=before.provenance
    )
    Check.objects.create(rendition=again, code="EDGE_HALO", value=5.0, unit="px", passed=False)
    gate.judge_pending()
    sign_in(page, live_server.url, name="rita")
    page.goto(f"{live_server.url}{reverse('review-room')}")
    expect(page.locator("#attempt")).to_contain_text("Attempt 2")
    page.keyboard.press("p")
    expect(page.locator("#previous-box img")).to_be_visible()


def test_what_is_nearly_white_is_shown_eight_times_as_far_from_it(page: Page, live_server):
    builders.user("rita", role=Role.REVIEWER)
    made = doubted("RED", (190, 40, 40), halo_px=9)
    Check.objects.filter(rendition=made, code="EDGE_HALO").update(code="BG_NOT_WHITE", is_hard=True, value=0.2)
    gate.judge_pending()
    sign_in(page, live_server.url, name="rita")
    page.goto(f"{live_server.url}{reverse('review-room')}")
    expect(page.locator("#loupe-result figcaption")).to_have_text("Levels ×8")
    expect(page.locator("#loupe-result .glass")).to_have_css("filter", "invert(1) brightness(8) invert(1)")


def test_a_key_is_changed_and_letters_are_switched_off(in_room: Page, live_server):
    page = in_room
    page.keyboard.press("?")
    with page.expect_response("**/review/keys"):
        page.get_by_role("button", name="Key for Approve, next").press("Enter")
        page.keyboard.press("q")
    page.keyboard.press("Escape")
    press(page, "q")
    expect(page.locator("#sku")).to_have_text("GREEN")
    page.keyboard.press("?")
    with page.expect_response("**/review/keys"):
        page.get_by_label("Single-letter keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    with page.expect_response(DECISIONS):
        page.get_by_role("button", name="Reject").first.click()
    assert [one.verdict for one in Decision.objects.order_by("id")] == ["approve", "reject"]


def test_a_swipe_decides_on_a_narrow_touch_screen(browser: Browser, live_server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(20_000)
    page = context.new_page()
    open_room(page, live_server.url)
    # All views at once, as for a later attempt: what is too wide for the screen would take the buttons along.
    page.evaluate("document.querySelectorAll('[data-view]').forEach((one) => (one.hidden = false))")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("Approve", "Rework", "Reject"):
        box = page.get_by_role("button", name=name).first.bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 844
    touch = context.new_cdp_session(page)
    with page.expect_response(DECISIONS):
        swipe(touch, (80, 300), (320, 305))
    expect(page.locator("#sku")).to_have_text("GREEN")
    assert Decision.objects.get().verdict == "approve"
    context.close()
    wait_until_served()


def test_what_was_right_is_seen_on_a_narrow_screen(browser: Browser, live_server):
    builders.user("rita", role=Role.REVIEWER)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    sign_in(page, live_server.url, name="rita")
    page.goto(f"{live_server.url}{reverse('review-practice')}")
    expect(page.locator("#sku")).to_have_text("MUG-01")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#told")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#sku")).to_have_text("VASE-01")
    context.close()
    wait_until_served()


def test_one_looks_around_on_a_phone_without_deciding(browser: Browser, live_server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_room(context.new_page(), live_server.url)
    first = page.locator("#sku").inner_text()
    page.get_by_role("button", name="Look ahead").tap()
    expect(page.locator("#sku")).not_to_have_text(first)
    page.locator(".tools").evaluate("(row) => (row.scrollLeft = row.scrollWidth)")
    expect(page.get_by_role("button", name="Look back")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Look back").tap()
    expect(page.locator("#sku")).to_have_text(first)
    assert not Decision.objects.exists()
    if folder := os.environ.get("SHOTS"):
        page.locator(".tools").evaluate("(row) => (row.scrollLeft = 0)")
        page.screenshot(path=f"{folder}/room-390.png")
    context.close()
    wait_until_served()


def swipe(touch, start: tuple[int, int], end: tuple[int, int]) -> None:
    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for step in range(1, 5):
        send("touchMove", tuple(a + (b - a) * step / 4 for a, b in zip(start, end, strict=True)))
    send("touchEnd")


def test_the_room_stays_light_and_talks_to_nobody_else(page: Page, live_server):
    fetched: list[str] = []
    page.on("request", lambda sent: fetched.append(sent.url))
    open_room(page, live_server.url)
    fetched.clear()
    # All there is: the last of it comes behind the first picture.
    with page.expect_response("**/menus.js"):
        page.goto(f"{live_server.url}{reverse('review-room')}")
    expect(page.locator("#sku")).to_have_text("RED")
    assert weight([url for url in fetched if not url.endswith(BEHIND)], ".js") <= 18_000
    assert weight(fetched, ".css") <= 14_000
    assert [url for url in fetched if not url.startswith((live_server.url, "data:", "blob:"))] == []


def weight(urls: list[str], ending: str) -> int:
    """Bytes of our own files among these addresses as they are sent, each compressed by itself."""
    files = {STATIC / url.partition("/static/")[2] for url in urls if url.endswith(ending)}
    assert files
    sent = [slim(file.read_bytes()) if ending == ".js" else file.read_bytes() for file in files]
    return sum(len(gzip.compress(code, 9)) for code in sent)


def test_a_closed_tab_loses_no_decision(browser: Browser, live_server):
    """The server dies in the middle of the session, the tab is closed, and another one is opened when it is back."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    open_room(page, live_server.url)
    context.route(DECISIONS, lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#sku")).to_have_text("GREEN")
    page.keyboard.press("x")
    expect(page.locator("#sku")).to_have_text("BLUE")
    page.close()
    assert not Decision.objects.exists()
    context.unroute(DECISIONS)
    again = context.new_page()
    with again.expect_response(DECISIONS):
        again.goto(f"{live_server.url}/review/room")
    expect(again.locator("#sku")).to_have_text("BLUE")
    said = {one.task.rendition.job.sku: one.verdict for one in Decision.objects.all()}
    assert said == {"RED": "approve", "GREEN": "reject"}
    context.close()
    wait_until_served()
