"""The one place where picture files become pixels and pixels become files."""

from processing.imaging.codec.decoding import (
    MAX_PIXELS,
    DecodeError,
    PhotoInfo,
    as_rgb,
    decode,
    decode_mask,
    decode_pixels,
    inspect,
    read_header,
)
from processing.imaging.codec.encoding import ENDINGS, EncodeSettings, Format, encode

__all__ = [
    "ENDINGS",
    "MAX_PIXELS",
    "DecodeError",
    "EncodeSettings",
    "Format",
    "PhotoInfo",
    "as_rgb",
    "decode",
    "decode_mask",
    "decode_pixels",
    "encode",
    "inspect",
    "read_header",
]
