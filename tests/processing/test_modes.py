"""Whole products in the other modes, most on the path-traced glasses."""

from dataclasses import replace
from pathlib import Path

import pytest

from catalog import files
from processing.imaging import video
from processing.imaging.resize import cutout_levels
from processing.models import Artifact, JobState
from processing.modes import Subject, base, steps_of
from processing.recipes import VIDEO_FORMS, RecipeData
from processing.steps import render
from tests.processing import making

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parent.parent.parent / "samples" / "photos"
SMALL = {"main_px": 500, "repair": False, "enhance": False}


def glasses(view: int):
    return making.photo("AC4102", data=(SAMPLES / f"AC4102_{view}.jpg").read_bytes(), view=view)


def test_front_view_of_glasses_gives_eight_files():
    job = making.run(glasses(1), recipe="eyewear", changes=SMALL)
    assert (job.state, job.error) == (JobState.DONE, "")
    files = job.renditions.filter(kind="erp")
    assert files.count() == 8
    half = files.get(name="erp-png-half-glass")
    whole = files.get(name="erp-png-white")
    assert half.artifact.sha256 != whole.artifact.sha256
    assert making.opened(files.get(name="erp-webp-transparent").artifact.path).mode == "RGBA"


def test_side_view_has_no_half_glass_and_says_why():
    job = making.run(glasses(3), recipe="eyewear", changes=SMALL)
    assert (job.state, job.error) == (JobState.DONE, "")
    assert job.renditions.filter(kind="erp").count() == 5
    notes = set(job.steps.filter(name__endswith="half-glass").values_list("note", flat=True))
    assert len(notes) == 1
    assert notes.pop().startswith("No half-glass:")


def test_campaign_sizes_show_the_product_whole():
    job = making.run(making.photo(category="outdoor"), recipe="campaign", changes={"repair": False})
    assert (job.state, job.error) == (JobState.DONE, "")
    sizes = {row.name: making.opened(row.artifact.path).size for row in job.renditions.filter(kind="campaign")}
    assert sizes == {
        "campaign-social-square": (1080, 1080), "campaign-social-story": (1080, 1920), "campaign-banner": (1920, 600)}  # fmt: skip
    assert set(job.renditions.filter(kind="campaign").values_list("style", flat=True)) == {"seasonal-summer"}


def test_swatch_is_a_square_of_the_product():
    changes = {"repair": False, "enhance": False, "swatch": True, "sizes": [], "main_px": 500}
    job = making.run(making.photo(size=(400, 340)), changes=changes)
    assert (job.state, job.error) == (JobState.DONE, "")
    swatch = job.renditions.get(name="size-swatch")
    picture = making.opened(swatch.artifact.path)
    assert (swatch.kind, swatch.parent.name, picture.mode) == ("size", "cutout", "RGB")
    assert picture.width == picture.height >= 100
    # The box is blue through and through.
    assert all(low <= high for low, high in zip((0, 0, 60), [one[0] for one in picture.getextrema()], strict=True))
    assert {check.code for check in swatch.checks.all() if not check.passed} == set()


def test_product_too_small_for_a_swatch_says_so():
    changes = {"repair": False, "enhance": False, "swatch": True, "sizes": [], "main_px": 500}
    job = making.run(making.photo(size=(130, 110)), changes=changes)
    assert job.state == JobState.DONE, job.error
    assert not job.renditions.filter(name="size-swatch").exists()
    assert job.steps.get(name="render:size-swatch").note.startswith("No swatch: the product has no even square")


def test_wallet_lies_on_a_surface_seen_from_above():
    wallet = making.photo("WALLET-01", category="fashion", data=(SAMPLES / "WALLET-01_2.jpg").read_bytes())
    job = making.run(wallet, changes={"main": False, "sizes": [], "styles": ["lifestyle-home"], "style_px": 600})
    made = job.renditions.get(kind="style")
    assert job.state == JobState.DONE
    assert made.provenance["backplate"].startswith("above-")
    assert {check.code for check in made.checks.filter(passed=False)} == set()
    assert not made.checks.filter(code__in=("CONTACT", "SCALE")).exists()


SUBJECT = Subject("BOX-1", "A box", "default", 1, "0" * 64, "video", 1)
VIDEO = {"repair": False, "enhance": False, "video_forms": ["square"], "video_seconds": 3.0}


