"""The gallery's tiles: three sizes that are remembered, and keys that move along rows and columns."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from review import gate
from tests import builders
from tests.browser.conftest import sign_in
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
