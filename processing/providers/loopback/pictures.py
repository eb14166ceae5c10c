"""Pictures that the loopback server makes: a wall with a floor, and the cut-out of a photo on a plain backdrop."""

import hashlib
import io

import numpy as np
from PIL import Image

HORIZON = 0.55
# Share of the largest colour distance from the corners that counts as product.
THRESHOLD = 0.12


def scene(*, prompt: str, seed: int, size: tuple[int, int] = (1024, 1024)) -> Image.Image:
    """A lit wall and a floor of one colour each, RGB, chosen by prompt and seed: the same ones give the same picture."""
    number = int.from_bytes(hashlib.sha256(f"{prompt}|{seed}".encode()).digest()[:8], "big")
    rng = np.random.default_rng(number)
    width, height = size
    warmth = rng.uniform(-12, 12)
    wall, floor = (np.array([base + warmth, base, base - warmth]) for base in rng.uniform((200, 140), (230, 185)))
    rows = np.linspace(0, 1, height)[:, None]
    columns = np.linspace(-1, 1, width)[None, :]
    light = 1 - 0.12 * (columns - rng.uniform(-0.6, 0.6)) ** 2
    is_floor = np.clip((rows - HORIZON) / 0.06 + 0.5, 0, 1)
    falloff = (0.94 + 0.1 * rows) * (1 - is_floor) + (0.8 + 0.25 * rows) * is_floor
    share = is_floor[..., None]
    pixels = (wall * (1 - share) + floor * share) * (light * falloff)[..., None]
    grain = rng.normal(0, 1.2, (height, width, 1))
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def cut_out(photo: Image.Image) -> Image.Image:
    """The photo with what resembles its corners made transparent, RGBA."""
    pixels = np.asarray(photo.convert("RGB"), np.float32)
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=0)
    distance = np.abs(pixels - corners).max(axis=2)
    alpha = np.where(distance > THRESHOLD * max(distance.max(), 1), 255, 0).astype(np.uint8)
    return Image.fromarray(np.dstack([pixels.astype(np.uint8), alpha]))


def file_of(image: Image.Image, format_name: str) -> tuple[bytes, str]:
    """Bytes and media type; format_name as vendors write it: png, jpg, webp."""
    name = {"jpg": "jpeg"}.get(format_name, format_name)
    buffer = io.BytesIO()
    (image.convert("RGB") if name == "jpeg" else image).save(
        buffer, name.upper(), **({"compress_level": 1} if name == "png" else {})
    )
    return buffer.getvalue(), f"image/{name}"
