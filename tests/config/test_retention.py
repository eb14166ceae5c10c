"""What expires and what never does: rows become tombstones, files go, and nothing that is named is touched."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from catalog import files
from catalog.models import Intake, IntakeItem, IntakeState
from config import retention
from marketplaces.models import Export, ExportState, RenderedFile
from processing import engine, outcomes
from processing.models import Artifact, ArtifactState, Attempt, Job, JobState, Rendition, Step
from tests import builders
from tests.buckets import bucket
from tests.processing import making

pytestmark = pytest.mark.django_db
SMALL = {"sizes": ["cart"], "main_px": 500, "repair": False}
LONG_AGO = timedelta(days=61)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def job(folder) -> Job:
    """Done, all its pictures decided, and nothing of it used for two months."""
    made = making.run(changes=SMALL)
    Rendition.objects.update(state="approved")
    age(folder)
    return made


def age(folder: Path) -> None:
    Artifact.objects.update(used_at=timezone.now() - LONG_AGO)
    for file in folder.rglob("*"):
        os.utime(file, (0, 0))


def names_of(state: str) -> set[str]:
    return set(Artifact.objects.filter(state=state).values_list("role", flat=True))


def stored(data: bytes, *, old: bool = True) -> str:
    path = files.store(data, suffix="jpg").path
    if old:
        os.utime(Path(files._storage().path(path)), (0, 0))
    return path


def is_there(path: str) -> bool:
    try:
        return bool(files.load(path))
    except FileNotFoundError:
        return False


def test_intermediates_go_and_what_pictures_show_stays(job, signed_in):
    report = retention.run()
    assert names_of("expired") == {"alpha", "cutout", "backdrop", "look"}
    assert names_of("stored") == {"proxy", "thumb", "overlay", "file"}
    assert report.kinds["intermediates"].files == report.kinds["intermediates"].rows == 4
    gone = Artifact.objects.get(role="cutout")
    assert not is_there(gone.path)
    assert gone.expired_at is not None
    assert signed_in.get(f"/media/{gone.sha256}/cutout.png").status_code == 410
    assert all(map(is_there, Artifact.objects.filter(state="stored").values_list("path", flat=True)))
    assert is_there(job.source_image.path)


def test_what_is_new_or_of_an_open_job_stays(job):
    Job.objects.update(state=JobState.WAITING)
    assert retention.run().kinds["intermediates"].rows == 0
    Job.objects.update(state=JobState.DONE)
    Rendition.objects.filter(name="main").update(state="in_review")
    assert retention.run().kinds["intermediates"].rows == 0
    Rendition.objects.update(state="approved")
    Artifact.objects.update(used_at=timezone.now() - timedelta(days=59))
    assert retention.run().kinds["intermediates"].rows == 0


def test_replaced_pictures_and_paid_results_have_times_of_their_own(job, settings):
    Rendition.objects.filter(name="main").update(is_current=False)
    Attempt.objects.filter(step__name="cutout").update(cost=1)
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "replaced": None, "paid": None}
    assert names_after_a_run() == {"look"}
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "paid": 30}
    assert names_after_a_run() == {"look", "alpha", "cutout", "backdrop"}
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "replaced": 30}
    assert names_after_a_run() == {"look", "alpha", "cutout", "backdrop", "file"}
    assert Artifact.objects.get(renditions__name="main").state == ArtifactState.EXPIRED


def names_after_a_run() -> set[str]:
    retention.run()
    return names_of("expired")


def test_dry_run_says_what_would_go_and_removes_nothing(job, capsys):
    orphan = stored(b"nobody's")
    call_command("retention", "--dry-run")
    said = capsys.readouterr().out
    assert "cut-outs and other files between photo and picture: 4 rows, 4 files" in said
    assert "files that no row names: 0 rows, 1 files" in said
    assert names_of("expired") == set()
    assert is_there(orphan)


def test_what_expired_is_made_again_when_it_is_asked_for(job, folder):
    retention.run()
    again = making.run(job.source_image, changes=SMALL)
    assert again.state == JobState.DONE
    assert names_of("expired") == set()
    assert not again.steps.get(name="cutout").is_reused
    assert is_there(Artifact.objects.get(role="cutout").path)


def test_a_file_that_somebody_else_names_stays(job):
    row = Artifact.objects.get(role="cutout")
    builders.source_image(sha256=row.sha256, path=row.path)
    retention.run()
    row.refresh_from_db()
    assert row.state == ArtifactState.EXPIRED
    assert is_there(row.path)


def test_job_that_found_what_expires_at_that_moment_makes_it_again(job, monkeypatch):
    """The second job has seen the results in the store; before it writes that down, retention takes them."""
    second = making.batch_of(job.source_image, changes=SMALL).jobs.get()
    real, runs = outcomes.succeed, []

    def succeed(*args, **options):
        if not runs:
            runs.append(retention.run())
        return real(*args, **options)

    monkeypatch.setattr(outcomes, "succeed", succeed)
    engine.carry(second.pk)
    second.refresh_from_db()
    assert second.state == JobState.QUEUED
    Job.objects.update(available_at=timezone.now() - timedelta(seconds=1))
    engine.carry(second.pk)
    second.refresh_from_db()
    assert second.state == JobState.DONE
    assert all(map(is_there, Artifact.objects.filter(state="stored").values_list("path", flat=True)))


def test_job_that_marked_what_it_found_keeps_it(job):
    second = making.run(job.source_image, changes=SMALL)
    assert second.steps.get(name="cutout").is_reused
    assert retention.run().kinds["intermediates"].rows == 0


def test_run_that_was_killed_halfway_is_finished_by_the_next(job, monkeypatch):
    monkeypatch.setattr(files, "discard", lambda *args, **options: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        retention.run()
    assert names_of("expiring") == {"alpha", "cutout", "backdrop", "look"}
    monkeypatch.undo()
    retention.run()
    assert names_of("expired") == {"alpha", "cutout", "backdrop", "look"}
    assert not is_there(Artifact.objects.get(role="cutout").path)


# ---------------------------------------------------------------- files without a row, rows without use


def test_orphans_go_after_a_day_with_what_killed_writers_left(folder):
    old, young = stored(b"old"), stored(b"young", old=False)
    part = folder / f"{old}.0123abcd.part"
    part.write_bytes(b"half")
    os.utime(part, (0, 0))
    foreign = folder / "notes.txt"
    foreign.write_text("mine")
    count = retention.run().kinds["orphans"]
    assert (count.files, is_there(old), is_there(young), part.exists(), foreign.exists()) == (
        2,
        False,
        True,
        False,
        True,
    )


def test_leftover_of_a_named_file_goes_alone(folder):
    path = stored(b"kept")
    builders.source_image(path=path)
    damaged = folder / f"{path}.damaged"
    damaged.write_bytes(b"k")
    os.utime(damaged, (0, 0))
    retention.run()
    assert is_there(path)
    assert not damaged.exists()


def test_photos_never_submitted_go_with_their_files_in_the_next_run():
    path = stored(b"upload")
    intake = Intake.objects.create(state=IntakeState.OPEN)
    IntakeItem.objects.create(intake=intake, path="a.jpg", file=path)
    retention.run()
    assert is_there(path)
    Intake.objects.update(created_at=timezone.now() - LONG_AGO)
    assert retention.run().kinds["uploads"].rows == 1
    assert is_there(path)
    retention.run()
    assert not is_there(path)


def test_submitted_photos_stay():
    path = stored(b"submitted")
    intake = Intake.objects.create(state=IntakeState.SUBMITTED)
    IntakeItem.objects.create(intake=intake, path="a.jpg", file=path)
    Intake.objects.update(created_at=timezone.now() - LONG_AGO)
    retention.run()
    retention.run()
    assert is_there(path)


def test_channel_pictures_go_unless_an_export_holds_or_makes_them():
    path = stored(b"channel")
    row = RenderedFile.objects.create(key="k", sha256="1" * 64, path=path, bytes=7, width=1, height=1)
    RenderedFile.objects.update(created_at=timezone.now() - LONG_AGO)
    export = Export.objects.create(state=ExportState.RUNNING)
    assert retention.run().kinds["channel"].rows == 0
    Export.objects.update(state=ExportState.DONE)
    file = export.files.create(name="a.jpg", sha256=row.sha256, path=path, bytes=7)
    assert retention.run().kinds["channel"].rows == 0
    file.delete()
    assert retention.run().kinds["channel"].rows == 1


def test_every_table_that_names_files_has_a_say():
    """A new model with a stored path must be a holder, or be named here with the reason why not."""
    elsewhere = {
        "catalog.IntakeItem.path",  # the name it came with
        "catalog.WatchedFolder.path",  # a folder of the machine
        "catalog.SourceImage.file",
    }
    named = {
        f"{model._meta.label}.{one.name}"
        for model in apps.get_models()
        for one in model._meta.get_fields()
        if one.name in ("path", "file", "storage_path", "file_path") and not one.is_relation
    }
    held = {f"{one.rows().model._meta.label}.{one.path}" for one in retention.HOLDERS}
    assert named - elsewhere - {"processing.Job.file"} <= held


def test_on_a_bucket_tombstones_wait_for_the_age_of_the_object(settings, s3):
    settings.STORAGES = {**settings.STORAGES, "default": bucket(s3)}
    made = making.run(changes=SMALL)
    Rendition.objects.update(state="approved")
    Artifact.objects.update(used_at=timezone.now() - LONG_AGO)
    report = retention.run().kinds["intermediates"]
    assert (report.rows, report.files) == (4, 0)
    assert is_there(made.source_image.path)


def test_step_keys_stand_behind_artifacts(job):
    """What the rule about open jobs rests on."""
    assert Step.objects.filter(key=Artifact.objects.get(role="alpha").step_key).exists()
