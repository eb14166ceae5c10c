import json

import pytest

from catalog.folders import take_paths
from catalog.intake import accepted_images, open_intake, take_stream
from catalog.manifests import ManifestError, read_manifest
from catalog.models import ItemState
from tests.catalog.photos import manifest, photo


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "not JSON"),
        (b"\xff\xff", "UTF-8"),
        (b'"text"', "must be a list"),
        (b'{"sku": "A1"}', "must be a list"),
        (b"[" * 100_000, "deep"),
    ],
)
def test_what_is_no_manifest_says_so(data, why):
    with pytest.raises(ManifestError, match=why):
        read_manifest(data)


def test_the_number_of_items_is_limited(settings):
    settings.MAX_MANIFEST_ITEMS = 2
    with pytest.raises(ManifestError, match="3 items"):
        read_manifest([{"sku": "A"}] * 3)
    with pytest.raises(ManifestError, match="5 pictures"):
        read_manifest([{"sku": "A", "images": ["x"] * 5}])


def test_several_pictures_per_product_make_several_rows():
    item = {"sku": "A1", "name": "Mug", "image_urls": ["https://a.example/1.jpg", "https://a.example/2.jpg"]}
    rows = read_manifest({"items": [item, {"SKU": "B2", "images": [{"url": "https://a.example/3.jpg", "view": 3}]}]})
    assert [(row.place, row.image, row.fields.get("view")) for row in rows] == [
        ("item 0, picture 0", "https://a.example/1.jpg", None),
        ("item 0, picture 1", "https://a.example/2.jpg", None),
        ("item 1", "https://a.example/3.jpg", 3),
    ]
    assert rows[1].fields["name"] == "Mug"


@pytest.fixture
def intake(operator):
    return open_intake(owner=operator, source="manifest", default_category="outdoor")


def _take(intake, entries):
    take_stream(intake, rows=iter(read_manifest(entries)))


@pytest.mark.django_db
def test_errors_name_the_item_and_the_field(intake):
    data = manifest(
        {"sku": "A1", "category": "fashion", "image_url": "https://shop.example/a.jpg"},
        {"category": "fashion", "image_url": "https://shop.example/b.jpg"},
        {"sku": "A3", "image_url": "b.jpg"},
        {"sku": "A4", "image_url": "https://shop.example/c.jpg", "view": "top"},
        {"sku": "a/b", "image_url": "https://shop.example/d.jpg"},
        "A6",
        {"sku": "A7", "image_url": 17},
    )
    _take(intake, data)
    assert [item.sku for item in intake.items.to_fetch()] == ["A1"]
    reasons = [f"{item.path}, {item.reason}" for item in intake.items.refused()]
    assert reasons[0] == "item 1, sku: is missing"
    assert reasons[1] == "item 2, image_url: must start with http:// or https://"
    assert reasons[2].startswith("item 3, view: the view is 'top'")
    assert reasons[3].startswith("item 4, sku: The product code holds '/'")
    assert [reason.split(":")[0] for reason in reasons[4:]] == ["item 5, sku", "item 6, image_url"]


@pytest.mark.django_db
def test_the_same_link_for_two_products_makes_two_rows_and_again_none(intake):
    entries = [
        {"sku": "A1", "image_url": "https://shop.example/a.jpg"},
        {"sku": "A2", "image_url": "https://shop.example/a.jpg"},
    ]
    _take(intake, entries)
    _take(intake, entries)
    assert [(item.sku, item.view) for item in intake.items.to_fetch()] == [("A1", 1), ("A2", 1)]


@pytest.mark.django_db
def test_several_links_of_a_product_are_its_views_in_order(intake):
    urls = [f"https://shop.example/{name}.jpg" for name in ("one", "two", "three")]
    _take(intake, [{"sku": "A1", "image_urls": urls}])
    assert sorted(intake.items.values_list("view", flat=True)) == [1, 2, 3]


@pytest.mark.django_db
def test_relative_addresses_are_read_beside_the_manifest_on_the_command_line_only(intake, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "x.jpg").write_bytes(photo())
    entries = [
        {"sku": "A1", "category": "fashion", "image_url": "photos/x.jpg"},
        {"sku": "A2", "image_url": "photos/missing.jpg"},
        {"sku": "A3", "image_url": "../outside.jpg"},
    ]
    (tmp_path / "list.json").write_text(json.dumps(entries))
    take_paths(intake, paths=[tmp_path / "list.json"])
    assert {item.sku or item.path: item.state for item in intake.items.all()} == {
        "list.json": ItemState.OPENED, "A1": ItemState.ACCEPTED, "A2": ItemState.REJECTED, "item 2": ItemState.REJECTED,
    }  # fmt: skip
    [image] = accepted_images(intake)
    assert image.variant.product.category == "fashion"


@pytest.mark.django_db
def test_a_large_manifest_costs_few_queries(intake, django_assert_max_num_queries):
    entries = [{"sku": f"A{number}", "image_url": f"https://shop.example/{number}.jpg"} for number in range(2000)]
    with django_assert_max_num_queries(50):
        _take(intake, entries)
    assert intake.items.to_fetch().count() == 2000
