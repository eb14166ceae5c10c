import csv
import io
import json
from xml.etree import ElementTree

import pytest

from marketplaces.feeds import FEEDS
from marketplaces.feeds.base import Entry, Image, table
from marketplaces.feeds.documented import TABLES, faults_of

SHOP = "https://shop.example/m"


def entry(sku="MUG-01", *, extras=2, **fields) -> Entry:
    images = [
        Image("main", f"{SHOP}/aa/{sku}-main.jpg", "Mug, picture 1"),
        Image("lifestyle", f"{SHOP}/bb/{sku}-life.jpg", ""),
    ]
    images += [Image("extra", f"{SHOP}/{n:02}/{sku}-{n}.jpg", f"Mug, picture {n}") for n in range(1, extras + 1)]
    values = {"sku": sku, "code": sku, "title": "Blue mug", "asin": "B0CMUG01BL", "gtin": "09520001003899", **fields}
    return Entry(images=tuple(images), **values)


def rows(name, entries, settings=None, *, delimiter=","):
    text = FEEDS[name].build(entries, settings or {}).decode("utf-8")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_google_text_feed_has_one_main_and_at_most_ten_more():
    (row,) = rows("google-tsv", [entry(extras=14)], {"link_template": "https://shop.example/p/{sku}"}, delimiter="\t")
    assert row["id"] == "MUG-01"
    assert row["link"] == "https://shop.example/p/MUG-01"
    assert row["image_link"] == f"{SHOP}/aa/MUG-01-main.jpg"
    assert len(row["additional_image_link"].split(",")) == 10
    assert row["lifestyle_image_link"] == f"{SHOP}/bb/MUG-01-life.jpg"


def test_google_text_feed_survives_tabs_and_line_ends_in_titles():
    (row,) = rows("google-tsv", [entry(title="Blue\tmug\nnew")], delimiter="\t")
    assert row["title"] == "Blue mug new"


def test_google_xml_repeats_additional_links():
    root = ElementTree.fromstring(FEEDS["google-xml"].build([entry(extras=12, title="Mug & <co>")], {}))
    space = {"g": "http://base.google.com/ns/1.0"}
    item = root.find("channel/item")
    assert item.findtext("g:title", namespaces=space) == "Mug & <co>"
    assert len(item.findall("g:additional_image_link", space)) == 10
    assert len(item.findall("g:lifestyle_image_link", space)) == 1
    assert root.findtext("channel/link") == "https://shop.example/"


def test_shopify_writes_a_row_for_each_picture_and_texts_once():
    found = rows("shopify", [entry(extras=1), entry("MUG-02", extras=0, code="MUG-01")])
    assert [row["URL handle"] for row in found] == ["mug-01"] * 5
    assert [row["Image position"] for row in found] == ["1", "2", "3", "4", "5"]
    assert [row["Title"] for row in found] == ["Blue mug", "", "", "", ""]
    assert [row["SKU"] for row in found] == ["MUG-01", "", "", "MUG-02", ""]
    assert found[3]["Variant image URL"] == f"{SHOP}/aa/MUG-02-main.jpg"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ([{}, {}], [("SKU", "MUG-01", ""), ("SKU", "MUG-02", "")]),
        ([{"color": "Blue"}, {"color": "Red"}], [("Color", "Blue", ""), ("Color", "Red", "")]),
        ([{"colour": "Blue", "size": "M"}, {"colour": "Blue", "size": "L"}], [("Size", "M", ""), ("Size", "L", "")]),
        (
            [{"color": "Blue", "size": "M"}, {"color": "Red", "size": "L"}],
            [("Color", "Blue", "M"), ("Color", "Red", "L")],
        ),
        ([{"color": "Blue"}, {}], [("SKU", "MUG-01", ""), ("SKU", "MUG-02", "")]),
        ([{"option1_name": "Glaze", "option1_value": one} for one in "ab"], [("Glaze", "a", ""), ("Glaze", "b", "")]),
    ],
)
def test_shopify_tells_variants_of_a_product_apart(attributes, expected):
    made = [entry(f"MUG-0{n}", code="MUG", attributes=one) for n, one in enumerate(attributes, start=1)]
    firsts = [row for row in rows("shopify", made) if row["SKU"]]
    assert [(row["Option1 name"], row["Option1 value"], row["Option2 value"]) for row in firsts] == expected
    assert [row["Variant image URL"] for row in firsts] == [f"{SHOP}/aa/MUG-0{n}-main.jpg" for n in (1, 2)]


