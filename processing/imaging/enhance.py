"""Exposure, white balance and straightening, from what the neutral backdrop says. When in doubt nothing is changed.

The backdrop of a product photo is a grey card by accident: if it is nearly neutral and light it was meant to be white
paper. Its cast is taken back and its brightness brought to a usual level, both within limits.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.imaging.linear import Bytes, Floats, luminance, to_linear, to_srgb

VERSION = "4"
# Mean CIEDE2000 of the product that the white balance may move colours by (lightness apart); the drift check knows it.
HUE_LIMIT_DE00 = 3.0
_NEUTRAL_CHROMA = 7.0
_UNEVEN_CHROMA = 4.0
# Paper of this linear level was meant to be white, of the other to be grey; between them it is lifted the less the darker it is,
# so that two shots a little apart do not end far apart.
WHITE_PAPER = 0.48
_GREY_PAPER = 0.36
PAPER_TARGET = 0.84
MAX_GAIN = 1.25
_SURE = 0.6
_MAX_CLIPPED = 0.003
_MAX_TILT_DEG = 6.0
_MIN_TILT_DEG = 0.15
_TILT_READINGS = 3
_MAX_WOBBLE = 0.8


@dataclass(frozen=True)
class Look:
    """Change of a photo in linear light: `exposure_gain`, band gains `white_balance` (luminance kept), `contrast` about
    middle grey (1 = none). `tilt_deg` is what `straighten` should turn by, `confidence` 0..1 in all of it."""

    exposure_gain: float = 1.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    tilt_deg: float = 0.0
    confidence: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def is_identity(self) -> bool:
        """True when applying it changes nothing."""
        return self.exposure_gain == 1 and self.contrast == 1 and self.white_balance == (1.0, 1.0, 1.0)

    def key(self) -> str:
        """Canonical description of what `apply_look` does."""
        red, green, blue = self.white_balance
        balance = f"{red:.4f},{green:.4f},{blue:.4f}"
        return f"exposure={self.exposure_gain:.4f}|balance={balance}|contrast={self.contrast:.4f}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = asdict(self)
        return {**values, "white_balance": list(self.white_balance), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Look":
        """Look of `to_dict` values; ValueError when they are not."""
        try:
            red, green, blue = (float(gain) for gain in data["white_balance"])
            return cls(
                exposure_gain=float(data["exposure_gain"]),
                white_balance=(red, green, blue),
                contrast=float(data["contrast"]),
                tilt_deg=float(data.get("tilt_deg", 0.0)),
                confidence=float(data.get("confidence", 0.0)),
                notes=tuple(str(note) for note in data.get("notes", ())),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no look: {error}") from error


@dataclass(frozen=True)
class Seen:
    """What a photo shows of its light: linear colours (n, 3) of the paper and of the product, strided samples."""

    paper: Floats
    product: Floats

    @property
    def doubt(self) -> str:
        """Why the paper is no grey card, or "" when it is one."""
        if len(self.paper) < 400 or len(self.product) < 200:
            return "too-little-backdrop"
        return paper_doubt(self.paper)

    @property
    def grey_card(self) -> Floats | None:
        """Median linear paper colour (3,), None where it says nothing about the light."""
        return None if self.doubt else cast(Floats, np.median(self.paper, axis=0).astype(np.float32))


def seen_light(image: Image.Image, *, alpha: Bytes, backdrop: Bytes | None = None) -> Seen:
    """Paper and product of a photo (RGB).

    `alpha` uint8 (h, w) of the photo; `backdrop` uint8 (.., .., 3) as predicted by the matting, otherwise the photo
    outside the product counts. ValueError when alpha and photo differ in size.
    """
    if alpha.shape != (image.height, image.width):
        raise ValueError(f"alpha is {alpha.shape[1]}x{alpha.shape[0]}, picture is {image.width}x{image.height}")
    photo, cover = _small(image, alpha)
    return Seen(to_linear(_paper(photo, cover, backdrop)), to_linear(photo[cover > 250]))


def look_of(seen: Seen, *, tilt_deg: float) -> Look:
    """The look that a photo asks for by itself."""
    paper, product = seen.paper, seen.product
    if seen.doubt:
        return Look(tilt_deg=tilt_deg, notes=(seen.doubt,))
    confidence = paper_confidence(paper)
    balance = balance_within_limit(np.median(paper, axis=0), product, share=min(1.0, confidence / _SURE))
    exposure = _exposure(paper * balance, product * balance)
    red, green, blue = (round(float(gain), 4) for gain in balance)
    return Look(exposure, (red, green, blue), tilt_deg=tilt_deg, confidence=confidence)


def apply_look(image: Image.Image, look: Look) -> Image.Image:
    """The photo (RGB or RGBA, alpha untouched) with the look applied; lights roll off instead of clipping."""
    if image.mode not in ("RGB", "RGBA"):
        raise ValueError(f"picture is {image.mode}, it must be RGB or RGBA")
    if look.is_identity:
        return image.copy()
    tables = [_curve(look.exposure_gain * gain, look.contrast).tolist() for gain in look.white_balance]
    flat = [value for table in tables for value in table]
    if image.mode == "RGBA":
        flat += list(range(256))
    return image.point(flat)


def tilt_of(alpha: Bytes) -> float:
    """Degrees (counter-clockwise positive) by which a product leans, from the middle line of a near-symmetric upright
    one; 0 when it is not symmetric enough, leans more than 6 degrees (then it is meant) or less than 0.15."""
    size = (256, 256 * alpha.shape[0] // alpha.shape[1] or 1)
    small = cast(Bytes, cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    lean, wobble = 0.0, math.inf
    # Leaning corners bend the middle line: it is read again from the outline set upright.
    for _ in range(_TILT_READINGS):
        found = _middle_line(_turned(small, -lean) > 127)
        if found is None or abs(lean + found[0]) > _MAX_TILT_DEG:
            return 0.0
        lean, wobble = lean + found[0], found[1]
    if wobble > _MAX_WOBBLE or abs(lean) < _MIN_TILT_DEG:
        return 0.0
    return round(lean, 2)


def _turned(alpha: Bytes, degrees: float) -> Bytes:
    """The picture turned counter-clockwise about its middle, with room around it."""
    if degrees == 0:
        return alpha
    room = round(max(alpha.shape) * math.sin(math.radians(_MAX_TILT_DEG)))
    wide = cv2.copyMakeBorder(alpha, room, room, room, room, cv2.BORDER_CONSTANT)
    middle = (wide.shape[1] / 2 - 0.5, wide.shape[0] / 2 - 0.5)
    turn = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    return cast(Bytes, cv2.warpAffine(wide, turn, wide.shape[::-1]))


def _middle_line(solid: npt.NDArray[np.bool_]) -> tuple[float, float] | None:
    """Lean (degrees) of the line halfway between left and right outline, and how far the halves stray from it on average (px);
    None for what is not upright."""
    rows = np.flatnonzero(solid.any(axis=1))
    if rows.size < 40:
        return None
    first = solid[rows].argmax(axis=1)
    last = solid.shape[1] - 1 - solid[rows, ::-1].argmax(axis=1)
    if rows.size <= 1.1 * float((last - first).max()):
        return None
    kept = slice(rows.size // 12, -max(1, rows.size // 12))
    middle, y = ((first + last) / 2)[kept], rows[kept].astype(np.float64)
    slope, start = np.polyfit(y, middle, 1)
    return math.degrees(math.atan(float(slope))), float(np.abs(middle - (slope * y + start)).mean())


def straighten(image: Image.Image, *, tilt_deg: float) -> Image.Image:
    """RGBA picture turned so that a lean of `tilt_deg` is gone, grown so that nothing is cut; premultiplied inside."""
    if image.mode != "RGBA":
        raise ValueError(f"picture is {image.mode}, it must be RGBA")
    if tilt_deg == 0:
        return image.copy()
    turned = image.convert("RGBa").rotate(-tilt_deg, resample=Image.Resampling.BICUBIC, expand=True)
    return turned.convert("RGBA")


def _small(image: Image.Image, alpha: Bytes) -> tuple[Bytes, Bytes]:
    """Photo and alpha strided (never averaged) to at most about 0.1 MP."""
    step = max(1, math.isqrt(image.width * image.height // 100_000))
    return np.asarray(image.convert("RGB"))[::step, ::step], alpha[::step, ::step]


def _paper(photo: Bytes, cover: Bytes, backdrop: Bytes | None) -> Bytes:
    """Backdrop colours (n, 3), without the darkest and brightest tenth."""
    seen: Bytes = photo[cover < 3] if backdrop is None else backdrop.reshape(-1, 3)
    light = seen.astype(np.int32).sum(axis=1)
    if light.size == 0:
        return seen
    low, high = np.percentile(light, (10, 90))
    kept: Bytes = seen[(light >= low) & (light <= high)]
    return kept


def paper_doubt(paper: Floats) -> str:
    """Why the backdrop is no grey card, or "" when it is one."""
    lab = rgb2lab(to_srgb(paper)[:: max(1, len(paper) // 4000)])
    middle = np.median(lab, axis=0)
    if np.hypot(middle[1], middle[2]) > _NEUTRAL_CHROMA:
        return "coloured-backdrop"
    if np.abs(lab[:, 1:] - middle[1:]).mean() * 2 > _UNEVEN_CHROMA:
        return "uneven-backdrop"
    return "" if float(luminance(np.median(paper, axis=0))) > 0.08 else "dark-backdrop"


def balance_within_limit(paper: npt.NDArray[np.floating], product: Floats, *, share: float) -> Floats:
    """Band gains (3,) by `share` towards a neutral backdrop, weakened until the product's colours keep to the limit."""
    full = (luminance(paper.astype(np.float32)) / paper).astype(np.float32)
    sample = product[:: max(1, len(product) // 3000)]
    before = rgb2lab(to_srgb(sample))
    for _ in range(6):
        gains = full**share
        after = rgb2lab(to_srgb(sample * gains))
        after[:, 0] = before[:, 0]
        shift = float(np.mean(deltaE_ciede2000(before, after)))  # type: ignore[no-untyped-call]
        if shift <= HUE_LIMIT_DE00:
            return cast(Floats, gains.astype(np.float32))
        share *= 0.94 * HUE_LIMIT_DE00 / shift
    return np.ones(3, np.float32)


def _exposure(paper: Floats, product: Floats) -> float:
    """Gain that brings white paper to its usual level without clipping the product; 1 for paper that may be grey."""
    level = float(np.percentile(luminance(paper), 75))
    return exposure_within_limit(paper_gain(level, target=PAPER_TARGET), product)


def gain_to(level: float, *, target: float) -> float:
    """Gain from one level to another within limits. Never darker: paper that is whiter than usual was lit or retouched to be so."""
    return min(max(target / level, 1.0), MAX_GAIN)


def paper_gain(level: float, *, target: float) -> float:
    """Gain for paper of which only its own level is known; 1 where it is grey."""
    white = min(max((level - _GREY_PAPER) / (WHITE_PAPER - _GREY_PAPER), 0.0), 1.0)
    return float(gain_to(level, target=target) ** white)


def exposure_within_limit(gain: float, product: Floats) -> float:
    """The gain, lowered until the product (linear, (n, 3)) keeps its lights; 1 where it would hardly be seen."""
    brightest = product.max(axis=1)
    room = 1 / max(float(np.quantile(brightest, 1 - _MAX_CLIPPED)), 1e-3)
    gain = min(gain, max(room, 1.0))
    return round(gain, 4) if abs(gain - 1) > 0.02 else 1.0


def paper_confidence(paper: Floats) -> float:
    """Higher for light, even paper."""
    light = luminance(paper)
    spread = float(light.std() / max(float(light.mean()), 1e-3))
    brightness = min(1.0, float(np.median(light)) / WHITE_PAPER)
    return round(brightness * math.exp(-1.5 * spread), 3)


def _curve(gain: float, contrast: float) -> Bytes:
    """256 sRGB values for one band."""
    light = to_linear(np.arange(256, dtype=np.uint8)).astype(np.float64)
    shown = light * gain / (1 + np.maximum(light - 0.6, 0) * max(gain - 1, 0) / 0.4) if gain > 1 else light * gain
    shown = np.where(shown > 0, 0.18 * (shown / 0.18) ** contrast, 0)
    return to_srgb(shown)
