import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from processing import jobs
from processing.models import Batch, Job, JobState
from processing.sweep import sweep
from tests import builders
from tests.images import box_shot, file_of
from tests.processing import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, operator):
    secret = builders.token(operator, "read", "upload")
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def post(api, path, body, **headers):
    return api.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


def photo_bytes() -> bytes:
    return file_of(box_shot(size=(420, 320))[0], "JPEG")


def upload(api, **fields):
    file = SimpleUploadedFile("MUG-1_1.jpg", photo_bytes(), content_type="image/jpeg")
    headers = fields.pop("headers", {})
    return api.post("/api/v1/batches", {"files": file, **fields}, headers=headers)


MANIFEST = [{"sku": "MUG-01", "category": "home-goods", "image_url": "https://cdn.example.com/mug.jpg"}]


def test_files_sent_along_become_a_batch(api):
    answer = upload(api, recipe="lifestyle", priority="rush", name="Mugs")
    body = answer.json()
    assert answer.status_code == 202
    assert (body["name"], body["recipe"], body["priority"], body["photos"]) == ("Mugs", "lifestyle@1", "rush", 1)
    assert Batch.objects.get().jobs.get().sku == "MUG-1"


def test_manifest_becomes_a_batch_that_fills(api, django_capture_on_commit_callbacks):
    body = post(api, "/batches", {"recipe": "packshot", "items": MANIFEST}).json()
    assert (body["is_filling"], body["photos"], body["state"]) == (True, 0, "running")

    batch = Batch.objects.get(pk=body["id"])
    item = batch.intake.items.get()
    from catalog.items import receive

    receive(item, photo_bytes())
    assert sweep().filled == 1
    batch.refresh_from_db()
    assert (batch.is_filling, batch.jobs.get().sku) == (False, "MUG-01")
    assert api.get(f"/api/v1/batches/{batch.pk}").json()["photos"] == 1


def test_manifest_whose_links_all_fail_ends_empty(api):
    body = post(api, "/batches", MANIFEST).json()
    batch = Batch.objects.get(pk=body["id"])
    item = batch.intake.items.get()
    item.reject("not-found", "The server has no such file.")
    item.save()
    sweep()
    answer = api.get(f"/api/v1/batches/{batch.pk}").json()
    assert answer["state"] == "done"
    assert answer["rejected"] == [{"file": item.path, "reason": "The server has no such file."}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "list of items"),
        ({"items": []}, "list of items"),
        ({"items": MANIFEST, "recipe": "nothing"}, "there is none named"),
        ({"items": MANIFEST, "priority": "soon"}, "priority"),
        ({"items": MANIFEST, "recipe": 5}, "must be a text"),
        ([{"sku": "A"}], "Nothing in the manifest"),
        ({"items": MANIFEST, "mode": "film"}, "no mode named"),
    ],
)
def test_unusable_manifest_is_refused_with_the_reason(api, body, words):
    answer = post(api, "/batches", body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert not Batch.objects.exists()


def test_body_that_is_neither_json_nor_form_is_refused(api):
    assert api.post("/api/v1/batches", b"{", content_type="application/json").status_code == 422
    assert api.post("/api/v1/batches", b"x", content_type="text/plain").status_code == 422
    assert api.post("/api/v1/batches", {"recipe": "packshot"}).status_code == 422
    bad = SimpleUploadedFile("a.jpg", b"not a picture")
    assert "None of the files" in api.post("/api/v1/batches", {"files": bad}).json()["detail"]


def test_same_idempotency_key_makes_one_batch(api):
    key = {"Idempotency-Key": "order-1"}
    first = upload(api, headers=key).json()
    second = upload(api, headers=key).json()
    assert first["id"] == second["id"]
    other = post(api, "/batches", MANIFEST, **key)
    assert other.status_code == 422
    assert Batch.objects.count() == 1


def test_idempotency_key_may_be_used_again_after_a_refusal(api):
    key = {"Idempotency-Key": "order-2"}
    assert post(api, "/batches", {"items": []}, **key).status_code == 422
    assert post(api, "/batches", MANIFEST, **key).status_code == 202


def test_scope_is_needed(client, operator):
    headers = builders.bearer(builders.token(operator, "read"))
    assert client.post("/api/v1/batches", "[]", content_type="application/json", headers=headers).status_code == 403
    assert client.get("/api/v1/batches").status_code == 401


def test_batches_are_listed_page_by_page(api):
    made = [making.batch_of(making.photo()).pk for _ in range(3)]
    first = api.get("/api/v1/batches", {"limit": 2}).json()
    assert [one["id"] for one in first["items"]] == made[:0:-1]
    second = api.get("/api/v1/batches", {"limit": 2, "cursor": first["next"]}).json()
    assert ([one["id"] for one in second["items"]], second["next"]) == (made[:1], None)
    assert api.get("/api/v1/batches", {"cursor": "x"}).status_code == 422


def test_job_tells_its_steps_and_is_retried(api):
    batch = making.batch_of(making.photo("MUG-7"))
    job = batch.jobs.get()
    assert post(api, f"/jobs/{job.pk}/retry", {}).status_code == 409
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, stage="cutout", error="No product was found.")
    jobs.touch([job.pk])

    answer = api.get(f"/api/v1/jobs/{job.pk}").json()
    assert (answer["state"], answer["stage"]) == ("failed", "cutout")
    assert [step["name"] for step in answer["steps"]][:3] == ["prepare", "cutout", "enhance"]
    assert post(api, f"/jobs/{job.pk}/retry", {"from_step": "nothing"}).status_code == 422
    assert post(api, f"/jobs/{job.pk}/retry", {"from_step": "cutout"}).json()["state"] == "queued"


def test_renditions_are_listed_with_filters(api, django_assert_max_num_queries):
    job = builders.job()
    kept = builders.rendition(job, name="main")
    builders.rendition(job, name="old", is_current=False)
    builders.rendition(builders.job(), name="other")
    with django_assert_max_num_queries(6):
        body = api.get("/api/v1/renditions", {"sku": job.sku, "state": "measured"}).json()
    assert [one["id"] for one in body["items"]] == [kept.pk]
    assert body["items"][0]["url"].endswith(f"/media/{kept.artifact.sha256}/{job.sku}-main.webp")


def test_estimate_counts_pictures(api):
    body = post(api, "/estimates", {"recipe": "packshot", "photos": 10}).json()
    assert (body["pictures"], body["cost"]) == (80, 0)
    assert body["seconds"] > 0
    assert post(api, "/estimates", {"recipe": "x"}).status_code == 422
    assert post(api, "/estimates", {"category": "x"}).status_code == 422
