"""A plain packshot made from a known cut-out, and faults put into that output on purpose."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageFilter

from processing.scoring.alignment import BoxPx, Landing, product_box
from processing.scoring.colour import difference
from processing.scoring.defects import Strength, Triple

CANVAS_PX = 1000
FILL = 0.85
# Photos are larger than what is made of them: an enlarged product is soft by its size, and not judged by its sharpness.
MOST_SCALE = 0.8
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@dataclass(frozen=True)
class Output:
    """A packshot before encoding: RGB canvas, L product mask, where the product's box landed, JPEG quality to be used."""

    canvas: Image.Image
    mask: Image.Image
    landing: Landing
    quality: int = 92

    def encoded(self) -> bytes:
        """JPEG 4:4:4 with an sRGB profile, as a marketplace export writes it."""
        target = io.BytesIO()
        self.canvas.save(target, "JPEG", quality=self.quality, subsampling=0, icc_profile=_SRGB)
        return target.getvalue()


def packshot(triple: Triple, *, fill: float = FILL) -> Output:
    """The true cut-out on a white square of 1000 px, or a smaller one that shows its longer side at `MOST_SCALE`; that side
    takes `fill` of the square."""
    box = product_box(np.asarray(triple.alpha.convert("L")))
    if box is None:
        raise ValueError(f"{triple.name} has an empty alpha")
    cutout = triple.foreground.convert("RGB")
    cutout.putalpha(triple.alpha.convert("L"))
    crop = cutout.crop((box[0], box[1], box[0] + box[2], box[1] + box[3])).convert("RGBa")
    side = min(CANVAS_PX, round(max(box[2:]) * MOST_SCALE / FILL))
    share = side * fill / max(box[2:])
    size = (max(2, round(box[2] * share)), max(2, round(box[3] * share)))
    placed = crop.resize(size, Image.Resampling.LANCZOS, reducing_gap=2).convert("RGBA")
    corner = ((side - size[0]) // 2, (side - size[1]) // 2)
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(placed, corner, placed)
    mask = Image.new("L", canvas.size)
    mask.paste(placed.getchannel("A"), corner)
    landed: BoxPx = (*corner, *size)
    return Output(canvas, mask, Landing(box, landed))


def spoil(triple: Triple, defect: str, strength: Strength) -> Output:
    """The packshot with one fault at strength 1, 2 or 3."""
    return OUTPUT_DEFECTS[defect](triple, strength)


def _hue_shift(triple: Triple, strength: Strength) -> Output:
    """All colours moved along Lab's b and a by dE00 1.5, 3, 6 on the mean."""
    output = packshot(triple)
    rgb = np.asarray(output.canvas)
    wanted = (1.5, 3.0, 6.0)[strength - 1]
    sample = rgb[np.asarray(output.mask) > 250][None, ::31]
    low, high = 0.0, 40.0
    for _ in range(9):
        middle = (low + high) / 2
        mean = float(difference(sample[0], _moved(sample, middle)[0]).mean())
        low, high = (middle, high) if mean < wanted else (low, middle)
    shifted = np.where((np.asarray(output.mask) > 0)[..., None], _moved(rgb, high), rgb)
    return replace(output, canvas=Image.fromarray(shifted))


def _moved(rgb: np.ndarray, amount: float) -> np.ndarray:
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    lab = lab + np.array([0, -0.5, 0.87], np.float32) * np.float32(amount)
    back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(back * 255 + 0.5, 0, 255), np.uint8)


def _blur(triple: Triple, strength: Strength) -> Output:
    """The whole canvas blurred with sigma 0.8, 1.3, 2.2 px."""
    output = packshot(triple)
    return replace(output, canvas=output.canvas.filter(ImageFilter.GaussianBlur((0.8, 1.3, 2.2)[strength - 1])))


def _wrong_scale(triple: Triple, strength: Strength) -> Output:
    """The product at 90, 75, 50 % of the ordered size."""
    return packshot(triple, fill=FILL * (0.9, 0.75, 0.5)[strength - 1])


def _off_white(triple: Triple, strength: Strength) -> Output:
    """White multiplied down to 254, 250, 240."""
    output = packshot(triple)
    factor = (254, 250, 240)[strength - 1] / 255
    return replace(output, canvas=output.canvas.point([round(code * factor) for code in range(256)] * 3))


def _jpeg(triple: Triple, strength: Strength) -> Output:
    """Encoded with quality 60, 40, 20."""
    return replace(packshot(triple), quality=(60, 40, 20)[strength - 1])


OUTPUT_DEFECTS: dict[str, Callable[[Triple, Strength], Output]] = {
    "hue shift": _hue_shift,
    "blur": _blur,
    "wrong scale": _wrong_scale,
    "off-white floor": _off_white,
    "low jpeg quality": _jpeg,
}
