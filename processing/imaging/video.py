"""Clips as files: H.264 in MP4 without sound, in the colours of Rec. 709, the index in front so that they play at once; and
read again for the checks.

Colours are converted here: what the library does is off by one level on the average, and not by the same on every processor.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from processing.imaging.linear import Bytes, Floats

VERSION = "2"
CODEC = "libx264"
MEDIA_TYPE = "video/mp4"
# As most shops and networks ask for; a product in a set takes an eighth of it.
MAX_BITS_S = 8_000_000
# "fast" and "medium" take two and three times as long for the same error; frames between frames (B) flicker by a third of a level.
_SETTINGS = {"preset": "veryfast", "crf": "17", "profile": "high", "bf": "0", "sc_threshold": "0"}
# How far a few frames may run ahead of the rate, and the most of a whole clip that this may be.
_BUFFER_S, _BUFFER_SHARE = 1.0, 1 / 6
# In the middle of a clip, where it moves fastest: a new whole frame is seen a little in what stands still.
_KEYFRAME_S = 3
# Rec. 709 in ITU-T H.273.
_REC_709, _LIMITED = 1, 1
_WEIGHTS = (0.2126, 0.7152, 0.0722)


class NoEncoder(RuntimeError):
    """The library came without the encoder."""


@dataclass(frozen=True)
class Facts:
    """What a clip's file says of itself, and how many frames there really are."""

    size: tuple[int, int]
    fps: float
    frames: int
    codec: str
    pixel_format: str
    container: str
    streams: int
    is_rec_709: bool


def encode_clip(frames: Iterable[Bytes], *, size: tuple[int, int], fps: int, seconds: float) -> bytes:
    """The file of frames (h, w, 3) sRGB, one at a time; equal frames give equal bytes. All frames together, which take `seconds`,
    stay below MAX_BITS_S. Raises NoEncoder, and ValueError for an odd size."""
    import av  # heavy, and only needed here

    if size[0] % 2 or size[1] % 2:
        raise ValueError(f"the size is {size[0]}x{size[1]}: both sides must be even")
    if CODEC not in av.codecs_available:
        raise NoEncoder(f"PyAV was installed without {CODEC}: install it from its wheel")
    # The index is moved to the front when all is written, for which the library opens the file a second time.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        with av.open(str(path), "w", format="mp4", options=options) as container:
            stream: Any = container.add_stream(CODEC, rate=fps, options=_options(seconds))
            _describe(stream, size=size, fps=fps)
            for frame in frames:
                planes = av.VideoFrame.from_ndarray(to_yuv(frame), format="yuv420p")
                planes.colorspace, planes.color_range = _REC_709, _LIMITED
                container.mux(stream.encode(planes))
            container.mux(stream.encode())
        return path.read_bytes()


def _options(seconds: float) -> dict[str, str]:
    """The encoder may spend a full buffer beyond its rate, so this is taken off the rate."""
    buffer_s = min(_BUFFER_S, seconds * _BUFFER_SHARE)
    rate = MAX_BITS_S * (1 - buffer_s / seconds)
    return {**_SETTINGS, "maxrate": str(round(rate)), "bufsize": str(round(MAX_BITS_S * buffer_s))}


def _describe(stream: Any, *, size: tuple[int, int], fps: int) -> None:
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    # One thread: the same bytes on every machine, and no more than the one core a worker has.
    context.thread_count = 1
    context.gop_size = _KEYFRAME_S * fps
    context.colorspace = context.color_primaries = context.color_trc = _REC_709
    context.color_range = _LIMITED


def facts_of(data: bytes) -> Facts:
    """What a player would find. ValueError for a file that cannot be played."""
    import av

    with _opened(data) as container:
        if not container.streams.video:
            raise ValueError("there is no video in the file")
        stream = container.streams.video[0]
        context = stream.codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc)
        try:
            frames = sum(packet.size > 0 for packet in container.demux(stream))
        except av.FFmpegError as error:
            raise ValueError("the video ends before its time") from error
        return Facts(
            (context.width, context.height), float(stream.average_rate or 0), frames, context.name, str(context.pix_fmt),
            container.format.name, len(container.streams), tags == (_REC_709,) * 3 and context.color_range == _LIMITED,
        )  # fmt: skip


def decoded(data: bytes) -> Iterator[Any]:
    """The library's frames in their order; `pixels_of` and `lightness_of` read them. ValueError where one cannot be decoded."""
    import av

    try:
        with _opened(data) as container:
            container.streams.video[0].codec_context.thread_count = 1
            yield from container.decode(video=0)
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("the video cannot be played") from error


def _opened(data: bytes) -> Any:
    import av

    try:
        return av.open(io.BytesIO(data), "r")
    except av.FFmpegError as error:
        raise ValueError("the file is no video") from error


def pixels_of(frame: Any) -> Bytes:
    """sRGB (h, w, 3) of a decoded frame."""
    return from_yuv(frame.to_ndarray(format="yuv420p"))


def lightness_of(frame: Any) -> Bytes:
    """The luma plane (h, w) of a decoded frame, as it is in the file (16 to 235)."""
    return cast(Bytes, frame.to_ndarray(format="yuv420p")[: frame.height])


def to_yuv(pixels: Bytes) -> Bytes:
    """Limited-range Rec. 709 (3 h / 2, w), 4:2:0 with colour in the middle of four pixels, of sRGB (h, w, 3) with even sides.
    Source: ITU-R BT.709-6, items 3.2 to 3.5."""
    height, width = pixels.shape[:2]
    luma = cv2.transform(pixels, _matrix()[:1])
    quarter = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    colour = cv2.transform(quarter, _matrix()[1:])
    planes = [luma.reshape(height, width), *(colour[..., band].reshape(-1, width) for band in (0, 1))]
    return cast(Bytes, np.vstack(planes))


def from_yuv(planes: Bytes) -> Bytes:
    """sRGB (h, w, 3) of what `to_yuv` gives."""
    width = planes.shape[1]
    height = planes.shape[0] * 2 // 3
    colour = planes[height:].reshape(2, height // 2, width // 2)
    grown = [cv2.resize(band, (width, height), interpolation=cv2.INTER_LINEAR) for band in colour]
    return cast(Bytes, cv2.transform(cv2.merge([planes[:height], *grown]), _inverse()))


@lru_cache(maxsize=1)
def _matrix() -> Floats:
    """Rows Y', Cb, Cr; columns R', G', B' and what is added."""
    red, green, blue = _WEIGHTS
    rows = np.array(
        [
            [red, green, blue],
            np.array([-red, -green, 1 - blue]) / (2 * (1 - blue)),
            np.array([1 - red, -green, -blue]) / (2 * (1 - red)),
        ]
    )
    scaled = rows * np.array([[219], [224], [224]]) / 255
    return np.hstack([scaled, [[16], [128], [128]]]).astype(np.float32)


@lru_cache(maxsize=1)
def _inverse() -> Floats:
    matrix = _matrix().astype(np.float64)
    back = np.linalg.inv(matrix[:, :3])
    return np.hstack([back, -back @ matrix[:, 3:]]).astype(np.float32)
