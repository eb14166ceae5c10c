"""A product freed from its backdrop, kept as small as it is."""

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
    cell = 1 << times
    left, top, right, bottom = product_box(matte.alpha)
    # Whole cells, so that they are averaged as those of the whole photo are.
    box = (left // cell * cell, top // cell * cell, -(-right // cell) * cell, -(-bottom // cell) * cell)
    colour, alpha = _within(matte, box)
    seen = (alpha > 0).view(np.uint8) * np.uint8(255)
    frame = (height >> times, width >> times)
    corner = (top // cell, left // cell)
    return Planes(*(_in_frame(part, frame, corner, times=times, size=size) for part in (colour, alpha, seen)))


def _in_frame(
    part: Bytes, frame: tuple[int, int], corner: tuple[int, int], *, times: int, size: tuple[int, int]
) -> Bytes:
    """A part of a plane halved so many times, laid at its corner (row, column) in an empty frame (h, w), brought to a size."""
    for _ in range(times):
        part = halved(part)
    plane = np.zeros((*frame, *part.shape[2:]), np.uint8)
    room = plane[corner[0] : corner[0] + part.shape[0], corner[1] : corner[1] + part.shape[1]]
    room[...] = part[: room.shape[0], : room.shape[1]]
    return averaged(plane, size=size)


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
