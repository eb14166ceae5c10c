"""Videos on their way out: made by the engine, shown, looked at, exported, checked and made again."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from catalog.files import load
from marketplaces.exports import run_export
from marketplaces.models import ExportFile
from marketplaces.recheck import check_folder
from marketplaces.remaking import remake
from processing.imaging import video
from processing.imaging.metadata import read_metadata
from processing.models import Job
from processing.recipes import VIDEO_FORMS
from review.models import ReviewTask
from tests.processing import making
from tests.review.builders import task

pytestmark = pytest.mark.django_db
CHANGES = {
    "enhance": False,
    "repair": False,
    "video_forms": ["square"],
    "video_seconds": 3.0,
    "styles": ["studio-white"],
}


@pytest.fixture
def made(monkeypatch) -> Job:
    """A job with a small clip, all of it approved."""
    monkeypatch.setitem(VIDEO_FORMS, "square", (240, 240))
    job = making.run(making.photo("BOX-01"), recipe="video", changes=CHANGES)
    for rendition in job.renditions.all():
        rendition.approve()
    return job


def test_plain_tree_holds_the_video_with_its_metadata(made, tmp_path):
    run_export(None, out=tmp_path)
    data = (tmp_path / "BOX-01/video/square-studio-white.mp4").read_bytes()
    assert video.facts_of(data).size == (240, 240)
    told = read_metadata(data)
    assert told["sku"] == "BOX-01"
    assert told["digital_source_type"].endswith("/compositeSynthetic")
    listed = json.loads((tmp_path / "BOX-01/metadata.json").read_text())["files"]
    assert {"cutout.png", "video/square-studio-white.mp4"} == {one["name"] for one in listed}
    call_command("verify", str(tmp_path), stdout=StringIO())


def test_verify_finds_a_video_that_was_cut(made, tmp_path):
    run_export(None, out=tmp_path)
    file = tmp_path / "BOX-01/video/square-studio-white.mp4"
    file.write_bytes(file.read_bytes()[:-40_000])
    told = {(one["name"], one["code"]) for one in check_folder(tmp_path, on=date(2026, 11, 22)).problems}
    assert told == {("BOX-01/video/square-studio-white.mp4", code) for code in ("CHANGED", "READABLE")}


def test_video_is_made_again_to_the_byte(made):
    run_export(None)
    again = remake(ExportFile.objects.get(name="BOX-01/video/square-studio-white.mp4"))
    assert again.is_same, again.to_dict()
    assert again.notes == []


def test_video_that_comes_out_otherwise_is_told(made, monkeypatch):
    run_export(None)
    monkeypatch.setattr(video, "_SETTINGS", {**video._SETTINGS, "crf": "40"})
    again = remake(ExportFile.objects.get(name="BOX-01/video/square-studio-white.mp4"))
    assert not again.is_same
    assert 20 < again.psnr_db < 60


def test_channels_are_sent_no_video(made):
    report = run_export("shopify")
    assert report.files
    assert [file["name"] for file in report.files if file["name"].endswith("mp4")] == []


def test_doubted_cutout_holds_its_video_back(made):
    made.renditions.get(kind="cutout").send_to_review()
    run_export(None)
    assert not ExportFile.objects.filter(name__endswith=".mp4").exists()


def test_product_page_plays_it_behind_its_first_frame(made, signed_in):
    clip = made.renditions.get(kind="video")
    page = signed_in.get(reverse("product", args=["BOX-01"]) + f"?show={clip.pk}").content.decode()
    assert f'<video src="/media/{clip.artifact.sha256}/BOX-01-{clip.name}.mp4"' in page
    assert f'poster="/media/{clip.provenance["poster"]}/poster.jpg"' in page
    assert "3 s, 25 frames a second, H.264, no sound" in page
    answer = signed_in.get(f"/media/{clip.artifact.sha256}/clip.mp4", headers={"Range": "bytes=0-99"})
    assert (answer.status_code, answer["Content-Type"], answer["Content-Length"]) == (206, "video/mp4", "100")


def test_room_shows_the_strip_and_links_the_video(made, as_reviewer):
    clip = made.renditions.get(kind="video")
    clip.send_to_review()
    ReviewTask.objects.filter(rendition=clip).delete()
    task(clip)
    body = as_reviewer.post("/api/v1/review/claim", {}, content_type="application/json").json()
    (item,) = body["items"]
    assert item["img"]["result"] == f"/media/{clip.provenance['strip']}/BOX-01-{clip.name}"
    assert (item["rendition"]["w"], item["rendition"]["h"]) == (240, 240)
    assert item["video"] == f"/media/{clip.artifact.sha256}/BOX-01-{clip.name}.mp4"


def test_job_of_the_api_tells_the_file(made, as_reviewer):
    clip = made.renditions.get(kind="video")
    answer = as_reviewer.get(f"/api/v1/jobs/{made.pk}").json()
    told = next(one for one in answer["renditions"] if one["kind"] == "video")
    assert (told["media_type"], told["width"], told["height"]) == ("video/mp4", 240, 240)
    assert told["url"].endswith(f"BOX-01-{clip.name}.mp4")
    assert load(clip.artifact.path)[4:8] == b"ftyp"
