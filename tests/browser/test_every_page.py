"""Every page of the product in a real browser: accessible, quiet, and talking to nobody else. Made from the URL table, so that a new
page is looked at as soon as it has an address."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Browser, Page

from accounts.models import User
from catalog.models import Variant
from review.models import ReviewTask
from tests.browser.conftest import wait_until_served
from tests.browser.world import Arguments, fill
from tests.config.test_permissions import pages

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Answers that are no pages: pictures, downloads, progress.
FILES = {
    "intake", "intake-thumb", "product-set", "export-progress", "export-download", "export-file", "delivery-progress",
    "batch-progress", "media",
    "own-backplate-picture", "prompt-file", "original", "review-heat", "review-loupe", "review-whole", "public-file",
}  # fmt: skip
# WCAG 2.0 to 2.2, A and AA, and what axe holds for good practice.
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# Every word 40 % longer, as other languages may be; then the line the other way round.
LONGER = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const longer = (word) => word + word.slice(0, Math.ceil(word.length * 0.4));
  while (texts.nextNode()) {
    const { currentNode: text } = texts;
    if (!text.parentElement.closest("script, style, code, pre, kbd")) text.data = text.data.replace(/[A-Za-z]{3,}/g, longer);
  }
}"""
MIRRORED = "document.documentElement.dir = 'rtl'"
IS_TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture
def world(live_server) -> Arguments:
    """Something of everything, and the arguments that lead to it."""
    return fill()


def html_pages(world: Arguments) -> list[tuple[str, str]]:
    """(name, address) of what answers GET with a page, by the URL table and the arguments known here."""
    client = Client()
    client.force_login(User.objects.get(username="mona"))
    found = [("sign-in", reverse("sign-in")), ("not found", "/nowhere"), ("no page", reverse("token-new"))]
    two = "&".join(f"variant={pk}" for pk in Variant.objects.values_list("pk", flat=True)[:2])
    found.append(("gallery-compare", f"{reverse('gallery-compare')}?{two}"))
    for name, _, ability in pages():
        if ability is None:
            continue
        try:
            address = reverse(name, args=world.get(name, []))
        except NoReverseMatch:
            continue
        answer = client.get(address)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            found.append((name, address))
    return found


def test_every_page_with_an_argument_is_known_here(world):
    """A page that this file cannot open would go unseen: its arguments stand in `world`, or it is named as no page."""
    client = Client()
    client.force_login(User.objects.get(username="mona"))
    takes_more = [
        (name, address) for name, address, ability in pages() if ability and ("999999" in address or "/x" in address)
    ]
    unknown = [
        name for name, address in takes_more if name not in {*world, *FILES} and client.get(address).status_code != 405
    ]
    assert unknown == []
    opened = {name for name, _ in html_pages(world)}
    assert opened >= {*world} - {"channel-settings", "channel-rules"}
    assert opened >= {
        "gallery",
        "gallery-compare",
        "inbox",
        "review-room",
        "review-cluster",
        "thresholds",
        "audit-log",
        "money",
        "generate",
    }


@pytest.fixture
def quiet_page(browser: Browser, live_server, request) -> Iterator[Page]:
    theme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.theme, page.elsewhere = theme, []
    ours = (live_server.url, "data:", "blob:", "about:")
    page.on("request", lambda sent: None if sent.url.startswith(ours) else page.elsewhere.append(sent.url))
    yield page
    context.close()
    wait_until_served()


@pytest.mark.parametrize(
    "quiet_page", [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)], indirect=True, ids=str
)
def test_no_page_hinders_anybody(quiet_page: Page, world, live_server):
    page, complaints = quiet_page, []
    sign_in_quietly(page, live_server.url)
    for name, address in html_pages(world):
        page.goto(f"{live_server.url}{address}")
        settle(page, name)
        result = Axe().run(page, options=RULES)
        complaints += [f"{name}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in result.response["violations"]]
        complaints += [
            f"{name}: refused by the content security policy: {one}" for one in page.evaluate("window.refused")
        ]
        for change in ("", LONGER, MIRRORED):
            page.evaluate(change)
            if page.evaluate(IS_TOO_WIDE):
                complaints.append(f"{name}: wider than the window {change[-20:]}")
    assert not complaints, "\n".join(complaints)
    assert page.elsewhere == []


def sign_in_quietly(page: Page, server: str) -> None:
    page.goto(f"{server}/sign-in/")
    page.fill("#id_username", "mona")
    page.fill("#id_password", "secret-pass-1")
    page.click("button[type=submit]")
    page.wait_for_selector("main")


def settle(page: Page, name: str) -> None:
    """The room opens dark by default and fills by itself: it is looked at in the theme asked for and with a picture in it."""
    page.wait_for_load_state("load")
    if name in ("review-room", "review-practice"):
        page.wait_for_selector('#room[data-state="looking"]')
        page.evaluate("theme => { document.getElementById('room').dataset.theme = theme; }", page.theme)
    if name == "review-cluster":
        page.wait_for_selector(".cluster-tile[data-seen]")
    if name.startswith("review-"):
        # While the page that holds them is open, nothing is under way that holds a row.
        ReviewTask.objects.update(lease_until=None)
