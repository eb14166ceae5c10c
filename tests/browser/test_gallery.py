"""The gallery's tiles: three sizes that are remembered, keys that move along rows and columns, and a selection."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import Role
from processing.models import Rendition, RenditionState
from processing.recipes import ensure_presets
from review import gate
from review.models import ReviewTask
from tests import builders
from tests.browser.conftest import sign_in, wait_until_served
from tests.browser.test_every_page import RULES
from tests.browser.test_review_room import doubted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_tiles_have_a_size_that_is_remembered_and_keys_that_move(page: Page, live_server):
    builders.user("mona", role=Role.MANAGER)
    for number in range(3):
        doubted(f"MUG-{number}", (180, 40 * number, 60), halo_px=4 + number)
    gate.judge_pending()
    sign_in(page, live_server.url, name="mona")
    page.goto(f"{live_server.url}/gallery")
    page.get_by_role("button", name="Large").click()
    page.reload()
    expect(page.locator(".gallery .tiles")).to_have_class("tiles large")
    tiles = page.locator(".gallery .tile")
    tiles.first.focus()
    page.keyboard.press("End")
    expect(tiles.last).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("Home")
    expect(tiles.first).to_be_focused()
    assert [tile.get_attribute("tabindex") for tile in tiles.all()] == ["0", "-1", "-1"]


@pytest.fixture
def shelf(live_server):
    """Five approved products."""
    builders.user("mona", role=Role.MANAGER)
    made = [doubted(f"MUG-{number}", (180, 30 * number, 60), halo_px=4) for number in range(5)]
    for one in made:
        one.approve()
    return made


def selected(page: Page) -> list[str]:
    boxes = page.locator(".pick:checked").all()
    return [box.get_attribute("aria-label").removeprefix("Select ") for box in boxes]


def test_products_are_selected_by_keys_and_sent_to_review_and_back(page: Page, live_server, shelf):
    sign_in(page, live_server.url, name="mona")
    page.goto(f"{live_server.url}/gallery?sort=sku")
    bar, tiles = page.get_by_role("form", name="Selection"), page.locator(".gallery .tile")
    expect(bar).to_be_hidden()
    tiles.nth(1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert selected(page) == ["MUG-1", "MUG-2", "MUG-3"]
    expect(bar).to_contain_text("3 products selected")
    page.keyboard.press("Space")
    assert selected(page) == ["MUG-1", "MUG-2"]
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("5 products selected")
    bar.get_by_role("button", name="Send to review").click()
    done = page.locator(".notice.done")
    expect(done).to_contain_text("5 pictures wait in the review queue.")
    assert ReviewTask.objects.open().count() == 5
    done.get_by_role("button", name="Undo").click()
    expect(page.locator(".messages")).to_contain_text("5 pictures are as they were.")
    assert set(Rendition.objects.values_list("state", flat=True)) == {RenditionState.APPROVED}


def test_more_than_one_page_is_selected_as_all_results(page: Page, live_server, shelf, monkeypatch):
    monkeypatch.setattr("insights.gallery.PAGE", 3)
    sign_in(page, live_server.url, name="mona")
    page.goto(f"{live_server.url}/gallery?sort=sku")
    bar = page.get_by_role("form", name="Selection")
    boxes = page.locator(".pick")
    boxes.first.click()
    boxes.last.click(modifiers=["Shift"])
    assert len(selected(page)) == 3
    bar.get_by_role("button", name="Select all 5 results").click()
    expect(bar).to_contain_text("5 products selected")
    bar.get_by_role("button", name="Recall").click()
    expect(page.locator(".notice.done")).to_contain_text("5 approved pictures are recalled.")
    assert set(Rendition.objects.values_list("state", flat=True)) == {RenditionState.RECALLED}


def test_selected_products_are_compared_by_a_key_and_zoomed_as_one(page: Page, live_server, shelf):
    sign_in(page, live_server.url, name="mona")
    page.goto(f"{live_server.url}/gallery?sort=sku")
    tiles = page.locator(".gallery .tile")
    tiles.first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=2)).to_have_text(["MUG-0", "MUG-1"])
    panes = page.locator(".pane img")
    expect(page.locator("#zoom")).to_have_text("100%")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    moved = panes.evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).transform + getComputedStyle(one).transformOrigin)"
    )
    assert moved[0] == moved[1]
    assert moved[0].startswith("matrix(1.5")
    page.keyboard.press("0")
    expect(page.locator("#zoom")).to_have_text("100%")


def test_selected_products_are_tagged_by_a_key_and_that_is_taken_back(page: Page, live_server, shelf):
    sign_in(page, live_server.url, name="mona")
    page.goto(f"{live_server.url}/gallery?sort=sku")
    page.locator(".gallery .tile").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("t")
    page.keyboard.type("Spring 27")
    page.keyboard.press("Enter")
    done = page.locator(".notice.done")
    expect(done).to_contain_text("1 product has the tag Spring 27 now.")
    page.get_by_role("link", name="Spring 27").click()
    expect(page.locator(".gallery .tile")).to_have_count(1)
    done.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    page.get_by_role("link", name="Without Tag: 5 products").click()
    expect(page.locator(".gallery .tile")).to_have_count(5)


def test_selection_works_on_a_phone_and_breaks_no_rule(browser, live_server, shelf):
    ensure_presets()
    for scheme, width in (("light", 390), ("dark", 390), ("dark", 1440)):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500
        )
        page = context.new_page()
        sign_in(page, live_server.url, name="mona")
        page.goto(f"{live_server.url}/gallery?sort=sku")
        box = page.locator(".pick").first
        box.tap() if width < 500 else box.click()
        expect(page.get_by_role("form", name="Selection")).to_contain_text("1 product selected")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if width < 500:
            expect(page.locator(".pick").nth(1)).to_have_css("opacity", "1")
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/gallery-{scheme}-{width}.png")
            page.get_by_role("button", name="Make again").click()
            page.screenshot(path=f"{folder}/gallery-again-{scheme}-{width}.png")
        page.get_by_role("button", name="Export").click()
        expect(page.locator("textarea[name=skus]")).to_have_value("MUG-0")
        context.close()
    wait_until_served()
