import io

import numpy as np
import pytest
from PIL import Image

from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.icc import srgb_profile
from processing.imaging.metadata import Metadata, read_metadata
from processing.imaging.png import png_bytes, profile_chunk


def _ball(mode: str) -> Image.Image:
    """A shaded disc with a soft edge and a little grain."""
    down, across = np.mgrid[:120, :160].astype(np.float32)
    alpha = np.clip(50 - np.hypot(down - 60, across - 80), 0, 1) * 255
    grain = np.random.default_rng(4).normal(0, 3, (120, 160))
    bands = [np.clip(80 + share * across + grain, 0, 255) for share in (0.3, 0.6, 0.9)]
    picture = Image.fromarray(np.stack([*bands, alpha], axis=2).astype(np.uint8))
    return picture if mode == "RGBA" else picture.convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_png_reads_back_to_the_very_pixels(mode: str) -> None:
    picture = _ball(mode)
    with Image.open(io.BytesIO(png_bytes(picture))) as read:
        read.load()
        assert read.mode == mode
        assert np.array_equal(np.asarray(read), np.asarray(picture))


def test_a_png_is_about_as_small_as_one_with_the_best_filter_for_each_row() -> None:
    picture, buffer = _ball("RGBA"), io.BytesIO()
    picture.save(buffer, "PNG", compress_type=3)
    assert len(png_bytes(picture)) < 1.03 * len(buffer.getvalue())


def test_a_png_carries_its_chunks_before_its_pixels() -> None:
    data = png_bytes(_ball("RGB"), chunks=[profile_chunk(b"a profile")])
    assert data.index(b"iCCP") < data.index(b"IDAT")
    with Image.open(io.BytesIO(data)) as read:
        assert read.info["icc_profile"] == b"a profile"


def test_encode_gives_a_png_profile_and_metadata() -> None:
    data = encode(_ball("RGBA"), EncodeSettings.named("png"), metadata=Metadata(title="Ball", sku="B-1"))
    with Image.open(io.BytesIO(data)) as read:
        assert read.info["icc_profile"] == srgb_profile()
    assert read_metadata(data)["sku"] == "B-1"
