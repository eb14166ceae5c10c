"""HEIC, the format of phones, read in a process of its own: its decoder can be crashed by damaged files, and a crash there is
one file refused, not a worker lost. Run as a program, this file is that process.
"""

import io
import subprocess
import sys

TIME_LIMIT_S = 60
MEMORY_LIMIT_BYTES = 3 * 2**30
_TOO_LARGE = 3
_BRANDS = {b"heic", b"heix", b"heim", b"heis"}


class HeicError(ValueError):
    """The file cannot be read: damaged, or its decoder crashed or ran too long."""


class HeicTooLarge(HeicError):
    """More pixels than allowed; `width` and `height` say how many."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"{width} x {height}")
        self.width, self.height = width, height


def is_heic(data: bytes) -> bool:
    """Whether the brands that the first box of the file names hold a still in HEVC."""
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 128)]
    return data[4:8] == b"ftyp" and any(brands[at : at + 4] in _BRANDS for at in range(0, len(brands), 4))


def as_tiff(data: bytes, *, max_pixels: int) -> bytes:
    """The picture as an uncompressed TIFF, upright, 8 bit, with its colour profile. Raises HeicTooLarge, HeicError."""
    command = [sys.executable, "-I", __file__, str(max_pixels)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise HeicError("takes too long to unpack") from error
    if done.returncode == _TOO_LARGE:
        width, height = done.stdout.split()
        raise HeicTooLarge(int(width), int(height))
    if done.returncode:
        raise HeicError(f"the decoder ended with {done.returncode}")
    return done.stdout


def _main() -> int:
    import resource

    import pi_heif
    from PIL import Image

    if sys.platform == "linux":  # others do not let it be set so
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pi_heif.register_heif_opener(thumbnails=False)
    written = io.BytesIO()
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=["HEIF"]) as image:
        if image.width * image.height > int(sys.argv[1]):
            sys.stdout.write(f"{image.width} {image.height}")
            return _TOO_LARGE
        image.save(written, "TIFF", icc_profile=image.info.get("icc_profile"))
    sys.stdout.buffer.write(written.getbuffer())
    return 0


if __name__ == "__main__":
    sys.exit(_main())
