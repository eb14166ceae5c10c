"""Metadata put into finished files: every pixel stays, and an independent reader finds the packet."""

import io

import numpy as np
import pytest
from PIL import Image

from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.embedding import with_metadata
from processing.imaging.metadata import Metadata, read_metadata

SAID = Metadata(
    title="Grüne Dose", sku="BOX-1", creator="Studio", copyright="© A", digital_source_type="compositeSynthetic"
)


def picture(mode="RGB", size=(61, 47)) -> Image.Image:
    rng = np.random.default_rng(1)
    bands = {"RGB": 3, "RGBA": 4, "L": 1}[mode]
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], bands), np.uint8).squeeze(), mode)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        (EncodeSettings.named("jpeg"), "RGB"),
        (EncodeSettings.named("png"), "RGBA"),
        (EncodeSettings.named("webp"), "RGB"),
        (EncodeSettings.named("webp"), "RGBA"),
        (EncodeSettings("webp", 90, lossless=True), "L"),
    ],
)
def test_packet_is_found_and_pixels_and_profile_stay(settings, mode):
    before = encode(picture(mode), settings)
    after = with_metadata(before, SAID)
    assert read_metadata(after) == {
        "title": "Grüne Dose", "sku": "BOX-1", "creator": "Studio", "copyright": "© A",
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic",
    }  # fmt: skip
    assert np.array_equal(pixels(before), pixels(after))
    assert Image.open(io.BytesIO(after)).info.get("icc_profile") == Image.open(io.BytesIO(before)).info.get(
        "icc_profile"
    )


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp"])
def test_earlier_packet_is_replaced_and_equal_metadata_give_equal_bytes(format_name):
    first = encode(picture(), EncodeSettings.named(format_name), metadata=Metadata(title="Old", sku="OLD"))
    after = with_metadata(first, SAID)
    assert b"OLD" not in after
    assert with_metadata(after, SAID) == after
    assert read_metadata(after)["sku"] == "BOX-1"


def test_plain_webp_without_extended_header_gets_one():
    buffer = io.BytesIO()
    picture("RGBA").save(buffer, "WEBP", lossless=True)
    after = with_metadata(buffer.getvalue(), SAID)
    assert np.array_equal(pixels(buffer.getvalue()), pixels(after))
    assert read_metadata(after)["title"] == "Grüne Dose"


def test_others_and_broken_files_are_refused():
    avif = encode(picture(), EncodeSettings.named("avif"))
    with pytest.raises(ValueError, match="others have to be encoded"):
        with_metadata(avif, SAID)
    for data in (b"\xff\xd8", b"\xff\xd8\xff\xe0\x00", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"):
        with pytest.raises(ValueError, match=r"broken|others"):
            with_metadata(data, SAID)
