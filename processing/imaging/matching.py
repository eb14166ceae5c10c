"""Making product and set look like one photograph, within limits that the checks know."""

import math
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.imaging.backplates import Backplate
from processing.imaging.linear import Bytes, Floats, luminance, to_linear, to_srgb

# Mean CIEDE2000 over the product that the temperature match may cost at most; the fidelity check allows for it.
MATCH_LIMIT_DE00 = 1.5
# Share of the way from the product's neutral light to the light of the set that is wished for before the limit.
_MATCH_SHARE = 0.5
_MAX_SAMPLES = 4096
# Grain added to a set at most, sRGB steps; beyond this a noisy product should be cleaned, not its set dirtied.
_MAX_GRAIN = 1.8
_GRAIN_TILE_PX = 512
_GRAIN_PX = 320


def light_gains(plate: Backplate) -> Floats:
    """Full-strength linear gains (3,) that turn neutral light into the light of the set, luminance kept."""
    lamp = _planckian(plate.temperature_k) / _planckian(5500)
    bounce = np.array(plate.tint, np.float32).clip(0.05, 1)
    gains = np.sqrt(lamp) * bounce**0.35
    return cast(Floats, (gains / float(luminance(gains))).astype(np.float32))


def matched_gains(straight: Image.Image, plate: Backplate) -> Floats:
    """Gains (3,) for this product in this set: towards the light of the set, weakened until the mean colour change
    over the opaque product is at most MATCH_LIMIT_DE00."""
    light = _opaque_samples(straight)
    full = light_gains(plate) ** _MATCH_SHARE
    if light.size == 0:
        return np.ones(3, np.float32)
    before = rgb2lab(to_srgb(light))
    share = 1.0
    for _ in range(6):
        gains = full**share
        shift = _mean_de00(before, rgb2lab(to_srgb(light * gains)))
        if shift <= MATCH_LIMIT_DE00:
            return cast(Floats, gains.astype(np.float32))
        share *= 0.94 * MATCH_LIMIT_DE00 / shift
    return np.ones(3, np.float32)


def _mean_de00(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    return float(np.mean(deltaE_ciede2000(first, second)))  # type: ignore[no-untyped-call]


def _opaque_samples(straight: Image.Image) -> Floats:
    """Linear colours (n, 3) of at most 4096 opaque pixels, evenly strided."""
    pixels = np.asarray(straight)
    step = max(1, math.isqrt(pixels.shape[0] * pixels.shape[1] // (2 * _MAX_SAMPLES)))
    strided = pixels[step // 2 :: step, step // 2 :: step].reshape(-1, 4)
    return to_linear(strided[strided[:, 3] > 250, :3][:_MAX_SAMPLES])


def _planckian(kelvin: float) -> Floats:
    """Linear sRGB (3,) of a black body, by Kang et al. 2002 for x(T) and y(x), Y = 1."""
    t = min(max(float(kelvin), 1700.0), 25_000.0)
    if t <= 4000:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    matrix = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return cast(Floats, (matrix @ xyz).clip(0.02, None).astype(np.float32))


def graded(pixels: Bytes, *, rng: np.random.Generator) -> Bytes:
    """The set with a slightly different exposure (up to 6 %) and warmth (up to 2 %), so that no two look stamped."""
    exposure = float(rng.uniform(0.94, 1.045))
    warmth = float(rng.uniform(-0.02, 0.02))
    tables = []
    levels = to_linear(np.arange(256, dtype=np.uint8))
    for gain in (exposure * (1 + warmth), exposure, exposure * (1 - warmth)):
        # A gain above one must not clip the lights: they are rolled off towards white instead.
        curve = levels * gain / (1 + levels * max(gain - 1, 0))
        tables.append(to_srgb(curve))
    return cast(Bytes, cv2.LUT(pixels, np.stack(tables, axis=-1)[None]))


def grain_of(pixels: Bytes, mask: Bytes) -> float:
    """Standard deviation of fine noise, sRGB steps, in the flattest part of what `mask` (uint8) marks; 0 if unknown.

    Median of the absolute response of Immerkaer's noise mask (1996) over the flattest half of the marked pixels.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, -1, kernel))
    slope = cv2.blur(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)), (5, 5))
    inner = cv2.erode(mask, np.ones((7, 7), np.uint8)) == 255
    inner &= (grey > 12) & (grey < 243)
    if np.count_nonzero(inner) < 200:
        return 0.0
    flat = inner & (slope <= np.median(slope[inner]))
    return float(np.median(response[flat])) / (0.6745 * 6)


def with_grain(pixels: Bytes, *, sigma: float, rng: np.random.Generator) -> Bytes:
    """Pixels with fine grey noise of `sigma` sRGB steps, the same in all bands, from one repeated tile."""
    if sigma < 0.15:
        return pixels
    noise: npt.NDArray[np.float64] = np.rint(rng.normal(0, sigma, (_GRAIN_TILE_PX, _GRAIN_TILE_PX)))
    lighter, darker = (cv2.cvtColor(_bytes(part), cv2.COLOR_GRAY2RGB) for part in (noise, -noise))
    result = pixels.copy()
    for top in range(0, pixels.shape[0], _GRAIN_TILE_PX):
        for left in range(0, pixels.shape[1], _GRAIN_TILE_PX):
            part = result[top : top + _GRAIN_TILE_PX, left : left + _GRAIN_TILE_PX]
            window = (slice(part.shape[0]), slice(part.shape[1]))
            # Bytes added and taken away, each pixel by one of the two: faster than adding wider numbers to bytes.
            cv2.add(part, lighter[window], part)
            cv2.subtract(part, darker[window], part)
    return result


def _bytes(values: npt.NDArray[np.float64]) -> Bytes:
    return np.clip(values, 0, 255).astype(np.uint8)


def grain_in(product: Image.Image) -> float:
    """Grain (sRGB steps) of a product (straight RGBA), by its middle."""
    pixels = _middle(np.asarray(product))
    return grain_of(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))


def missing_grain(wanted: float, background: Bytes) -> float:
    """Grain (sRGB steps) to add to a background so that it has as much as `wanted`."""
    window = np.ascontiguousarray(background[:_GRAIN_PX, :_GRAIN_PX])
    there = grain_of(window, np.full(window.shape[:2], 255, np.uint8))
    return min(_MAX_GRAIN, math.sqrt(max(0.0, wanted**2 - there**2)))


def _middle(pixels: Bytes) -> Bytes:
    """Square of _GRAIN_PX in the middle."""
    top, left = (max(0, (side - _GRAIN_PX) // 2) for side in pixels.shape[:2])
    return pixels[top : top + _GRAIN_PX, left : left + _GRAIN_PX]
