"""Pixels become picture files.

Everything that leaves `encode` carries the sRGB profile and no metadata but what it was handed.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from PIL import Image

from processing.imaging.icc import srgb_profile
from processing.imaging.metadata import Metadata, png_text
from processing.imaging.png import png_bytes, profile_chunk

QUALITY_STEP = 4

Format = Literal["jpeg", "png", "webp", "avif"]
Effort = Literal["fast", "standard", "small"]
_SUFFIXES: dict[Format, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif"}
_FORMATS: dict[str, Format] = {suffix.lstrip("."): name for name, suffix in _SUFFIXES.items()}
# File ending, without its dot, of each media type.
ENDINGS = {f"image/{name}": ending for ending, name in _FORMATS.items()}


@dataclass(frozen=True)
class EncodeSettings:
    """How a picture is written. The defaults of each format are in `EncodeSettings.named`."""

    format: Format
    quality: int
    effort: Effort = "standard"
    subsampling: Literal["4:2:0", "4:4:4"] = "4:2:0"
    lossless: bool = False

    def __post_init__(self) -> None:
        if self.format not in _SUFFIXES:
            raise ValueError(f"format is {self.format!r}, choose one of {', '.join(_SUFFIXES)}")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality is {self.quality}, it must be 1 to 100")

    @classmethod
    def named(cls, name: Format) -> "EncodeSettings":
        """The measured default of a format: JPEG 90, WebP 90, AVIF 75, PNG."""
        return cls(format=name, quality={"jpeg": 90, "webp": 90, "avif": 75, "png": 100}[name])

    @classmethod
    def for_ending(cls, ending: str) -> "EncodeSettings":
        """The default of the format whose files end so, for example "jpg"."""
        return cls.named(_FORMATS[ending])

    def down_to(self, least_quality: int) -> Iterator["EncodeSettings"]:
        """These settings, and then lower and lower qualities as far as the least: for a file that has to be small enough."""
        for quality in range(self.quality, least_quality, -QUALITY_STEP):
            yield replace(self, quality=quality)
        yield replace(self, quality=min(self.quality, least_quality))

    @property
    def suffix(self) -> str:
        """File name ending with its dot."""
        return _SUFFIXES[self.format]

    @property
    def media_type(self) -> str:
        return f"image/{self.format}"

    def key(self) -> str:
        """Canonical description for step keys: equal keys mean equal bytes for equal pixels."""
        mode = "lossless" if self.lossless else f"q{self.quality}"
        return f"{self.format}-{mode}-{self.effort}-{self.subsampling.replace(':', '')}"


def encode(image: Image.Image, settings: EncodeSettings, *, metadata: Metadata | None = None) -> bytes:
    """File bytes of an RGB, RGBA or L picture in sRGB. The same arguments give the same bytes.

    Raises ValueError for other modes, and for alpha in a JPEG, which cannot hold it.
    """
    if image.mode not in ("RGB", "RGBA", "L"):
        raise ValueError(f"picture is in mode {image.mode}, encode takes RGB, RGBA or L")
    if settings.format == "jpeg" and image.mode == "RGBA":
        raise ValueError("a JPEG cannot hold transparency: flatten the picture onto a background first")
    if settings.format == "png" and settings.effort != "small":
        return png_bytes(image, chunks=_chunks(image, metadata))
    options = _OPTIONS[settings.format](settings)
    if image.mode != "L":  # an RGB profile in a grey file is an error to strict readers
        options["icc_profile"] = srgb_profile()
    if metadata is not None and settings.format == "png":
        options["pnginfo"] = png_text(metadata)
    elif metadata is not None:
        options["xmp"] = metadata.packet()
    clean = image.copy() if image.info else image
    clean.info = {}
    try:
        return _saved(clean, settings.format, options)
    except OSError:
        # Pillow gives an optimised JPEG a buffer of one byte a pixel, and pure noise needs more. Baseline is written in parts.
        if settings.format != "jpeg" or not options["optimize"]:
            raise
        return _saved(clean, settings.format, {**options, "optimize": False, "progressive": False})


def _chunks(image: Image.Image, metadata: Metadata | None) -> Iterator[tuple[bytes, bytes]]:
    """What stands before the pixels of a PNG: sRGB where there is colour, and what it was handed."""
    if image.mode != "L":
        yield profile_chunk(srgb_profile())
    if metadata is not None:
        for name, content, *_ in png_text(metadata).chunks:
            yield name, content


def _saved(image: Image.Image, format_name: str, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name.upper(), **options)
    return buffer.getvalue()


def _jpeg_options(settings: EncodeSettings) -> dict[str, Any]:
    careful = settings.effort != "fast"
    return {
        "quality": settings.quality,
        "subsampling": settings.subsampling,
        "optimize": careful,
        "progressive": careful,
    }


def _png_options(settings: EncodeSettings) -> dict[str, Any]:
    # Of "small"; the others are packed by run length, 4 to 6 times faster for 12 % more bytes.
    return {"compress_level": 4}


def _webp_options(settings: EncodeSettings) -> dict[str, Any]:
    # Methods 5 and 6 cost more and save nothing at equal quality.
    method = {"fast": 2, "standard": 4, "small": 4}[settings.effort]
    if settings.lossless:
        return {"lossless": True, "quality": 20, "method": 0 if settings.effort != "small" else 4}
    options = {"quality": settings.quality, "method": method}
    # Alpha in 96 steps, which are off by no more than one code: less than half the time that all 256 take.
    return {**options, "alpha_quality": 80} if settings.effort == "fast" else options


def _avif_options(settings: EncodeSettings) -> dict[str, Any]:
    speed = {"fast": 9, "standard": 8, "small": 6}[settings.effort]
    quality = 100 if settings.lossless else settings.quality
    return {"quality": quality, "speed": speed, "subsampling": settings.subsampling, "max_threads": 1}


_OPTIONS = {"jpeg": _jpeg_options, "png": _png_options, "webp": _webp_options, "avif": _avif_options}
