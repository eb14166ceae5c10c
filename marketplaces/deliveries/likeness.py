"""Is what arrived what was sent? By bytes where they are equal, by look where a server wrote the picture anew."""

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from PIL import Image

from processing.imaging.codec import DecodeError, decode
from processing.imaging.metadata import read_metadata
from processing.steps.base import flat

# Both pictures are compared at this length: fine enough to see another picture, coarse enough to forgive an encoder.
COMPARED_PX = 512
# A JPEG of quality 60 of a product photo stays above 33 dB at this size; another product on the same white below 25.
LEAST_PSNR_DB = 30.0
# The mean difference of the worst of 16 x 16 fields, 0..255: a small foreign mark is lost in the whole, not in its field.
MOST_FIELD_DIFFERENCE = 14.0
_FIELDS = 16
SAME_RATIO = 0.01
# What a picture says about itself and must not lose on the way.
_MEANT = {"digital_source_type": "digital source type", "creator": "creator", "copyright": "copyright", "sku": "SKU"}


@dataclass(frozen=True)
class Likeness:
    """`is_same`: the picture that was sent. `lost`: what of its metadata is not there any more."""

    is_same: bool
    is_identical: bool
    reason: str = ""
    psnr_db: float | None = None
    lost: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        verdict = "identical" if self.is_identical else "re-encoded" if self.is_same else "different"
        found: dict[str, Any] = {"verdict": verdict, "lost": list(self.lost)}
        if self.psnr_db is not None:
            found["psnr_db"] = round(self.psnr_db, 1)
        return found


def compare(sent: bytes, came: bytes, *, is_picture: bool) -> Likeness:
    """Bytes first; then, for pictures, shape and look. Files that are no pictures must be equal."""
    if hashlib.sha256(sent).digest() == hashlib.sha256(came).digest():
        return Likeness(is_same=True, is_identical=True)
    if not is_picture:
        return Likeness(False, False, f"{len(came):,} other bytes are there, {len(sent):,} were sent")
    return _by_look(sent, came)


def _by_look(sent: bytes, came: bytes) -> Likeness:
    try:
        mine, theirs = decode(sent), decode(came, max_pixels=settings.MAX_PHOTO_PIXELS)
    except DecodeError as error:
        return Likeness(False, False, f"what is there cannot be read as a picture: {error}")
    if abs(mine.width / mine.height * theirs.height / theirs.width - 1) > SAME_RATIO:
        return Likeness(False, False, f"it was cut to another shape, {theirs.width} x {theirs.height} px")
    psnr_db, worst = _difference(mine, theirs)
    is_same = psnr_db >= LEAST_PSNR_DB and worst <= MOST_FIELD_DIFFERENCE
    reason = "" if is_same else f"another picture is there: {psnr_db:.0f} dB, at least {LEAST_PSNR_DB:.0f} are like"
    return Likeness(is_same, False, reason, psnr_db, _lost(sent, came))


def _difference(mine: Image.Image, theirs: Image.Image) -> tuple[float, float]:
    """(PSNR in dB, mean difference of the worst field in 0..255) at the same small size, on white."""
    scale = min(1.0, COMPARED_PX / max(*mine.size, *theirs.size))
    size = max(_FIELDS, round(mine.width * scale)), max(_FIELDS, round(mine.height * scale))
    first, second = _small(mine, size), _small(theirs, size)
    difference = np.abs(first - second)
    mean_square = float(np.mean(difference**2))
    psnr_db = 99.0 if mean_square == 0 else min(99.0, 10 * math.log10(255**2 / mean_square))
    fields = [
        field.mean() for row in np.array_split(difference, _FIELDS) for field in np.array_split(row, _FIELDS, axis=1)
    ]
    return psnr_db, float(max(fields))


def _small(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(flat(image).resize(size, Image.Resampling.BOX), np.float32)


def _lost(sent: bytes, came: bytes) -> tuple[str, ...]:
    before, after = read_metadata(sent), read_metadata(came)
    return tuple(label for name, label in _MEANT.items() if before.get(name) and before[name] != after.get(name))
