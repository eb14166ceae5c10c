"""A square of the material beside a product's pictures: named, placed and counted as the marketplaces want it."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import call_command
from PIL import Image

from catalog.files import load
from marketplaces.exports import run_export
from marketplaces.models import ExportFile
from processing.imaging.codec import EncodeSettings, encode
from processing.models import Rendition
from review.models import ReviewTask
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db
SLOT = "swatch_product_image_locator"


def product_with_swatch(side: int, **ids: str) -> None:
    variant = stock.product("BOX-01", styles=("lifestyle-home",), **ids)
    cutout = Rendition.objects.get(variant=variant, name="cutout")
    square = encode(Image.new("RGB", (side, side), (150, 60, 40)), EncodeSettings.named("png"))
    file = stock.kept(square, media_type="image/png", box_px=[0, 0, side, side])
    stock.made(cutout.job, "size-swatch", "size", file, parent=cutout, provenance=cutout.provenance)


def slots(text: bytes) -> dict[str, str]:
    (row,) = csv.DictReader(StringIO(text.decode()), delimiter="\t")
    return {name.partition("[")[0]: cell for name, cell in row.items()}


def test_amazon_gets_the_swatch_under_its_own_name_and_in_its_own_slot(tmp_path):
    product_with_swatch(900, asin="B0CMUG01BL")
    report = run_export("amazon", out=tmp_path)
    names = [file["name"] for file in report.files]
    assert names == ["B0CMUG01BL.MAIN.jpg", "B0CMUG01BL.PT01.jpg", "B0CMUG01BL.SWCH.jpg"]
    assert (report.files[2]["role"], report.files[2]["width"]) == ("swatch", 900)
    feeds = {file.name: load(file.path) for file in report.export.files.filter(kind="feed")}
    row = slots(feeds["feeds/amazon-images.tsv"])
    assert row[SLOT].endswith("/B0CMUG01BL.SWCH.jpg")
    assert row["other_product_image_locator_1"].endswith("/B0CMUG01BL.PT01.jpg")
    assert row["other_product_image_locator_2"] == ""
    patches = json.loads(feeds["feeds/amazon-patches.json"])["items"][0]["body"]["patches"]
    assert {patch["path"]: patch["op"] for patch in patches}[f"/attributes/{SLOT}"] == "replace"
    call_command("verify", str(tmp_path), stdout=StringIO())


def test_swatch_without_enough_pixels_is_left_out_with_a_warning_and_nobody_is_asked_for_a_photo():
    product_with_swatch(300, asin="B0CMUG01BL")
    report = run_export("amazon")
    assert "swatch" not in {file["role"] for file in report.files}
    [told] = [one["detail"] for one in report.warnings if one["code"] == "NO_SWATCH"]
    assert told.startswith("left without a swatch: without enlarging the product it makes 300 x 300 px")
    assert not report.blocked
    assert not ReviewTask.objects.exists()
    assert SLOT in json.dumps(json.loads(load(ExportFile.objects.get(name="feeds/amazon-patches.json").path)))


def test_channels_without_a_place_for_swatches_show_none():
    product_with_swatch(900)
    assert {file["role"] for file in run_export("google").files} == {"main", "lifestyle"}


def test_walmart_names_the_swatch_by_gtin():
    product_with_swatch(900, gtin="09520001002045")
    report = run_export("walmart")
    names = [file["name"] for file in report.files]
    assert names == ["09520001002045.jpg", "09520001002045_1.jpg", "09520001002045_swatch.jpg"]
    assert report.files[2]["width"] == 300
