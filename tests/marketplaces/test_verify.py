from datetime import date

import pytest
from PIL import Image, ImageDraw

from marketplaces.facts import ProductArea
from marketplaces.packfile import load_pack
from marketplaces.verify import blocking, check_file, check_set, warnings
from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.metadata import Metadata
from tests.marketplaces import pictures

TODAY = date(2026, 11, 21)
AMAZON = load_pack("amazon")


def blocked_codes(data, *, pack=AMAZON, role="main", **known):
    return {finding.code for finding in blocking(check_file(pack, role, data, on=TODAY, **known))}


def test_good_packshot_passes_every_blocking_rule():
    image, product = pictures.packshot((2000, 2000))
    findings = check_file(AMAZON, "main", pictures.jpeg(image), on=TODAY, name="B0AAAAAAA1.MAIN.jpg", product=product)
    assert blocking(findings) == []
    assert {"WHITE_BACKGROUND", "MIN_FILL", "SRGB", "NAME_PATTERN", "FORMAT"} <= {finding.code for finding in findings}


def test_small_packshot_is_blocked_and_says_by_how_much():
    image, product = pictures.packshot((450, 450))
    findings = blocking(check_file(AMAZON, "main", pictures.jpeg(image), on=TODAY, product=product))
    assert [finding.detail for finding in findings] == ["the longest side is 450 px, at least 500 are needed"]


def test_off_white_ground_is_blocked():
    image, product = pictures.packshot(ground=(253, 253, 253))
    assert blocked_codes(pictures.jpeg(image), product=product) == {"WHITE_BACKGROUND"}


def test_speck_far_from_the_product_is_found_with_a_mask():
    image, product = pictures.packshot()
    ImageDraw.Draw(image).ellipse((150, 600, 156, 606), fill=(200, 200, 200))
    data = pictures.jpeg(image)
    assert blocked_codes(data, product=product) == {"WHITE_BACKGROUND"}
    small = product.mask.resize((200, 200), Image.Resampling.BOX).point(lambda level: 255 if level else 0)
    assert blocked_codes(data, product=ProductArea(product.box_px, small)) == {"WHITE_BACKGROUND"}


def test_product_at_the_frame_and_too_small_are_blocked():
    image, product = pictures.packshot(fill=0.6)
    assert "MIN_FILL" in blocked_codes(pictures.jpeg(image), product=product)
    image, product = pictures.packshot(fill=1.0)
    assert "NO_FRAME_CONTACT" in blocked_codes(pictures.jpeg(image), product=product)


def test_file_without_profile_is_blocked():
    image, product = pictures.packshot()
    assert blocked_codes(pictures.bare(image, quality=95, subsampling=0), product=product) == {"SRGB"}


def test_cmyk_and_transparent_files_are_blocked():
    image, product = pictures.packshot()
    assert "SRGB" in blocked_codes(pictures.bare(image.convert("CMYK")), product=product)
    clear = Image.new("RGBA", (1200, 1200))
    assert "NO_ALPHA" in blocked_codes(encode(clear, EncodeSettings.named("png")))


def test_ending_that_lies_about_the_format_is_blocked():
    image, product = pictures.packshot()
    data = encode(image, EncodeSettings.named("png"))
    findings = blocking(check_file(AMAZON, "main", data, on=TODAY, name="B0AAAAAAA1.MAIN.jpg", product=product))
    assert [finding.code for finding in findings] == ["FORMAT"]
    assert "ends in .jpg, the file is PNG" in findings[0].detail


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0 not a picture", b"<html>gone</html>"])
def test_unreadable_file_gives_one_blocking_finding(data):
    findings = check_file(AMAZON, "main", data, on=TODAY)
    assert [(finding.code, finding.blocks) for finding in findings] == [("READABLE", True)]


def test_truncated_file_is_blocked():
    image, _ = pictures.packshot()
    assert blocked_codes(pictures.jpeg(image)[:-2000]) == {"READABLE"}


def test_aspect_of_zalando_holds_within_a_pixel():
    zalando = load_pack("zalando")
    image, product = pictures.packshot((1801, 2600), fill=0.85)
    assert blocked_codes(pictures.jpeg(image), pack=zalando, product=product) == set()
    square, product = pictures.packshot((2000, 2000))
    assert blocked_codes(pictures.jpeg(square), pack=zalando, product=product) == {"ASPECT"}


def test_source_type_must_be_the_true_one():
    google = load_pack("google")
    image, product = pictures.packshot((1500, 1500), fill=0.82)
    tagged = pictures.jpeg(image, metadata=Metadata(sku="A", digital_source_type="compositeSynthetic"))
    assert blocked_codes(tagged, pack=google, product=product, source_type="compositeSynthetic") == set()
    assert blocked_codes(tagged, pack=google, product=product, source_type="trainedAlgorithmicMedia") == {
        "KEEP_SOURCE_TYPE"
    }
    assert blocked_codes(pictures.jpeg(image), pack=google, product=product, source_type="compositeSynthetic") == {
        "KEEP_SOURCE_TYPE"
    }
    assert blocked_codes(tagged, pack=google, product=product) == {"KEEP_SOURCE_TYPE"}


def test_bytes_over_the_limit_are_blocked():
    tight = AMAZON.with_overrides({"MAX_BYTES:all:block": 1000})
    image, product = pictures.packshot()
    assert blocked_codes(pictures.jpeg(image), pack=tight, product=product) == {"MAX_BYTES"}


def test_advice_only_warns():
    image, product = pictures.packshot()
    findings = check_file(AMAZON, "main", pictures.jpeg(image), on=TODAY, product=product)
    assert [finding.key for finding in warnings(findings)] == ["MIN_LONG_SIDE:main+extra:warn"]


def test_set_is_counted_without_its_swatch():
    def found(*roles):
        return {one.code for one in check_set(AMAZON, roles=roles, on=TODAY) if not one.passed}

    assert found("main", *["extra"] * 8, "swatch") == set()
    assert found("main", *["extra"] * 9) == {"MAX_COUNT"}
    assert found("main", *["extra"] * 4, "swatch") == {"MIN_COUNT"}
