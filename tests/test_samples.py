"""The shipped samples and backplates are what the README and the contract say."""

import csv
import json
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
BACKPLATES = ROOT / "processing" / "backplates"
PHOTOS = sorted((SAMPLES / "photos").glob("*.jpg"))
PLATES = sorted(BACKPLATES.glob("*/*.json"))
STYLES = {"studio-white", "lifestyle-home", "lifestyle-office", "seasonal-summer", "seasonal-holiday"}
CATEGORIES = {"beauty", "electronics", "eyewear", "fashion", "home-goods", "outdoor", "toys", "default"}
PLATE_KEYS = {
    "name",
    "style",
    "horizon",
    "ground",
    "stand",
    "product_height",
    "light",
    "temperature_k",
    "tint",
    "credit",
}


def catalogue() -> list[dict[str, str]]:
    with (SAMPLES / "catalogue.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def total_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def picture_of(plate: Path) -> Path:
    return next(path for path in plate.parent.glob(f"{plate.stem}.*") if path.suffix in {".jpg", ".webp"})


def within(value: float, low: float, high: float) -> bool:
    return low <= value <= high


def test_samples_hold_enough_products_and_photos() -> None:
    products = {path.stem.rsplit("_", 1)[0] for path in PHOTOS}
    assert len(products) >= 10
    assert len(PHOTOS) >= 16


def test_samples_stay_small() -> None:
    assert total_bytes(SAMPLES) < 8_000_000


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.stem)
def test_photo_name_and_size_fit_the_intake(photo: Path) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9-]*_[123]\.jpg", photo.name)
    with Image.open(photo) as image:
        assert image.mode == "RGB"
        assert min(image.size) >= 600


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.stem)
def test_truth_matches_its_photo(photo: Path) -> None:
    with Image.open(photo) as image, Image.open(SAMPLES / "truth" / f"{photo.stem}.alpha.png") as alpha:
        assert alpha.mode == "L"
        assert alpha.size == image.size
        low, high = alpha.getextrema()
        assert (low, high) == (0, 255)


def test_truth_holds_no_strays() -> None:
    stems = {path.name.split(".")[0] for path in (SAMPLES / "truth").iterdir()}
    assert stems == {path.stem for path in PHOTOS}


def test_catalogue_lists_every_photo_once() -> None:
    files = [row["file"] for row in catalogue()]
    assert sorted(files) == [f"photos/{path.name}" for path in PHOTOS]
    assert all(Path(row["file"]).stem.rsplit("_", 1)[0] == row["sku"] for row in catalogue())


def test_catalogue_categories_and_identifiers_are_well_formed() -> None:
    for row in catalogue():
        assert row["category"] in CATEGORIES
        assert re.fullmatch(r"B0[0-9A-Z]{8}", row["asin"])
        assert re.fullmatch(r"[0-9]{14}", row["gtin"])
        weights = [3, 1] * 7
        assert sum(int(digit) * weight for digit, weight in zip(row["gtin"], weights, strict=True)) % 10 == 0


def test_catalogue_identifiers_belong_to_one_product_each() -> None:
    for key in ("asin", "gtin", "name"):
        pairs = {(row["sku"], row[key]) for row in catalogue()}
        assert len(pairs) == len({sku for sku, _ in pairs}) == len({value for _, value in pairs})


def test_manifest_says_the_same_as_the_table() -> None:
    manifest = json.loads((SAMPLES / "catalogue.json").read_text(encoding="utf-8"))
    expected = [{"sku": r["sku"], "category": r["category"], "image_url": r["file"]} for r in catalogue()]
    assert manifest == expected


def test_every_style_has_three_backplates() -> None:
    assert {style: len(list((BACKPLATES / style).glob("*.json"))) >= 3 for style in STYLES} == dict.fromkeys(
        STYLES, True
    )
    assert {path.parent.name for path in PLATES} == STYLES


def test_backplates_stay_small() -> None:
    assert total_bytes(BACKPLATES) < 12_000_000


@pytest.mark.parametrize("plate", PLATES, ids=lambda path: path.stem)
def test_backplate_picture_is_a_large_square(plate: Path) -> None:
    with Image.open(picture_of(plate)) as image:
        assert image.mode == "RGB"
        assert image.size == (2048, 2048)


@pytest.mark.parametrize("plate", PLATES, ids=lambda path: path.stem)
def test_backplate_facts_are_complete_and_sane(plate: Path) -> None:
    meta = json.loads(plate.read_text(encoding="utf-8"))
    assert set(meta) - {"view"} == PLATE_KEYS
    view = meta.get("view", "front")
    assert view in ("front", "above", "floor")
    assert (meta["name"], meta["style"]) == (plate.stem, plate.parent.name)
    assert set(meta["light"]) == {"azimuth_deg", "elevation_deg", "softness"}
    assert within(meta["horizon"], 0.0 if view == "above" else 0.3, meta["ground"][0])
    assert meta["ground"][0] < meta["stand"][1] < meta["ground"][1] <= 1
    assert within(meta["stand"][0], 0.25, 0.75)
    tallest = 1 if view == "above" else meta["stand"][1]
    assert 0.1 <= meta["product_height"][0] < meta["product_height"][1] <= tallest
    assert within(meta["light"]["azimuth_deg"], 0, 359)
    assert within(meta["light"]["elevation_deg"], 5, 85)
    assert within(meta["light"]["softness"], 0, 1)
    assert within(meta["temperature_k"], 2000, 10000)
    assert max(meta["tint"]) == 1
    assert min(meta["tint"]) > 0.2
    assert meta["credit"]
