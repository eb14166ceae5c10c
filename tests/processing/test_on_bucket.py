"""A whole job whose files all lie in a bucket, and their way to the browser."""

import pytest

from processing.models import Artifact, JobState
from tests.buckets import bucket
from tests.processing import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(settings, tmp_path, s3):
    settings.MEDIA_ROOT = tmp_path / "unused"
    settings.STORAGES = {**settings.STORAGES, "default": bucket(s3)}
    return making.run(changes={"sizes": ["cart"], "main_px": 500, "repair": False})


def test_job_runs_on_a_bucket_alone(job, tmp_path):
    assert job.state == JobState.DONE
    assert job.renditions.count() == 3
    assert making.opened(job.renditions.get(name="main").artifact.path).size == (500, 500)
    assert not (tmp_path / "unused").exists()


def test_media_streams_from_the_bucket(job, signed_in):
    row = job.renditions.get(name="main").artifact
    whole = signed_in.get(f"/media/{row.sha256}/main.jpg")
    body = whole.getvalue()
    assert (whole["Content-Length"], len(body)) == (str(row.bytes), row.bytes)
    some = signed_in.get(f"/media/{row.sha256}/main.jpg", headers={"Range": "bytes=10-19"})
    assert (some.status_code, some.getvalue()) == (206, body[10:20])
    original = job.source_image
    assert len(signed_in.get(f"/originals/{original.pk}/a.jpg").getvalue()) == original.bytes


def test_missing_bucket_holds_the_page_with_503(job, signed_in, settings, s3):
    settings.STORAGES = {**settings.STORAGES, "default": bucket(s3, "nowhere")}
    row = Artifact.objects.filter(role="file").first()
    assert signed_in.get(f"/media/{row.sha256}/main.jpg").status_code == 503
