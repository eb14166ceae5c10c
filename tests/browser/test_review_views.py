"""How a picture is looked at: deep zoom, what lies around it, where colour is the doubt, and in another language."""

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from processing.models import Artifact, Check, Rendition
from review import gate
from tests import builders
from tests.browser.conftest import sign_in
from tests.browser.test_review_room import doubted, kept, open_room

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LARGE = (2000, 1500)


def opened(page: Page, server: str, made: Rendition) -> Page:
    """The room with this picture alone."""
    builders.user("rita", role=Role.REVIEWER)
    gate.judge_pending()
    sign_in(page, server, name="rita")
    page.goto(f"{server}/review/room")
    expect(page.locator("#sku")).to_have_text(made.job.sku)
    return page


def large() -> Rendition:
    """The picture is known in full: its photo has 2000 px, its cut-out lies in the right half of it."""
    made = doubted("RED", (190, 40, 40), halo_px=9)
    source = made.job.source_image
    source.path, source.format = kept(Image.new("RGB", LARGE, (220, 220, 220))).path, "PNG"
    source.width, source.height = LARGE
    source.save()
    cutout = kept(Image.new("RGBA", (1000, 1500), (190, 40, 40, 255)))
    meta = {"box_px": [1000, 0, 1000, 1500], "source_size": list(LARGE)}
    Artifact.objects.filter(pk=cutout.pk).update(step_key="k" * 64, role="cutout", meta=meta)
    Rendition.objects.filter(pk=made.pk).update(provenance={**made.provenance, "steps": {"cutout": "k" * 64}})
    return made


def test_a_deep_zoom_shows_the_whole_files_where_their_proxies_were(page: Page, live_server):
    opened(page, live_server.url, large())
    expect(page.locator("#result-box img")).not_to_have_class("result whole")
    page.keyboard.press("1")
    expect(page.locator("#result-box img")).to_have_class("result whole")
    expect(page.locator("#original-box img")).to_have_class("original whole")
    assert page.locator("#result-box img").evaluate("(image) => [image.naturalWidth, image.style.left]") == [
        1000,
        "50%",
    ]
    expect(page.locator("#view-note")).to_have_text("Full resolution")


def test_arrows_move_a_zoomed_picture_and_look_around_a_whole_one(page: Page, live_server):
    open_room(page, live_server.url)
    page.keyboard.press("1")
    expect(page.locator(".marks .pin")).to_have_count(1)
    before = page.locator("#frame").bounding_box()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#sku")).to_have_text("RED")
    assert page.locator("#frame").bounding_box()["x"] < before["x"]
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#sku")).to_have_text("GREEN")


def test_each_picture_is_read_from_the_top(page: Page, live_server):
    page.set_viewport_size({"width": 1440, "height": 480})
    open_room(page, live_server.url)
    panel = page.locator(".panel-scroll")
    page.keyboard.press("n")
    page.keyboard.type("a thumb")
    page.keyboard.press("Enter")
    assert panel.evaluate("(one) => one.scrollTop") > 0
    page.keyboard.press("k")
    expect(page.locator("#sku")).to_have_text("GREEN")
    expect(page.locator("#sku")).to_be_in_viewport(ratio=1)


def test_what_lies_around_pictures_is_chosen_once(page: Page, live_server):
    open_room(page, live_server.url)
    around = page.locator(".look")
    expect(around).to_have_css("background-color", "rgb(43, 43, 43)")
    with page.expect_response("**/review/surround"):
        page.get_by_role("button", name="Dark, grey or light around the picture").click()
    expect(around).to_have_css("background-color", "rgb(119, 119, 119)")
    assert User.objects.get(username="rita").surround == "grey"
    page.reload()
    expect(around).to_have_css("background-color", "rgb(119, 119, 119)")


def test_colour_is_doubted_on_grey_in_a_white_frame_with_flat_colours_beside(page: Page, live_server):
    made = doubted("RED", (190, 40, 40), halo_px=9)
    other = kept(Image.new("RGBA", (320, 240), (190, 80, 40, 255)))
    Rendition.objects.filter(pk=made.pk).update(provenance={**made.provenance, "overlay": other.sha256})
    Check.objects.filter(rendition=made, code="EDGE_HALO").update(
        code="COLOUR_DRIFT", unit="dE00", value=9.0, worst=[0.5, 0.5]
    )
    opened(page, live_server.url, made)
    expect(page.locator("#stage")).to_have_css("background-color", "rgb(119, 119, 119)")
    expect(page.locator("#frame")).to_have_css("outline", "rgb(255, 255, 255) solid 2px")
    # CIEDE2000 of (190, 40, 40) and (190, 80, 40) by skimage.color.deltaE_ciede2000 is 10.54.
    expect(page.locator("#loupe-result figcaption")).to_have_text("Result colour, 10.5 ΔE here")
    expect(page.locator("#loupe-original .glass")).to_have_css("background-color", "rgb(190, 40, 40)")


def test_the_room_shows_which_backdrop_it_has_and_takes_the_choice_back(page: Page, live_server):
    open_room(page, live_server.url)
    stage, automatic = page.locator("#stage"), page.locator("#automatic")
    shown = stage.get_attribute("data-backdrop")
    expect(page.locator(f'[data-backdrop-choice="{shown}"]')).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Checkerboard").click()
    expect(stage).to_have_attribute("data-backdrop", "checker")
    expect(automatic).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Shift+B")
    expect(stage).to_have_attribute("data-backdrop", shown)
    expect(automatic).to_have_attribute("aria-pressed", "true")


def test_the_scripts_of_the_room_speak_the_language_of_the_page(page: Page, live_server):
    open_room(page, live_server.url)
    User.objects.filter(username="rita").update(language="de")
    page.reload()
    expect(page.locator("#position")).to_have_text("1 von 3")
    expect(page.locator("#doubts .value").first).to_contain_text("9 px")
