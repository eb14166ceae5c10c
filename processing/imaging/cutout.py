"""A product freed from its backdrop, kept as small as it is."""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from PIL import Image

from processing.imaging.linear import Bytes
from processing.imaging.matting.matte import Matte
from processing.imaging.resize import averaged, halved, shrunk_size

MARGIN_PX = 2
_SEEN = 3  # alpha below this is noise, not product, when the box is measured


@dataclass(frozen=True)
class Cutout:
    """`image` is RGBA with straight colour, cropped to the product's box plus 2 px; `box_px` (x, y, w, h) says where it
    was in a photo of `source_size`."""

    image: Image.Image
    box_px: tuple[int, int, int, int]
    source_size: tuple[int, int]
    confidence: float
    notes: tuple[str, ...] = ()


def cutout_from_matte(image: Image.Image, matte: Matte) -> Cutout:
    """Cutout of a photo by its matte. An empty matte gives one transparent pixel at the top left corner.

    ValueError when photo and matte differ in size.
    """
    size = (matte.alpha.shape[1], matte.alpha.shape[0])
    if image.size != size:
        raise ValueError(f"matte is {size[0]}x{size[1]}, picture is {image.width}x{image.height}")
    left, top, right, bottom = box = product_box(matte.alpha)
    colour, alpha = _within(matte, box)
    pixels = cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA)
    cv2.insertChannel(alpha, pixels, 3)
    return Cutout(
        image=Image.fromarray(pixels),
        box_px=(left, top, right - left, bottom - top),
        source_size=size,
        confidence=matte.confidence,
        notes=matte.notes,
    )


@dataclass(frozen=True)
class Planes:
    """A matte's cutout in its place in the photo, averaged down, nothing around it: colour (h, w, 3), black where it is
    transparent, alpha (h, w), and how much of each pixel there is something of (h, w)."""

    colour: Bytes
    alpha: Bytes
    seen: Bytes


def planes(matte: Matte, *, long_px: int) -> Planes:
    """`full_size` of `cutout_from_matte` at a long side of `long_px`, from the product's box alone: the rest is empty."""
    height, width = matte.alpha.shape
    size, times = shrunk_size((width, height), long_px=long_px), 0
    while width >> times >= 2 * size[0] and height >> times >= 2 * size[1]:
        times += 1
    left, top, right, bottom = product_box(matte.alpha)
    across = _Run.over((left, right), side=width >> times, small=size[0], cell=1 << times)
    down = _Run.over((top, bottom), side=height >> times, small=size[1], cell=1 << times)
    colour, alpha = _within(matte, (across.source.start, down.source.start, across.source.stop, down.source.stop))
    seen = (alpha > 0).view(np.uint8) * np.uint8(255)
    return Planes(*(_in_frame(part, down, across, times=times, size=size) for part in (colour, alpha, seen)))


@dataclass(frozen=True)
class _Run:
    """Along one axis: pixels of the photo, and the pixels that they and no others make when the photo is averaged down."""

    source: slice
    target: slice

    @classmethod
    def over(cls, ends: tuple[int, int], *, side: int, small: int, cell: int) -> "_Run":
        """The least run that holds what lies between `ends`. The photo is first halved to `side` px, of `cell` px each, and
        then averaged to `small`."""
        blocks = math.gcd(side, small)
        first, last = ends[0] * blocks // (side * cell), -(-ends[1] * blocks // (side * cell))
        # An odd last pixel that halving leaves out is in no block.
        first, last = min(first, blocks - 1), min(last, blocks)
        long, short = side // blocks * cell, small // blocks
        return cls(slice(first * long, last * long), slice(first * short, last * short))


def _in_frame(part: Bytes, down: _Run, across: _Run, *, times: int, size: tuple[int, int]) -> Bytes:
    """A part of a plane, halved so many times and then averaged, in an empty frame of a size."""
    for _ in range(times):
        part = halved(part)
    plane = np.zeros((size[1], size[0], *part.shape[2:]), np.uint8)
    room = plane[down.target, across.target]
    room[...] = averaged(part, size=(room.shape[1], room.shape[0]))
    return plane


def _within(matte: Matte, box: tuple[int, int, int, int]) -> tuple[Bytes, Bytes]:
    """Colour and alpha in a box (left, top, right, bottom), no colour where it is transparent."""
    window = (slice(box[1], box[3]), slice(box[0], box[2]))
    alpha: Bytes = np.ascontiguousarray(matte.alpha[window])
    colour = np.ascontiguousarray(matte.foreground[window])
    return cast(Bytes, cv2.bitwise_and(colour, colour, mask=alpha)), alpha


def full_size(cutout: Cutout) -> Image.Image:
    """The cutout back in its place on a transparent canvas of the photo's size, RGBA."""
    canvas = Image.new("RGBA", cutout.source_size)
    canvas.paste(cutout.image, cutout.box_px[:2])
    return canvas


def product_box(alpha: np.ndarray, *, margin_px: int = MARGIN_PX) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what is not transparent, widened by the margin inside the picture."""
    seen = alpha >= _SEEN
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if rows.size == 0:
        return 0, 0, 1, 1
    height, width = alpha.shape
    return (
        max(0, int(columns[0]) - margin_px),
        max(0, int(rows[0]) - margin_px),
        min(width, int(columns[-1]) + 1 + margin_px),
        min(height, int(rows[-1]) + 1 + margin_px),
    )
