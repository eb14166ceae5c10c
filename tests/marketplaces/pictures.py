"""Made pictures for the marketplace tests."""

import io

from PIL import Image, ImageDraw

from marketplaces.facts import ProductArea
from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.metadata import Metadata


def packshot(size=(1200, 1200), *, fill=0.88, ground="white", product=(150, 60, 40)) -> tuple[Image.Image, ProductArea]:
    """A rectangle twice as high as wide in the middle of the canvas, and where it is."""
    image = Image.new("RGB", size, ground)
    height = round(min(size) * fill) if size[0] == size[1] else round(size[1] * fill)
    width = height // 2
    box = ((size[0] - width) // 2, (size[1] - height) // 2, width, height)
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[0] + width - 1, box[1] + height - 1), fill=product)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle((box[0], box[1], box[0] + width - 1, box[1] + height - 1), fill=255)
    return image, ProductArea(box, mask)


def jpeg(image: Image.Image, *, quality=92, metadata: Metadata | None = None) -> bytes:
    return encode(image, EncodeSettings("jpeg", quality, subsampling="4:4:4"), metadata=metadata)


def bare(image: Image.Image, format_name="JPEG", **options) -> bytes:
    """Without profile and metadata, as a careless program writes it."""
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def cutout_png(size=(1400, 1400), *, colour=(150, 60, 40, 255)) -> bytes:
    """An upright oval on nothing, cropped with a 2 px margin, as the cut-out rendition is stored."""
    width, height = round(size[0] * 0.5), size[1]
    image = Image.new("RGBA", (width + 4, height + 4))
    ImageDraw.Draw(image).ellipse((2, 2, width + 1, height + 1), fill=colour)
    return encode(image, EncodeSettings.named("png"))


def scene(size=(1200, 1200)) -> bytes:
    """A composite: the oval standing in a plain room."""
    image = Image.new("RGB", size, (196, 186, 170))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, size[1] * 2 // 3, size[0], size[1]), fill=(150, 120, 90))
    pen.ellipse((size[0] * 0.35, size[1] * 0.3, size[0] * 0.65, size[1] * 0.8), fill=(150, 60, 40))
    return encode(image, EncodeSettings.named("webp"))
