import pytest

from marketplaces.deliveries.kinds import connector_of
from marketplaces.deliveries.start import recall, retry
from processing.imaging.codec import EncodeSettings, decode, encode
from tests.marketplaces.deliveries.parcels import an_export, carried, delivered, states, target_of
from tests.marketplaces.deliveries.shop import serving
from tests.marketplaces.deliveries.shopify_shop import TOKEN, FakeShop, throttled, variant_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(settings):
    with serving(FakeShop()) as running:
        settings.FETCH_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def target(exported, shop):
    return target_of("shopify", "shopify", shop_url=f"http://{shop.host}", hidden={"token": TOKEN})


def test_pictures_become_media_of_their_product_in_order(exported, shop, target):
    delivery = delivered(exported, target)
    assert (delivery.state, delivery.error) == ("done", "")
    first, second = shop.files.values()
    assert first["products"] == second["products"] == ["gid://shopify/Product/1"]
    assert first["filename"].startswith("BOX-01-1-")
    assert first["alt"] == "Box-01"
    assert shop.orders == [("gid://shopify/Product/1", list(shop.files))]
    assert {file.name for file in delivery.files.all()} == {"BOX-01-1.jpg", "BOX-01-2.jpg"}
    assert all(file.remote_url.startswith(f"http://{shop.host}/cdn/") for file in delivery.files.all())


def test_shop_that_writes_pictures_anew_is_compared_by_look(exported, shop, target):
    shop.published = lambda data: encode(decode(data), EncodeSettings("webp", 75))
    delivery = delivered(exported, target)
    assert delivery.state == "done"
    assert delivery.files.get(name="BOX-01-2.jpg").arrival["verdict"] == "re-encoded"


def test_each_variant_of_a_product_shows_its_own_main_picture(shop, target):
    shop.skus["BOX-02"] = shop.skus["BOX-01"]
    delivery = delivered(an_export(skus=("BOX-01", "BOX-02"), colour=(20, 90, 60)), target)
    assert delivery.state == "done", delivery.error
    names = {pk: file["filename"] for pk, file in shop.files.items()}
    assert [names[pk][:8] for pk in shop.orders[0][1]] == ["BOX-01-1", "BOX-01-2", "BOX-02-1", "BOX-02-2"]
    for sku in ("BOX-01", "BOX-02"):
        [shown] = shop.shown[variant_id(sku)]
        assert names[shown].startswith(f"{sku}-1-")


def test_new_main_picture_takes_the_place_of_the_one_a_variant_shows(exported, shop, target):
    delivered(exported, target)
    [before] = shop.shown[variant_id("BOX-01")]
    delivered(an_export(colour=(20, 90, 60)), target)
    [after] = shop.shown[variant_id("BOX-01")]
    assert after != before
    assert before not in shop.files
    asked = len(shop.asked)
    retry(delivered(an_export(colour=(20, 90, 60)), target))
    assert "productVariantAppendMedia" not in shop.asked[asked:]


def test_variant_waits_until_its_product_knows_the_picture(exported, shop, target):
    late = {"count": 2}

    def before(operation, variables):
        if operation != "productVariantAppendMedia" or not late["count"]:
            return None
        late["count"] -= 1
        error = {"field": None, "message": "not yet", "code": "NON_READY_MEDIA"}
        return {"data": {operation: {"userErrors": [error]}}}

    shop.before = before
    assert delivered(exported, target).state == "done"
    assert len(shop.shown[variant_id("BOX-01")]) == 1


def test_shop_that_keeps_its_variants_is_left_alone(exported, shop):
    target = target_of("shopify", "shopify", shop_url=f"http://{shop.host}", variants="leave", hidden={"token": TOKEN})
    assert delivered(exported, target).state == "done"
    assert shop.shown == {}


