"""Folder, zip, HTTP PUT and S3: what is there afterwards, and how often it was sent."""

import hashlib
import json
import zipfile
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Event
from catalog.files import load
from marketplaces.deliveries.kinds import connector_of
from marketplaces.deliveries.start import look_again, recall, retry, start
from marketplaces.exports import run_export
from marketplaces.models import ExportFile
from processing.imaging.codec import EncodeSettings, decode, encode
from tests.marketplaces import stock
from tests.marketplaces.deliveries.parcels import an_export, carried, delivered, states, target_of

pytestmark = pytest.mark.django_db


def pictures(export) -> dict[str, bytes]:
    return {file.name: load(file.path) for file in export.files.filter(kind="picture")}


def test_folder_becomes_an_exact_copy_that_verifies(deliveries_folder):
    stock.product("BOX-01", styles=("lifestyle-home",))
    exported = run_export("shopify").export
    delivery = delivered(exported, target_of("shopify", "folder", folder="shop/main"))
    assert (delivery.state, delivery.error) == ("done", "")
    for file in exported.files.all():
        assert hashlib.sha256((deliveries_folder / "shop/main" / file.name).read_bytes()).hexdigest() == file.sha256
    call_command("verify", str(deliveries_folder / "shop/main"), stdout=StringIO())
    assert {file.arrival["verdict"] for file in delivery.files.all()} == {"identical"}
    event = Event.objects.get(kind="delivery.completed")
    assert event.data["files"] == exported.files.count()


def test_folder_cannot_be_anywhere_else(exported, deliveries_folder):
    for name in ("..", "../elsewhere", "/etc", "."):
        delivery = delivered(exported, target_of("shopify", "folder", name=f"t{len(name)}", folder=name))
        assert (delivery.state, delivery.error_code) == ("failed", "folder")


def test_later_delivery_takes_away_what_the_product_no_longer_has(exported, deliveries_folder):
    target = target_of("shopify", "folder", folder="shop")
    delivered(exported, target)
    second = delivered(an_export(skus=("BOX-01", "BOX-02"), count=1), target)
    assert second.state == "done"
    assert {path.name for path in (deliveries_folder / "shop").glob("*.jpg")} == {"BOX-01-1.jpg", "BOX-02-1.jpg"}


def test_zip_appears_whole_and_gives_a_recalled_picture_back(exported, deliveries_folder):
    delivery = delivered(exported, target_of("shopify", "zip", folder="zips"))
    archive = deliveries_folder / "zips" / f"{exported.stem}.zip"
    assert delivery.state == "done"
    with zipfile.ZipFile(archive) as packed:
        assert set(packed.namelist()) == set(exported.files.values_list("name", flat=True))
        assert packed.testzip() is None
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    assert recall(delivery, names=["BOX-01-2.jpg"]) == 1
    assert states(carried(delivery))["BOX-01-2.jpg"] == "withdrawn"
    with zipfile.ZipFile(archive) as packed:
        assert "BOX-01-2.jpg" not in packed.namelist()
        assert "BOX-01-1.jpg" in packed.namelist()


def test_archives_of_two_exports_know_nothing_of_each_other(exported, deliveries_folder):
    target = target_of("shopify", "zip", folder="zips")
    first, other = delivered(exported, target), an_export()
    second = delivered(other, target)
    assert (first.state, second.state) == ("done", "done")
    assert {file.attempt_count for file in second.files.all()} == {1}
    recall(first, names=["BOX-01-1.jpg"])
    carried(first)
    for export, is_there in ((exported, False), (other, True)):
        with zipfile.ZipFile(deliveries_folder / "zips" / f"{export.stem}.zip") as packed:
            assert ("BOX-01-1.jpg" in packed.namelist()) == is_there
            assert ("blocked.csv" in packed.namelist()) != is_there


