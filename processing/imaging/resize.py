"""Resizing that keeps edges clean: premultiplied throughout, from a pyramid that all sizes of one cutout share."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from PIL import Image

from processing.imaging.ground import Ground, find_ground
from processing.imaging.kernels import REACH, sharply, smoothly
from processing.imaging.linear import Bytes

# A level is at least this much larger than the target: large pictures are true enough from a level a third larger (luma SSIM
# against Lanczos from the full picture >= 0.997), thumbnails want twice their size (>= 0.995 at 200 px).
_LARGE_PX, _LARGE_GAP, _SMALL_GAP = 560, 1.3, 2.0
_KEPT_SIZES = 6
_SMALL_PX = 640
T = TypeVar("T")


class CutoutLevels:
    """One cutout at full, half, quarter ... size, premultiplied, each made when first asked for.

    Make it once per cutout and hand it to every render call: the twelve megapixels are then read once.
    """

    def __init__(self, image: Image.Image) -> None:
        if image.mode not in ("RGB", "RGBA"):
            raise ValueError(f"a cutout is RGBA or, if nothing is transparent, RGB; this picture is {image.mode}")
        if min(image.size) < 1:
            raise ValueError("the cutout has no pixels")
        self.size = image.size
        pixels: Bytes = np.asarray(image)
        # Three bands instead of four where all is opaque: a quarter less work.
        self._is_opaque = image.mode == "RGB" or image.getchannel("A").getextrema()[0] == 255
        if image.mode == "RGBA":
            pixels = cast(Bytes, cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB if self._is_opaque else cv2.COLOR_RGBA2mRGBA))
        self._levels = [pixels]
        self._made: dict[tuple[int, int], Image.Image] = {}
        self._facts: dict[tuple[int, int], dict[Any, Any]] = {}
        self._reduced: dict[int, Image.Image] = {}

    def premultiplied(self, size: tuple[int, int]) -> Bytes:
        """The cutout at `size` (width, height), its colour multiplied by alpha, (h, w, 4), or (h, w, 3) where all of it is opaque. Not
        to be painted on."""
        if size == self.size:
            return self._levels[0]
        level = self._level_for(size)
        sharp = sharply(level, size=size)
        return sharp if self._is_opaque else _without_ringing(sharp, level=level)

    def straight(self, size: tuple[int, int]) -> Image.Image:
        """The cutout at `size` as straight RGBA. The last few sizes are kept: five backgrounds share one product."""
        if size not in self._made:
            while len(self._made) >= _KEPT_SIZES:
                oldest = next(iter(self._made))
                del self._made[oldest]
                self._facts.pop(oldest, None)
            self._made[size] = self._straight(self.premultiplied(size))
        return self._made[size]

    def at(self, size: tuple[int, int], make: Callable[[Image.Image], T]) -> T:
        """`make` of the cutout at `size`, kept as long as that: what five backgrounds ask of one product is found once."""
        image = self.straight(size)
        facts = self._facts.setdefault(size, {})
        if make not in facts:
            facts[make] = make(image)
        return cast(T, facts[make])

    def reduced(self, long_px: int) -> Image.Image:
        """The cutout, straight RGBA, halved while its longer side keeps at least `long_px`: what its pictures are measured
        against. Kept."""
        if long_px not in self._reduced:
            level = 0
            while max(self.size) >= long_px * 2 ** (level + 1):
                level += 1
            self._reduced[long_px] = self._straight(self._level(level))
        return self._reduced[long_px]

    def _straight(self, premultiplied: Bytes) -> Image.Image:
        """RGBA of a picture of the cutout, whose colour is multiplied by alpha no longer."""
        how = cv2.COLOR_RGB2RGBA if self._is_opaque else cv2.COLOR_mRGBA2RGBA
        return Image.fromarray(cv2.cvtColor(premultiplied, how))

    def _alpha_of(self, level: Bytes) -> Bytes:
        if self._is_opaque:
            return np.full(level.shape[:2], 255, np.uint8)
        return cast(Bytes, cv2.extractChannel(level, 3))

    @cached_property
    def small_alpha(self) -> Bytes:
        """Alpha (h, w) at no more than _SMALL_PX on its longer side, for looking at shapes."""
        size = shrunk_size(self.size, long_px=_SMALL_PX)
        return averaged(self._alpha_of(self._levels[0]), size=size)

    @cached_property
    def ground(self) -> Ground | None:
        """How the product meets the ground that it stands on."""
        return find_ground(self.small_alpha)

    @cached_property
    def solid_box(self) -> tuple[int, int, int, int]:
        """(x, y, w, h) of what is more than half covered, which is what framing goes by; all of it when nothing is."""
        left, top, width, height = cv2.boundingRect(cv2.inRange(self._alpha_of(self._levels[0]), 128, 255))
        return (left, top, width, height) if width else (0, 0, *self.size)

    def _level_for(self, size: tuple[int, int]) -> Bytes:
        level = 0
        while self._halves(level + 1, size):
            level += 1
        return self._level(level)

    def _level(self, level: int) -> Bytes:
        while len(self._levels) <= level:
            self._levels.append(_halved_whole(self._levels[-1]))
        return self._levels[level]

    def _halves(self, level: int, size: tuple[int, int]) -> bool:
        gap = _LARGE_GAP if max(size) >= _LARGE_PX else _SMALL_GAP
        return all(own / 2**level >= gap * wanted for own, wanted in zip(self.size, size, strict=True))


def _halved_whole(pixels: Bytes) -> Bytes:
    """Means of 2 x 2 pixels; a last odd row or column counts twice."""
    odd = (0, pixels.shape[0] % 2, 0, pixels.shape[1] % 2)
    return halved(cast(Bytes, cv2.copyMakeBorder(pixels, *odd, cv2.BORDER_REPLICATE)) if any(odd) else pixels)


def _without_ringing(sharp: Bytes, *, level: Bytes) -> Bytes:
    """Takes the rim from a kernel without negative lobes: Lanczos overshoots where alpha jumps, which shows as a bright
    line inside the product and a faint second outline around it. Inside the product nothing changes."""
    height, width = sharp.shape[:2]
    smooth = smoothly(level, size=(width, height))
    reach = 2 * math.ceil(REACH * max(1.0, width / level.shape[1])) + 1
    opaque = cv2.erode(cv2.extractChannel(smooth, 3), np.ones((reach, reach), np.uint8))
    cv2.copyTo(sharp, cv2.inRange(opaque, 255, 255), smooth)
    return smooth


def cutout_levels(image: Image.Image) -> CutoutLevels:
    """Pyramid of a straight RGBA picture."""
    return CutoutLevels(image)


def shrunk(pixels: Bytes, *, long_px: int) -> Bytes:
    """Picture (h, w) or (h, w, bands) averaged down to a long side of `long_px`; itself where it is no longer than that."""
    size = shrunk_size((pixels.shape[1], pixels.shape[0]), long_px=long_px)
    return averaged(halved_towards(pixels, size=size), size=size)


def halved_towards(pixels: Bytes, *, size: tuple[int, int]) -> Bytes:
    """Picture averaged down by halves while both sides keep at least those of `size`, (width, height)."""
    while pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1]:
        pixels = halved(pixels)
    return pixels


def shrunk_size(size: tuple[int, int], *, long_px: int) -> tuple[int, int]:
    """(width, height) at a long side of at most `long_px`."""
    share = min(1.0, long_px / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def halved(pixels: Bytes) -> Bytes:
    """Means of 2 x 2 pixels, several times as fast as averaging by any other factor; a last odd row or column is left out."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    even = pixels[: 2 * height, : 2 * width]
    return cast(Bytes, cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))


def averaged(pixels: Bytes, *, size: tuple[int, int]) -> Bytes:
    """Picture averaged down to (width, height); itself where it has that size."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return cast(Bytes, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def resize_pixels(pixels: Bytes, *, size: tuple[int, int]) -> Bytes:
    """Picture (h, w, 3) at `size`: halved by means while that leaves enough, then linear; cubic when it grows. Sets are
    soft, so this is as good as Lanczos there at a tenth of the cost."""
    pixels = halved_towards(pixels, size=size)
    height, width = pixels.shape[:2]
    shrinks = size[0] <= width and size[1] <= height
    return cast(Bytes, cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR if shrinks else cv2.INTER_CUBIC))