def test_throttled_shop_is_left_alone_for_as_long_as_it_takes(exported, shop, target):
    from django.utils import timezone

    from marketplaces.deliveries.carry import carry
    from marketplaces.deliveries.start import start

    left = {"count": 5}

    def before(operation, variables):
        left["count"] -= 1
        return throttled() if left["count"] >= 0 else None

    shop.before = before
    delivery = start(exported, target)
    carry(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.error == "The shop asks to wait."
    assert 4 < (delivery.available_at - timezone.now()).total_seconds() <= 6  # (400 - 100) / 50 a second
    assert carried(delivery).state == "done"
    assert {file.attempt_count for file in delivery.files.all()} == {1}


def test_user_errors_fail_the_file_with_the_shops_words(exported, shop, target):
    def before(operation, variables):
        if operation == "fileCreate" and "BOX-01-2" in variables["files"][0]["filename"]:
            error = {"field": ["files", "0"], "message": "Image is too weird", "code": "INVALID"}
            return {"data": {operation: {"files": [], "userErrors": [error]}}}
        return None

    shop.before = before
    delivery = delivered(exported, target)
    assert states(delivery) == {"BOX-01-1.jpg": "arrived", "BOX-01-2.jpg": "failed"}
    assert delivery.files.get(name="BOX-01-2.jpg").error == "The shop refuses: Image is too weird"
    assert shop.orders == []  # the set is not complete


def test_failed_media_is_deleted_and_made_anew(exported, shop, target):
    shop.fails = 1
    delivery = delivered(exported, target)
    assert delivery.state == "done"
    assert len(shop.files) == 2
    file = delivery.files.get(name="BOX-01-1.jpg")
    assert file.attempt_count >= 2
    assert "could not use the picture: Image could not be processed" in str(file.log)


def test_media_that_always_fails_ends(exported, shop, target):
    shop.fails = 1000
    delivery = delivered(exported, target)
    assert delivery.state == "failed"
    assert set(states(delivery).values()) == {"failed"}
    assert shop.files == {}


def test_lost_answer_of_a_creation_makes_no_second_file(exported, shop, target):
    lost = {"on": True}

    def after(operation, answer):
        if operation == "fileCreate" and lost.pop("on", None):
            return 502, b"", {}
        return None

    shop.after = after
    delivery = delivered(exported, target)
    assert delivery.state == "done"
    assert len(shop.files) == 2
    assert shop.asked.count("fileCreate") == 2


def test_unknown_sku_is_told_and_holds_back_no_other_product(shop, target):
    export = an_export(skus=("BOX-01", "BOX"))  # the shop's search finds BOX-01 for BOX as well
    delivery = delivered(export, target)
    assert delivery.state == "failed"
    assert delivery.files.get(name="BOX-1.jpg").error == "The shop has no product with the SKU BOX."
    assert len(shop.orders) == 1
    shop.skus["BOX"] = "gid://shopify/Product/2"
    assert carried(retry(delivery)).state == "done"
    assert len(shop.files) == 4
    assert shop.asked.count("fileCreate") == 4


def test_new_pictures_take_the_place_of_the_old_ones(exported, shop, target):
    delivered(exported, target)
    old = set(shop.files)
    second = delivered(an_export(colour=(20, 90, 60)), target)
    assert second.state == "done"
    assert len(shop.files) == 2
    assert not old & set(shop.files)
    assert set(states(exported.deliveries.get()).values()) == {"replaced"}


def test_recall_deletes_the_media(exported, shop, target):
    delivery = delivered(exported, target)
    assert recall(delivery) == 2
    assert carried(delivery).state == "recalled"
    assert shop.files == {}


def test_wrong_token_stops_everything_and_is_never_shown(exported, shop, target, caplog):
    from marketplaces.deliveries import secrets

    target.secrets = {"token": secrets.seal("shpat_wrong")}
    target.save()
    delivery = delivered(exported, target)
    assert (delivery.state, delivery.error_code) == ("failed", "credentials")
    assert "shpat_wrong" not in caplog.text + delivery.error + str(target.secrets)


def test_missing_access_scope_is_named(exported, shop, target):
    shop.before = lambda operation, variables: {
        "errors": [{"message": "Access denied for files field.", "extensions": {"code": "ACCESS_DENIED"}}]
    }
    delivery = delivered(exported, target)
    assert delivery.error_code == "credentials"
    assert "write_files" in delivery.error


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b'{"data": null}'])
def test_answers_of_another_form_are_errors_to_be_tried_again(exported, shop, target, raw):
    shop.after = lambda operation, answer: (200, raw, {})
    delivery = delivered(exported, target)
    assert delivery.state == "failed"
    assert {file.error_code for file in delivery.files.all()} <= {"broken-answer", "shop-error"}


def test_connection_test_names_the_shop(shop, target):
    assert connector_of(target).test() == "Connected to the shop Test shop."