def test_put_sends_each_file_once_and_fetches_it_again(exported, store):
    target = target_of(
        "shopify", "http", base_url=f"http://{store.host}/shop", layout="links", hidden={"token": "very-secret"}
    )
    delivery = delivered(exported, target)
    assert delivery.state == "done", delivery.error
    for name, data in pictures(exported).items():
        assert store.files[f"/shop/{hashlib.sha256(data).hexdigest()[:16]}/{name}"] == data
    assert store.count("PUT") == delivery.files.count()
    feed = store.files["/shop/feeds/shopify-products.csv"].decode()
    assert f"http://{store.host}/shop/" in feed
    assert "localhost" not in feed
    assert {headers.get("Authorization") for headers in store.headers} == {"Bearer very-secret"}


def test_same_content_is_never_sent_a_second_time(exported, store):
    target = target_of("shopify", "http", base_url=f"http://{store.host}")
    delivered(exported, target)
    sent = store.count("PUT", ".jpg")
    again = delivered(an_export(), target)
    assert again.state == "done"
    assert store.count("PUT", ".jpg") == sent
    assert start(exported, target).pk == exported.deliveries.get().pk
    assert store.count("PUT", ".jpg") == sent


def test_partial_failure_goes_on_where_it_stood(exported, store):
    fails = {"on": True}
    store.before = lambda method, path: (413, b"", {}) if fails["on"] and method == "PUT" and "-2.jpg" in path else None
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert (delivery.state, states(delivery)["BOX-01-2.jpg"], states(delivery)["BOX-01-1.jpg"]) == (
        "failed", "failed", "arrived",
    )  # fmt: skip
    assert "1 of 3 files failed. Feeds wait" in delivery.error
    assert store.count("PUT", "feeds") == 0
    fails["on"] = False
    assert carried(retry(delivery)).state == "done"
    assert store.count("PUT", "-1.jpg") == 1
    assert store.count("PUT", "-2.jpg") == 2
    assert store.count("PUT", "feeds") == 1


def test_server_errors_are_tried_again_and_counted(exported, store):
    answers = {"left": 2}

    def before(method, path):
        if method == "PUT" and "-1.jpg" in path and answers["left"]:
            answers["left"] -= 1
            return 500, b"", {}
        return None

    store.before = before
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert delivery.state == "done"
    assert delivery.files.get(name="BOX-01-1.jpg").attempt_count == 3
    assert [line["what"] for line in delivery.files.get(name="BOX-01-1.jpg").log] == [
        "will be tried again", "will be tried again", "sent", "arrived",
    ]  # fmt: skip


def test_lost_answer_is_looked_up_before_anything_is_sent_again(exported, store):
    """The server keeps the file and the line breaks: the second try finds it there."""
    lost, data = {"on": True}, pictures(exported)["BOX-01-1.jpg"]

    def before(method, path):
        if method == "PUT" and "-1.jpg" in path and lost["on"]:
            lost["on"] = False
            store.files[path] = data
            return 500, b"", {}
        return None

    store.before = before
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert delivery.state == "done"
    assert store.count("PUT", "-1.jpg") == 1


def test_wrong_credentials_stop_the_delivery_at_once(exported, store):
    store.before = lambda method, path: (401, b"", {})
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert (delivery.state, delivery.error_code) == ("failed", "credentials")
    assert store.count("PUT") == 1
    assert set(states(delivery).values()) == {"pending"}
    assert Event.objects.get(kind="delivery.failed").data["error"] == delivery.error


def test_being_asked_to_wait_costs_no_try(exported, store):
    answers = {"left": 8}

    def before(method, path):
        if method == "PUT" and answers["left"]:
            answers["left"] -= 1
            return 429, b"", {"Retry-After": "7"}
        return None

    store.before = before
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert delivery.state == "done"
    assert {file.attempt_count for file in delivery.files.all()} == {1}


def test_reencoding_server_is_accepted_and_its_losses_are_told(exported, store):
    def published(data: bytes) -> bytes:
        if data[:2] != b"\xff\xd8":
            return data
        return encode(decode(data), EncodeSettings("jpeg", 70))

    store.published = published
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert delivery.state == "done"
    scene = delivery.files.get(name="BOX-01-2.jpg").arrival
    assert scene["verdict"] == "re-encoded"
    assert scene["psnr_db"] > 30
    assert scene["lost"] == ["digital source type", "SKU"]


