"""Tiny made pictures for the imaging tests, each with its truth."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def file_of(image: Image.Image, format_name: str = "PNG", **options: Any) -> bytes:
    """The picture as file bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def solid(size: tuple[int, int] = (240, 220), colour: Any = (200, 100, 50), mode: str = "RGB") -> Image.Image:
    """One colour all over."""
    return Image.new(mode, size, colour)


def halves(size: tuple[int, int] = (240, 220)) -> Image.Image:
    """Red on the left, blue on the right: shows how a picture is turned."""
    image = Image.new("RGB", size, (230, 20, 20))
    image.paste((20, 20, 230), (size[0] // 2, 0, size[0], size[1]))
    return image


def paper(
    size: tuple[int, int] = (320, 240), colour: tuple[int, int, int] = (225, 224, 221), *, seed: int = 1
) -> np.ndarray:
    """Backdrop with a light falloff and fine grain, float32 (h, w, 3) in 0..255."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    light = 1.0 - 0.06 * (x / size[0]) - 0.05 * ((y / size[1] - 0.4) ** 2)
    grain = rng.normal(0, 1.0, (size[1], size[0], 3)).astype(np.float32)
    return np.asarray(np.array(colour, np.float32) * light[..., None] + grain, np.float32)


def soft_mask(size: tuple[int, int], draw: Any, *, blur_px: float = 0.8) -> np.ndarray:
    """Coverage 0..1 of what `draw(ImageDraw)` paints, drawn at four times the size and blurred as by a lens."""
    large = Image.new("L", (size[0] * 4, size[1] * 4))
    draw(ImageDraw.Draw(large))
    small = large.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(blur_px))
    return np.asarray(small, np.float32) / 255


def shot(
    alpha: np.ndarray, product: Any, backdrop: np.ndarray, *, shade: np.ndarray | None = None
) -> tuple[Image.Image, np.ndarray]:
    """(photo, uint8 true alpha): the product's colour over the backdrop, darkened by `shade` (1 is no shadow),
    mixed in light as a lens does."""
    ground = backdrop if shade is None else backdrop * shade[..., None]
    colour = np.broadcast_to(np.asarray(product, np.float32), backdrop.shape)
    mixed = _light(colour) * alpha[..., None] + _light(ground) * (1 - alpha[..., None])
    photo = Image.fromarray(np.clip(mixed ** (1 / 2.2) * 255 + 0.5, 0, 255).astype(np.uint8))
    return photo, (alpha * 255 + 0.5).astype(np.uint8)


def _light(codes: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(codes / 255, 0, 1) ** 2.2, np.float32)


def box_shot(**options: Any) -> tuple[Image.Image, np.ndarray]:
    """A blue box in the middle of light grey paper."""
    size = options.pop("size", (320, 240))
    k = 4
    box = (int(size[0] * 0.3) * k, int(size[1] * 0.25) * k, int(size[0] * 0.7) * k, int(size[1] * 0.8) * k)
    alpha = soft_mask(size, lambda pen: pen.rectangle(box, fill=255))
    return shot(alpha, options.pop("product", (40, 70, 150)), paper(size, **options))
