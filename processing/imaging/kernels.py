"""Pictures made smaller by the kernels that are wanted, each as a low pass and an interpolation of OpenCV's: a fifth of what
it costs to weigh all pixels under the kernel."""

import math
from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.linear import Bytes

Values = npt.NDArray[np.float64]
_LOBES = 3
# How far what `sharply` makes depends on what it reads, in px of the coarser picture.
REACH = 4
# Sharpness of OpenCV's cubic interpolation.
_CUBIC = -0.75
# Variances, in squared px of the picture that is read: of a Hamming kernel one px wide, and of interpolating linearly, on average.
_HAMMING_VARIANCE, _LINEAR_VARIANCE = 0.102, 1 / 6
# Scales are told apart by so much of themselves.
_STEPS = 50


def sharply(pixels: Bytes, *, size: tuple[int, int]) -> Bytes:
    """Picture (h, w, bands) at (width, height) as by a Lanczos kernel of three lobes: luma SSIM against that 0.998 or more, down to
    a quarter. What grows is interpolated with four lobes."""
    across, down = _scales(pixels, size)
    if min(across, down) < 1:
        return cast(Bytes, cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4))
    soft = cv2.sepFilter2D(pixels, -1, _taps(across), _taps(down), borderType=cv2.BORDER_REPLICATE)
    return cast(Bytes, cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC))


def smoothly(pixels: Bytes, *, size: tuple[int, int]) -> Bytes:
    """Picture (h, w, bands) at (width, height) as by a Hamming kernel, which overshoots nowhere: within 1 code on the mean of
    edges. What grows is interpolated linearly."""
    sigmas = [math.sqrt(max(0.0, _HAMMING_VARIANCE * scale**2 - _LINEAR_VARIANCE)) for scale in _scales(pixels, size)]
    if max(sigmas) > 0:
        across, down = (cv2.getGaussianKernel(2 * math.ceil(3 * sigma) + 1, max(sigma, 1e-3)) for sigma in sigmas)
        pixels = cast(Bytes, cv2.sepFilter2D(pixels, -1, across, down, borderType=cv2.BORDER_REPLICATE))
    return cast(Bytes, cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))


def _scales(pixels: Bytes, size: tuple[int, int]) -> tuple[float, float]:
    """How many px of the picture make one, across and down."""
    return pixels.shape[1] / size[0], pixels.shape[0] / size[1]


def _taps(scale: float) -> Values:
    """Low pass that together with cubic interpolation passes what the Lanczos kernel at a scale passes."""
    return _fitted(max(_STEPS, round(scale * _STEPS)))


@lru_cache(maxsize=256)
def _fitted(steps: int) -> Values:
    """By least squares over all frequencies, for a scale in steps; (n,) symmetric, its sum 1."""
    scale = steps / _STEPS
    half = max(5, math.ceil(_LOBES * scale) - 1)
    # One side of the kernels, which are the same on the other.
    place = np.linspace(0, _LOBES * scale, 1201)
    waves = _waves(place)
    wanted, passed = waves @ _shares(_lanczos(place / scale)), waves @ _shares(_cubic(place))
    side = np.linalg.lstsq(_waves(np.arange(half + 1)) * passed[:, None], wanted, rcond=None)[0]
    taps: Values = np.concatenate([side[:0:-1], side])
    taps /= taps.sum()
    return taps


def _waves(place: npt.NDArray[Any]) -> Values:
    """What each frequency (0 to half a cycle a px) has at places 0 and up on both sides together, (129, n)."""
    waves: Values = 2 * np.cos(2 * np.pi * np.linspace(0, 0.5, 129)[:, None] * place)
    waves[:, 0] /= 2
    return waves


def _shares(kernel: Values) -> Values:
    """A kernel's values on one side of its middle, so that those of both sides sum to 1."""
    shares: Values = kernel / (2 * kernel.sum() - kernel[0])
    return shares


def _lanczos(place: Values) -> Values:
    return np.where(np.abs(place) < _LOBES, np.sinc(place) * np.sinc(place / _LOBES), 0)


def _cubic(place: Values) -> Values:
    """Keys' kernel (1981) as OpenCV uses it."""
    at, a = np.abs(place), _CUBIC
    inner, outer = (a + 2) * at**3 - (a + 3) * at**2 + 1, a * (at**3 - 5 * at**2 + 8 * at - 4)
    return np.where(at < 1, inner, np.where(at < 2, outer, 0))
