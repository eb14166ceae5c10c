"""Picture files become pixels.

Everything that leaves `decode` is upright, 8 bit, sRGB, mode RGB or RGBA. Files are treated as hostile: sizes are limited
before any pixel is made, and whatever a decoder throws becomes a `DecodeError` with a sentence for the user.
"""

import io
import math
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from processing.imaging import colour, heic

# "JPEG" includes MPO, the two-picture JPEG of some cameras, of which the first picture is used.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
# What Pillow opens at all. Strangers' files are held to what photos may have, which is less; our own are made from those.
MAX_PIXELS = 178_000_000
MAX_ASPECT = 40
_MAY_MOVE = ("PNG", "WEBP", "AVIF", "GIF")
# What Pillow's plugins raise on broken files, found by feeding them broken files.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"II*\0", b"MM\0*", b"BM", b"GIF8")
_UNSUPPORTED = {
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
    b"%!PS": "PostScript",
    b"II*\0\x10\0\0\0CR": "camera raw",
    b"IIRO": "camera raw",
    b"FUJIFILM": "camera raw",
    b"\0\0\0\x0cjP": "JPEG 2000",
}


class DecodeError(ValueError):
    """A file that cannot be used; `code` says why for machines, `str()` in one sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class PhotoInfo:
    """Facts of a file. `width` and `height` are those of the upright picture; `bits` per band."""

    format: str
    width: int
    height: int
    mode: str
    orientation: int
    profile: str
    has_alpha: bool
    frames: int
    bits: int

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


def inspect(data: bytes, *, max_pixels: int = MAX_PIXELS, min_side: int = 200) -> PhotoInfo:
    """Check a file through and through and say what it is. JPEG is decoded at an eighth of its size, which still walks
    all of its data; other formats have no such short cut. Raises DecodeError."""
    opened = _Opened(data, max_pixels=max_pixels, min_side=min_side)
    info = opened.info
    if opened.image.format in ("JPEG", "MPO"):
        opened.image.draft(None, (1, 1))
    opened.load()
    return info


def decode(
    data: bytes, *, max_pixels: int = MAX_PIXELS, min_side: int = 1, target_long_px: int | None = None
) -> Image.Image:
    """Upright sRGB picture, RGB, or RGBA when any pixel is transparent.

    `target_long_px` lets a JPEG be decoded at 1/2, 1/4 or 1/8 where that is still at least so long. Raises DecodeError.
    """
    opened = _Opened(data, max_pixels=max_pixels, min_side=min_side)
    if target_long_px and opened.image.format in ("JPEG", "MPO"):
        share = min(1.0, target_long_px / max(opened.image.size))
        opened.image.draft(None, (math.ceil(opened.image.width * share), math.ceil(opened.image.height * share)))
    opened.load()
    return colour.to_srgb(opened.upright, profile=opened.profile)


def decode_pixels(data: bytes, *, max_pixels: int = MAX_PIXELS) -> npt.NDArray[np.uint8]:
    """The pixels (h, w, 3) that `decode` gives, transparency left out, for workers: OpenCV reads a plain JPEG to the same values
    without Pillow's copies, a quarter faster. Raises DecodeError."""
    import cv2

    opened = _Opened(data, max_pixels=max_pixels, min_side=1)
    if opened.image.format == "JPEG" and opened.image.mode == "RGB" and opened.needs_nothing:
        flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if pixels is not None:
            return np.asarray(pixels, np.uint8)
    return np.asarray(as_rgb(decode(data, max_pixels=max_pixels)))


