import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import WatchedFolder
from config.running import Progress, progress
from config.summary import doubts_of, summarise, verdict_of
from config.terminal import ProgressBar, report_lines
from processing.models import Batch, JobState, RenditionState
from tests import builders, images

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def run(*arguments, **options) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_watch_adds_lists_and_stops(tmp_path):
    assert "No folder is watched" in run("watch")
    run("watch", str(tmp_path), "--recipe", "lifestyle")
    assert json.loads(run("watch", "--json")) == [
        {"path": str(tmp_path), "recipe": "lifestyle", "active": True, "error": ""}
    ]
    run("watch", str(tmp_path), "--stop")
    assert not WatchedFolder.objects.get().is_active


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere/at/all"], "is not a folder"),
        (["/tmp", "--recipe", "none"], "none"),
        (["/tmp", "--user", "nobody"], "no user"),
    ],
)
def test_watch_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("watch", *arguments)


def test_submit_queues_photos_and_lists_what_it_refused(tmp_path):
    (tmp_path / "notes.jpg").write_text("this is no picture")
    photo = SAMPLES / "photos" / "MUG-01_2.jpg"
    answer = json.loads(run("submit", str(photo), str(tmp_path), "--json"))
    assert answer["photos"] == 1
    assert [Path(row["file"]).name for row in answer["rejected"]] == ["notes.jpg"]
    assert answer["rejected"][0]["reason"]
    assert Batch.objects.get(pk=answer["batch"]).source == "cli"
    said = run("submit", str(photo), str(tmp_path))
    assert "1 photo queued, 1 not taken." in said
    assert "notes.jpg: The file is not a picture." in said
    assert f"/batches/{Batch.objects.latest('pk').pk}" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere.jpg"], "does not exist"),
        ([str(SAMPLES / "README.md")], "None of these files"),
        ([str(SAMPLES), "--recipe", "x"], "x"),
        ([str(SAMPLES), "--column", "colour=Farbe"], "the meaning one of sku, image"),
        ([str(SAMPLES), "--pattern", "{x}"], "--pattern"),
    ],
)
def test_submit_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("submit", *arguments)


def test_submit_reads_a_manifest_with_files_beside_it():
    call_command("submit", str(SAMPLES / "catalogue.json"))
    assert Batch.objects.latest("pk").jobs.count() >= 10


def test_submit_is_told_what_columns_and_names_mean(tmp_path):
    images.solid().save(tmp_path / "shoe-R12-2.png")
    table = tmp_path / "table.csv"
    table.write_text("Modell;Aufnahme\nR12;shoe-R12-2.png\n")
    said = io.StringIO()
    with pytest.raises(CommandError, match="None of these"):
        call_command("submit", str(table), stderr=said)
    assert "--column sku=TITLE --column image=TITLE; there are: Modell, Aufnahme" in said.getvalue()
    call_command("submit", str(table), "--column", "sku=Modell", "--column", "image=Aufnahme")
    assert [job.sku for job in Batch.objects.latest("pk").jobs.all()] == ["R12"]
    images.solid(colour=(10, 90, 40)).save(tmp_path / "shoe-R13-2.png")
    call_command("submit", str(tmp_path / "shoe-R13-2.png"), "--pattern", "*-{sku}-{view}")
    assert Batch.objects.latest("pk").jobs.get().source_image.view == 2


def test_summary_tells_photos_apart_by_verdict():
    batch = builders.batch()
    good = builders.job(batch, state=JobState.DONE)
    bad = builders.job(batch, state=JobState.FAILED, stage="prepare", error="The file is cut off.")
    builders.rendition(good).approve()
    summary = summarise([batch], seconds=2.0)
    assert summary["batch"] == batch.pk
    assert (summary["photos"], summary["renditions"], summary["auto_approved"], summary["failed"]) == (2, 1, 1, 1)
    verdicts = {job["sku"]: job["verdict"] for job in summary["jobs"]}
    assert verdicts == {good.sku: "auto_approved", bad.sku: "failed"}
    text = "\n".join(report_lines(summary))
    assert "prepare: The file is cut off." in text
    assert "2 photos of 2 products" in text


def test_one_doubted_picture_keeps_its_photo_in_review():
    job = builders.job(state=JobState.DONE)
    rows = [
        builders.rendition(job, state=RenditionState.APPROVED),
        builders.rendition(job, name="x", state=RenditionState.IN_REVIEW),
    ]
    assert verdict_of(job, rows) == "in_review"
    assert doubts_of(rows) == []
    assert verdict_of(job, []) == "pending"


def test_progress_goes_to_its_own_stream_a_line_per_change():
    stream = io.StringIO()
    bar = ProgressBar(stream)
    for done in (0, 0, 1):
        bar(Progress(total=2, done=done, failed=0, stage="", awaiting_verdict=0))
    assert stream.getvalue() == "0 of 2 photos done\n1 of 2 photos done\n"


def test_photo_that_two_batches_use_counts_once():
    image = builders.source_image()
    done, other = (builders.job(builders.batch(), image=image, state=JobState.DONE) for _ in range(2))
    builders.rendition(done).approve()
    builders.rendition(other, state=RenditionState.IN_REVIEW)
    batches = [done.batch, other.batch]
    now = progress([batch.pk for batch in batches])
    assert (now.total, now.done, now.failed) == (1, 1, 0)
    lines = [line for line in report_lines(summarise(batches, seconds=1.0)) if image.original_name in line]
    assert len(lines) == 1
    assert "needs a look" in lines[0]
    other.state = JobState.RUNNING
    other.save(update_fields=["state"])
    assert progress([batch.pk for batch in batches]).done == 0
