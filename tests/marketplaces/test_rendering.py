from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PIL import Image, ImageDraw

from catalog.files import load, remove
from marketplaces.models import RenderedFile
from marketplaces.packfile import load_pack
from marketplaces.rendering import Order, ProductPixels, Unfit, _window, area_from, render
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.imaging.metadata import Metadata
from tests.marketplaces import pictures, stock

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
AMAZON = load_pack("amazon")


def order(artifact, *, is_white=True, **metadata) -> Order:
    return Order(artifact, is_white, Metadata(sku="A-1", **metadata), "default")


def made(artifact, *, pack=AMAZON, role="main", is_white=True, **changes):
    spec = replace(pack.role(role), **changes)
    return render(order(artifact, is_white=is_white), pack, spec, pixels=ProductPixels(), on=TODAY)


def noise(size=(1400, 1400)) -> bytes:
    """A cut-out that compresses badly."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (size[1], size[0], 4), dtype=np.uint8)
    pixels[..., 3] = 255
    return encode(Image.fromarray(pixels), EncodeSettings.named("png"))


def test_white_picture_fills_the_canvas_as_the_pack_wants():
    picture = made(stock.kept(pictures.cutout_png((2400, 2400)), media_type="image/png"))
    assert (picture.width, picture.height) == (2000, 2000)
    assert picture.facts["box_px"][3] == pytest.approx(0.88 * 2000, abs=1)
    image = decode(load(picture.path))
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((1000, 1000)) == pytest.approx((150, 60, 40), abs=3)


def test_canvas_shrinks_with_its_shape_rather_than_enlarge_the_product():
    picture = made(stock.kept(pictures.cutout_png((1300, 1300)), media_type="image/png"), pack=load_pack("zalando"))
    assert picture.height == pytest.approx(1300 / 0.85, abs=1)
    assert picture.width / picture.height == pytest.approx(1801 / 2600, abs=0.001)


def test_quality_steps_down_to_the_budget_and_pixels_stay():
    artifact = stock.kept(noise(), media_type="image/png")
    full = made(artifact)
    tight = made(artifact, max_bytes=round(full.bytes * 0.75))
    assert tight.bytes <= full.bytes * 0.75
    assert (tight.width, tight.height) == (full.width, full.height)
    assert full.facts["quality"] > tight.facts["quality"] >= AMAZON.role("main").least_quality


def test_budget_that_cannot_be_met_is_said_and_nothing_is_kept():
    artifact = stock.kept(noise(), media_type="image/png")
    with pytest.raises(Unfit, match="Even at quality 76") as caught:
        made(artifact, max_bytes=50_000)
    assert caught.value.code == "bytes"
    assert not RenderedFile.objects.exists()


def test_picture_is_found_again_and_made_again_when_its_file_is_gone():
    artifact = stock.kept(pictures.cutout_png(), media_type="image/png")
    first = made(artifact)
    assert made(artifact).path == first.path
    assert RenderedFile.objects.count() == 1
    remove(first.path)
    assert made(artifact).sha256 == first.sha256
    assert load(first.path)


def test_other_metadata_is_another_file():
    artifact = stock.kept(pictures.cutout_png(), media_type="image/png")
    role = AMAZON.role("main")
    one, two = (
        render(order(artifact, copyright=text), AMAZON, role, pixels=ProductPixels(), on=TODAY) for text in ("A", "B")
    )
    assert one.sha256 != two.sha256


def test_expired_source_says_what_to_do():
    artifact = stock.kept(pictures.cutout_png(), media_type="image/png")
    remove(artifact.path)
    with pytest.raises(Unfit, match="process the photo again"):
        made(artifact)


def test_scene_is_never_enlarged_and_larger_ones_come_down_to_the_canvas():
    small = stock.kept(pictures.scene((1200, 1200)), media_type="image/webp", box_px=[420, 360, 360, 600])
    assert (made(small, role="extra", is_white=False).width) == 1200
    large = stock.kept(pictures.scene((2600, 2600)), media_type="image/webp", box_px=[910, 780, 780, 1300])
    picture = made(large, role="extra", is_white=False)
    assert (picture.width, picture.height, picture.facts["box_px"]) == (2000, 2000, [700, 600, 600, 1000])


def test_scene_of_another_shape_is_cut_around_the_product():
    artifact = stock.kept(pictures.scene(), media_type="image/webp", box_px=[420, 360, 360, 600])
    picture = made(artifact, pack=load_pack("pinterest"), is_white=False)
    assert (picture.width, picture.height) == (800, 1200)
    assert picture.facts["box_px"] == [220, 360, 360, 600]


@pytest.mark.parametrize(
    ("box", "left"), [((420, 360, 360, 600), 200), ((30, 300, 300, 600), 0), ((860, 300, 300, 600), 400)]
)
def test_window_holds_the_product_wherever_it_stands(box, left):
    window = _window((1200, 1200), (1000, 1500), box)
    assert window == (left, 0, 800, 1200)
    assert window[0] <= box[0]
    assert box[0] + box[2] <= window[0] + window[2]


def test_scene_whose_product_would_be_cut_is_refused():
    with pytest.raises(Unfit, match="product would be cut"):
        _window((1200, 1200), (1080, 1920), (100, 400, 1000, 400))
    with pytest.raises(Unfit, match="not known where"):
        _window((1200, 1200), (1080, 1920), None)


def test_kept_mask_covers_the_product_and_little_more():
    picture = made(stock.kept(pictures.cutout_png((2400, 2400)), media_type="image/png"))
    area = area_from(picture.facts)
    mask = np.asarray(area.mask.resize((2000, 2000), Image.Resampling.NEAREST)) > 0
    truth = Image.new("L", (2000, 2000))
    left, top, width, height = area.box_px
    ImageDraw.Draw(truth).ellipse((left + 1, top + 1, left + width - 2, top + height - 2), fill=255)
    product = np.asarray(truth) > 0
    assert (mask | ~product).all()
    assert mask.sum() < 1.12 * product.sum()
    assert len(picture.facts["mask"]) < 4000