def decode_mask(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The mask that a file holds, upright, mode L: its alpha where it has one, else how light it is. Raises DecodeError."""
    opened = _Opened(data, max_pixels=max_pixels, min_side=1)
    opened.load()
    if opened.image.has_transparency_data:
        return opened.upright.convert("RGBA").getchannel("A")
    return colour.to_srgb(opened.upright, profile=None).convert("L")


def read_header(data: bytes, *, max_pixels: int = MAX_PIXELS) -> PhotoInfo:
    """What the beginning of a file says of it; its pixels may be missing all the same. Raises DecodeError."""
    return _Opened(data, max_pixels=max_pixels, min_side=1).info


def as_rgb(image: Image.Image) -> Image.Image:
    """The picture in mode RGB: itself where it is, which Pillow's `convert` would copy. Not to be painted on."""
    return image if image.mode == "RGB" else image.convert("RGB")


class _Opened:
    """A file whose header has been read and judged; pixels are not decoded yet."""

    def __init__(self, data: bytes, *, max_pixels: int, min_side: int) -> None:
        self.data = data
        is_heic = heic.is_heic(data)
        self.image = _open_heic(data, max_pixels=max_pixels) if is_heic else _open(data)
        self.format = "HEIF" if is_heic else str(self.image.format)
        width, height = self.image.size
        if width * height > max_pixels:
            raise _too_large(width, height, max_pixels)
        if min(width, height) < min_side:
            raise DecodeError(
                "too-small",
                f"The picture is {width} x {height} pixels; the shorter side must have at least {min_side}.",
            )
        if max(width, height) > MAX_ASPECT * min(width, height):
            raise DecodeError("unsupported", f"The picture is a strip of {width} x {height} pixels, not a photo.")
        self.frames = self._count_frames()
        if self.frames > 1 and self.image.format in _MAY_MOVE:
            raise DecodeError(
                "animated", f"The file is an animation of {self.frames} pictures; save the wanted one on its own."
            )

    def _count_frames(self) -> int:
        try:
            return int(getattr(self.image, "n_frames", 1))
        except _BROKEN as error:
            raise _broken(error) from error

    @cached_property
    def profile(self) -> bytes | None:
        """The profile the colours are to be read with: the embedded one, or Adobe RGB where EXIF says so."""
        return colour.source_profile(self.image)

    @cached_property
    def info(self) -> PhotoInfo:
        orientation = self._orientation()
        width, height = self.image.size
        if orientation >= 5:
            width, height = height, width
        return PhotoInfo(
            format=self.format,
            width=width,
            height=height,
            mode=self.image.mode,
            orientation=orientation,
            profile=colour.profile_name(self.profile),
            has_alpha=self.image.has_transparency_data,
            frames=self.frames,
            bits=_bits(self.data, self.image),
        )

    def _orientation(self) -> int:
        try:
            value = self.image.getexif().get(0x0112, 1)
        except _BROKEN:
            return 1
        return value if isinstance(value, int) and 1 <= value <= 8 else 1

    @property
    def upright(self) -> Image.Image:
        """The picture as it was held; itself where nothing has to be turned, which Pillow would copy."""
        if self._orientation() == 1:
            return self.image
        try:
            return ImageOps.exif_transpose(self.image)
        except _BROKEN:  # a mangled EXIF block says nothing about the pixels
            return self.image

    @property
    def needs_nothing(self) -> bool:
        """True where the pixels are upright and in sRGB as they lie in the file."""
        return self._orientation() == 1 and colour.profile_name(self.profile) in ("none", "sRGB")

    def load(self) -> None:
        try:
            self.image.load()
        except _BOMBS as error:
            raise DecodeError("too-large", "The picture unpacks to more pixels than are allowed.") from error
        except MemoryError as error:
            raise DecodeError("too-large", "The picture needs more memory than there is.") from error
        except _BROKEN as error:
            raise _broken(error) from error


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except _BOMBS as error:
        raise DecodeError("too-large", "The picture has more pixels than are allowed.") from error
    except UnidentifiedImageError as error:
        raise _not_known(data) from error
    except _BROKEN as error:
        raise _broken(error) from error


def _open_heic(data: bytes, *, max_pixels: int) -> Image.Image:
    try:
        return Image.open(io.BytesIO(heic.as_tiff(data, max_pixels=max_pixels)), formats=("TIFF",))
    except heic.HeicTooLarge as error:
        raise _too_large(error.width, error.height, max_pixels) from error
    except (heic.HeicError, *_BROKEN) as error:
        raise _broken(error) from error


def _not_known(data: bytes) -> DecodeError:
    for magic, name in _UNSUPPORTED.items():
        if data.startswith(magic):
            return _unsupported(name)
    if data.startswith(_MAGIC) or data[4:12] == b"ftypavif":
        return DecodeError("unreadable", "The file starts like a picture but its header is damaged; send it again.")
    return DecodeError("not-an-image", "The file is not a picture.")


def _unsupported(name: str) -> DecodeError:
    return DecodeError("unsupported", f"{name} files cannot be read; export the photo as JPEG, PNG or TIFF.")


def _too_large(width: int, height: int, max_pixels: int) -> DecodeError:
    limit = max_pixels / 1e6
    return DecodeError(
        "too-large", f"The picture is {width} x {height} pixels; at most {limit:.0f} megapixels are allowed."
    )


def _broken(error: Exception) -> DecodeError:
    text = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in text or "incomplete" in text or "unexpected end" in text:
        return DecodeError("truncated", "The file ends too early, part of the picture is missing; send it again.")
    return DecodeError("unreadable", "The file is damaged and cannot be read; send it again.")


def _bits(data: bytes, image: Image.Image) -> int:
    """Bits per band in the file; Pillow hands out 16 bit colour as 8."""
    if image.format == "PNG":
        return data[24] if image.mode != "P" else 8
    if image.format == "TIFF":
        tag: Any = getattr(image, "tag_v2", {}).get(258, (8,))
        return int(tag[0] if isinstance(tag, tuple) else tag)
    return 16 if image.mode.startswith("I;16") else 8
