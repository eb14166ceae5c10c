"""The mirror image of a product in the ground it stands on, as a picture to be laid under it.

Every column is mirrored at its own foot, so that sloped and curved soles stay joined to their reflection; what hangs well
above the ground (the arch of a shoe, the bridge of glasses) is mirrored at the ground below it. No ground is a perfect
mirror: the reflection gets fainter and more blurred with the height it comes from.
"""

import math
from typing import cast

import cv2
import numpy as np
from PIL import Image

from processing.imaging.ground import Ground
from processing.imaging.linear import Bytes, Floats

# Light that comes back at the foot, and the height (share of the product's) at which nothing does any more.
_SHARE = 0.40
_REACH = 0.32
_FADE = 1.7
# Blur in shares of the product's longer side where the reflection ends; along the line of sight it is wider.
_BLUR_ACROSS, _BLUR_ALONG = 0.007, 0.014
_BLUR_LEVELS = 3
# Gaps below this share of the product's longer side count as touching.
_TOUCHING = 0.03
_SOLID = 128


def reflection_of(image: Image.Image, ground: Ground, *, room_px: tuple[int, int, int]) -> tuple[Image.Image, int, int]:
    """Reflection of a product (straight RGBA), its alpha faded, with the x and y of its corner against the product's.

    `room_px`: how many px of canvas there are to the left, to the right and below the product's box; what does not fit
    is cut off.
    """
    axis = _mirror_axis(np.asarray(image.getchannel("A")), ground)
    reach = max(2.0, _REACH * image.height)
    start, end = math.floor(float(axis.min())), math.ceil(float(axis.max()) + reach)
    end = min(end, image.height + room_px[2])
    pads = [min(room, math.ceil(2.6 * _BLUR_ACROSS * max(image.size))) for room in room_px[:2]]
    if end <= start:
        return Image.new("RGBA", (1, 1)), 0, 0
    axis = cast(Floats, np.pad(axis, pads, mode="edge"))
    mirrored = _mirrored(image, axis, rows=(start, end), left_px=pads[0])
    height = (np.arange(start, end, dtype=np.float32)[:, None] + np.float32(0.5) - axis) / np.float32(reach)
    soft = _blurred_by(mirrored, np.clip(height, 0, 1), size=max(image.size))
    share = np.clip(1 - height, 0, 1) ** np.float32(_FADE) * np.clip(height * reach + 0.5, 0, 1) * np.float32(_SHARE)
    return _straight(soft, share), -pads[0], start


def _mirror_axis(alpha: Bytes, ground: Ground) -> Floats:
    """y at which each column (of the layer) is mirrored: its foot, or where its gap is wide the ground line."""
    height, width = alpha.shape
    across, down = ground.scale_to((width, height))
    columns = (np.arange(width) + 0.5) / across - 0.5
    line = np.interp(columns, np.arange(ground.line.size), ground.line).astype(np.float32) * np.float32(down)
    solid = alpha >= _SOLID
    foot = np.where(solid.any(axis=0), height - solid[::-1].argmax(axis=0), line).astype(np.float32)
    gap = np.maximum(line - foot, 0)
    near = np.float32(_TOUCHING * max(alpha.shape))
    # Between touching and hanging the axis goes over smoothly, or the reflection would be torn there.
    axis = foot + gap * np.clip(gap / near - 1, 0, 1)
    sigma = max(0.004 * max(alpha.shape), 0.6)
    return cast(Floats, cv2.GaussianBlur(axis[None], (0, 0), sigma, sigmaY=0.1, borderType=cv2.BORDER_REPLICATE)[0])


def _mirrored(image: Image.Image, axis: Floats, *, rows: tuple[int, int], left_px: int) -> Floats:
    """Premultiplied float32 (h, w, 4), 0..255: the product upside down below the axis."""
    premultiplied = np.asarray(image.convert("RGBa"))
    y = np.arange(*rows, dtype=np.float32)[:, None]
    source = np.ascontiguousarray(2 * axis[None] - y - 1, np.float32)
    columns = np.arange(axis.size, dtype=np.float32) - np.float32(left_px)
    columns = np.ascontiguousarray(np.broadcast_to(columns, source.shape))
    found = cv2.remap(premultiplied, columns, source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return cast(Floats, found.astype(np.float32))


def _blurred_by(mirrored: Floats, height: Floats, *, size: int) -> Floats:
    """Sharp where `height` (h, w) is 0, and blurred in full where it is 1; a few levels go over into each other."""
    result = mirrored
    for level in range(1, _BLUR_LEVELS + 1):
        part = level / _BLUR_LEVELS
        sigma = max(_BLUR_ACROSS * part * size, 0.3), max(_BLUR_ALONG * part * size, 0.3)
        soft = cv2.GaussianBlur(mirrored, (0, 0), sigma[0], sigmaY=sigma[1], borderType=cv2.BORDER_CONSTANT)
        weight = np.clip(height * _BLUR_LEVELS - (level - 1), 0, 1)[..., None]
        result = result + (soft - result) * weight
    return result


def _straight(premultiplied: Floats, share: Floats) -> Image.Image:
    """Straight RGBA of premultiplied colour, its alpha thinned by `share`."""
    alpha = premultiplied[..., 3]
    colour = premultiplied[..., :3] * (np.float32(255) / np.maximum(alpha, np.float32(1)))[..., None]
    picture = np.dstack([colour, alpha * share])
    return Image.fromarray(np.rint(picture).clip(0, 255).astype(np.uint8))
