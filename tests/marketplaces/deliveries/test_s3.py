"""A bucket of moto on the loopback."""

import hashlib

import pytest

from marketplaces.deliveries.base import DeliveryError
from marketplaces.deliveries.kinds import connector_of
from marketplaces.deliveries.start import recall
from tests.marketplaces.deliveries.parcels import an_export, carried, delivered, target_of
from tests.marketplaces.deliveries.shop import Store, serving

pytestmark = pytest.mark.django_db
KEYS = {"access_key": "test", "secret_key": "test"}


@pytest.fixture(scope="module")
def moto():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(moto, settings):
    """(address of the service, client of its own to look with)"""
    import boto3

    settings.FETCH_ALLOWED_HOSTS = [moto]
    client = boto3.client(
        "s3", endpoint_url=f"http://{moto}", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket="shop")
    yield f"http://{moto}", client
    for entry in client.list_objects_v2(Bucket="shop").get("Contents", []):
        client.delete_object(Bucket="shop", Key=entry["Key"])
    client.delete_bucket(Bucket="shop")
    client.close()


def keys(client) -> set[str]:
    return {entry["Key"] for entry in client.list_objects_v2(Bucket="shop").get("Contents", [])}


def test_objects_lie_under_their_content_with_type_cache_and_checksum(exported, bucket):
    url, client = bucket
    target = target_of("shopify", "s3", bucket="shop", endpoint_url=url, prefix="cdn", hidden=KEYS)
    delivery = delivered(exported, target)
    assert (delivery.state, delivery.error) == ("done", "")
    for file in exported.files.filter(kind="picture"):
        head = client.head_object(Bucket="shop", Key=f"cdn/{file.sha256[:16]}/{file.name}", ChecksumMode="ENABLED")
        assert (head["ContentType"], head["Metadata"]["sha256"]) == ("image/jpeg", file.sha256)
        assert "immutable" in head["CacheControl"]
        assert head["ContentLength"] == file.bytes
    assert "cdn/feeds/shopify-products.csv" in keys(client)
    assert {file.arrival["verdict"] for file in delivery.files.all()} == {"identical"}


def test_feeds_point_to_the_cdn_and_arrival_is_checked_there(exported, bucket, settings):
    url, client = bucket
    cdn = Store()

    def from_bucket(method, path):
        found = keys(client)
        key = path.lstrip("/")
        return (200, client.get_object(Bucket="shop", Key=key)["Body"].read(), {}) if key in found else (403, b"", {})

    cdn.before = from_bucket
    with serving(cdn):
        settings.FETCH_ALLOWED_HOSTS = [*settings.FETCH_ALLOWED_HOSTS, cdn.host]
        target = target_of(
            "shopify", "s3", bucket="shop", endpoint_url=url, public_url=f"http://{cdn.host}", hidden=KEYS
        )
        delivery = delivered(exported, target)
        assert (delivery.state, delivery.error) == ("done", "")
        assert cdn.count("GET") == delivery.files.count()
        feed = client.get_object(Bucket="shop", Key="feeds/shopify-products.csv")["Body"].read().decode()
        for file in exported.files.filter(kind="picture"):
            assert f"http://{cdn.host}/{file.sha256[:16]}/{file.name}" in feed


def test_objects_that_are_there_are_not_sent_again(exported, bucket):
    url, client = bucket
    target = target_of("shopify", "s3", bucket="shop", endpoint_url=url, hidden=KEYS)
    delivered(exported, target)
    file = exported.files.filter(kind="picture").first()
    written = client.head_object(Bucket="shop", Key=f"{file.sha256[:16]}/{file.name}")["LastModified"]
    other = target_of("shopify", "s3", name="other", bucket="shop", endpoint_url=url, hidden=KEYS)
    delivery = delivered(an_export(), other)
    assert delivery.state == "done"
    assert client.head_object(Bucket="shop", Key=f"{file.sha256[:16]}/{file.name}")["LastModified"] == written
    assert "found there" in str(delivery.files.filter(is_picture=True).first().log)


def test_recall_deletes_the_objects(exported, bucket):
    url, client = bucket
    delivery = delivered(exported, target_of("shopify", "s3", bucket="shop", endpoint_url=url, hidden=KEYS))
    recall(delivery)
    assert carried(delivery).state == "recalled"
    assert keys(client) == set()


def test_missing_bucket_and_wrong_address_are_named(exported, bucket, caplog):
    url, _ = bucket
    lost = delivered(exported, target_of("shopify", "s3", name="a", bucket="nowhere", endpoint_url=url, hidden=KEYS))
    assert (lost.state, lost.error) == ("failed", "There is no such bucket.")
    inside = delivered(
        exported, target_of("shopify", "s3", name="b", bucket="shop", endpoint_url="https://127.0.0.1:9", hidden=KEYS)
    )
    assert inside.state == "failed"
    assert inside.error_code == "address"
    assert "test" not in caplog.text.replace("tests", "")


def test_amazon_itself_is_reached_through_the_guard(exported, monkeypatch):
    """The name of the service may lead anywhere: the connection is what is checked."""
    from accounts import guard

    monkeypatch.setattr(guard, "resolve", lambda host, port: ["169.254.169.254"])
    target = target_of("shopify", "s3", bucket="shop", hidden=KEYS)
    with pytest.raises(DeliveryError) as caught:
        connector_of(target).test()
    assert caught.value.code == "address-refused"


def test_connection_test_leaves_nothing_behind(exported, bucket):
    url, client = bucket
    target = target_of("shopify", "s3", bucket="shop", endpoint_url=url, prefix="x", hidden=KEYS)
    assert "was written to shop and deleted again" in connector_of(target).test()
    assert keys(client) == set()


def test_damaged_upload_is_refused_by_its_checksum(exported, bucket):
    url, _ = bucket
    connector = connector_of(target_of("shopify", "s3", bucket="shop", endpoint_url=url, hidden=KEYS))
    from marketplaces.deliveries.base import Item

    item = Item("a.jpg", "a.jpg", "", hashlib.sha256(b"right").hexdigest(), 5, "image/jpeg")
    connector.send(item, b"right")
    assert connector.find(item) is not None
    assert connector.find(Item("a.jpg", "a.jpg", "", hashlib.sha256(b"other").hexdigest(), 5, "image/jpeg")) is None
