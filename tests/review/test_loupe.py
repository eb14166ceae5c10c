"""Crops of the full resolution for the loupe."""

import io
from unittest.mock import patch

import numpy as np
import pytest
from django.http import Http404
from django.urls import reverse
from PIL import Image

from catalog.files import store
from processing.models import Artifact
from review import loupe
from review.items import items
from review.models import KnownFault, ReviewTask
from tests import builders
from tests.review.builders import DOUBT, task

pytestmark = pytest.mark.django_db
SIZE = (2400, 1800)
# Where DOUBT has its worst place: (0.2, 0.3) is (480, 540).
RED, BLUE = (200, 30, 30), (30, 60, 200)


def kept(picture: Image.Image, form: str, **fields) -> Artifact:
    buffer = io.BytesIO()
    picture.save(buffer, form)
    file = store(buffer.getvalue(), suffix=form.lower())
    return builders.artifact(sha256=file.sha256, path=file.path, bytes=file.bytes, **fields)


@pytest.fixture
def large(db) -> ReviewTask:
    """A doubted cut-out of a 4 megapixel photo: paper left of the worst place, product right of it."""
    photo = Image.new("RGB", SIZE, RED)
    photo.paste(BLUE, (480, 0, *SIZE))
    photo_file = kept(photo, "PNG")
    source = builders.source_image(path=photo_file.path, width=SIZE[0], height=SIZE[1], original_name="a.png")
    cutout = Image.new("RGBA", (1920, 1800), (*BLUE, 255))
    kept(
        cutout,
        "PNG",
        step_key="k" * 64,
        role="cutout",
        meta={"box_px": [480, 0, 1920, 1800], "source_size": list(SIZE)},
    )
    traces = {"steps": {"cutout": "k" * 64}, "proxy": "a" * 64, "overlay": "b" * 64}
    row = builders.rendition(
        builders.job(image=source), kind="cutout", name="cutout", state="in_review", provenance=traces
    )
    return task(row)


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def test_crops_show_the_worst_place_in_their_middle(large):
    photo, cutout = (opened(loupe.crop(large, code=DOUBT["code"], which=which)) for which in loupe.WHICH)
    assert photo.shape == cutout.shape == (loupe.CROP_PX, loupe.CROP_PX, 4)
    assert np.abs(photo[160, 150, :3].astype(int) - RED).max() < 12
    assert np.abs(photo[160, 170, :3].astype(int) - BLUE).max() < 12
    assert (cutout[160, 150, 3], cutout[160, 170, 3]) == (0, 255)


def test_a_crop_is_cut_once(large):
    first = loupe.crop(large, code=DOUBT["code"], which="original")
    with patch("review.loupe.decode", side_effect=AssertionError):
        assert loupe.crop(large, code=DOUBT["code"], which="original") == first


def test_items_name_crops_only_where_they_show_more_than_the_proxies(large):
    crops = items([large.pk])[0]["loupe"][0]
    assert crops["result"] == reverse("review-loupe", args=[large.pk, DOUBT["code"], "result"])
    source = large.rendition.job.source_image
    source.width = source.height = 1200
    source.save(update_fields=["width", "height"])
    item = items([large.pk])[0]
    assert item["loupe"][0]["result"] == item["img"]["result"]


def test_a_known_fault_is_as_sharp_as_any_other(large):
    overlay = Image.new("RGBA", (1600, 1200), (*BLUE, 255))
    overlay.paste((0, 0, 0, 0), (0, 0, 360, 1200))
    artifact = kept(overlay, "PNG", role="overlay")
    fault = KnownFault.objects.create(
        defect="cut-off part", strength=3, overlay_sha256=artifact.sha256, thumb_sha256="c" * 64, score=0.3,
        doubts=[dict(DOUBT)],
    )  # fmt: skip
    planted = ReviewTask.objects.create(
        rendition=large.rendition, queue="EDGE_HALO", is_known_fault=True, known_fault=fault
    )
    shown = opened(loupe.crop(planted, code=DOUBT["code"], which="result"))
    # The overlay's 360 px are 540 of the photo's: 60 px right of the middle.
    assert (shown[160, 200, 3], shown[160, 240, 3]) == (0, 255)
    assert (
        reverse("review-loupe", args=[planted.pk, DOUBT["code"], "result"])
        == items([planted.pk])[0]["loupe"][0]["result"]
    )


@pytest.mark.parametrize(("code", "which"), [("BLUR", "original"), (DOUBT["code"], "nothing")])
def test_what_does_not_exist_is_404(large, code, which):
    with pytest.raises(Http404):
        loupe.crop(large, code=code, which=which)


def test_a_crop_whose_photo_is_gone_is_404_not_an_error(client, reviewer, large):
    client.force_login(reviewer)
    source = large.rendition.job.source_image
    source.path = "gone.png"
    source.save(update_fields=["path"])
    assert client.get(reverse("review-loupe", args=[large.pk, DOUBT["code"], "original"])).status_code == 404
    good = client.get(reverse("review-loupe", args=[large.pk, DOUBT["code"], "result"]))
    assert (good.status_code, good["Content-Type"]) == (200, "image/webp")
    assert "immutable" in good["Cache-Control"]


def test_a_deep_zoom_finds_the_whole_files_and_their_place(large):
    whole = loupe.whole_of(large)
    assert whole["box"] == [0.2, 0.0, 0.8, 1.0]
    assert whole["result"].startswith("/media/")
    source = large.rendition.job.source_image
    assert whole["original"] == reverse("original", args=[source.pk, "a.png"])
    source.format = "HEIC"
    assert loupe.whole_of(large)["original"] is None


def test_a_deep_zoom_into_a_fault_put_in_shows_no_faultless_file(large):
    large.known_fault = KnownFault.objects.create(
        defect="hole", strength=1, overlay_sha256="c" * 64, thumb_sha256="c" * 64, score=0.3, doubts=[dict(DOUBT)]
    )
    whole = loupe.whole_of(large)
    assert whole["result"] is None
    assert whole["original"].startswith("/originals/")


def test_a_deep_zoom_into_a_small_photo_stays_with_its_proxy(large):
    source = large.rendition.job.source_image
    source.width = source.height = 1600
    assert loupe.whole_of(large) == {"result": None, "box": [0, 0, 1, 1], "original": None}
