"""Whole products in the other modes, on the path-traced glasses."""

from pathlib import Path

import pytest

from processing.models import JobState
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
