import pytest
from django.test import Client

from accounts.models import Scope
from tests import builders

pytestmark = pytest.mark.django_db


def test_health_needs_no_sign_in(client):
    response = client.get("/api/v1/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": True, "broker": True}


def test_stranger_gets_a_problem_document(client):
    response = client.get("/api/v1/products")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["request_id"] == response["X-Request-Id"]


def test_token_without_the_scope_is_refused(client, integrator):
    secret = builders.token(integrator, Scope.EXPORT)
    response = client.get("/api/v1/products", headers=builders.bearer(secret))
    assert response.status_code == 403
    assert "needs the scope read" in response.json()["detail"]


def test_session_post_without_csrf_token_is_refused(reviewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(reviewer)
    assert client.post("/api/v1/review/claim", {}, content_type="application/json").status_code == 403


def test_every_operation_states_its_access():
    """A new operation without a scope is caught here, not by a stranger."""
    from config.api import api

    open_paths = {
        path
        for path, methods in api.get_openapi_schema()["paths"].items()
        for operation in methods.values()
        if not operation.get("security")
    }
    assert open_paths == {"/api/v1/health"}


def test_openapi_document_is_served(client):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert "/api/v1/health" in document["paths"]


def test_summaries_are_sentences():
    from config.api import api

    operations = [one for methods in api.get_openapi_schema()["paths"].values() for one in methods.values()]
    assert [one["summary"] for one in operations if " " in one["summary"] and one["summary"].istitle()] == []
    assert "List webhooks" in {one["summary"] for one in operations}
