"""A reviewer at the keyboard, without having read anything."""

import io
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Role
from catalog.files import store
from processing.models import Artifact, Check, Rendition
from review import gate
from review.models import Decision, ReviewTask, TaskState
from tests import builders
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DECISIONS = "**/api/v1/review/decisions"
SIZE = (320, 240)


def kept(image: Image.Image, media_type: str = "image/png") -> Artifact:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    file = store(buffer.getvalue(), suffix="png")
    return builders.artifact(
        sha256=file.sha256, path=file.path, bytes=file.bytes, media_type=media_type, width=SIZE[0], height=SIZE[1]
    )


def doubted(sku: str, colour: tuple[int, int, int], *, halo_px: float) -> Rendition:
    """A cut-out with its photo, a heat map and a halo beyond its limit."""
    photo = Image.new("RGB", SIZE, (220, 220, 220))
    ImageDraw.Draw(photo).ellipse((90, 50, 230, 190), fill=colour)
    alpha = Image.new("L", SIZE)
    ImageDraw.Draw(alpha).ellipse((86, 46, 234, 194), fill=255)
    overlay = photo.copy()
    overlay.putalpha(alpha)
    traces = {"proxy": kept(photo).sha256, "overlay": kept(overlay).sha256, "thumb": kept(overlay.reduce(2)).sha256}
    job = builders.job(image=builders.source_image(builders.variant(sku)))
    made = builders.rendition(
        job, name="cutout", kind="cutout", score=1 / halo_px, provenance=traces, artifact=kept(overlay)
    )
    heat = io.BytesIO()
    alpha.reduce(8).save(heat, "PNG")
    place = {"box": [0.25, 0.2, 0.2, 0.2], "worst": [0.3, 0.3]}
    Check.objects.create(
        rendition=made, code="EDGE_HALO", value=halo_px, unit="px", passed=False, heat=heat.getvalue(), **place
    )
    Check.objects.create(rendition=made, code="ISLAND", value=0.0, unit="share", passed=True)
    return made


@pytest.fixture
def in_room(page: Page, live_server) -> Page:
    return open_room(page, live_server.url)


@pytest.fixture
def in_trouble(context: BrowserContext, live_server) -> Page:
    """The room on a page that may log failed requests: here they are what is tested."""
    return open_room(context.new_page(), live_server.url)


def open_room(page: Page, server: str) -> Page:
    """Three doubted pictures, worst first RED, GREEN, BLUE, and a reviewer who opened the first from the queues."""
    builders.user("rita", role=Role.REVIEWER)
    for sku, colour, halo_px in (("BLUE", (30, 60, 180), 3), ("RED", (190, 40, 40), 9), ("GREEN", (30, 140, 60), 5)):
        doubted(sku, colour, halo_px=halo_px)
    gate.judge_pending()
    sign_in(page, server, name="rita")
    page.goto(f"{server}/review/")
    page.keyboard.press("Enter")
    expect(page.locator("#sku")).to_have_text("RED")
    return page


def press(page: Page, key: str) -> None:
    with page.expect_response(DECISIONS):
        page.keyboard.press(key)


def test_three_pictures_are_judged_by_keyboard(page: Page, live_server, monkeypatch):
    # However long this takes, the first decision has not taken effect when it is looked for.
    monkeypatch.setattr("review.views.GRACE", timedelta(hours=1))
    open_room(page, live_server.url)
    expect(page.locator("#doubts")).to_contain_text("9 px")
    expect(page.locator("#stage")).to_have_attribute("data-backdrop", "black")
    expect(page.locator("#doubts")).to_contain_text("A rim of the old background")
    press(page, "a")
    expect(page.locator("#sku")).to_have_text("GREEN")
    expect(page.locator("#last")).to_contain_text("Approved RED, takes effect in")
    press(page, "x")
    expect(page.locator("#sku")).to_have_text("BLUE")
    page.keyboard.press("r")
    expect(page.locator("#menu")).to_be_visible()
    press(page, "Enter")
    expect(page.locator("#end-title")).to_have_text("Nothing needs a look")
    expect(page.locator("#end-sum")).to_have_text("1 approved, 1 rejected, 1 in rework")
    said = {one.task.rendition.job.sku: (one.verdict, one.reason) for one in Decision.objects.all()}
    assert said == {"RED": ("approve", ""), "GREEN": ("reject", "EDGE_HALO"), "BLUE": ("rework", "EDGE_HALO")}
    assert not ReviewTask.objects.open().exists()


