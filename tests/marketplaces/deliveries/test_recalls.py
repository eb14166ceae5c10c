"""A recall reaches what speaks of the picture too: the feeds and lists at every target, and the export itself."""

import io
import zipfile
from io import StringIO

import pytest
from django.core.management import call_command

from marketplaces import listings, starting
from marketplaces.api import zip_response
from marketplaces.deliveries import start as acts
from marketplaces.deliveries.base import Sent
from marketplaces.deliveries.carry import carry
from marketplaces.deliveries.folder import FolderConnector
from marketplaces.exports import run_export
from marketplaces.models import Delivery, Export
from processing.models import Rendition
from tests.marketplaces import stock
from tests.marketplaces.deliveries.parcels import an_export, carried, delivered, states, target_of

pytestmark = pytest.mark.django_db
FEED = "feeds/shopify-products.csv"


@pytest.fixture
def sold(broker) -> Export:
    """Two products, the first with a scene."""
    stock.product("BOX-01", styles=("lifestyle-home",))
    stock.product("BOX-02")
    return run_export("shopify").export


def sweep(*deliveries: Delivery) -> None:
    """What the scheduler and the workers do after a recall."""
    listings.withdraw_recalled()
    starting.sweep()
    acts.sweep()
    for delivery in deliveries:
        carried(delivery)


def verify(folder) -> None:
    call_command("verify", str(folder), stdout=StringIO())


def test_feed_at_the_target_names_a_recalled_picture_no_more(sold, store):
    delivery = delivered(sold, target_of("shopify", "http", base_url=f"http://{store.host}"))
    scene = sold.files.get(name="BOX-01-2.jpg")
    assert scene.sha256[:16].encode() in store.files[f"/{FEED}"]
    scene.rendition.recall()
    sweep(delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("done", "")
    assert scene.sha256[:16].encode() not in store.files[f"/{FEED}"]
    assert sold.files.get(name="BOX-01-1.jpg").sha256[:16].encode() in store.files[f"/{FEED}"]
    feed = delivery.files.get(name=FEED)
    assert (feed.state, feed.attempt_count) == ("arrived", 1)
    assert [line["what"] for line in feed.log][-3:] == [
        "corrected: it spoke of a picture that was taken back", "sent", "arrived",
    ]  # fmt: skip
    sent = store.count("PUT")
    sweep(delivery)
    assert store.count("PUT") == sent


def test_recalled_main_picture_takes_the_whole_product_out(sold, store):
    delivery = delivered(sold, target_of("shopify", "http", base_url=f"http://{store.host}"))
    sold.files.get(name="BOX-01-1.jpg").rendition.recall()
    sweep(delivery)
    assert {name for name, state in states(delivery).items() if state == "withdrawn"} == {
        "BOX-01-1.jpg",
        "BOX-01-2.jpg",
    }
    assert b"BOX-01" not in store.files[f"/{FEED}"]
    assert b"BOX-02" in store.files[f"/{FEED}"]


def test_folder_and_zip_verify_after_a_recall(sold, deliveries_folder, tmp_path):
    folder = delivered(sold, target_of("shopify", "folder", folder="shop"))
    packed = delivered(sold, target_of("shopify", "zip", name="zips", folder="zips"))
    Rendition.objects.get(kind="style").recall()
    sweep(folder, packed)
    with zipfile.ZipFile(deliveries_folder / "zips" / f"{sold.stem}.zip") as archive:
        archive.extractall(tmp_path / "out")
    for place in (deliveries_folder / "shop", tmp_path / "out"):
        verify(place)
        assert not (place / "BOX-01-2.jpg").exists()
        assert "BOX-01-2.jpg was taken back" in (place / "blocked.csv").read_text()


def test_export_itself_hands_out_nothing_that_was_recalled(sold, tmp_path):
    Rendition.objects.get(kind="style").recall()
    sweep()
    data = b"".join(zip_response(sold).streaming_content)
    zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
    verify(tmp_path)
    assert not (tmp_path / "BOX-01-2.jpg").exists()
    assert b"BOX-01-2" not in (tmp_path / FEED).read_bytes()
    sold.refresh_from_db()
    assert not sold.is_outdated


def test_delivery_started_after_a_recall_never_speaks_of_the_picture(sold, deliveries_folder):
    Rendition.objects.get(kind="style").recall()
    listings.withdraw_recalled()
    assert delivered(sold, target_of("shopify", "folder", folder="shop")).state == "done"
    verify(deliveries_folder / "shop")


def test_file_taken_back_by_hand_leaves_the_feed_of_that_target_only(sold, store, deliveries_folder):
    put = delivered(sold, target_of("shopify", "http", base_url=f"http://{store.host}"))
    folder = delivered(sold, target_of("shopify", "folder", name="folder", folder="shop"))
    acts.recall(put, names=["BOX-01-2.jpg"])
    carried(put)
    assert b"BOX-01-2" not in store.files[f"/{FEED}"]
    assert "BOX-01-2" in (deliveries_folder / "shop" / FEED).read_text()
    assert set(states(folder).values()) == {"arrived"}


def test_corrected_feed_of_an_older_delivery_never_overwrites_a_newer_one(exported, store):
    target = target_of("shopify", "http", base_url=f"http://{store.host}")
    older = delivered(exported, target)
    delivered(an_export(colour=(20, 90, 60)), target)
    newest = store.files[f"/{FEED}"]
    acts.recall(older, names=["BOX-01-2.jpg"])
    assert (carried(older).state, states(older)[FEED]) == ("done", "replaced")
    assert store.files[f"/{FEED}"] == newest


def test_feed_that_is_in_the_air_during_the_recall_is_sent_again(exported, deliveries_folder, monkeypatch):
    delivery = acts.start(exported, target_of("shopify", "folder", folder="shop"))
    send = FolderConnector.send

    def recalled_meanwhile(self, item, data) -> Sent:
        if item.name == FEED and not delivery.files.filter(state="withdrawing").exists():
            acts.recall(delivery, names=["BOX-01-2.jpg"])
        return send(self, item, data)

    monkeypatch.setattr(FolderConnector, "send", recalled_meanwhile)
    carry(delivery.pk)
    assert carried(delivery).state == "done"
    assert "BOX-01-2" not in (deliveries_folder / "shop" / FEED).read_text()
