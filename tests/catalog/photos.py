"""Small made photos and files for the intake's tests."""

import io
import json
import zipfile
from typing import Any

from PIL import Image


def photo(
    *, colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (240, 220), format: str = "JPEG"
) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format)
    return buffer.getvalue()


def animation() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (220, 220), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def archive(files: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    buffer.seek(0)
    return buffer


def manifest(*items: Any) -> bytes:
    return json.dumps(list(items)).encode()
