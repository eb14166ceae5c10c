"""A photo and its cut-out brought to the fixed scales at which they are measured."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.scoring.backdrop import estimate_backdrop
from processing.scoring.colour import LINEAR, encode_srgb

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

CONTOUR_LONG_PX = 1600
EDGE_LONG_PX = 800
REGION_LONG_PX = 400
# A shadow takes light away at constant chroma, rarely more than two thirds of it.
SHADOW_LIGHT = (0.30, 1.06)
# Codes by which a pixel must differ from every shade of the backdrop to be something else than backdrop.
OTHER_CODES = 11.0
# So many pixels of the paper tell its noise as well as all of them.
PAPER_SAMPLES = 20_000
# Bounds of the contrast that still counts as nothing drawn.
FLAT_CODES = (2.0, 12.0)


@dataclass(frozen=True)
class View:
    """What the checks look at.

    photo, fore  uint8 (h, w, 3), alpha uint8 (h, w): contour scale, long side 1600 px at most
    area         the same at region scale, long side 400 px
    """

    photo: Bytes
    fore: Bytes
    alpha: Bytes
    area: "Area"


@dataclass(frozen=True)
class Area:
    """Region scale: photo and backdrop float32 (h, w, 3) codes, alpha float32 (h, w) 0..1, and per pixel

    plain   distance of the photo from the backdrop (codes)
    shaded  distance from the nearest shade of it, light times 0.30 to 1.06 at constant chroma (codes)
    light   light of the photo over light of the backdrop
    tint    what the photo's bands (h, w, 3) lack of that nearest shade (codes, signed): its colour, light left out
    rough   contrast of edges in the photo (codes of luma); ramps such as penumbras do not count
    relief  luma against its surroundings, signed (codes of the step it stands beside): averaged along a line it shows steps far
            below the noise
    flat    contrast below which nothing is drawn there, from the noise of the paper (codes)
    noise   robust size of `plain` on the paper (codes)
    near    photo uint8 and alpha uint8 at a long side of 800 px, for what is too narrow here
    """

    photo: Floats
    alpha: Floats
    backdrop: Floats
    plain: Floats
    shaded: Floats
    light: Floats
    tint: Floats
    rough: Floats
    relief: Floats
    flat: float
    noise: float
    near: tuple[Bytes, Bytes]

    @cached_property
    def least_alpha(self) -> Floats:
        """Least alpha for which photo = a F + (1 - a) B has an F between 0 and 255: 1 - photo / B where the photo is darker
        than the backdrop B, (photo - B) / (255 - B) where it is lighter."""
        darker = 1 - self.photo / np.maximum(self.backdrop, 1)
        lighter = (self.photo - self.backdrop) / np.maximum(255 - self.backdrop, 32)
        return largest(np.maximum(darker, lighter))

    @cached_property
    def other(self) -> NDArray[np.bool_]:
        """Pixels that no shade of the backdrop explains."""
        return np.asarray(self.shaded > max(OTHER_CODES, 3.0 * self.noise))

    @cached_property
    def outlined(self) -> Bytes:
        """1 within the outermost outline: alpha above one half and everything that it encloses."""
        found, _ = cv2.findContours((self.alpha > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        inside = np.zeros(self.alpha.shape, np.uint8)
        return np.asarray(cv2.drawContours(inside, found, -1, 1, cv2.FILLED), np.uint8)

    @property
    def product_px(self) -> float:
        """Area of the product in region pixels, at least 1 so that it can be divided by."""
        return max(1.0, float(self.alpha.sum()))


def look_at(photo: Image.Image, cutout: Image.Image, backdrop: NDArray[Any] | None) -> View:
    """Both pictures at the working scales. ValueError when the cut-out is not RGBA of the photo's size."""
    if cutout.mode != "RGBA" or cutout.size != photo.size:
        raise ValueError(f"cut-out is {cutout.mode} {cutout.size}, photo is {photo.size}: expected RGBA of that size")
    shot = _shrink(np.asarray(photo if photo.mode == "RGB" else photo.convert("RGB")), CONTOUR_LONG_PX)
    rgba = np.asarray(cutout)
    # Several times as fast as numpy's copies of strided bands.
    alpha = _shrink(np.asarray(cv2.extractChannel(rgba, 3), np.uint8), CONTOUR_LONG_PX)
    fore = _shrink(np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8), CONTOUR_LONG_PX)
    return View(shot, fore, alpha, _area(shot, alpha, backdrop))


