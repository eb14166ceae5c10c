"""Two workers, lost workers, recalls at a bad moment: rows are the truth and nothing is sent twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplaces.deliveries.carry import carry
from marketplaces.deliveries.leases import claim
from marketplaces.deliveries.start import CannotDeliver, recall, start, start_automatic, sweep
from marketplaces.models import Delivery, DeliveryFile, DeliveryTarget
from tests.marketplaces.deliveries.parcels import an_export, carried, delivered, states, target_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(exported, store):
    return target_of("shopify", "http", base_url=f"http://{store.host}")


def test_one_worker_carries_a_delivery_and_one_delivery_a_target(exported, target):
    first, second = start(exported, target), start(an_export(), target)
    assert claim(first.pk) is not None
    assert claim(first.pk) is None
    assert claim(second.pk) is None  # its target is busy
    Delivery.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim(second.pk) is not None


def test_lost_worker_is_taken_over_and_its_late_writes_count_nothing(exported, target, store):
    delivery = start(exported, target)
    taken = {"by": None}

    def before(method, path):
        if method == "PUT" and taken["by"] is None:
            # This worker is presumed dead in the middle of its call, and another one takes over.
            taken["by"] = "other"
            return None
        return None

    store.before = before
    lost = claim(delivery.pk)
    Delivery.objects.filter(pk=delivery.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert carried(delivery).state == "done"
    assert lost.rows().count() == 0
    assert store.count("PUT", ".jpg") == 2


def test_recall_while_a_file_is_in_the_air_takes_it_back(exported, target, store):
    delivery = start(exported, target)
    done = []

    def before(method, path):
        return None

    from marketplaces.deliveries.http_put import HttpPutConnector

    honest = HttpPutConnector.send

    def send(self, item, data):
        sent = honest(self, item, data)
        if item.name == "BOX-01-1.jpg" and not done:
            done.append(recall(delivery, names=["BOX-01-1.jpg"]))
        return sent

    store.before = before
    HttpPutConnector.send = send
    try:
        assert carried(delivery).state == "done"
    finally:
        HttpPutConnector.send = honest
    assert done == [1]
    assert states(delivery)["BOX-01-1.jpg"] == "withdrawn"
    assert not [path for path in store.files if path.endswith("-1.jpg")]


def test_file_that_kills_its_worker_comes_to_an_end(exported, target):
    delivery = start(exported, target)
    DeliveryFile.objects.filter(delivery=delivery, name="BOX-01-1.jpg").update(attempt_count=6)
    delivery = carried(delivery)
    assert delivery.state == "failed"
    assert delivery.files.get(name="BOX-01-1.jpg").error_code == "worker-lost"


def test_bytes_that_are_gone_are_told(exported, target):
    from catalog.files import remove

    file = exported.files.get(name="BOX-01-1.jpg")
    start(exported, target)
    remove(file.path)
    try:
        delivery = carried(exported.deliveries.get())
    finally:
        an_export()  # other tests find the same content in the store
    assert delivery.files.get(name="BOX-01-1.jpg").error_code == "expired"


def test_target_in_trouble_pauses_the_delivery_longer_and_longer(exported, target, store):
    store.before = lambda method, path: (507, b"", {})
    delivery = start(exported, target)
    pauses = []
    for _ in range(3):
        Delivery.objects.filter(pk=delivery.pk).update(available_at=timezone.now())
        carry(delivery.pk)
        delivery.refresh_from_db()
        pauses.append((delivery.available_at - timezone.now()).total_seconds())
    assert pauses[0] < 10 < pauses[1] < 60 < pauses[2]
    assert (delivery.state, delivery.pauses) == ("queued", 3)
    assert {file.attempt_count for file in delivery.files.all()} == {0}


def test_sweep_sends_what_is_due_and_what_was_lost(exported, target, broker):
    delivery = start(exported, target)
    assert sweep() == 1
    assert sweep() == 0  # on its way
    Delivery.objects.update(enqueued_at=timezone.now() - timedelta(minutes=2))
    assert sweep() == 1
    Delivery.objects.update(enqueued_at=None, available_at=timezone.now() + timedelta(hours=1))
    assert sweep() == 0
    assert broker.queues["delivery"].qsize() == 2
    assert delivery.pk


def test_what_cannot_be_delivered_is_refused_in_words(exported, target):
    target_of("amazon", "http", name="other", base_url="https://a.example")
    with pytest.raises(CannotDeliver, match="takes exports of Amazon"):
        start(exported, DeliveryTarget.objects.get(name="other"))
    DeliveryTarget.objects.filter(pk=target.pk).update(is_active=False)
    with pytest.raises(CannotDeliver, match="switched off"):
        start(exported, DeliveryTarget.objects.get(pk=target.pk))
    exported.state = "running"
    with pytest.raises(CannotDeliver, match="only a finished one"):
        start(exported, target)


def test_automatic_targets_get_every_finished_export(exported, target):
    assert start_automatic(exported) == 0
    DeliveryTarget.objects.update(is_automatic=True)
    assert start_automatic(exported) == 1
    assert exported.deliveries.count() == 1


def test_older_delivery_never_overwrites_a_newer_one(exported, deliveries_folder):
    folder = target_of("shopify", "folder", name="folder", folder="shop")
    late = start(exported, folder)
    newer = delivered(an_export(colour=(20, 90, 60)), folder)
    assert newer.state == "done"
    late = carried(late)
    assert late.state == "done"
    assert states(late)["BOX-01-1.jpg"] == "replaced"
    mine = newer.files.get(name="BOX-01-1.jpg")
    assert (deliveries_folder / "shop/BOX-01-1.jpg").stat().st_size == mine.bytes
