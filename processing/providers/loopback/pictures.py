"""What the loopback server makes: a wall with a floor, a cut-out, changed photos, a few seconds of video and of sound."""

import hashlib
import io
import wave

import av
import numpy as np
from PIL import Image, ImageOps

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


def expanded(photo: Image.Image, *, ratio: str) -> Image.Image:
    """The photo on a canvas of the ratio, its corner's colour around it."""
    width, height = map(int, ratio.split(":"))
    scale = max(photo.width / width, photo.height / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    rgb = photo.convert("RGB")
    corner = rgb.getpixel((0, 0))
    return ImageOps.pad(rgb, size, color=corner if isinstance(corner, tuple) else (0, 0, 0))


def upscaled(photo: Image.Image, *, times: float) -> Image.Image:
    size = (round(photo.width * times), round(photo.height * times))
    return photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def painted(photo: Image.Image, *, mask: Image.Image | None, prompt: str) -> Image.Image:
    """The photo with a scene where the mask is white; without a mask a tint over all of it."""
    scenery = scene(prompt=prompt, seed=len(prompt), size=photo.size)
    cover = mask.convert("L") if mask is not None else Image.new("L", photo.size, 40)
    return Image.composite(scenery, photo.convert("RGB"), cover)


def composed(product: Image.Image, background: Image.Image) -> Image.Image:
    """The product, at half its size, in the middle of the background."""
    canvas = background.convert("RGB")
    small = product.convert("RGBA").resize((max(1, canvas.width // 2), max(1, canvas.height // 2)))
    canvas.paste(small, (canvas.width // 4, canvas.height // 4), small)
    return canvas


def video_of(image: Image.Image, *, frames: int = 12) -> bytes:
    """A short MP4 that moves closer."""
    small = ImageOps.fit(image.convert("RGB"), (128, 128))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        # What browsers play, where the library has it.
        has_h264 = "libx264" in av.codecs_available
        stream = container.add_stream("libx264", rate=12) if has_h264 else container.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 128, 128, "yuv420p"
        for number in range(frames):
            frame = ImageOps.fit(small.crop((number, number, 128 - number, 128 - number)), (128, 128))
            pixels = np.asarray(frame)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def tone(length: int) -> bytes:
    """A WAV of a hum, longer for longer words."""
    seconds = min(0.2 + 0.05 * length, 5)
    samples = np.sin(np.arange(round(8000 * seconds)) * (2 * np.pi * 220 / 8000)) * 8000
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def file_of(image: Image.Image, format_name: str) -> tuple[bytes, str]:
    """Bytes and media type; format_name as vendors write it: png, jpg, webp."""
    name = {"jpg": "jpeg"}.get(format_name, format_name)
    buffer = io.BytesIO()
    (image.convert("RGB") if name == "jpeg" else image).save(
        buffer, name.upper(), **({"compress_level": 1} if name == "png" else {})
    )
    return buffer.getvalue(), f"image/{name}"
