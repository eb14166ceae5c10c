"""What is measured of one encoded file, as the marketplace will read it."""

import io
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from processing.imaging.colour import profile_name
from processing.imaging.metadata import read_metadata

MAX_PIXELS = 120_000_000
# The endings that tell a format truly; a file named otherwise is refused by most importers.
SUFFIXES = {
    "JPEG": ("jpg", "jpeg"), "PNG": ("png",), "WEBP": ("webp",), "AVIF": ("avif",), "GIF": ("gif",), "BMP": ("bmp",),
    "TIFF": ("tif", "tiff"),
}  # fmt: skip
_UNREADABLE = (OSError, ValueError, SyntaxError, LookupError, TypeError, Image.DecompressionBombError)


@dataclass(frozen=True)
class ProductArea:
    """Where the product is in a picture: its box (x, y, w, h) in px, and a mask (L, product above 0) of the picture's
    ratio, at any size. A small mask must cover whatever pixel the product touches."""

    box_px: tuple[int, int, int, int]
    mask: Image.Image | None = None


class FileFacts:
    """What is measured of a file, each at most once."""

    def __init__(
        self, data: bytes, *, name: str = "", product: ProductArea | None = None, source_type: str = ""
    ) -> None:
        self.data, self.name, self.product, self.source_type = data, name, product, source_type
        self.error = ""
        self.image: Image.Image
        try:
            image = Image.open(io.BytesIO(data), formats=tuple(SUFFIXES))
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many to check")
            image.load()
            self.image = image
        except _UNREADABLE as error:
            self.error = str(error) or "unreadable"
            self.image = Image.new("RGB", (1, 1))

    def knows(self, code: str) -> bool:
        """Whether a rule of this code can be answered."""
        return True

    @property
    def bytes(self) -> int:
        return len(self.data)

    @property
    def format(self) -> str:
        return self.image.format or "unknown"

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    @property
    def is_clear(self) -> bool:
        return bool(self.image.has_transparency_data)

    @cached_property
    def is_srgb(self) -> bool:
        """RGB, with a profile that says so."""
        return self.image.mode in ("RGB", "RGBA") and profile_name(self.image.info.get("icc_profile")) == "sRGB"

    @cached_property
    def found_source_type(self) -> str:
        """Address of the digital source type in the file, empty for none."""
        return read_metadata(self.data).get("digital_source_type", "")

    @cached_property
    def white_fault(self) -> str:
        """What is not white that should be, in words; empty when all is."""
        from processing.scoring.rendition import Expected, measure_rendition

        mask = self.product.mask if self.product else None
        if mask is not None:
            mask = mask.resize(self.image.size, Image.Resampling.NEAREST)
        for found in measure_rendition(self.data, expected=Expected(background="white"), product_mask=mask):
            if found.code == "BG_NOT_WHITE":
                return found.detail if found.value else ""
        return "the background could not be measured"
