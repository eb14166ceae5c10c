"""Putting light together: product over background, shadow into it, reflection under it. All in linear light."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from processing.imaging.ground import Ground
from processing.imaging.linear import Bytes, Floats, to_linear, to_srgb

# Light of the surroundings still reaching a full shadow, as share of the tint: shadows outdoors are blue, not black.
_SHADOW_BOUNCE = 0.05
# Background light on the product's rim: share at the very edge, and how far in it reaches (share of the product).
_WRAP_SHARE = 0.16
_WRAP_REACH = 0.006
_REFLECTION_SHARE = 0.20
_REFLECTION_REACH = 0.22


@dataclass(frozen=True)
class Layer:
    """A product ready to be put on a canvas: straight RGBA at its final size, and where its top left corner goes."""

    image: Image.Image
    left_px: int
    top_px: int

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that the layer covers."""
        rows = slice(self.top_px, self.top_px + self.image.height)
        return rows, slice(self.left_px, self.left_px + self.image.width)


def shade(pixels: Bytes, missing: Floats, *, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Bytes:
    """Background darkened by a shadow map (h, w). Pixels without shadow keep their exact value."""
    touched = np.argwhere(missing > 1 / 512)
    if touched.size == 0:
        return pixels
    (top, left), (bottom, right) = touched.min(axis=0), touched.max(axis=0) + 1
    window = (slice(top, bottom), slice(left, right))
    bounce = np.array(tint, np.float32) * _SHADOW_BOUNCE
    dark = missing[window][..., None] * (1 - bounce)
    result = pixels.copy()
    shaded = to_srgb(to_linear(pixels[window]) * (1 - dark))
    result[window] = np.where(missing[window][..., None] > 1 / 512, shaded, pixels[window])
    return result


def put_over(pixels: Bytes, layer: Layer, *, gains: Floats | None = None, wrap: bool = False) -> Bytes:
    """Background (h, w, 3) with the product over it; `gains` (3,) re-light it, `wrap` lets the background's light spill
    over its rim. Pixels under alpha 0 keep their exact value."""
    product = np.asarray(layer.image)
    alpha = product[..., 3:].astype(np.float32) / np.float32(255)
    colour = to_linear(product[..., :3])
    if gains is not None:
        colour = colour * gains
    behind = to_linear(pixels[layer.window])
    if wrap:
        colour = _wrapped(colour, alpha[..., 0], behind)
    blended = to_srgb(colour * alpha + behind * (1 - alpha))
    result = pixels.copy()
    result[layer.window] = np.where(alpha > 0, blended, pixels[layer.window])
    return result


def _wrapped(colour: Floats, alpha: Floats, behind: Floats) -> Floats:
    """Product colour with blurred background light mixed in near the rim, most at the rim itself."""
    reach = max(0.6, _WRAP_REACH * max(alpha.shape))
    rim = np.clip(1 - cv2.GaussianBlur(alpha, (0, 0), reach), 0, 0.5) * 2 * _WRAP_SHARE
    small = (
        cv2.resize(behind, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) if min(alpha.shape) > 16 else behind
    )
    soft = cv2.GaussianBlur(small, (0, 0), max(0.6, reach))
    glow = cv2.resize(soft, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return colour + (glow - colour) * rim[..., None]


def reflect(pixels: Bytes, layer: Layer, ground: Ground) -> Bytes:
    """Background with a fading mirror image of the product below its ground line, as on polished ground."""
    product = np.asarray(layer.image)
    height, width = product.shape[:2]
    rows = min(round(_REFLECTION_REACH * height), pixels.shape[0] - layer.top_px - height // 2)
    line = cv2.resize(ground.line[None], (width, 1))[0] * (width / ground.alpha.shape[1])
    start = int(line.min())
    y = np.arange(start, height + rows, dtype=np.float32)[:, None]
    source = np.ascontiguousarray(np.broadcast_to(2 * line[None] - y - 1, (len(y), width)), dtype=np.float32)
    columns = np.ascontiguousarray(np.broadcast_to(np.arange(width, dtype=np.float32), source.shape))
    mirrored = cv2.remap(product, columns, source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    below = np.clip((y - line[None]) / max(rows, 1), 0, 1)
    share = np.where(y < line[None], 0, _REFLECTION_SHARE * (1 - below) ** 1.6)
    canvas_rows = min(pixels.shape[0] - layer.top_px, height + rows) - start
    faded = mirrored[:canvas_rows].copy()
    faded[..., 3] = np.rint(faded[..., 3] * share[:canvas_rows]).astype(np.uint8)
    return put_over(pixels, Layer(Image.fromarray(faded), layer.left_px, layer.top_px + start))
