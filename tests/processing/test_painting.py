"""A matte fixed by hand: strokes on the cut-out that was shown, everything made from it made again."""

import io

import numpy as np
import pytest
from PIL import Image

from catalog.files import load
from processing.jobs import repaint, rework
from processing.models import Artifact, Attempt, Job, JobState, RenditionState
from processing.painting import painting_from
from tests.processing import making
from tests.processing.making import carry, cutout_of

pytestmark = pytest.mark.django_db
STROKES = [{"tool": "remove", "radius": 0.08, "points": [[0.5, 0.5]]}]


@pytest.fixture
def job(db) -> Job:
    made = making.batch_of(making.photo(), changes={"sizes": ["cart"], "main_px": 500}).jobs.get()
    return carry(made)


def alpha_of(job: Job) -> np.ndarray:
    key = cutout_of(job).provenance["steps"]["cutout"]
    return np.asarray(Image.open(io.BytesIO(load(Artifact.objects.get(step_key=key, role="alpha").path))))


def test_a_painted_cutout_is_a_new_attempt_and_all_made_from_it_is_made_again(job):
    before, old = alpha_of(job), {row.name: row for row in job.renditions.all()}
    repaint(cutout_of(job), painting_from(STROKES, by="rita", ref="r-1"))
    assert set(job.renditions.values_list("state", flat=True)) == {RenditionState.REWORK}
    assert carry(job).state == JobState.DONE
    after = alpha_of(job)
    height, width = after.shape
    assert (before[height // 2, width // 2], after[height // 2, width // 2]) == (255, 0)
    away = np.hypot(*(np.mgrid[0:height, 0:width] - np.array([height, width]).reshape(2, 1, 1) / 2)) > 0.12 * max(
        height, width
    )
    assert np.array_equal(before[away], after[away])
    new = {row.name: row for row in job.renditions.filter(is_current=True)}
    assert all(new[name].attempt == 2 and new[name].artifact != old[name].artifact for name in old)


def test_provenance_says_who_painted_and_the_attempt_keeps_the_strokes(job):
    shown = cutout_of(job).provenance["steps"]["cutout"]
    repaint(cutout_of(job), painting_from(STROKES, by="rita", ref="r-1"))
    cutout = cutout_of(carry(job))
    assert cutout.provenance["hand_edited"] == {"by": "rita", "ref": "r-1", "on": shown, "strokes": 1}
    assert cutout.provenance["engine"] == "studio"
    assert "Matte fixed by hand by rita." in " ".join(cutout.notes)
    last = Attempt.objects.filter(step__job=job, step__name="cutout").last()
    assert last.params["painted"]["strokes"] == STROKES
    assert cutout.checks.get(code="CONFIDENCE").passed


def test_further_reworks_keep_the_painting_and_another_engine_drops_it(job, monkeypatch):
    repaint(cutout_of(job), painting_from(STROKES, by="rita"))
    rework(cutout_of(carry(job)), rework_id="tighten")
    assert alpha_of(carry(job))[alpha_of(job).shape[0] // 2, alpha_of(job).shape[1] // 2] == 0
    monkeypatch.setattr("processing.reworks._engines", lambda _: [engine_rework()])
    rework(cutout_of(job), rework_id="engine:studio")
    again = cutout_of(carry(job))
    assert again.provenance["hand_edited"] is None
    assert "painted" not in job.steps.get(name="cutout").params


def engine_rework():
    from processing.reworks import Rework

    return Rework("engine:studio", "Cut out with studio", "cutout", {"engine": "studio"})


def test_only_a_cutout_can_be_painted_on(job):
    with pytest.raises(ValueError, match="Only a cut-out"):
        repaint(job.renditions.get(name="main"), painting_from(STROKES, by="rita"))


def test_a_painting_on_what_is_gone_fails_in_words(job):
    repaint(cutout_of(job), painting_from(STROKES, by="rita"))
    shown = cutout_of(job).provenance["steps"]["cutout"]
    Artifact.objects.filter(step_key=shown, role="alpha").update(state="expired")
    carry(job)
    assert (job.state, job.error_code) == (JobState.FAILED, "edited-gone")
