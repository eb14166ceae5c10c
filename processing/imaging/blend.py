"""Putting light together: product over background, shadow into it, reflection under it. All in linear light.

Opaque pixels need no arithmetic but a table; only rims, see-through parts and shadows are computed.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from processing.imaging.ground import Ground
from processing.imaging.linear import Bytes, Floats, to_linear, to_srgb
from processing.imaging.reflection import reflection_of

# Light of the surroundings still reaching a full shadow, as share of the tint: shadows outdoors are blue, not black.
_SHADOW_BOUNCE = 0.05
_SHADOW_STEPS = 512
# Alpha from here on is opaque: cutouts are seldom 255 all over, and the eye cannot tell.
OPAQUE = 252
# Background light on the product's rim: share at the very edge, and how far in it reaches (share of the product).
_WRAP_SHARE = 0.16
_WRAP_REACH = 0.006
# What is thinner than so many times that reach takes less of it, or light would run through all of a wire.
_WRAP_WHOLE = 20
# Light wraps round the edge of a lens and not through it: whatever has a quarter of coverage is inside.
_INSIDE = 4
_LIGHT = to_linear(np.arange(256, dtype=np.uint8))


class Product:
    """A product at its final size, straight RGBA, and what blending asks of it whatever is behind it: each found once."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        pixels = np.asarray(image)
        self.colour = cast(Bytes, cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB))
        self.alpha = cast(Bytes, cv2.extractChannel(pixels, 3))
        self._rims: dict[bool, Rim] = {}

    @cached_property
    def opaque(self) -> Bytes:
        """1 where nothing behind it is seen."""
        return (self.alpha >= OPAQUE).view(np.uint8)

    def rim(self, *, wrap: bool) -> "Rim":
        """Where it is mixed with what is behind it."""
        if wrap not in self._rims:
            self._rims[wrap] = _rim(self.alpha, max(0.6, _WRAP_REACH * max(self.alpha.shape)) if wrap else 0.0)
        return self._rims[wrap]


@dataclass(frozen=True)
class Rim:
    """Pixels that are mixed of product and background: their places (n,) counted row by row, coverage (n,) and, where light
    wraps round the edge, how much of it (n,) does so over `reach` px."""

    place: npt.NDArray[np.intp]
    cover: Floats
    reach: float
    wrapped: Floats | None