def test_undo_brings_back_the_last_picture_to_decide_again(in_room: Page):
    page = in_room
    press(page, "a")
    with page.expect_response("**/api/v1/review/undo"):
        page.keyboard.press("z")
    expect(page.locator("#sku")).to_have_text("RED")
    press(page, "x")
    assert [one.verdict for one in Decision.objects.order_by("id")] == ["approve", "undo", "reject"]


def test_reason_other_asks_for_words(in_room: Page):
    page = in_room
    page.keyboard.press("Shift+X")
    page.locator("#menu li", has_text="Something else").click()
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("a thumb in the picture")
    press(page, "Enter")
    assert Decision.objects.get().note == "a thumb in the picture"


def test_views_follow_their_keys_and_are_remembered(in_room: Page):
    page = in_room
    stage = page.locator("#stage")
    for key, view in (("o", "original"), ("c", "compare"), ("h", "heat"), ("m", "matte"), ("d", "diff")):
        page.keyboard.press(key)
        expect(stage).to_have_attribute("data-view", view)
    page.keyboard.press("Escape")
    expect(stage).to_have_attribute("data-view", "result")
    page.keyboard.press("b")
    expect(stage).to_have_attribute("data-backdrop", "checker")
    page.keyboard.press("1")
    expect(page.locator("#doubts button")).to_have_attribute("aria-pressed", "true")
    press(page, "a")
    assert set(Decision.objects.get().views) >= {"original", "compare", "heat", "matte", "diff", "zoom"}


def test_decision_survives_a_server_that_does_not_answer(in_trouble: Page):
    page = in_trouble
    page.route(DECISIONS, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.keyboard.press("a")
    expect(page.locator("#sku")).to_have_text("GREEN")
    with page.expect_response(DECISIONS):
        page.unroute(DECISIONS)
    assert Decision.objects.get().verdict == "approve"


def test_keys_rest_while_a_field_has_the_focus(in_room: Page):
    page = in_room
    page.keyboard.press("n")
    page.keyboard.type("axrsz")
    expect(page.locator("#sku")).to_have_text("RED")
    expect(page.locator("#note")).to_have_value("axrsz")
    assert not Decision.objects.exists()


def test_second_reviewer_sees_who_was_first(in_trouble: Page):
    page = in_trouble
    task = ReviewTask.objects.get(rendition__job__sku="RED")
    task.state = TaskState.DECIDED
    task.save(update_fields=["state"])
    mona = builders.user("mona", role=Role.MANAGER)
    Decision.objects.create(task=task, by=mona, verdict="reject", reason="RESHOOT", effective_at=task.created_at)
    press(page, "a")
    expect(page.locator("#conflict-text")).to_contain_text("Rejected by mona")
    expect(page.locator("#sku")).to_have_text("GREEN")


def test_pictures_side_by_side_are_judged_together_but_for_those_kept_out(in_room: Page):
    page = in_room
    with page.expect_navigation():
        page.keyboard.press("v")
    expect(page.locator(".cluster-tile[data-seen]")).to_have_count(3)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Approve 2")).to_be_enabled()
    press(page, "a")
    expect(page.locator(".cluster-tile")).to_have_count(1)
    assert {one.task.rendition.job.sku for one in Decision.objects.all()} == {"RED", "BLUE"}
    with page.expect_response("**/api/v1/review/undo"):
        page.keyboard.press("z")
    expect(page.locator(".cluster-tile")).to_have_count(3)