@pytest.fixture
def clip_size(monkeypatch):
    """Small frames: what is looked at does not depend on their size."""
    monkeypatch.setitem(VIDEO_FORMS, "square", (240, 240))
    return (240, 240)


def test_video_shows_the_product_in_its_set(clip_size):
    job = making.run(making.photo(category="outdoor"), recipe="video", changes=VIDEO)
    assert (job.state, job.error) == (JobState.DONE, "")
    clip = job.renditions.get(kind="video")
    assert (clip.name, clip.style, clip.parent.name) == ("video-square-seasonal-summer", "seasonal-summer", "cutout")
    assert (clip.artifact.media_type, clip.artifact.width, clip.artifact.height) == ("video/mp4", *clip_size)
    facts = video.facts_of(files.load(clip.artifact.path))
    assert (facts.codec, facts.frames, facts.fps) == ("h264", 75, 25.0)
    assert {check.code for check in clip.checks.all() if check.is_hard and not check.passed} == set()
    assert {"FLICKER", "FROZEN", "COLOUR_DRIFT", "FIDELITY", "MARGIN", "CONTACT", "SCALE"} <= set(
        clip.checks.values_list("code", flat=True)
    )


def test_video_has_a_poster_and_a_strip_that_stand_for_it(clip_size):
    job = making.run(making.photo(), recipe="video", changes={**VIDEO, "main": True})
    clip = job.renditions.get(kind="video")
    assert (clip.name, clip.style, clip.is_in_set) == ("video-square-white", "", False)
    made = {
        row.sha256: making.opened(row.path) for row in Artifact.objects.filter(role__in=["poster", "strip", "thumb"])
    }
    assert made[clip.provenance["poster"]].size == clip_size
    assert clip.picture_sha256 == clip.provenance["strip"]
    assert made[clip.picture_sha256].size == (4 * 240 + 3 * 8, 2 * 240 + 8)
    assert clip.provenance["thumb"] in made
    assert clip.checks.get(code="BG_NOT_WHITE").passed


def test_video_made_twice_is_found_the_second_time(clip_size):
    photo = making.photo()
    first, second = (making.run(photo, recipe="video", changes=VIDEO) for _ in range(2))
    assert second.steps.get(kind="clip").is_reused
    assert first.renditions.get(kind="video").artifact == second.renditions.get(kind="video").artifact


def test_levelled_product_is_measured_against_itself(clip_size, monkeypatch):
    def turned(cutout, levels):
        image = cutout.image.rotate(20, expand=True)
        return replace(cutout, image=image), cutout_levels(image)

    monkeypatch.setattr(base, "is_on_sole", lambda *_, **__: True)
    monkeypatch.setattr(render, "levelled", turned)
    clip = making.run(making.photo(), recipe="video", changes=VIDEO).renditions.get(kind="video")
    assert clip.checks.get(code="FIDELITY").passed
    assert clip.checks.get(code="COLOUR_DRIFT").passed


def test_video_that_cannot_be_played_is_no_video(clip_size, monkeypatch):
    def broken(data):
        raise ValueError("the video cannot be played")

    monkeypatch.setattr(video, "decoded", broken)
    job = making.carry(making.run(making.photo(), recipe="video", changes=VIDEO), times=2)
    assert (job.state, job.error_code) == (JobState.FAILED, "bad-video")
    assert not job.renditions.filter(kind="video").exists()


def test_plan_of_videos_has_each_form_in_each_style_and_on_white():
    recipe = RecipeData(
        mode="fast_video", main=True, video_forms=("square", "wide"), styles=("lifestyle-*",), video_loops=True
    )
    steps = [step for step in steps_of("fast_video", SUBJECT, recipe) if step.kind == "clip"]
    assert [step.params["spec"]["name"] for step in steps] == [
        "video-square-white", "video-wide-white",
        "video-square-lifestyle-home", "video-wide-lifestyle-home",
        "video-square-lifestyle-office", "video-wide-lifestyle-office",
    ]  # fmt: skip
    assert all(step.params["clip"]["loops"] for step in steps)
    assert {tuple(step.params["spec"]["size"]) for step in steps} == {(1080, 1080), (1920, 1080)}
