"""A set with something standing in it, for whoever describes the set: is the foot on the ground, the shadow on the right
side, the size believable?"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from processing.imaging.backplates import Backplate
from processing.imaging.compositing import on_backplate
from processing.imaging.cutout import Cutout
from processing.imaging.specs import Spec


def standing(product: Image.Image, plate: Backplate, *, side_px: int) -> Image.Image:
    """The product (RGBA, cropped) on the set, square; the set is shown as it is, neither flipped nor graded by chance."""
    cutout = Cutout(product, (0, 0, *product.size), product.size, confidence=1.0)
    spec = Spec(
        name="preview", size=(side_px, side_px), background=plate.style, padding=1.6, shadow="natural", enlarge=True
    )
    unflipped = Backplate(**{**vars(plate), "flip": False})
    return on_backplate(cutout, spec, unflipped, rng=np.random.default_rng(0)).image


def stand_in() -> Image.Image:
    """A plain carton, RGBA: for a shop without any cut-out yet."""
    large = Image.new("RGBA", (1200, 1600))
    draw = ImageDraw.Draw(large)
    draw.polygon([(60, 130), (760, 60), (760, 1560), (60, 1470)], fill=(196, 168, 132, 255))
    draw.polygon([(760, 60), (1140, 150), (1140, 1440), (760, 1560)], fill=(160, 134, 102, 255))
    draw.polygon([(200, 500), (620, 470), (620, 900), (200, 900)], fill=(238, 234, 226, 255))
    return large.filter(ImageFilter.GaussianBlur(1.2)).resize((600, 800), Image.Resampling.LANCZOS)
