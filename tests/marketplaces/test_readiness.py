"""How far a product is for each channel, without rendering."""

import pytest

from marketplaces.exports import run_export
from marketplaces.models import Channel
from marketplaces.readiness import Readiness, readiness_of
from processing.models import Rendition
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db


def on(name: str, product) -> Readiness:
    (variant,) = readiness_of(product)
    return next(row for row in [*variant.used, *variant.others] if row.channel.name == name)


@pytest.fixture
def product():
    from marketplaces.channels import ensure_channels

    ensure_channels()
    return stock.product("BOX-01", asin="B000000001", styles=("lifestyle-home",)).product


def test_amazon_takes_two_of_the_six_it_advises(product):
    found = on("amazon", product)
    assert (found.accepted, found.wanted, found.state) == (2, 6, "ready")
    assert found.missing == ["4 more pictures advised: add photos of other views, or scenes."]


def test_what_is_foretold_is_what_an_export_does(product):
    foretold = {row.channel.name: row for row in readiness_of(product)[0].others}
    for name, row in foretold.items():
        assert (row.state == "ready") == bool(run_export(name).files), name
    (variant,) = readiness_of(product)
    for row in variant.used:
        if row.state == "live":
            assert row.accepted == foretold[row.channel.name].accepted, row.channel.name


def test_missing_number_blocks_and_is_told():
    from marketplaces.channels import ensure_channels

    ensure_channels()
    found = on("amazon", stock.product("BOX-02").product)
    assert found.state == "blocked"
    assert "No ASIN" in found.missing[0]


def test_small_photo_needs_a_new_one(product):
    small = stock.product("TINY", asin="B000000002", size=(400, 400)).product
    found = on("amazon", small)
    assert (found.accepted, found.state) == (0, "blocked")
    assert found.missing[0].startswith("Needs a new photo: the longest side is")


def test_picture_in_review_is_told(product):
    waiting = stock.product("BOX-03", asin="B000000003", main="in_review").product
    found = on("amazon", waiting)
    assert found.state == "blocked"
    assert any("waits for a person" in text for text in found.missing)


def test_live_listing_counts_what_it_shows(product):
    run_export("amazon")
    (variant,) = readiness_of(product)
    assert [row.channel.name for row in variant.used] == ["amazon"]
    assert (variant.used[0].state, variant.used[0].accepted) == ("live", 2)
    Rendition.objects.get(kind="style").recall()
    from marketplaces.listings import withdraw_recalled

    withdraw_recalled()
    assert on("amazon", product).accepted == 1


def test_queries_do_not_grow_with_the_channels(product, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        readiness_of(product)


def test_product_page_says_what_each_channel_takes(signed_in, product):
    page = signed_in.get(product.get_absolute_url()).content.decode()
    assert "2 of 6 pictures fit for Amazon" in page
    run_export("amazon")
    assert "2 of 6 pictures accepted by Amazon" in signed_in.get(product.get_absolute_url()).content.decode()


def test_switched_off_and_sandbox_channels_are_left_out(product):
    Channel.objects.filter(name="amazon").update(is_active=False)
    names = {row.channel.name for row in readiness_of(product)[0].others}
    assert not names & {"amazon", "sandbox"}
