"""The demo recipe through each hosted provider, started in a browser: `fake_providers` beside a whole site, and no key."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import site as sites
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHOTO = Path(__file__).resolve().parents[2] / "samples" / "photos" / "MUG-01_2.jpg"
MINUTE_MS = 60_000
STYLES = 5
# Who makes the backgrounds, and what one costs in USD.
PRICES = {"replicate": 0.003, "firefly": 0.1, "gemini": 0.067, "gemini-batch": 0.0335}


@pytest.fixture(scope="module")
def vendors(tmp_path_factory) -> Iterator[dict[str, str]]:
    """`manage.py fake_providers` in a process of its own; the variables that it says to set."""
    environment = sites.own_environment(tmp_path_factory.mktemp("vendors"))
    command = [sys.executable, "manage.py", "fake_providers", "--port", "0"]
    with subprocess.Popen(command, cwd=sites.ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        said = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.startswith("Then"):
                break
        yield dict(re.findall(r"export (\w+)=(\S+)", "".join(said)))
        process.terminate()


@pytest.fixture(scope="module")
def site(vendors) -> Iterator[sites.Site]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in vendors.items():
            patch.setitem(os.environ, name, value)
        with sites.running() as made:
            yield made


@pytest.mark.parametrize("name", PRICES)
def test_recipe_of_the_demo_runs_through_a_hosted_provider(site, page: Page, name):
    sign_in(page, site.url, name="mona")
    told = start(page, site.url, name)
    assert told == pytest.approx(STYLES * PRICES[name], abs=0.001)
    money = page.locator(".batch-money")
    expect(money).to_contain_text(f"of ${told:.3f} estimated")
    # Without a reload: first what is in flight or charged, then the whole of it.
    expect(money).not_to_contain_text("0 calls", timeout=5 * MINUTE_MS)
    expect(page.locator(".batch-done")).to_have_text("1 of 1", timeout=5 * MINUTE_MS)
    expect(money.locator("strong")).to_have_text(f"${told:.3f}")
    expect(money).to_contain_text("5 calls")
    expect(page.locator(".batch-slots img")).to_have_count(13, timeout=MINUTE_MS)
    page.get_by_role("link", name="Calls").click()
    expect(page.locator("main")).to_contain_text(f"${told:.3f}")


def start(page: Page, url: str, name: str) -> float:
    """Starts a batch of one photo by the recipe of the demo, its sets made by this provider. Returns the price that was told."""
    page.goto(f"{url}/batches/new")
    page.set_input_files("#pick-files", PHOTO)
    page.get_by_label("Catalogue").check()
    page.get_by_text("Who makes it").click()
    page.get_by_label("Backgrounds", exact=True).select_option(name)
    expect(page.locator("#place")).to_contain_text(f"Uses {name}")
    estimate = page.locator("#estimate")
    expect(estimate).to_contain_text("about $")
    expect(page.locator("#start")).to_contain_text("Start 1 photo")
    told = float(estimate.inner_text().rpartition("$")[2])
    page.click("#start")
    page.wait_for_url(re.compile(r"/batches/\d+$"))
    return told