def test_other_picture_at_the_address_is_noticed(exported, store):
    from tests.marketplaces.pictures import scene

    store.published = lambda data: scene() if data[:2] == b"\xff\xd8" else data
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert delivery.state == "failed"
    assert "not what was sent" in delivery.files.get(name="BOX-01-1.jpg").error


def test_file_that_vanished_is_sent_again_by_a_second_look(exported, store):
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    gone = next(path for path in store.files if path.endswith("-1.jpg"))
    del store.files[gone]
    assert look_again(delivery) == delivery.files.count()
    assert carried(delivery).state == "done"
    assert gone in store.files
    assert store.count("PUT", "-1.jpg") == 2
    assert store.count("PUT", "-2.jpg") == 1


def test_recall_takes_the_files_away_and_leaves_tombstones(exported, store):
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    assert recall(delivery) == delivery.files.count()
    delivery = carried(delivery)
    assert (delivery.state, set(states(delivery).values()), store.files) == ("recalled", {"withdrawn"}, {})
    event = Event.objects.get(kind="delivery.recalled")
    assert event.data["count"] == 3
    assert {"name", "sku", "sha256"} == set(event.data["files"][0])


def test_recalled_rendition_is_withdrawn_from_every_target_by_itself(exported, store, broker):
    from django.utils import timezone

    from marketplaces.deliveries.start import sweep

    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    ExportFile.objects.filter(export=exported, name="BOX-01-2.jpg").update(withdrawn_at=timezone.now())
    sweep()
    delivery = carried(delivery)
    assert delivery.state == "done"
    assert states(delivery)["BOX-01-2.jpg"] == "withdrawn"
    assert not [path for path in store.files if path.endswith("-2.jpg")]
    sweep()
    assert Event.objects.filter(kind="delivery.recalled").count() == 1


def test_recall_leaves_what_a_later_delivery_still_uses(exported, store):
    target = target_of("shopify", "http", base_url=f"http://{store.host}")
    first = delivered(exported, target)
    delivered(an_export(), target)
    recall(first)
    assert carried(first).state == "recalled"
    assert len([path for path in store.files if path.endswith(".jpg")]) == 2


def test_server_that_deletes_nothing_says_what_to_do_by_hand(exported, store):
    delivery = delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    store.before = lambda method, path: (405, b"", {}) if method == "DELETE" else None
    recall(delivery, names=["BOX-01-1.jpg"])
    delivery = carried(delivery)
    assert delivery.state == "failed"
    assert "take" in delivery.files.get(name="BOX-01-1.jpg").error


def test_private_addresses_are_refused(exported):
    for number, url in enumerate(
        ("http://127.0.0.1/x", "https://169.254.169.254/", "https://localhost/", "ftp://a.example/")
    ):
        delivery = delivered(exported, target_of("shopify", "http", name=f"t{number}", base_url=url))
        assert delivery.state == "failed", url
        assert delivery.error_code in ("address", "address-refused", "bad-address")


def test_connection_test_leaves_nothing_behind(db, store, deliveries_folder):
    from marketplaces.channels import ensure_channels

    ensure_channels()
    put = target_of("shopify", "http", base_url=f"http://{store.host}")
    assert connector_of(put).test() == "A file was put, fetched and deleted again."
    assert store.files == {}
    folder = target_of("shopify", "folder", name="folder", folder="shop")
    assert "can be written to" in connector_of(folder).test()
    assert list((deliveries_folder / "shop").iterdir()) == []


def test_deliver_command_waits_and_prints_one_object(exported, store):
    target_of("shopify", "http", base_url=f"http://{store.host}")
    out = StringIO()
    call_command("deliver", str(exported.pk), "--to", "there", "--wait", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["state"], told["target"], len(told["files"])) == ("done", "there", 3)
    assert told["files"][0]["url"].startswith(f"http://{store.host}/")
