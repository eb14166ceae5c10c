"""A real browser against a live server. A page that logs an error or breaks the content security policy fails its test."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.install import find

# Playwright's loop runs in this thread, and Django's guard cannot tell it from a view that blocks one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# A loaded machine is slow, which is no fault of a page.
expect.set_options(timeout=20_000)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()
    if "live_server" in request.fixturenames:
        wait_until_served()


def wait_until_served() -> None:
    """A page that closes says goodbye to the server. Its last requests must be through before the tables are emptied: both at
    once is a deadlock."""
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND (state <> 'idle' OR state_change > clock_timestamp() - interval '0.4 s')"
    )
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(busy)
            if cursor.fetchone() == (0,):
                return
            cursor.execute("SELECT pg_sleep(0.1)")
    raise AssertionError("The server is at work a minute after the last page was closed.")


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    made.close()
    assert not complaints, complaints


def sign_in(page: Page, server: str, *, name: str, password: str = "secret-pass-1") -> None:
    page.goto(f"{server}/sign-in/")
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("button[type=submit]")
    page.wait_for_selector("nav.rail")
