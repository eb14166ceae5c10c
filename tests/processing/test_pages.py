import pytest

from accounts.models import Role
from catalog.models import Intake, IntakeItem
from processing import jobs
from processing.models import Artifact, BatchState, Job, JobState
from review.models import ReviewTask
from tests import builders
from tests.processing import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(db):
    return making.batch_of(making.photo("MUG-1"), making.photo("MUG-2"))


def failed(job: Job, *, code: str = "nothing-found", permanent: bool = True) -> Job:
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED,
        stage="cutout",
        error="No product was found.",
        error_code=code,
        error_is_permanent=permanent,
    )
    jobs.touch([job.pk])
    return job


def test_batch_page_shows_every_photo_and_its_places(signed_in, batch):
    page = signed_in.get(f"/batches/{batch.pk}").content.decode()

    assert page.count('class="batch-tile"') == 2
    assert page.count("<i></i>") == 2 * 8
    assert "Queued" in page
    assert "Pause" in page


def test_batch_page_groups_failures_first(signed_in, batch):
    for job in batch.jobs.all():
        failed(job)
    page = signed_in.get(f"/batches/{batch.pk}").content.decode()

    assert "2 failed" in page
    assert page.count("No product was found.") == 3  # once as a cause, once on each tile
    assert page.index("Retry all") < page.index("batch-tiles")
    assert "will not help" in page


def test_batch_page_filters_by_stage(signed_in, batch):
    failed(batch.jobs.first())
    assert signed_in.get(f"/batches/{batch.pk}?stage=failed").content.decode().count("batch-tile") > 0
    assert "No photo is at this stage" in signed_in.get(f"/batches/{batch.pk}?stage=review").content.decode()


def test_progress_answers_304_until_something_changes(signed_in, batch):
    url = f"/batches/{batch.pk}/progress"
    first = signed_in.get(url, {"since": 0}).json()
    assert first["counts"]["queued"] == 2
    assert set(first["html"]["tiles"]) == {str(job.pk) for job in batch.jobs.all()}
    assert signed_in.get(url, {"since": first["rev"]}).status_code == 304

    failed(batch.jobs.first())
    second = signed_in.get(url, {"since": first["rev"]}).json()
    assert list(second["html"]["tiles"]) == [str(batch.jobs.first().pk)]
    assert second["failures"][0]["count"] == 1


def test_reviewer_may_look_but_not_act(client, reviewer, batch):
    client.force_login(reviewer)
    assert "Cancel what is waiting" not in client.get(f"/batches/{batch.pk}").content.decode()
    assert client.post(f"/batches/{batch.pk}/cancel").status_code == 403


@pytest.mark.parametrize(
    ("act", "state"), [("pause", BatchState.PAUSED), ("cancel", BatchState.CANCELLED), ("archive", BatchState.RUNNING)]
)
def test_acts_change_the_batch(signed_in, batch, act, state):
    answer = signed_in.post(f"/batches/{batch.pk}/{act}")
    assert answer.status_code == 302
    batch.refresh_from_db()
    assert batch.state == state
    assert batch.is_archived == (act == "archive")


def test_an_archived_batch_is_put_back(signed_in, batch):
    jobs.archive(batch)
    page = signed_in.post(f"/batches/{batch.pk}/unarchive", follow=True).content.decode()
    batch.refresh_from_db()
    assert not batch.is_archived
    assert "in the inbox again" in page


def test_paused_batch_is_resumed(signed_in, batch):
    jobs.pause(batch)
    signed_in.post(f"/batches/{batch.pk}/resume")
    batch.refresh_from_db()
    assert batch.state == BatchState.RUNNING


def test_retry_by_cause_leaves_the_others(signed_in, batch):
    first, second = batch.jobs.all()
    failed(first, code="storage", permanent=False)
    failed(second)
    signed_in.post(f"/batches/{batch.pk}/retry", {"code": "storage"})
    assert [job.state for job in batch.jobs.order_by("pk")] == [JobState.QUEUED, JobState.FAILED]
    signed_in.post(f"/batches/{batch.pk}/retry", {"job": second.pk})
    assert batch.jobs.filter(state=JobState.QUEUED).count() == 2
    assert "0 photos are" in signed_in.post(f"/batches/{batch.pk}/retry", follow=True).content.decode()


# ---------------------------------------------------------------- files


def stored_artifact(data: bytes = b"0123456789") -> Artifact:
    from catalog import files

    stored = files.store(data, suffix="webp")
    return builders.artifact(sha256=stored.sha256, path=stored.path, bytes=len(data))


