"""The look of a batch is chosen at submit, worked out once, and part of the step's key."""

import pytest

from processing import batch_looks
from processing.models import Artifact, Step
from processing.steps import enhance
from tests.processing import making

pytestmark = pytest.mark.django_db
FEW = {"main": True, "main_px": 500, "sizes": [], "repair": False}


def photos(count, *, height=220):
    return [making.photo(size=(200 + 10 * number, height)) for number in range(count)]


def looks(batch):
    return [step.params.get("batch") for step in Step.objects.filter(job__batch=batch, kind="enhance").order_by("pk")]


def test_all_jobs_of_a_batch_carry_the_same_speakers():
    images = photos(5)
    batch = making.batch_of(*images, changes=FEW)
    assert looks(batch) == [sorted(image.sha256 for image in images)] * 5


def test_small_batches_and_recipes_for_single_photos_have_none():
    assert looks(making.batch_of(*photos(3), changes=FEW)) == [None] * 3
    assert looks(making.batch_of(*photos(4), changes={**FEW, "look": "photo"})) == [None] * 4


def test_speakers_are_kept_for_photos_that_arrive_later():
    batch = making.batch_of(*photos(4), changes=FEW)
    assert batch_looks.speakers(batch, photos(9)) == looks(batch)[0]


def test_figures_are_worked_out_once_for_all_jobs(monkeypatch):
    batch = making.batch_of(*photos(4), changes=FEW)
    read = []
    monkeypatch.setattr(batch_looks, "_light", _counted(batch_looks._light, read))
    jobs = making.carry_all(batch)
    assert {job.state for job in jobs} == {"done"}
    assert len(read) == 4
    assert Artifact.objects.get(role=batch_looks.ROLE).meta["photos"] == 4


def test_lost_photo_is_left_out(monkeypatch):
    images = photos(4)
    monkeypatch.setattr(batch_looks, "load", _missing(images[0].path, batch_looks.load))
    assert batch_looks.figures_of([image.sha256 for image in images])["photos"] == 3


def test_step_key_changes_with_the_look():
    image = making.photo(sku="SAME")
    one, other = (
        making.batch_of(image, *photos(4, height=height), changes=FEW).jobs.get(source_image=image)
        for height in (220, 230)
    )
    first, second = (job.steps.get(kind="enhance").params for job in (one, other))
    assert first["batch"] != second["batch"]
    assert enhance.version(first) == enhance.version(second)


def _counted(work, calls):
    return lambda path: calls.append(path) or work(path)


def _missing(gone, load):
    def opened(path):
        if path == gone:
            raise FileNotFoundError(path)
        return load(path)

    return opened
