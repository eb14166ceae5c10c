"""Pictures made again on a person's word: what is remade, and what stays."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from processing import dispatch
from processing.jobs import rework
from processing.models import Job, JobState, RenditionState
from processing.reworks import reworks_for, suggested
from tests.processing import making
from tests.processing.making import carry

pytestmark = pytest.mark.django_db
SMALL = {"sizes": ["cart"], "main_px": 500, "repair": False}


@pytest.fixture
def job(db) -> Job:
    return making.batch_of(making.photo(), changes=SMALL).jobs.get()


def test_rework_goes_past_the_photos_under_way(job, broker, django_capture_on_commit_callbacks):
    carry(job)
    with django_capture_on_commit_callbacks(execute=True):
        rework(job.renditions.get(name="cutout"), rework_id="tighten")
    assert broker.queues["interactive"].qsize() == 1
    assert dispatch.choose() == []
    Job.objects.update(enqueued_at=timezone.now() - timedelta(seconds=settings.RESEND_S + 1))
    assert dispatch.choose() == [job.pk]


def test_rework_of_the_cutout_remakes_what_depends_on_it(job):
    carry(job)
    old = {row.name: row for row in job.renditions.all()}
    for row in old.values():
        row.approve()
    rework(old["cutout"], rework_id="tighten")
    assert set(job.renditions.values_list("state", flat=True)) == {RenditionState.REWORK}
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    with pytest.raises(ValueError, match="being worked on"):
        rework(old["cutout"], rework_id="tighten")
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)

    carry(job)
    new = {row.name: row for row in job.renditions.filter(is_current=True)}
    assert set(new) == set(old)
    assert all(new[name].attempt == 2 and new[name].state == RenditionState.MEASURED for name in new)
    assert new["main"].parent == new["cutout"]
    assert new["main"].artifact != old["main"].artifact
    assert job.steps.get(name="prepare").attempts.count() == 1


def test_rework_of_one_picture_leaves_the_others(job):
    carry(job)
    rework(job.renditions.get(name="size-cart"), rework_id="sharper-file")
    carry(job)
    attempts = dict(job.renditions.filter(is_current=True).values_list("name", "attempt"))
    assert attempts == {"cutout": 1, "main": 1, "size-cart": 2}


def test_sizes_hang_on_the_remade_main_picture(job):
    carry(job)
    rework(job.renditions.get(name="main"), rework_id="sharper-file")
    carry(job)
    size = job.renditions.get(name="size-cart", is_current=True)
    assert size.parent == job.renditions.get(name="main", is_current=True)
    assert size.parent.attempt == 2


def test_edits_of_the_edge_add_up_and_another_engine_starts_afresh(job):
    carry(job)
    for rework_id in ("tighten", "decontaminate"):
        rework(job.renditions.get(name="cutout", is_current=True), rework_id=rework_id)
        carry(job)
    assert [edit["edit"] for edit in job.steps.get(name="cutout").params["edits"]] == ["tighten", "decontaminate"]
    assert job.renditions.get(name="cutout", is_current=True).attempt == 3


def test_reworks_fit_the_picture(job):
    carry(job)
    cutout, main = job.renditions.get(name="cutout"), job.renditions.get(name="main")
    assert {one.id for one in reworks_for(cutout)} >= {"tighten", "loosen", "keep-colour"}
    assert "engine:rembg" not in {one.id for one in reworks_for(cutout)}
    assert "sharper-file" in {one.id for one in reworks_for(main)}
    assert suggested(cutout, ["EDGE_HALO"]).id == "decontaminate"
    assert suggested(cutout, ["COLOUR_DRIFT"]).id == "keep-colour"
    assert suggested(cutout, ["FORMAT"]) is None
    with pytest.raises(ValueError, match="no rework"):
        rework(cutout, rework_id="magic")


def test_next_background_changes_the_picture():
    job = making.run(making.photo(), recipe="lifestyle", changes={"styles": ["studio-white"], "style_px": 400})
    before = job.renditions.get(kind="style")
    rework(before, rework_id="next-background")
    carry(job)
    after = job.renditions.get(kind="style", is_current=True)
    assert after.provenance["backplate"] != before.provenance["backplate"]
    assert after.artifact.sha256 != before.artifact.sha256
