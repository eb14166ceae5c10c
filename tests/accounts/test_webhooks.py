import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts import actors, endpoints, events, webhooks
from accounts.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from tests.servers import says, server

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint_at(integrator, settings):
    """Registers an endpoint at a loopback server, which the settings allow."""

    def make(host, **fields):
        settings.FETCH_ALLOWED_HOSTS = [host]
        return endpoints.register(user=integrator, url=f"http://{host}/hook", **fields)

    return make


def _happen(kind="job.completed", subject="job:1", **data):
    return events.record(kind, subject=subject, data={"job": 1, **data})


def _later(**fields):
    """Time passes for all deliveries and endpoints."""
    past = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(state=DeliveryState.PENDING).update(next_at=past)
    WebhookEndpoint.objects.update(busy_until=None)


def test_a_delivery_verifies_by_standard_webhooks(endpoint_at):
    with server(says(204)) as (host, seen):
        endpoint = endpoint_at(host)
        event = _happen(name="Ärmel")
        webhooks.deliver_for(endpoint.pk)
    [request] = seen
    told = Webhook(endpoint.secret).verify(request.body, dict(request.headers))
    assert told["type"] == "job.completed"
    assert told["data"] == {"job": 1, "name": "Ärmel", "subject": "job:1"}
    assert datetime.fromisoformat(told["timestamp"]) == event.created_at
    assert request.headers["webhook-id"] == f"evt_{event.pk}"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempt_count, delivery.log[0]["status"]) == (DeliveryState.DELIVERED, 1, 204)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(request.body + b" ", dict(request.headers))


def test_only_wanted_kinds_are_sent(endpoint_at):
    with server(says(200)) as (host, seen):
        endpoint = endpoint_at(host, kinds=["export.completed"])
        _happen()
        _happen("export.completed", "export:1")
        webhooks.deliver_for(endpoint.pk)
    assert [json.loads(request.body)["type"] for request in seen] == ["export.completed"]


def test_both_secrets_sign_while_one_is_being_changed(endpoint_at):
    with server(says(200)) as (host, seen):
        endpoint = endpoint_at(host)
        old = endpoint.secret
        new = endpoints.rotate_secret(endpoint)
        _happen()
        webhooks.deliver_for(endpoint.pk)
        WebhookEndpoint.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
        _happen()
        webhooks.deliver_for(endpoint.pk)
    first, second = seen
    for secret in (old, new):
        Webhook(secret).verify(first.body, dict(first.headers))
    Webhook(new).verify(second.body, dict(second.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(second.body, dict(second.headers))


def test_retries_keep_id_and_body_and_are_given_up_at_the_end(endpoint_at):
    with server(says(500, b"sorry")) as (host, seen):
        endpoint = endpoint_at(host)
        _happen()
        for number in range(len(webhooks.SCHEDULE_S)):
            webhooks.deliver_for(endpoint.pk)
            delivery = WebhookDelivery.objects.get()
            if number + 1 < len(webhooks.SCHEDULE_S):
                wait_s = (delivery.next_at - timezone.now()).total_seconds()
                planned = webhooks.SCHEDULE_S[number + 1]
                assert planned - 2 <= wait_s <= planned * 1.2
            _later()
        webhooks.deliver_for(endpoint.pk)
    assert len(seen) == 10
    assert len({(request.headers["webhook-id"], request.body) for request in seen}) == 1
    endpoint.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    assert delivery.log[-1]["response"] == "sorry"
    assert not endpoint.is_active
    assert "three days" in endpoint.disabled_reason


def test_an_endpoint_that_works_otherwise_stays_on(endpoint_at):
    """One event a receiver chokes on must not cost it all the others."""
    with server(lambda request: says(500 if b'"job":7' in request.body else 200)(request)) as (host, _):
        endpoint = endpoint_at(host)
        bad = _happen(job=7)
        _happen()
        for _ in range(11):
            webhooks.deliver_for(endpoint.pk)
            _later()
    endpoint.refresh_from_db()
    assert endpoint.is_active
    assert WebhookDelivery.objects.get(event=bad).state == DeliveryState.FAILED
    assert WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED).count() == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500])
def test_only_2xx_is_success(endpoint_at, status):
    with server(says(status, Location="http://127.0.0.1/elsewhere")) as (host, seen):
        endpoint = endpoint_at(host)
        _happen()
        webhooks.deliver_for(endpoint.pk)
    assert len(seen) == 1, "redirects are not followed"
    assert WebhookDelivery.objects.get().state == DeliveryState.PENDING


def test_410_switches_the_endpoint_off(endpoint_at):
    with server(says(410)) as (host, seen):
        endpoint = endpoint_at(host)
        _happen()
        _happen()
        webhooks.deliver_for(endpoint.pk)
        _later()
        webhooks.deliver_for(endpoint.pk)
    endpoint.refresh_from_db()
    assert (endpoint.is_active, len(seen)) == (False, 1)
    _happen()
    assert WebhookDelivery.objects.count() == 2, "nothing is kept for an endpoint that is off"


@pytest.mark.parametrize("is_date", [False, True])
def test_retry_after_is_honoured(endpoint_at, is_date):
    value = f"{datetime.now(UTC) + timedelta(hours=1):%a, %d %b %Y %H:%M:%S GMT}" if is_date else "3600"
    with server(says(429, Retry_After=value)) as (host, _):
        endpoint = endpoint_at(host)
        _happen()
        webhooks.deliver_for(endpoint.pk)
    wait_s = (WebhookDelivery.objects.get().next_at - timezone.now()).total_seconds()
    endpoint.refresh_from_db()
    assert 3500 < wait_s < 3700
    assert endpoint.busy_until > timezone.now() + timedelta(minutes=50)


