"""Metadata put into a finished file without touching its pixels: JPEG, PNG, WebP and MP4, by their containers.

A file that is exported as it was approved must not be encoded a second time only to say what it is.
"""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from processing.imaging.metadata import MP4_BEGINNING, MP4_BOX, Metadata

_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP = b"XML:com.adobe.xmp"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10


def with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """The same file with this packet in place of the one it had. ValueError for a format that has no simple place for it,
    and for a file that is broken."""
    packet = metadata.packet()
    try:
        if data.startswith(b"\xff\xd8"):
            return _in_jpeg(data, packet)
        if data.startswith(_PNG_MAGIC):
            return _in_png(data, packet)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _in_webp(data, packet)
        if data[4:12] == MP4_BEGINNING:
            return _in_mp4(data, packet)
    except (struct.error, IndexError) as error:
        raise ValueError("the file is broken: its parts do not fit together") from error
    raise ValueError("metadata can be put into JPEG, PNG, WebP and MP4 files as they are, others have to be encoded")


def _in_jpeg(data: bytes, packet: bytes) -> bytes:
    """After JFIF's own segment, which must come first."""
    segments, rest = _jpeg_segments(data)
    kept = [one for one in segments if not (one[1] == 0xE1 and one[4:].startswith(_JPEG_XMP))]
    body = _JPEG_XMP + packet
    mine = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    first = 1 if kept and kept[0][1] == 0xE0 else 0
    return b"\xff\xd8" + b"".join([*kept[:first], mine, *kept[first:]]) + rest


def _jpeg_segments(data: bytes) -> tuple[list[bytes], bytes]:
    """The segments before the first scan, whole, and all that follows."""
    segments, place = [], 2
    while data[place] == 0xFF and data[place + 1] not in (0xDA, 0xD9):
        length = struct.unpack_from(">H", data, place + 2)[0] + 2
        segments.append(data[place : place + length])
        place += length
    return segments, data[place:]


def _in_png(data: bytes, packet: bytes) -> bytes:
    chunks = [(kind, body) for kind, body in _png_chunks(data) if not (kind == b"iTXt" and body.startswith(_PNG_XMP))]
    # Keyword, not compressed, no language, no translation.
    mine = (b"iTXt", _PNG_XMP + b"\0\0\0\0\0" + packet)
    whole = [chunks[0], mine, *chunks[1:]]
    return _PNG_MAGIC + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in whole
    )


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG_MAGIC)
    while place < len(data):
        length = struct.unpack_from(">I", data, place)[0]
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        place += 12 + length


def _in_webp(data: bytes, packet: bytes) -> bytes:
    """The extended header tells readers that there is a packet; it is made where the file had a plain one."""
    chunks = [(kind, body) for kind, body in _riff_chunks(data) if kind != b"XMP "]
    if chunks[0][0] == b"VP8X":
        flags, rest = chunks[0][1][0], chunks[0][1][1:]
        chunks = chunks[1:]
    else:
        flags, rest = _plain_header(data)
    whole = [(b"VP8X", bytes([flags | _HAS_XMP]) + rest), *chunks, (b"XMP ", packet)]
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in whole
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _plain_header(data: bytes) -> tuple[int, bytes]:
    """Flags, and the rest of an extended header: three empty bytes, width - 1 and height - 1 in three bytes each."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        flags = _HAS_ALPHA if image.mode == "RGBA" else 0
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return flags, b"\0\0\0" + sides


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(data):
        length = struct.unpack_from("<I", data, place + 4)[0]
        yield data[place : place + 4], data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _in_mp4(data: bytes, packet: bytes) -> bytes:
    """At the end: the index in front counts from the start of the file, and nothing before the packet moves."""
    kept = [data[start:end] for start, end in _mp4_boxes(data) if data[start + 4 : start + 24] != MP4_BOX]
    return b"".join([*kept, struct.pack(">I", 4 + len(MP4_BOX) + len(packet)), MP4_BOX, packet])


def _mp4_boxes(data: bytes) -> Iterator[tuple[int, int]]:
    """First byte of each outer box, and of what follows it."""
    place = 0
    while place < len(data):
        length, _ = struct.unpack_from(">I4s", data, place)
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, place + 8)
        length = length or len(data) - place
        if length < 8 or place + length > len(data):
            raise IndexError(f"the box at {place} does not end within the file")
        yield place, place + length
        place += length
