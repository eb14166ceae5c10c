"""A retoucher's light without a retoucher's brush: what a hosted enhancement did to brightness and colour, laid over the
photo's own pixels.

Such models redraw what they are shown: text melts, seams wander. Only the smooth part of the change is taken, as a small
map of gains in linear light, bounded in strength; every edge and every letter stays the camera's.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.imaging.linear import Floats, to_linear, to_srgb

VERSION = "1"
MAP_PX = 64
# Bounds of a band's gain, and mean CIEDE2000 over the product, lightness apart, that colours may move by.
LEAST_GAIN, MOST_GAIN = 0.7, 1.4
HUE_LIMIT_DE00 = 4.0
_ONE = 120.0
_ANALYSIS_PX = 512
_SOFTNESS = 0.035


@dataclass(frozen=True)
class Gains:
    """Band gains (rows, columns, 3) over the box of a cut-out, `share` 0..1 of what was asked for that the limit left."""

    values: Floats
    share: float

    def picture(self) -> Image.Image:
        """As an RGB picture for a file: 120 is a gain of 1."""
        return Image.fromarray(np.rint(self.values * _ONE).clip(0, 255).astype(np.uint8))

    @classmethod
    def from_picture(cls, picture: Image.Image) -> "Gains":
        """Gains of `picture()`."""
        return cls(np.asarray(picture.convert("RGB"), np.float32) / np.float32(_ONE), 1.0)


def gains_between(product: Image.Image, enhanced: Image.Image) -> Gains:
    """The smooth change from a product (straight RGBA) to its enhanced picture (RGB, the same framing, any size)."""
    size = _analysis_size(product.size)
    small = np.asarray(product.convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA"))
    wanted = np.asarray(enhanced.convert("RGB").resize(size, Image.Resampling.BOX))
    cover = (small[..., 3:] >= 250).astype(np.float32)
    before, after = (to_linear(np.ascontiguousarray(pixels[..., :3])) * cover for pixels in (small, wanted))
    sigma = _SOFTNESS * max(size) + 1
    low, high = (cv2.GaussianBlur(light, (0, 0), sigma) for light in (before, after))
    weight = cv2.GaussianBlur(cover, (0, 0), sigma)[..., None]
    dark = np.float32(0.01) * weight
    bounded = np.clip((high + dark) / (low + dark + 1e-6), LEAST_GAIN, MOST_GAIN)
    ratio: Floats = np.where(weight > 0.02, bounded, 1.0).astype(np.float32)
    share = _share_within_limit(before[cover[..., 0] > 0], ratio[cover[..., 0] > 0])
    small_map = cv2.resize(ratio ** np.float32(share), _map_size(size), interpolation=cv2.INTER_AREA)
    return Gains(cast(Floats, small_map), share)


def with_gains(product: Image.Image, gains: Gains) -> Image.Image:
    """The product (straight RGBA, alpha untouched) in the light of the gains."""
    pixels = np.asarray(product)
    grown = cv2.resize(gains.values, product.size, interpolation=cv2.INTER_CUBIC)
    lit = np.empty_like(pixels)
    lit[..., 3] = pixels[..., 3]
    rows = max(1, 2_000_000 // max(product.width, 1))
    for start in range(
        0, product.height, rows
    ):  # strips: a 12 MP product in floats would be a quarter of a worker's memory
        strip = slice(start, start + rows)
        lit[strip, :, :3] = to_srgb(to_linear(np.ascontiguousarray(pixels[strip, :, :3])) * grown[strip])
    lit[pixels[..., 3] == 0] = 0
    return Image.fromarray(lit)


def _share_within_limit(light: Floats, gains: Floats) -> float:
    """How much of the change keeps the mean colour shift within the limit, brightness apart."""
    step = max(1, len(light) // 3000)
    light, gains = light[::step], gains[::step]
    if len(light) == 0:
        return 0.0
    before = rgb2lab(to_srgb(light))
    share = 1.0
    for _ in range(6):
        after = rgb2lab(to_srgb(light * gains**share))
        after[:, 0] = before[:, 0]
        shift = float(np.mean(deltaE_ciede2000(before, after)))  # type: ignore[no-untyped-call]
        if shift <= HUE_LIMIT_DE00:
            return round(share, 3)
        share *= 0.94 * HUE_LIMIT_DE00 / shift
    return 0.0


def _analysis_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _ANALYSIS_PX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _map_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = MAP_PX / max(size)
    return max(2, round(size[0] * scale)), max(2, round(size[1] * scale))


def on_grey(product: Image.Image, *, side_px: int) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """What an enhancing model is shown: the product in the middle of a light grey square, and the box (left, top, right,
    bottom) where it lies, as shares of the side."""
    scale = min(1.0, 0.86 * side_px / max(product.size))
    size = (max(1, round(product.width * scale)), max(1, round(product.height * scale)))
    small = product.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (side_px, side_px), (225, 225, 225, 255))
    left, top = (side_px - size[0]) // 2, (side_px - size[1]) // 2
    canvas.alpha_composite(small, (left, top))
    return canvas.convert("RGB"), (left, top, left + size[0], top + size[1])


def cut_back(answer: Image.Image, box_px: tuple[int, int, int, int], *, side_px: int) -> Image.Image:
    """The product's box out of a model's square answer of any size. ValueError for an answer of another shape."""
    if abs(answer.width / answer.height - 1) > 0.02:
        raise ValueError(f"the answer is {answer.width} x {answer.height}, a square was sent")
    scale = answer.width / side_px
    left, top, right, bottom = (round(edge * scale) for edge in box_px)
    return answer.convert("RGB").crop((left, top, right, bottom))