@pytest.mark.parametrize("value", ["", "soon", "-5", "Wed, 99 Nov", "1e9"])
def test_a_nonsense_retry_after_is_ignored(value):
    assert webhooks._retry_after_s(value) == 0
    assert webhooks._retry_after_s("99999999999") == 86_400


def test_only_the_first_kilobyte_of_an_answer_is_kept(endpoint_at):
    with server(says(200, b"\0" + b"x" * 50_000)) as (host, _):
        endpoint = endpoint_at(host)
        _happen()
        webhooks.deliver_for(endpoint.pk)
    assert len(WebhookDelivery.objects.get().log[0]["response"]) == 1024


def test_a_slow_receiver_is_given_up(endpoint_at, monkeypatch):
    monkeypatch.setattr(webhooks, "TIMEOUT_S", 0.3)
    stop = threading.Event()
    with server(lambda request: stop.wait(5)) as (host, _):
        endpoint = endpoint_at(host)
        _happen()
        webhooks.deliver_for(endpoint.pk)
        stop.set()
    assert WebhookDelivery.objects.get().log[0]["error"] == "The server took too long."


def test_private_addresses_are_refused_at_the_connection(integrator):
    """The name was fine when it was registered; now it leads inside."""
    endpoint = WebhookEndpoint.objects.create(user=integrator, url="https://localhost/hook")
    _happen()
    webhooks.deliver_for(endpoint.pk)
    delivery = WebhookDelivery.objects.get()
    assert "private network" in delivery.log[0]["error"]
    assert delivery.state == DeliveryState.PENDING


def test_one_message_per_endpoint_with_something_due(endpoint_at, broker):
    endpoint_at("127.0.0.1:9")
    assert actors.send_due_webhooks() == 0
    _happen()
    _happen()
    assert actors.send_due_webhooks() == 1
    assert actors.send_due_webhooks() == 0, "a worker is on it"
    assert broker.queues["delivery"].qsize() == 1
    WebhookEndpoint.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert actors.send_due_webhooks() == 1, "the message was lost or its worker died"


def test_a_delivery_of_a_dead_worker_is_sent_again(endpoint_at, broker):
    with server(says(200)) as (host, seen):
        endpoint = endpoint_at(host)
        _happen()
        assert webhooks._claim(endpoint.pk) is not None
        assert webhooks._claim(endpoint.pk) is None
        WebhookDelivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        actors.deliver_webhooks(endpoint.pk)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempt_count, len(seen)) == (DeliveryState.DELIVERED, 2, 1)


def test_many_deliveries_go_in_one_turn_in_order(endpoint_at):
    with server(says(200)) as (host, seen):
        endpoint = endpoint_at(host)
        made = [_happen(number=number) for number in range(5)]
        assert webhooks.deliver_for(endpoint.pk) is False
    assert [request.headers["webhook-id"] for request in seen] == [f"evt_{event.pk}" for event in made]
    endpoint.refresh_from_db()
    assert endpoint.busy_until is None


def test_replay_sends_the_same_message_again(endpoint_at, broker, django_capture_on_commit_callbacks):
    with server(says(200)) as (host, seen):
        endpoint = endpoint_at(host)
        _happen()
        webhooks.deliver_for(endpoint.pk)
        with django_capture_on_commit_callbacks(execute=True):
            assert endpoints.replay(WebhookDelivery.objects.get())
        assert not endpoints.replay(WebhookDelivery.objects.get()), "it is on its way already"
        webhooks.deliver_for(endpoint.pk)
    assert len({request.headers["webhook-id"] for request in seen}) == 1
    assert len(seen) == len(WebhookDelivery.objects.get().log) == 2


def test_a_test_event_goes_to_one_endpoint_whatever_it_wants(endpoint_at, broker, django_capture_on_commit_callbacks):
    with server(says(200)) as (host, seen):
        endpoint_at(host)
        endpoint = endpoint_at(host, kinds=["export.completed"])
        with django_capture_on_commit_callbacks(execute=True):
            endpoints.send_test(endpoint)
        assert broker.queues["delivery"].qsize() == 1
        webhooks.deliver_for(endpoint.pk)
    assert [json.loads(request.body)["type"] for request in seen] == ["webhook.test"]
    endpoints.switch(endpoint, is_active=False)
    with pytest.raises(endpoints.EndpointError, match="switched off"):
        endpoints.send_test(endpoint)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://shop.example/hook", "https"),
        ("https://user:pw@shop.example/", "password"),
        ("https://shop.example:8443/", "Port 8443"),
        ("ftp://shop.example/", "http"),
        ("nonsense", "http"),
        ("https://shop.example/" + "x" * 2000, "2000"),
    ],
)
def test_an_address_that_cannot_work_is_refused(integrator, url, why):
    with pytest.raises(endpoints.EndpointError, match=why):
        endpoints.register(user=integrator, url=url)


def test_unknown_kinds_and_too_many_endpoints_are_refused(integrator):
    with pytest.raises(endpoints.EndpointError, match=r"job\.exploded"):
        endpoints.register(user=integrator, url="https://shop.example/", kinds=["job.exploded"])
    for number in range(endpoints.MAX_ENDPOINTS):
        endpoints.register(user=integrator, url=f"https://shop.example/{number}")
    with pytest.raises(endpoints.EndpointError, match="delete one"):
        endpoints.register(user=integrator, url="https://shop.example/more")


def test_old_settled_deliveries_are_forgotten(endpoint_at):
    endpoint_at("127.0.0.1:9")
    for state in (DeliveryState.DELIVERED, DeliveryState.PENDING):
        _happen()
        WebhookDelivery.objects.filter(state=DeliveryState.PENDING).update(state=state)
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    webhooks.forget_old()
    assert [row.state for row in WebhookDelivery.objects.all()] == [DeliveryState.PENDING]
