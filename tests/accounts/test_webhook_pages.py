"""Webhook endpoints over the API and on their page."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import endpoints, events
from accounts.models import DeliveryState, Event, Scope, WebhookDelivery, WebhookEndpoint
from tests import builders
from tests.builders import bearer

pytestmark = pytest.mark.django_db


def _happen():
    return events.record("job.completed", subject="job:1", data={"job": 1})


# ---------------------------------------------------------------- API


def _call(client, owner, method, path, body=None):
    headers = bearer(builders.token(owner, Scope.WEBHOOKS))
    return client.generic(method, f"/api/v1{path}", json.dumps(body or {}), "application/json", headers=headers)


def test_the_api_manages_endpoints(client, integrator, broker):
    made = _call(client, integrator, "POST", "/webhooks", {"url": "https://shop.example/h", "kinds": ["job.failed"]})
    assert made.status_code == 201
    pk = made.json()["id"]
    assert made.json()["secret"].startswith("whsec_")
    [listed] = _call(client, integrator, "GET", "/webhooks").json()
    assert (listed["kinds"], "secret" in listed) == (["job.failed"], False)
    changed = _call(client, integrator, "PATCH", f"/webhooks/{pk}", {"kinds": [], "is_active": False})
    assert (changed.json()["kinds"], changed.json()["is_active"], changed.json()["url"]) == (
        [],
        False,
        "https://shop.example/h",
    )
    assert _call(client, integrator, "POST", f"/webhooks/{pk}/test").status_code == 409
    _call(client, integrator, "PATCH", f"/webhooks/{pk}", {"is_active": True})
    assert _call(client, integrator, "POST", f"/webhooks/{pk}/test").json()["event"] == "webhook.test"
    rotated = _call(client, integrator, "POST", f"/webhooks/{pk}/secret").json()
    assert rotated["secret"] != made.json()["secret"]
    assert _call(client, integrator, "DELETE", f"/webhooks/{pk}").status_code == 204
    assert _call(client, integrator, "GET", f"/webhooks/{pk}").status_code == 404


def test_the_api_lists_deliveries_page_by_page_and_replays(client, integrator, broker):
    endpoint = endpoints.register(user=integrator, url="https://shop.example/h")
    for _ in range(3):
        _happen()
    first = _call(client, integrator, "GET", f"/webhooks/{endpoint.pk}/deliveries?limit=2").json()
    rest = _call(client, integrator, "GET", f"/webhooks/{endpoint.pk}/deliveries?cursor={first['next']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    WebhookDelivery.objects.update(state=DeliveryState.FAILED)
    pk = first["items"][0]["id"]
    replayed = _call(client, integrator, "POST", f"/webhooks/{endpoint.pk}/deliveries/{pk}/replay")
    assert (replayed.status_code, replayed.json()["state"]) == (202, "pending")


def test_endpoints_of_others_do_not_exist(client, integrator, operator):
    endpoint = endpoints.register(user=integrator, url="https://shop.example/h")
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/secret"), ("GET", "/deliveries")]:
        assert _call(client, operator, method, f"/webhooks/{endpoint.pk}{path}").status_code == 404


def test_a_bad_address_is_answered_with_a_problem(client, integrator):
    answer = _call(client, integrator, "POST", "/webhooks", {"url": "http://shop.example/"})
    assert (answer.status_code, "https" in answer.json()["detail"]) == (422, True)


# ---------------------------------------------------------------- page


def test_the_page_shows_the_secret_once(client, integrator):
    client.force_login(integrator)
    made = client.post(reverse("webhook-new"), {"url": "https://shop.example/h", "kinds": ["job.failed"]})
    secret = WebhookEndpoint.objects.get().secret
    assert secret in client.get(made.url).content.decode()
    assert secret not in client.get(made.url).content.decode()


def test_the_page_shows_what_was_answered_and_sends_again(client, integrator, broker):
    endpoint = endpoints.register(user=integrator, url="https://shop.example/h")
    _happen()
    log = [
        {
            "at": timezone.now().isoformat(),
            "status": 500,
            "error": "The receiver answered 500.",
            "response": "<b>no</b>",
            "ms": 12,
        }
    ]
    WebhookDelivery.objects.update(state=DeliveryState.FAILED, log=log)
    client.force_login(integrator)
    page = client.get(reverse("webhooks")).content.decode()
    assert "The receiver answered 500." in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    client.post(reverse("webhook-replay", args=[WebhookDelivery.objects.get().pk]))
    assert WebhookDelivery.objects.get().state == DeliveryState.PENDING
    client.post(reverse("webhook-switch", args=[endpoint.pk]), {"to": "off"})
    assert not WebhookEndpoint.objects.get().is_active
    client.post(reverse("webhook-test", args=[endpoint.pk]))
    assert not Event.objects.filter(kind="webhook.test").exists()
    client.post(reverse("webhook-secret", args=[endpoint.pk]))
    assert WebhookEndpoint.objects.get().old_secret == endpoint.secret
    client.post(reverse("webhook-delete", args=[endpoint.pk]))
    assert not WebhookEndpoint.objects.exists()


def test_the_page_tells_a_bad_address(client, integrator):
    client.force_login(integrator)
    answer = client.post(reverse("webhook-new"), {"url": "http://shop.example/"})
    assert answer.status_code == 422
    assert "https://" in answer.content.decode()


def test_the_page_is_for_those_who_integrate(client, reviewer, integrator):
    endpoint = endpoints.register(user=integrator, url="https://shop.example/h")
    client.force_login(reviewer)
    assert client.get(reverse("webhooks")).status_code == 403
    assert client.post(reverse("webhook-delete", args=[endpoint.pk])).status_code == 403
    client.force_login(builders.user(role="operator"))
    assert client.post(reverse("webhook-delete", args=[endpoint.pk])).status_code == 404
