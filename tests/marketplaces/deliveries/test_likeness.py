"""What counts as the same picture after a server has written it anew."""

import pytest
from PIL import Image, ImageDraw

from marketplaces.deliveries.likeness import compare
from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.metadata import Metadata
from tests.marketplaces import pictures

SENT, _ = pictures.packshot((800, 800))
METADATA = Metadata(sku="A", creator="Studio", digital_source_type="compositeSynthetic")


def jpeg(image, quality=92, **more):
    return encode(image, EncodeSettings("jpeg", quality), **more)


def test_equal_bytes_are_identical():
    data = jpeg(SENT)
    assert compare(data, data, is_picture=True).to_dict() == {"verdict": "identical", "lost": []}


@pytest.mark.parametrize(
    "settings", [EncodeSettings("jpeg", 60), EncodeSettings("webp", 60), EncodeSettings("avif", 60)]
)
def test_other_encoders_and_sizes_are_the_same_picture(settings):
    for image in (SENT, SENT.resize((400, 400))):
        found = compare(jpeg(SENT), encode(image, settings), is_picture=True)
        assert found.is_same, (found, settings)
        assert not found.is_identical


def test_another_product_is_another_picture():
    other, _ = pictures.packshot((800, 800), product=(40, 60, 150))
    found = compare(jpeg(SENT), jpeg(other), is_picture=True)
    assert not found.is_same
    assert "another picture" in found.reason


def test_a_small_mark_is_found_in_its_field():
    marked = SENT.copy()
    ImageDraw.Draw(marked).rectangle((20, 20, 60, 60), fill=(120, 120, 120))
    found = compare(jpeg(SENT), jpeg(marked), is_picture=True)
    assert not found.is_same


def test_cut_to_another_shape_is_told():
    found = compare(jpeg(SENT), jpeg(SENT.crop((0, 100, 800, 700))), is_picture=True)
    assert found.reason == "it was cut to another shape, 800 x 600 px"


def test_what_a_server_strips_is_listed():
    found = compare(jpeg(SENT, metadata=METADATA), jpeg(SENT, 80), is_picture=True)
    assert found.lost == ("digital source type", "creator", "SKU")
    kept = compare(jpeg(SENT, metadata=METADATA), jpeg(SENT, 80, metadata=METADATA), is_picture=True)
    assert kept.lost == ()


def test_broken_picture_is_told():
    found = compare(jpeg(SENT), b"<html>not found</html>", is_picture=True)
    assert not found.is_same
    assert "cannot be read as a picture" in found.reason


def test_documents_must_be_equal():
    assert not compare(b"a,b", b"a,c", is_picture=False).is_same
    assert compare(b"a,b", b"a,b", is_picture=False).is_identical


def test_transparent_pictures_are_compared_on_white():
    clear = Image.new("RGBA", (100, 100))
    png = EncodeSettings.named("png")
    assert compare(encode(clear, png), jpeg(Image.new("RGB", (100, 100), "white")), is_picture=True).is_same