def test_amazon_flat_file_has_the_attribute_paths_as_columns():
    (row,) = rows("amazon-flat", [entry(extras=9)], {"marketplace_id": "A1PA6795UKMFR9"}, delimiter="\t")
    assert row["main_product_image_locator[marketplace_id=A1PA6795UKMFR9]#1.media_location"].endswith("-main.jpg")
    assert row["other_product_image_locator_8[marketplace_id=A1PA6795UKMFR9]#1.media_location"].endswith("MUG-01-7.jpg")
    assert len(row) == 11


def test_amazon_patches_replace_filled_slots_and_delete_the_rest():
    made = json.loads(FEEDS["amazon-patches"].build([entry(extras=0)], {}))
    patches = {patch["path"].rsplit("/")[-1]: patch for patch in made["items"][0]["body"]["patches"]}
    assert patches["main_product_image_locator"] == {
        "op": "replace", "path": "/attributes/main_product_image_locator",
        "value": [{"media_location": f"{SHOP}/aa/MUG-01-main.jpg", "marketplace_id": "ATVPDKIKX0DER"}],
    }  # fmt: skip
    assert patches["other_product_image_locator_1"]["op"] == "replace"
    assert patches["other_product_image_locator_8"] == {
        "op": "delete", "path": "/attributes/other_product_image_locator_8", "value": [{"marketplace_id": "ATVPDKIKX0DER"}],
    }  # fmt: skip


def test_ebay_joins_at_most_twenty_four_pictures():
    (row,) = rows("ebay", [entry(extras=30)], {"ebay_site": "Germany"})
    assert next(iter(row)) == "*Action(SiteID=Germany|Country=DE|Currency=EUR|Version=1193|CC=UTF-8)"
    assert len(row["PicURL"].split("|")) == 24
    assert row["CustomLabel"] == "MUG-01"


def test_woocommerce_and_meta_list_the_main_picture_first():
    (woo,) = rows("woocommerce", [entry()])
    assert woo["Images"].split(", ")[0].endswith("-main.jpg")
    (meta,) = rows("meta", [entry(attributes={"brand": "Lumo", "price": "12.00 EUR"})])
    assert (meta["image_link"], meta["brand"], meta["price"]) == (f"{SHOP}/aa/MUG-01-main.jpg", "Lumo", "12.00 EUR")
    assert "-life.jpg" in meta["additional_image_link"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1"])
def test_tables_never_carry_formulas(cell):
    assert table(("title",), [(cell,)]) == f"title\r\n'{cell}\r\n".encode()


# ---------------------------------------------------------------- as the importers document it


def built(name, *entries, **settings) -> tuple[str, bytes]:
    return FEEDS[name].file, FEEDS[name].build(list(entries) or [entry(extras=14), entry("MUG-02", extras=0)], settings)


@pytest.mark.parametrize("name", FEEDS)
def test_every_feed_is_as_its_importer_documents_it(name):
    assert faults_of(*built(name)) == []


@pytest.mark.parametrize("name", FEEDS)
def test_titles_full_of_tricks_stay_in_their_cells(name):
    tricky = entry(title='Mug, "blue"; <b>&\n\ttab', extras=1, attributes={"brand": "A|B, C"})
    assert faults_of(*built(name, tricky)) == []


@pytest.mark.parametrize("name", FEEDS)
def test_links_that_are_not_plain_are_found(name):
    for link in (
        "https://x.example/a.jpg?v=1",
        "ftp://x.example/a.jpg",
        "https://x.example/a b.jpg",
        "https://x.example/a",
    ):
        bad = Entry(sku="A", code="A", title="A", images=(Image("main", link, ""),))
        assert any("is no plain link" in fault for fault in faults_of(*built(name, bad))), link


@pytest.mark.parametrize("file", TABLES)
def test_columns_that_nobody_documents_are_found(file):
    name = next(key for key, feed in FEEDS.items() if feed.file == file)
    data = built(name)[1].replace(b"\r\n", (TABLES[file].delimiter + "nonsense\r\n").encode(), 1)
    faults = faults_of(file, data)
    assert "column 'nonsense' is not documented" in faults
    assert any("another number of cells" in fault for fault in faults)


@pytest.mark.parametrize("file", [*TABLES, "products.xml", "amazon-patches.json"])
def test_broken_feeds_are_told_and_stop_nothing(file):
    for data in (b"\xff\xfe", b"", b"<a", b"[]", b'{"items": 5}'):
        assert faults_of(file, data), (file, data)


def test_other_files_are_no_feeds():
    assert faults_of("readme.txt", b"hello") == []
