"""What every answer of the API has: ETag and 304, gzip, the token's allowance, problems for all errors."""

import gzip
import json

import pytest

from accounts.models import Scope
from tests import builders

pytestmark = pytest.mark.django_db
PRODUCTS = "/api/v1/products"


@pytest.fixture
def auth(integrator) -> dict[str, str]:
    return builders.bearer(builders.token(integrator, Scope.READ, Scope.UPLOAD))


def test_unchanged_answer_is_told_without_a_body(client, auth):
    builders.variant("MUG-01")
    first = client.get(PRODUCTS, headers=auth)
    again = client.get(PRODUCTS, headers={**auth, "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    builders.variant("MUG-02")
    assert client.get(PRODUCTS, headers={**auth, "If-None-Match": first["ETag"]}).status_code == 200


def test_large_answers_are_compressed_and_their_etag_still_counts(client, auth):
    for number in range(20):
        builders.variant(f"MUG-{number:02}")
    packed = client.get(PRODUCTS, headers={**auth, "Accept-Encoding": "gzip"})
    plain = client.get(PRODUCTS, headers=auth)
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert len(packed.content) < len(plain.content) / 3
    known = {**auth, "Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]}
    assert client.get(PRODUCTS, headers=known).status_code == 304


def test_answers_say_what_is_left_of_the_allowance(client, auth, settings):
    settings.API_RATE_PER_MINUTE = 600
    answer = client.get(PRODUCTS, headers=auth)
    left = int(answer["RateLimit-Remaining"])
    assert answer["RateLimit-Limit"] == "600"
    assert answer["RateLimit-Policy"] == '"token";q=600;w=60'
    assert answer["RateLimit"] == f'"token";r={left};t={answer["RateLimit-Reset"]}'
    assert int(client.get(PRODUCTS, headers=auth)["RateLimit-Remaining"]) in {left - 1, 599}


def test_one_request_too_many_is_told_when_to_come_back(client, integrator, settings):
    settings.API_RATE_PER_MINUTE = 1
    auth = builders.bearer(builders.token(integrator, Scope.READ))
    answers = [client.get(PRODUCTS, headers=auth) for _ in range(3)]
    # A new minute may begin once between them.
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert 1 <= int(refused[-1]["Retry-After"]) <= 60
    assert (refused[-1]["RateLimit-Remaining"], refused[-1].json()["title"]) == ("0", "Too many requests")
    other = builders.bearer(builders.token(integrator, Scope.READ))
    assert client.get(PRODUCTS, headers=other).status_code == 200


def test_requests_go_on_when_they_cannot_be_counted(client, auth, settings, monkeypatch, caplog):
    import redis

    from accounts import ratelimit

    def fails(name: str, **options: int) -> int:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(ratelimit, "_count", fails)
    assert client.get(PRODUCTS, headers=auth).status_code == 200
    assert "not counted" in caplog.text


@pytest.mark.parametrize(("method", "path", "status"), [("get", "/api/v1/nothing", 404), ("put", PRODUCTS, 405)])
def test_addresses_and_methods_that_are_not_there_are_problems_too(client, auth, method, path, status):
    answer = getattr(client, method)(path, headers=auth)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["request_id"] == answer["X-Request-Id"]


@pytest.mark.parametrize("path", [f"{PRODUCTS}?prefix=%00", f"{PRODUCTS}/%00"])
def test_nul_characters_are_refused(client, auth, path):
    assert client.get(path, headers=auth).status_code in {404, 422}


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_broken_form_is_no_fault_of_the_server(client, integrator, kind):
    headers = builders.bearer(builders.token(integrator, Scope.UPLOAD))
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\r\n'
    answer = client.post("/api/v1/batches", body, content_type=kind, headers=headers)
    assert (answer.status_code, "cannot be read" in answer.json()["detail"]) == (400, True)


def test_stranger_posting_without_a_session_is_asked_to_sign_in(client):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/api/v1/exports", "{}", content_type="application/json")
    assert answer.status_code == 401


def test_endpoint_registered_twice_with_one_key_is_one_endpoint(client, integrator):
    auth = builders.bearer(builders.token(integrator, Scope.WEBHOOKS))
    body = json.dumps({"url": "https://shop.example/hook"})
    headers = {**auth, "Idempotency-Key": "hook-1"}
    first, second = (
        client.post("/api/v1/webhooks", body, content_type="application/json", headers=headers) for _ in range(2)
    )
    assert (first.status_code, second.json()) == (201, first.json())
    assert integrator.webhook_endpoints.count() == 1


def test_token_that_is_over_is_shown_as_expired(client, operator):
    from datetime import timedelta

    from django.urls import reverse
    from django.utils import timezone

    from accounts.models import ApiToken

    _, secret = ApiToken.issue(
        user=operator, name="old", scopes=["read"], expires_at=timezone.now() - timedelta(days=1)
    )
    assert client.get(PRODUCTS, headers=builders.bearer(secret)).status_code == 401
    client.force_login(operator)
    assert "expired" in client.get(reverse("tokens")).content.decode()


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/v1/webhooks", {"url": "https://example.com/hook", "events": ["job.completed"]}, "events"),
        ("/api/v1/exports", {"chanel": "amazon"}, "chanel"),
        ("/api/v1/exports", {"channel": "amazon", "scope": {"sku": ["A"]}}, "scope.sku"),
        ("/api/v1/estimates", {"sku": "MUG-01"}, "sku"),
    ],
)
def test_a_misspelt_field_is_refused_and_named(client, integrator, path, body, field):
    auth = builders.bearer(builders.token(integrator, *Scope))
    answer = client.post(path, body, content_type="application/json", headers=auth)
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"Some fields are missing or wrong: {field} (there is no such field)."
