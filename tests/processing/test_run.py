import pytest

from processing.models import Artifact, Attempt, BatchState, JobState, Rendition, Step
from tests.processing import making

pytestmark = pytest.mark.django_db


def test_packshot_of_one_photo_is_made_whole():
    job = making.run(making.photo("MUG-1"), recipe="packshot")

    assert (job.state, job.error) == (JobState.DONE, "")
    assert job.batch.state == BatchState.DONE
    names = set(job.renditions.values_list("name", flat=True))
    assert names == {"cutout", "main", *(f"size-{size}" for size in
                     ("hero", "thumbnail", "cart", "social-square", "social-story", "banner"))}  # fmt: skip
    main = job.renditions.get(name="main")
    assert main.parent.name == "cutout"
    assert main.checks.filter(code="BG_NOT_WHITE", passed=True).exists()
    assert making.opened(main.artifact.path).format == "JPEG"
    assert main.provenance["engine"] == "studio"
    assert Artifact.objects.filter(sha256=main.provenance["proxy"]).exists()
    cutout = job.renditions.get(name="cutout")
    assert making.opened(cutout.artifact.path).mode == "RGBA"
    assert cutout.checks.filter(code="EDGE_HALO").exists()


def test_lifestyle_makes_a_picture_for_each_style():
    job = making.run(making.photo("MUG-2", category="home-goods"), recipe="lifestyle")

    assert (job.state, job.error) == (JobState.DONE, "")
    styles = job.renditions.filter(kind="style")
    assert styles.count() == 5
    assert {making.opened(row.artifact.path).size for row in styles} == {(1200, 1200)}
    assert all(row.checks.filter(code="COLOUR_DRIFT").exists() for row in styles)


def test_second_batch_of_the_same_photo_computes_nothing():
    image = making.photo("MUG-3")
    first = making.run(image)
    second = making.run(image)

    assert second.state == JobState.DONE
    assert not Step.objects.filter(job=second, is_reused=False).exists()
    assert not Attempt.objects.filter(step__job=second).exists()
    assert Rendition.objects.filter(job=second).count() == Rendition.objects.filter(job=first).count()
