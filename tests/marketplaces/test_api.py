import io
import json
import zipfile

import pytest

from accounts.models import Role, Scope
from marketplaces.actors import carry_out_export
from marketplaces.exports import run_export
from marketplaces.models import Channel, Export
from tests import builders
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def auth(integrator) -> dict[str, str]:
    return builders.bearer(builders.token(integrator, Scope.READ, Scope.EXPORT))


def post(client, body, **headers):
    return client.post("/api/v1/exports", json.dumps(body), content_type="application/json", headers=headers)


def test_channels_say_what_they_ask_for(client, auth):
    answer = client.get("/api/v1/channels", headers=auth)
    assert answer.status_code == 200
    channels = {channel["name"]: channel for channel in answer.json()}
    assert {"amazon", "google", "shopify", "ebay", "sandbox"} <= channels.keys()
    assert channels["amazon"]["roles"][0] == {
        "role": "main", "is_required": True, "count": 1, "width": 2000, "height": 2000, "format": "jpeg",
        "max_bytes": 9_500_000, "name": "{id}.MAIN.{ext}",
    }  # fmt: skip
    assert channels["sandbox"]["is_sandbox"]


def test_export_over_the_api_from_start_to_zip(client, auth, broker):
    stock.product("BOX-01")
    answer = post(client, {"channel": "google", "scope": {"skus": ["BOX-01"]}}, **auth)
    assert answer.status_code == 202
    started = answer.json()
    assert (started["state"], started["channel"]) == ("queued", "google")
    here = f"/api/v1/exports/{started['id']}"
    assert client.get(f"{here}/download", headers=auth).status_code == 409
    assert broker.queues["delivery"].qsize() == 1
    carry_out_export(started["id"])
    done = client.get(here, headers=auth).json()
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    assert done["files"][0]["name"] == "BOX-01-main.jpg"
    assert done["files"][0]["url"].endswith(f"/m/{done['files'][0]['sha256'][:16]}/BOX-01-main.jpg")
    download = client.get(f"{here}/download", headers=auth)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(download.streaming_content)))
    assert archive.testzip() is None
    assert {"BOX-01-main.jpg", "manifest.json", "SHA256SUMS", "feeds/products.tsv"} <= set(archive.namelist())


def test_exports_are_listed_newest_first_and_page_by_page(client, auth):
    stock.product("BOX-01")
    google, tree, again = run_export("google").export, run_export(None).export, run_export("google").export
    listed = client.get("/api/v1/exports?limit=2", headers=auth).json()
    assert [one["id"] for one in listed["items"]] == [again.pk, tree.pk]
    rest = client.get(f"/api/v1/exports?cursor={listed['next']}", headers=auth).json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([google.pk], None)
    only = client.get("/api/v1/exports?channel=seed", headers=auth).json()
    assert [(one["id"], one["state"]) for one in only["items"]] == [(tree.pk, "done")]


def test_idempotency_key_starts_one_export(client, auth, broker):
    stock.product("BOX-01")
    headers = {**auth, "Idempotency-Key": "autumn-1"}
    first, second = (post(client, {"channel": "google"}, **headers) for _ in range(2))
    assert first.json() == second.json()
    assert Export.objects.count() == 1
    assert post(client, {"channel": "ebay"}, **headers).status_code == 422


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"channel": "bazaar"}, "There is no channel"),
        ({"scope": {"category": "hats"}}, "Some fields"),
        ({"scope": {"batch": 0}}, "Some fields"),
    ],
)
def test_wrong_orders_are_refused_with_a_sentence(client, auth, body, words):
    answer = post(client, body, **auth)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_blocked_products_come_with_reason(client, auth):
    stock.product("BOX-01", main="in_review")
    export = run_export("google").export
    answer = client.get(f"/api/v1/exports/{export.pk}", headers=auth).json()
    assert answer["files"] == []
    assert answer["blocked"][0]["code"] == "in-review"
    assert answer["blocked"][0]["rendition"]


def test_listings_page_by_page_with_etag(client, auth):
    for sku in ("A-1", "B-1", "C-1"):
        stock.product(sku)
    run_export("google")
    address = "/api/v1/channels/google/listings"
    first = client.get(address, {"limit": 2}, headers=auth)
    assert [item["sku"] for item in first.json()["items"]] == ["A-1", "B-1"]
    assert first.json()["has_more"]
    cursor = first.json()["next_cursor"]
    last = client.get(address, {"limit": 2, "cursor": cursor}, headers=auth)
    assert ([item["sku"] for item in last.json()["items"]], last.json()["has_more"]) == (["C-1"], False)
    end = last.json()["next_cursor"]
    idle = client.get(address, {"cursor": end}, headers=auth)
    assert (idle.json()["items"], idle.json()["next_cursor"]) == ([], end)
    again = client.get(address, {"cursor": end}, headers={**auth, "If-None-Match": idle["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    stock.product("D-1")
    run_export("google", scope={"skus": ["D-1"]})
    fresh = client.get(address, {"cursor": end}, headers={**auth, "If-None-Match": idle["ETag"]})
    assert [item["sku"] for item in fresh.json()["items"]] == ["D-1"]


def test_listings_refuse_strange_cursors_and_channels(client, auth):
    Channel.objects.get_or_create(name="google", defaults={"pack": "google", "label": "Google"})
    assert client.get("/api/v1/channels/google/listings?cursor=hello", headers=auth).status_code == 422
    assert client.get("/api/v1/channels/google/listings?limit=9999", headers=auth).status_code == 422
    assert client.get("/api/v1/channels/bazaar/listings", headers=auth).status_code == 404
    assert client.get("/api/v1/exports/999", headers=auth).status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/v1/channels/google/listings", "/api/v1/exports/1", "/api/v1/exports/1/download"]
)
def test_scope_and_role_are_needed(client, integrator, path):
    assert client.get(path).status_code == 401
    only_read = builders.bearer(builders.token(integrator, Scope.READ))
    assert client.get(path, headers=only_read).status_code == 403
    reviewer = builders.user(role=Role.REVIEWER)
    assert client.get(path, headers=builders.bearer(builders.token(reviewer, Scope.EXPORT))).status_code == 403


def test_listing_page_takes_few_queries(client, auth, django_assert_max_num_queries):
    for sku in ("A-1", "B-1", "C-1"):
        stock.product(sku)
    run_export("google")
    client.get("/api/v1/channels/google/listings", headers=auth)
    with django_assert_max_num_queries(4):
        client.get("/api/v1/channels/google/listings", headers=auth)