def test_media_is_cached_for_ever_and_answers_304(signed_in):
    row = stored_artifact()
    answer = signed_in.get(f"/media/{row.sha256}/a.webp")
    assert b"".join(answer.streaming_content) == b"0123456789"
    assert answer["Content-Type"] == "image/webp"
    assert "immutable" in answer["Cache-Control"]
    again = signed_in.get(f"/media/{row.sha256}/a.webp", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [("bytes=2-4", 206, b"234"), ("bytes=-3", 206, b"789"), ("bytes=8-", 206, b"89"), ("bytes=20-", 416, b"")],
)
def test_media_answers_ranges(signed_in, asked, status, body):
    row = stored_artifact()
    answer = signed_in.get(f"/media/{row.sha256}/a.webp", headers={"Range": asked})
    assert (answer.status_code, answer.getvalue()) == (status, body)


def test_media_head_has_no_body(signed_in):
    row = stored_artifact()
    answer = signed_in.head(f"/media/{row.sha256}/a.webp")
    assert answer["Content-Length"] == "10"
    answer.close()


def test_expired_media_answers_410_and_unknown_404(signed_in):
    row = builders.artifact(state="expired")
    assert signed_in.get(f"/media/{row.sha256}/a.webp").status_code == 410
    assert signed_in.get(f"/media/{'0' * 64}/a.webp").status_code == 404
    lost = builders.artifact()
    assert signed_in.get(f"/media/{lost.sha256}/a.webp").status_code == 410


def test_media_needs_a_session_or_a_reading_token(client, db):
    row = stored_artifact()
    url = f"/media/{row.sha256}/a.webp"
    assert client.get(url).status_code == 302
    assert client.get(url, headers=builders.bearer("fp_wrong")).status_code == 401
    user = builders.user("ivan", role=Role.INTEGRATOR)
    answer = client.get(url, headers=builders.bearer(builders.token(user, "read")))
    assert b"".join(answer.streaming_content) == b"0123456789"
    assert client.get(url, headers=builders.bearer(builders.token(user, "upload"))).status_code == 403


def test_original_is_served(signed_in):
    image = making.photo("MUG-9")
    answer = signed_in.get(f"/originals/{image.pk}/{image.original_name}")
    assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")
    assert answer["Content-Type"] == "image/jpeg"


# ---------------------------------------------------------------- what a batch says of itself


def test_stages_follow_the_verdicts(signed_in, batch):
    from review.gate import judge_pending

    first, second = batch.jobs.all()
    for job in (first, second):
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=job.created_at, stage="")
    doubted = builders.rendition(first, name="cutout", kind="cutout")
    builders.rendition(second, name="cutout", kind="cutout").approve()
    jobs.touch([first.pk, second.pk])
    url = f"/batches/{batch.pk}/progress"
    before = signed_in.get(url, {"since": 0}).json()
    assert (before["counts"]["checking"], before["counts"]["ready"], before["done"]) == (1, 1, False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda act, **_: act())
        judge_pending()
    doubted.refresh_from_db()
    after = signed_in.get(url, {"since": before["rev"]}).json()
    assert (after["counts"]["review"], after["counts"]["checking"]) == (1, 0)
    assert list(after["html"]["tiles"]) == [str(first.pk)]
    assert signed_in.get(f"/batches/{batch.pk}?stage=review").content.decode().count('class="batch-tile"') == 1


def test_ended_batch_sums_up(signed_in):
    from tests.processing.making import batch_of, carry_all, photo

    made = batch_of(photo(), changes={"sizes": [], "main_px": 500, "repair": False})
    carry_all(made)
    for row in made.jobs.get().renditions.all():
        row.approve()
    page = signed_in.get(f"/batches/{made.pk}").content.decode()
    assert "2 pictures made, 100 % of the photos passed without a person" in page
    assert "Slowest:" in page
    ReviewTask.objects.create(rendition=made.jobs.get().renditions.first(), queue="HOLE", state="decided")
    assert "0 % of the photos passed" in signed_in.get(f"/batches/{made.pk}").content.decode()


def test_what_came_along_and_could_not_be_used_is_listed(signed_in, operator):
    intake = Intake.objects.create(source="api")
    batch = builders.batch(operator, intake=intake, state=BatchState.DONE)
    assert "could not be used" not in signed_in.get(f"/batches/{batch.pk}").content.decode()
    IntakeItem.objects.create(
        intake=intake, path="https://a.example/<b>.jpg", state="rejected", reason="The server answered 404."
    )
    page = signed_in.get(f"/batches/{batch.pk}").content.decode()
    assert "1 file that came along could not be used" in page
    assert "https://a.example/&lt;b&gt;.jpg</span>: The server answered 404." in page
    assert "No usable photo" in signed_in.get("/").content.decode()
