import json

import pytest

from accounts.endpoints import register
from accounts.models import Event, WebhookDelivery
from accounts.webhooks import deliver_for
from marketplaces.deliveries.start import recall, retry
from tests import builders
from tests.marketplaces.deliveries.parcels import carried, delivered, states, target_of
from tests.marketplaces.deliveries.shop import Store, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings, exported):
    """This site's public links, answered by a little server: the links' own test is elsewhere."""
    from catalog.files import load

    files = {file.public_path: load(file.path) for file in exported.files.filter(kind="picture")}
    with serving(Store(files=files)) as running:
        settings.SITE_URL = f"http://{running.host}"
        yield running


@pytest.fixture
def receiver(settings, site):
    with serving(Store(before=lambda method, path: (200, b"", {}))) as running:
        settings.FETCH_ALLOWED_HOSTS = [running.host]
        running.bodies = []
        yield running


@pytest.fixture
def endpoint(receiver):
    return register(user=builders.user(role="manager"), url=f"http://{receiver.host}/hook", kinds=["export.completed"])


@pytest.fixture
def target(exported, endpoint):
    return target_of("shopify", "push", endpoint=str(endpoint.pk))


def test_receiver_is_told_once_and_delivery_ends_when_it_took_the_message(exported, target, endpoint, site):
    delivery = delivered(exported, target)
    assert delivery.state == "queued"  # everything is checked; the message is on its way
    assert set(states(delivery).values()) == {"arrived"}
    event = Event.objects.get(kind="delivery.ready")
    assert len(json.dumps(event.data)) < 20_000
    told = event.data["files"][0]
    assert told["url"] == f"{site.host and 'http://' + site.host}/m/{told['sha256'][:16]}/BOX-01-1.jpg"
    deliver_for(endpoint.pk)
    assert carried(delivery).state == "done"
    assert WebhookDelivery.objects.filter(event__kind="delivery.ready").count() == 1


def test_message_that_was_given_up_fails_the_delivery_and_can_be_sent_again(exported, target, endpoint):
    delivery = delivered(exported, target)
    WebhookDelivery.objects.update(state="failed")
    delivery = carried(delivery)
    assert (delivery.state, delivery.error_code) == ("failed", "not-taken")
    retry(delivery)
    carried(delivery)
    deliver_for(endpoint.pk)
    assert carried(delivery).state == "done"
    assert Event.objects.filter(kind="delivery.ready").count() == 2


def test_link_that_does_not_answer_is_never_told(exported, target, site):
    site.files.clear()
    delivery = delivered(exported, target)
    assert delivery.state == "failed"
    assert not Event.objects.filter(kind="delivery.ready").exists()


def test_recall_tells_an_endpoint_that_does_not_listen_to_recalls(exported, target, endpoint):
    delivery = delivered(exported, target)
    deliver_for(endpoint.pk)
    carried(delivery)
    recall(delivery, names=["BOX-01-2.jpg"])
    carried(delivery)
    told = WebhookDelivery.objects.filter(event__kind="delivery.recalled", endpoint=endpoint).get()
    assert told.event.data["files"][0]["name"] == "BOX-01-2.jpg"


def test_switched_off_endpoint_is_named(exported, target, endpoint):
    endpoint.switch_off("gone")
    delivery = delivered(exported, target)
    assert (delivery.state, delivery.error) == ("failed", "The webhook endpoint is switched off.")