@dataclass(frozen=True)
class Layer:
    """A product ready to be put on a canvas, and where its top left corner goes."""

    product: Product
    left_px: int
    top_px: int

    @property
    def image(self) -> Image.Image:
        return self.product.image

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that the layer covers."""
        rows = slice(self.top_px, self.top_px + self.image.height)
        return rows, slice(self.left_px, self.left_px + self.image.width)


def shade(pixels: Bytes, missing: Floats, *, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Bytes:
    """Background (h, w, 3) darkened by a shadow map (h, w). Pixels without shadow keep their exact value."""
    depth = (missing * np.float32(_SHADOW_STEPS) + np.float32(0.5)).astype(np.uint16)
    left, top, width, height = cv2.boundingRect((depth > 0).view(np.uint8))
    if not width:
        return pixels
    window = (slice(top, top + height), slice(left, left + width))
    # Band by band with indexes of the machine's own width: nearly twice as fast as one look-up for all three.
    row: npt.NDArray[np.intp] = depth[window].astype(np.intp) * 256
    seen = pixels[window]
    bands = [np.take(_shadow_table(round(share, 3)), row + seen[..., band]) for band, share in enumerate(tint)]
    result = pixels.copy()
    result[window] = cv2.merge(bands)
    return result


@lru_cache(maxsize=64)
def _shadow_table(tint: float) -> Bytes:
    """sRGB value for every step of missing light and, within it, every sRGB value of the lit ground."""
    missing = np.arange(_SHADOW_STEPS + 1, dtype=np.float32)[:, None] / _SHADOW_STEPS
    lit = to_linear(np.arange(256, dtype=np.uint8))[None]
    return to_srgb(lit * (1 - missing * (1 - _SHADOW_BOUNCE * tint))).ravel()


def put_over(pixels: Bytes, layer: Layer, *, gains: Floats | None = None, wrap: bool = False) -> Bytes:
    """Background (h, w, 3) with the product over it; `gains` (3,) re-light it, `wrap` lets the background's light spill
    over its rim. Pixels under alpha 0 keep their exact value."""
    product = layer.product
    colour, rim = _relit(product.colour, gains), product.rim(wrap=wrap)
    result = pixels.copy()
    behind = result[layer.window]
    # The same places counted on the canvas.
    left = layer.top_px * result.shape[1] + layer.left_px
    place: npt.NDArray[np.intp] = rim.place + rim.place // behind.shape[1] * (result.shape[1] - behind.shape[1]) + left
    lit = _rim_light(_bands(colour, rim.place), _bands(result, place), behind, rim)
    cv2.copyTo(colour, product.opaque, behind)
    result.reshape(-1, 3)[place] = lit
    return result


def _relit(colour: Bytes, gains: Floats | None) -> Bytes:
    if gains is None:
        return colour
    light = to_linear(np.arange(256, dtype=np.uint8))[:, None] * gains
    return cast(Bytes, cv2.LUT(colour, to_srgb(light)[None]))


def _rim(alpha: Bytes, reach: float) -> Rim:
    """What is partly covered, or near the edge where light reaches so many px in."""
    inner = alpha
    if reach:
        side = 2 * round(1.5 * reach) + 1
        inner = cast(Bytes, cv2.erode(alpha, np.ones((side, side), np.uint8)))
    place = np.flatnonzero((alpha > 0) & (inner < OPAQUE))
    cover = _shares(alpha, place)
    return Rim(place, cover, reach, _wrapped(alpha, place, reach) if reach else None)


def _wrapped(alpha: Bytes, place: npt.NDArray[np.intp], reach: float) -> Floats:
    """Share (n,) of the light at these places that the background's is: most at the edge of what is thick, less on what is thin."""
    inside = cast(Bytes, cv2.convertScaleAbs(alpha, alpha=_INSIDE))
    near, wide = (
        _shares(cast(Bytes, cv2.blur(inside, (side, side))), place)
        for side in (2 * round(1.7 * reach) + 1, 2 * round(_WRAP_WHOLE * reach) + 1)
    )
    return np.clip(1 - near, 0, 0.5) * np.clip(2 * wide, 0, 1) * np.float32(2 * _WRAP_SHARE)


def _shares(plane: Bytes, place: npt.NDArray[np.intp]) -> Floats:
    """Values (n,) of a plane at places counted row by row, 0..1."""
    return plane.ravel()[place].astype(np.float32) / np.float32(255)


def _rim_light(own: list[Bytes], under: list[Bytes], behind: Bytes, rim: Rim) -> Bytes:
    """sRGB values (n, 3) of the rim pixels: product light, wrapped where it is asked for, over the background's light."""
    glow = None if rim.wrapped is None else _bands(_glow(behind, rim.reach), rim.place)
    clear, lit = 1 - rim.cover, np.empty((rim.place.size, 3), np.uint8)
    for band in range(3):
        light = _light(own[band])
        if glow is not None and rim.wrapped is not None:
            light += (_light(glow[band]) - light) * rim.wrapped
        lit[:, band] = to_srgb(light * rim.cover + _light(under[band]) * clear)
    return lit


def _light(values: Bytes) -> Floats:
    """`to_linear` of one band (n,) at a quarter of its cost."""
    return cast(Floats, cv2.LUT(values, _LIGHT)).ravel() if values.size else to_linear(values)


def _bands(pixels: Bytes, place: npt.NDArray[np.intp]) -> list[Bytes]:
    """Each band (n,) of a picture (h, w, 3) at places counted row by row; a third of what indexing by row and column takes."""
    values = np.take(pixels.reshape(-1, 3), place, axis=0)
    return [np.ascontiguousarray(values[:, band]) for band in range(3)]


def _glow(behind: Bytes, reach: float) -> Bytes:
    """The background out of focus, made at an eighth of its size."""
    height, width = behind.shape[:2]
    small = cv2.resize(behind, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.6, reach / 2))
    return cast(Bytes, cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR))


def reflect(pixels: Bytes, layer: Layer, ground: Ground) -> Bytes:
    """Background (h, w, 3) with a fading mirror image of the product below its foot, as on polished ground."""
    bottom = layer.top_px + layer.image.height
    right = layer.left_px + layer.image.width
    room = (layer.left_px, pixels.shape[1] - right, pixels.shape[0] - bottom)
    image, left, top = reflection_of(layer.image, ground, room_px=room)
    return put_over(pixels, Layer(Product(image), layer.left_px + left, layer.top_px + top))
