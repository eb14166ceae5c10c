"""Drawn cutouts and sets for the imaging tests: small, exact, made in memory."""

import numpy as np
from PIL import Image, ImageDraw

from processing.imaging.backplates import Backplate, Light
from processing.imaging.cutout import Cutout

OVERSAMPLING = 4


def cutout_of(image: Image.Image) -> Cutout:
    """Cutout of an RGBA picture that is already cropped."""
    return Cutout(image=image, box_px=(0, 0, *image.size), source_size=image.size, confidence=1.0)


def drawn(size: tuple[int, int], draw_on) -> Cutout:
    """Cutout drawn at four times its size with a 2 px margin; `draw_on(draw, scale)` gets sizes times `scale`."""
    large = Image.new("RGBA", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING))
    draw_on(ImageDraw.Draw(large), OVERSAMPLING)
    return cutout_of(large.convert("RGBa").reduce(OVERSAMPLING).convert("RGBA"))


def box_product(width: int = 120, height: int = 200, colour: tuple[int, int, int] = (60, 90, 140)) -> Cutout:
    """An upright plain box, seen from straight in front."""

    def paint(draw: ImageDraw.ImageDraw, scale: int) -> None:
        draw.rectangle((2 * scale, 2 * scale, (width - 2) * scale - 1, (height - 2) * scale - 1), fill=(*colour, 255))

    return drawn((width, height), paint)


def ball_product(side: int = 160) -> Cutout:
    """A round thing, lighter on its left."""
    cutout = drawn(
        (side, side), lambda draw, scale: draw.ellipse([2 * scale, 2 * scale, *[(side - 2) * scale] * 2], fill="tan")
    )
    return cutout


def plain_plate(side: int = 640, *, azimuth_deg: float = 180.0, softness: float = 0.3, flip: bool = False) -> Backplate:
    """A grey wall over a lighter table, lit from the left unless told otherwise."""
    pixels = np.full((side, side, 3), 120, np.uint8)
    pixels[side // 2 :] = 190
    return Backplate(
        name="plain",
        style="lifestyle-home",
        pixels=pixels,
        horizon=0.5,
        ground=(0.66, 0.9),
        stand=(0.5, 0.78),
        product_height=(0.25, 0.5),
        light=Light(azimuth_deg=azimuth_deg, elevation_deg=40.0, softness=softness),
        temperature_k=4800,
        tint=(1.0, 0.9, 0.8),
        flip=flip,
    )
