"""New batch in a real browser: a folder with bad files in it, the pattern tried live, drops on other pages, links, start."""

import base64

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Role
from catalog.models import IntakeItem
from processing.models import Batch
from tests import builders
from tests.browser.conftest import sign_in
from tests.catalog.photos import photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What takes drops comes beside the page: this waits until it has.
DROP = """async ([name, data]) => {
  await import("/static/js/pages/upload/handoff.js");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { lastModified: 5 }));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def new_batch(page: Page, live_server, broker) -> Page:
    builders.user("olga", role=Role.OPERATOR)
    sign_in(page, live_server.url, name="olga")
    page.goto(f"{live_server.url}/batches/new")
    return page


def _drop(page: Page, name: str, data: bytes) -> None:
    page.evaluate(DROP, [name, base64.b64encode(data).decode()])


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "Autumn"
    (made / "MUG-01").mkdir(parents=True)
    (made / "AC4102_1.jpg").write_bytes(photo())
    (made / "AC4102_2.jpg").write_bytes(photo(colour=(1, 2, 3)))
    (made / "MUG-01" / "IMG_7.jpg").write_bytes(photo(colour=(4, 5, 6)))
    (made / "BROKEN_1.jpg").write_bytes(photo()[:600])
    (made / ".DS_Store").write_bytes(b"x")
    return made


def test_files_chosen_before_the_script_is_there_are_taken(page: Page, live_server, broker, folder):
    builders.user("olga", role=Role.OPERATOR)
    sign_in(page, live_server.url, name="olga")
    chosen = [folder / "AC4102_1.jpg", folder / "AC4102_2.jpg"]

    def choose_first(route: Route) -> None:
        page.set_input_files("#pick-files", chosen)
        route.continue_()

    page.route("**/js/pages/upload.js", choose_first)
    page.goto(f"{live_server.url}/batches/new")
    expect(page.locator("#rows > li")).to_have_count(2)


def test_a_folder_is_sent_judged_and_started(new_batch, folder):
    page = new_batch
    page.set_input_files("#pick-folder", folder)
    expect(page.locator("#files-title")).to_have_text("3 photos of 2 products")
    expect(page.locator("#id_name")).to_have_value("Autumn")
    broken = page.locator(".file-row.rejected")
    expect(broken.locator(".why")).to_contain_text("ends too early")
    page.fill("#id_pattern", "{view}")
    expect(page.locator("#pattern-error")).to_contain_text("{sku}")
    page.fill("#id_pattern", "*_{sku}")
    expect(page.locator("#files-title")).to_have_text("3 photos of 3 products")
    page.fill("#id_pattern", "")
    expect(page.locator("#files-title")).to_have_text("3 photos of 2 products")
    page.click("#skip")
    expect(broken).to_have_count(0)
    expect(page.locator("#start")).to_be_enabled()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: not url.endswith("new") and "?" not in url)
    batch = Batch.objects.get()
    assert (batch.name, sorted(job.sku for job in batch.jobs.all())) == ("Autumn", ["AC4102", "AC4102", "MUG-01"])


def test_a_reload_sends_only_what_is_missing(new_batch, folder):
    page = new_batch
    page.set_input_files("#pick-folder", folder)
    expect(page.locator("#files-title")).to_have_text("3 photos of 2 products")
    # A small view asked for behind the change would not be found.
    for place in range(3):
        expect(page.locator("img.thumb").nth(place)).to_have_js_property("complete", True)
    IntakeItem.objects.filter(path__endswith="IMG_7.jpg").update(state="waiting", sha256="", photo={})
    page.reload()
    expect(page.locator("#files-sum")).to_contain_text("1 missing")
    sent = []
    page.on(
        "request",
        lambda request: sent.append(request.url) if "/items/" in request.url and request.method == "POST" else None,
    )
    page.set_input_files("#pick-folder", folder)
    expect(page.locator("#files-title")).to_have_text("3 photos of 2 products")
    assert len(sent) == 1


def test_without_a_connection_files_wait_and_then_go_on_by_themselves(new_batch, folder):
    page = new_batch
    page.evaluate("Object.defineProperty(navigator, 'onLine', { value: false, configurable: true })")
    page.set_input_files("#pick-folder", folder)
    expect(page.locator("#files-sum")).to_contain_text("No connection: sending goes on by itself")
    page.evaluate("delete navigator.onLine; dispatchEvent(new Event('online'))")
    expect(page.locator("#files-title")).to_have_text("3 photos of 2 products")


def test_what_has_not_been_sent_is_cancelled_and_the_rest_can_start(new_batch, folder):
    page = new_batch
    page.set_input_files("#pick-folder", folder)
    expect(page.locator("#files-title")).to_have_text("3 photos of 2 products")
    page.route("**/items/*/", lambda route: None)
    _drop(page, "MUG-02_1.jpg", photo(colour=(7, 8, 9)))
    _drop(page, "MUG-03_1.jpg", photo(colour=(9, 8, 7)))
    page.click("text=Cancel 2 not sent yet")
    expect(page.locator(".file-row")).to_have_count(4)
    expect(page.locator("#cancel")).to_be_hidden()
    expect(page.locator("#start")).to_contain_text("Start 3 photos")
    assert not IntakeItem.objects.filter(path__startswith="MUG-0").exists()


def test_a_drop_on_another_page_opens_new_batch_filled_in(new_batch, live_server):
    page = new_batch
    page.goto(f"{live_server.url}/gallery")
    _drop(page, "MUG-01_2.jpg", photo())
    page.wait_for_url("**/batches/new**")
    expect(page.locator("#files-title")).to_have_text("1 photo of 1 product")
    expect(page.locator("#estimate")).to_contain_text("pictures")


def test_a_table_asks_for_its_columns_and_its_links_are_fetched(new_batch):
    page = new_batch
    _drop(page, "list.csv", b"Nr.;Foto X\nB2;https://shop.example/b.jpg\n")
    page.select_option("select[data-meaning=sku]", "Nr.")
    page.select_option("select[data-meaning=image]", "Foto X")
    page.click("text=Use these columns")
    expect(page.locator(".file-row .status", has_text="Fetching")).to_be_visible()
    expect(page.locator("#start")).to_contain_text("Start 1 photo")
    page.click("#start")
    page.wait_for_url(lambda url: "new" not in url)
    assert Batch.objects.get().is_filling