def area_of(photo: Bytes, alpha: Bytes, backdrop: NDArray[Any] | None = None) -> Area:
    """The region scale of a photo uint8 (h, w, 3) and an alpha uint8 (h, w) alone, with or without an engine's backdrop."""
    return _area(_shrink(photo, CONTOUR_LONG_PX), _shrink(alpha, CONTOUR_LONG_PX), backdrop)


def _shrink(plane: Bytes, long_px: int) -> Bytes:
    share = long_px / max(plane.shape[:2])
    if share >= 1:
        return plane
    size = (max(1, round(plane.shape[1] * share)), max(1, round(plane.shape[0] * share)))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _area(photo: Bytes, alpha: Bytes, given: NDArray[Any] | None) -> Area:
    half, half_alpha = _shrink(photo, EDGE_LONG_PX), _shrink(alpha, EDGE_LONG_PX)
    small = _shrink(half, REGION_LONG_PX)
    shot = small.astype(np.float32)
    cover = _shrink(half_alpha, REGION_LONG_PX).astype(np.float32) / np.float32(255)
    base: NDArray[Any] | None = None
    if given is not None:
        base = cv2.resize(np.asarray(given, np.float32), (shot.shape[1], shot.shape[0]), interpolation=cv2.INTER_LINEAR)
    backdrop = estimate_backdrop(shot, cover, base=base)
    plain = largest(np.abs(shot - backdrop))
    tint, light = _off_shade(small, backdrop)
    rough, relief = _edge_contrast(half, (shot.shape[1], shot.shape[0]))
    paper = cover < 0.02
    few = max(1, int(np.count_nonzero(paper)) // PAPER_SAMPLES)
    noise = float(np.median(plain[paper][::few])) * 1.5 if paper.any() else 2.0
    flat = 2.2 * float(np.median(rough[paper][::few])) if paper.any() else FLAT_CODES[1]
    flat, noise = float(np.clip(flat, *FLAT_CODES)), min(max(noise, 1.0), 8.0)
    shaded = largest(np.abs(tint))
    return Area(shot, cover, backdrop, plain, shaded, light, tint, rough, relief, flat, noise, (half, half_alpha))


def _edge_contrast(half: Bytes, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Height of steps in the photo (codes) and their sides, signed, from the difference of 3 and 7 px box means of the photo
    at a long side of 800 px.

    A step of c codes gives 0.286 c beside it, a ramp gives nothing and noise is averaged away.
    """
    luma = cv2.cvtColor(half.astype(np.float32), cv2.COLOR_RGB2GRAY)
    apart = cv2.blur(luma, (3, 3)) - cv2.blur(luma, (7, 7))
    spread = cv2.dilate(np.abs(apart), np.ones((3, 3), np.uint8))
    rough = cv2.resize(spread, size, interpolation=cv2.INTER_NEAREST) * np.float32(3.5)
    relief = cv2.resize(apart, size, interpolation=cv2.INTER_AREA) * np.float32(3.5)
    return np.asarray(rough, np.float32), np.asarray(relief, np.float32)


def _off_shade(photo: Bytes, backdrop: Floats) -> tuple[Floats, Floats]:
    """Signed difference of each pixel from the nearest shade of its backdrop (codes), and its light relative to it."""
    paper = LINEAR[np.asarray(np.clip(backdrop + 0.5, 0, 255), np.uint8)]
    light = _mean(LINEAR[photo]) / np.maximum(_mean(paper), np.float32(1e-4))
    shade = encode_srgb(paper * np.clip(light, *SHADOW_LIGHT)[..., None])
    return np.asarray(photo.astype(np.float32) - shade, np.float32), np.asarray(light, np.float32)


def largest(bands: NDArray[Any]) -> Floats:
    """Largest of three bands (h, w, 3); four times as fast as numpy's reduction over a short last axis."""
    return np.asarray(np.maximum(np.maximum(bands[..., 0], bands[..., 1]), bands[..., 2]), np.float32)


def _mean(bands: NDArray[Any]) -> Floats:
    return np.asarray((bands[..., 0] + bands[..., 1] + bands[..., 2]) / np.float32(3), np.float32)
