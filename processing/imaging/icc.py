"""Colour profiles made in code, so that none has to be shipped: sRGB and Adobe RGB (1998).

Matrix and curve profiles of ICC.1:2010 (version 4). Primaries are the published chromaticities, adapted from D65 to the
profile connection space's D50 by the Bradford matrix.
"""

import struct
from functools import cache

import numpy as np
from PIL import ImageCms

_D50 = np.array([0.9642, 1.0, 0.8249])
_D65 = np.array([0.95047, 1.0, 1.08883])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ADOBE_CURVE = (563 / 256,)
_CREATED = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)


@cache
def srgb_profile() -> bytes:
    """The sRGB profile every written file carries. LittleCMS stamps the clock into it, which would make the same
    picture differ from day to day, so the date is fixed."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = _CREATED
    data[84:100] = bytes(16)
    return bytes(data)


@cache
def adobe_rgb_profile() -> bytes:
    """Adobe RGB (1998), for photos whose EXIF says so and that carry no profile."""
    return matrix_profile("Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), _ADOBE_CURVE)


def matrix_profile(name: str, primaries: tuple[tuple[float, float], ...], curve: tuple[float, ...]) -> bytes:
    """A three-primary display profile. `curve` holds the parameters of an ICC parametric curve (1 or 5 of them)."""
    columns = _adapted_primaries(primaries)
    tone = _parametric(curve)
    tags = [
        (b"desc", _text(name)),
        (b"cprt", _text("No copyright, use freely")),
        (b"wtpt", _xyz(_D50)),
        *[(tag, _xyz(columns[:, i])) for i, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))],
        *[(tag, tone) for tag in (b"rTRC", b"gTRC", b"bTRC")],
    ]
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags:
        table += struct.pack(">4sII", tag, offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return _header(offset + len(body)) + table + body


def _adapted_primaries(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """XYZ of the primaries as columns (3, 3), scaled to the white point and adapted to D50."""
    xyz = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]).T
    xyz = xyz * np.linalg.solve(xyz, _D65)
    gain = (_BRADFORD @ _D50) / (_BRADFORD @ _D65)
    adapted: np.ndarray = np.linalg.inv(_BRADFORD) @ (gain[:, None] * _BRADFORD) @ xyz
    return adapted


def _header(size: int) -> bytes:
    flags = struct.pack(">4s4sIIQI", b"APPL", b"\0" * 4, 0, 0, 0, 0)
    head = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x04200000, b"mntr", b"RGB ", b"XYZ ")
    head += _CREATED + b"acsp" + flags + _fixed(_D50)
    return head + bytes(128 - len(head))


def _fixed(values: np.ndarray | tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _parametric(values: tuple[float, ...]) -> bytes:
    kind = {1: 0, 5: 3}[len(values)]
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + _fixed(values)


def _text(value: str) -> bytes:
    encoded = value.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded
