"""The room when something is in the way: no server, no session, somebody who was quicker, a long way back."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Role
from review import gate
from review.models import Decision, ReviewTask
from tests import builders
from tests.browser.conftest import sign_in
from tests.browser.test_review_room import doubted, open_room, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REVIEW_API = "**/api/v1/review/**"
# What the browser does when the tab comes to the front again.
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
UNDO_DEEP = 50


@pytest.fixture
def in_trouble(context: BrowserContext, live_server) -> Page:
    """On a page that may log failed requests: here they are what is tested."""
    return open_room(context.new_page(), live_server.url)


def test_work_without_a_server_goes_on_to_the_last_picture_and_is_sent_later(in_trouble: Page):
    page = in_trouble
    page.route(REVIEW_API, lambda route: route.abort())
    for _ in range(3):
        page.keyboard.press("a")
    expect(page.locator("#room")).to_have_attribute("data-state", "lost")
    expect(page.locator("#lost-text")).to_contain_text("kept and will be sent")
    expect(page.locator("#end-title")).to_be_hidden()
    page.unroute(REVIEW_API)
    page.evaluate(LOOK_AGAIN)
    wait_until_sent(page)
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#end-sum")).to_have_text("3 approved")
    assert Decision.objects.count() == 3


def test_menus_open_without_a_server(context: BrowserContext, live_server):
    page = context.new_page()
    with page.expect_response("**/menus.js") as menus:
        open_room(page, live_server.url)
    menus.value.finished()
    page.route("**/*", lambda route: route.abort())
    page.keyboard.press("r")
    expect(page.locator("#menu")).to_contain_text("Make it again")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+X")
    expect(page.locator("#menu")).to_contain_text("Needs a new photo")
    page.keyboard.press("Enter")
    expect(page.locator("#sku")).to_have_text("GREEN")


def test_pictures_left_alone_are_kept_by_any_key_before_others_get_them(page: Page, live_server):
    page.clock.install()
    open_room(page, live_server.url)
    page.clock.fast_forward(4 * 60_000)
    expect(page.locator("#lapsing")).to_contain_text("go back to the others")
    with page.expect_response("**/api/v1/review/heartbeat"):
        page.keyboard.press("g")
    expect(page.locator("#lapsing")).to_be_hidden()


def test_decision_of_an_ended_session_is_sent_after_signing_in_elsewhere(in_trouble: Page, live_server):
    page = in_trouble
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("a")
    expect(page.locator("#lost-text")).to_contain_text("You are signed out")
    expect(page.locator("#lost-sign-in")).to_be_visible()
    sign_in(page.context.new_page(), live_server.url, name="rita")
    page.evaluate(LOOK_AGAIN)
    wait_until_sent(page)
    expect(page.locator("#lost")).to_be_hidden()
    assert Decision.objects.get().verdict == "approve"


def test_picture_whose_lease_ran_out_is_decided_once(in_trouble: Page):
    page = in_trouble
    rob = builders.user("rob", role=Role.REVIEWER)
    task = ReviewTask.objects.get(rendition__job__sku="RED")
    ReviewTask.objects.filter(pk=task.pk).update(claimed_by=rob, version=task.version + 1)
    press(page, "a")
    expect(page.locator("#conflict-text")).to_have_text("rob is looking at it.")
    expect(page.locator(".cell[data-verdict=other]")).to_have_count(1)
    press(page, "x")
    expect(page.locator("#sku")).to_have_text("BLUE")
    assert Decision.objects.get().task.rendition.job.sku == "GREEN"


def test_fifty_decisions_can_be_taken_back(page: Page, live_server):
    builders.user("rita", role=Role.REVIEWER)
    for number in range(UNDO_DEEP + 1):
        doubted(f"MUG-{number:02}", (200, 4 * number, 60), halo_px=90 - number)
    gate.judge_pending()
    sign_in(page, live_server.url, name="rita")
    page.goto(f"{live_server.url}/review/room")
    for number in range(UNDO_DEEP + 1):
        expect(page.locator("#sku")).to_have_text(f"MUG-{number:02}")
        page.keyboard.press("a")
    expect(page.locator("#end-sum")).to_have_text(f"{UNDO_DEEP + 1} approved")
    for number in range(UNDO_DEEP, 0, -1):
        page.keyboard.press("z")
        expect(page.locator("#sku")).to_have_text(f"MUG-{number:02}")
    expect(page.locator("#undo")).to_be_disabled()
    wait_until_sent(page)
    assert [one.task.rendition.job.sku for one in Decision.objects.standing()] == ["MUG-00"]


def wait_until_sent(page: Page) -> None:
    """Until the browser keeps nothing that the server has not confirmed."""
    page.evaluate("""async () => {
      const name = (await indexedDB.databases()).find((one) => one.name.startsWith("firstpass-review")).name;
      const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const database = await done(indexedDB.open(name));
      for (let tries = 0; tries < 600; tries += 1) {
        if (!(await done(database.transaction("entries").objectStore("entries").count()))) return database.close();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error("not everything was sent within a minute");
    }""")
