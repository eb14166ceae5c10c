"""Clips as files: what players find, the same bytes again, colours kept, metadata put in without moving a frame."""

import numpy as np
import pytest

from processing.imaging import video
from processing.imaging.embedding import with_metadata
from processing.imaging.metadata import Metadata, read_metadata

SIZE = (64, 48)


def frames(count=12):
    ramp = np.linspace(0, 255, SIZE[0], dtype=np.uint8)
    for number in range(count):
        picture = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
        picture[..., 0], picture[..., 1], picture[..., 2] = ramp, 90 + number, 255 - ramp
        yield picture


def made(count=12) -> bytes:
    return video.encode_clip(frames(count), size=SIZE, fps=25, seconds=count / 25)


def test_file_is_what_every_player_takes():
    data = made()
    assert video.facts_of(data) == video.Facts(
        size=SIZE, fps=25.0, frames=12, codec="h264", pixel_format="yuv420p", container="mov,mp4,m4a,3gp,3g2,mj2",
        streams=1, is_rec_709=True,
    )  # fmt: skip
    # The index stands before the frames: a browser plays while it loads.
    assert data.find(b"moov") < data.find(b"mdat")


def test_same_frames_give_the_same_bytes():
    assert made() == made()


def test_frames_that_nothing_compresses_stay_below_the_limit():
    rng = np.random.default_rng(1)
    noise = (rng.integers(0, 256, (720, 960, 3), np.uint8) for _ in range(25))
    data = video.encode_clip(noise, size=(960, 720), fps=25, seconds=1)
    assert 0.5 < len(data) / (video.MAX_BITS_S / 8) < 1


def test_colours_come_back():
    for shown, frame in zip(frames(), video.decoded(made()), strict=True):
        assert np.abs(video.pixels_of(frame).astype(int) - shown).mean() < 4


def test_white_black_and_greys_are_exact():
    for level in (0, 1, 64, 128, 200, 254, 255):
        grey = np.full((8, 8, 3), level, np.uint8)
        assert np.abs(video.from_yuv(video.to_yuv(grey)).astype(int) - level).max() <= 1
    white = np.full((8, 8, 3), 255, np.uint8)
    assert (video.to_yuv(white)[:8] == 235).all()
    assert (video.to_yuv(white)[8:] == 128).all()


def test_odd_size_is_refused():
    with pytest.raises(ValueError, match="even"):
        video.encode_clip([], size=(65, 48), fps=25, seconds=1)


def test_missing_encoder_is_named(monkeypatch):
    monkeypatch.setattr(video, "CODEC", "libnone")
    with pytest.raises(video.NoEncoder, match="libnone"):
        made()


@pytest.mark.parametrize("cut", [0.1, 0.5])
def test_cut_file_cannot_be_played(cut):
    data = made()
    with pytest.raises(ValueError, match="video"):
        list(video.decoded(data[: int(len(data) * cut)]))


def test_metadata_stand_at_the_end_and_are_replaced():
    data = made()
    once = with_metadata(data, Metadata(title="Dose", sku="BOX-1", digital_source_type="compositeSynthetic"))
    again = with_metadata(once, Metadata(title="Dose 2", sku="BOX-1"))
    assert once.startswith(data)
    assert again.startswith(data)
    assert read_metadata(once)["title"] == "Dose"
    assert read_metadata(again) == {"title": "Dose 2", "sku": "BOX-1"}
    assert video.facts_of(again) == video.facts_of(data)


@pytest.mark.parametrize("data", [b"\0\0\0\x0cftypisom\0\0\0\xffmdat", b"\0\0\0\x02ftypisom", b"\0\0\0\x01ftypisom"])
def test_broken_boxes_are_refused(data):
    with pytest.raises(ValueError, match="broken"):
        with_metadata(data, Metadata(title="x"))
