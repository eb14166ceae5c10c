"""Signing in with a second factor, and what a keyboard does in the inbox."""

import re
import time
from base64 import b32decode

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from accounts import second_factor
from accounts.models import User
from processing.models import Batch, BatchState
from tests import builders
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def olga(live_server) -> User:
    return builders.user("olga")


def code_of(key: str, *, steps_ahead: int = 0) -> str:
    """A code of an app whose clock is ahead: two in a row are never the same."""
    app = TOTP(b32decode(key.replace(" ", "")))
    app.time = time.time() + 30 * steps_ahead
    return f"{app.token():06d}"


def test_a_second_factor_is_set_up_and_asked_for(page: Page, live_server, olga):
    sign_in(page, live_server.url, name="olga")
    page.goto(live_server.url + reverse("second-factor"))
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".drawing svg")).to_be_visible()
    key = page.locator("code.secret").inner_text()
    page.get_by_role("textbox", name="Code").fill(code_of(key))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".recovery li")).to_have_count(second_factor.RECOVERY_CODES)
    page.locator(".rail").get_by_role("button", name="Sign out olga").click()
    page.get_by_role("textbox", name="Name").fill("olga")
    page.get_by_role("textbox", name="Password").fill("secret-pass-1")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("textbox", name="Code").fill(code_of(key, steps_ahead=1))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def test_the_keyboard_archives_a_batch_that_has_ended(page: Page, live_server, olga):
    ended = builders.batch(olga, name="Autumn", state=BatchState.DONE)
    builders.job(builders.batch(olga, name="Winter", state=BatchState.RUNNING))
    sign_in(page, live_server.url, name="olga")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator(".batch-row:focus")).to_contain_text("Winter")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_text("Autumn is archived.")).to_be_visible()
    expect(page.locator(".batch-row")).to_have_count(1)
    assert list(Batch.objects.filter(is_archived=True)) == [ended]
    page.keyboard.press("j")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("/exports"))
