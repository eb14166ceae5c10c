"""sRGB to linear light and back, by table. Light adds up in linear values only, so every blend happens there."""

from typing import cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

_STEPS = 16_384


def _decode_table() -> Floats:
    value = np.arange(256, dtype=np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encode_table() -> Bytes:
    value = np.arange(_STEPS + 1, dtype=np.float64) / _STEPS
    curve = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return cast(Bytes, np.rint(curve * 255).astype(np.uint8))


_DECODE = _decode_table()
_ENCODE = _encode_table()


def to_linear(pixels: Bytes) -> Floats:
    """Linear light 0..1 (IEC 61966-2-1) of uint8 sRGB values, any shape."""
    return _DECODE[pixels]


def to_srgb(light: npt.NDArray[np.floating]) -> Bytes:
    """uint8 sRGB values of linear light, clipped to 0..1, any shape."""
    index = np.clip(light, 0, 1) * np.float32(_STEPS) + np.float32(0.5)
    return cast(Bytes, _ENCODE[index.astype(np.uint16)])


def luminance(light: Floats) -> Floats:
    """Relative luminance (Rec. 709 weights) of linear RGB, shape (..., 3) to (...)."""
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    result: Floats = light @ weights
    return result
