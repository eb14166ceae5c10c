"""One look for the photos of a batch: what light they were taken in, read from the whole batch and not from one photo.

The paper around a product is a measurement of the light, and a noisy one: a reflex, a shadow or a coloured neighbour moves
it. Photos of one session share the colour of their light, so the median of many says better what a single one guesses; how
long a camera exposed differs from photo to photo. Each photo gets the batch's white balance and is brought to the batch's
paper level; one that was clearly taken in other light gets its own balance, aimed at the same level.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from processing.imaging.enhance import (
    PAPER_TARGET,
    WHITE_PAPER,
    Look,
    balance_within_limit,
    exposure_within_limit,
    gain_to,
    paper_confidence,
    paper_doubt,
    paper_gain,
)
from processing.imaging.linear import Floats, luminance, to_linear

VERSION = "2"
# Fewer photos that are sure of their light are no statistics.
_LEAST_SURE = 4
SAMPLE_PX = 480
_SURE = 0.5
# Papers whose colour differs by less (natural logarithm of a band, brightness apart) are taken for one session; below the same
# difference in brightness they were exposed alike.
_SAME_LIGHT = 0.07
# Paper darker than the batch's by more than this is other paper, not an exposure that was too short.
_SAME_PAPER = 1.6
_BORDER = 0.05
# Below this black point (linear) there is no veil; above the other the products are simply light.
_VEIL = (0.015, 0.07)
_BLACK_TARGET = 0.012
_MAX_CONTRAST = 1.06
_MIDDLE_GREY = 0.18
# Papers that were retouched to pure white are no reason to push the others there.
_HIGHEST_LEVEL = 0.92


@dataclass(frozen=True)
class PhotoLight:
    """Linear colour of a photo's paper, its darkest light, and how sure the paper is a grey card (0: it is none)."""

    paper: tuple[float, float, float]
    black: float
    confidence: float


@dataclass(frozen=True)
class BatchLook:
    """What the photos of a batch are brought to. `paper` the median linear paper of the sure ones, `level` the luminance
    that it is brought to, `contrast` about middle grey, `agreement` 0..1 how much of the batch was taken in that light."""

    paper: tuple[float, float, float] = (1.0, 1.0, 1.0)
    level: float = PAPER_TARGET
    contrast: float = 1.0
    agreement: float = 0.0
    photos: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "paper": list(self.paper)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "BatchLook":
        """Batch look of `to_dict` values."""
        red, green, blue = (float(band) for band in data["paper"])
        return cls(
            (red, green, blue),
            float(data["level"]),
            float(data["contrast"]),
            float(data["agreement"]),
            int(data["photos"]),
        )


def light_of(image: Image.Image) -> PhotoLight:
    """Light of one photo (RGB), read at SAMPLE_PX from its border, where a product photo shows paper."""
    small = image.copy()
    small.thumbnail((SAMPLE_PX, SAMPLE_PX), Image.Resampling.BOX, reducing_gap=2.0)
    light = to_linear(np.asarray(small))
    paper = _border(light)
    black = float(np.quantile(light.max(axis=2), 0.003))
    confidence = 0.0 if paper_doubt(paper) else paper_confidence(paper)
    red, green, blue = (float(band) for band in np.median(paper, axis=0))
    return PhotoLight((red, green, blue), black, confidence)


def batch_look(lights: Sequence[PhotoLight]) -> BatchLook:
    """Medians of the sure photos; agreement 0 where they are too few to say anything."""
    sure = [one for one in lights if one.confidence >= _SURE]
    if len(sure) < _LEAST_SURE:
        return BatchLook(photos=len(lights))
    papers = np.array([one.paper for one in sure])
    middle, level = _middle(papers)
    distance = np.array([_apart(paper, middle) for paper in papers])
    red, green, blue = (round(float(band), 5) for band in middle)
    return BatchLook(
        (red, green, blue),
        round(min(max(PAPER_TARGET, level), _HIGHEST_LEVEL), 4) if level >= WHITE_PAPER else round(level, 4),
        _contrast([one.black for one in sure]),
        round(float((distance < _SAME_LIGHT).mean()) * len(sure) / len(lights), 3),
        len(lights),
    )


def in_batch(own: Look, batch: BatchLook, *, paper: Floats | None, product: Floats) -> Look:
    """The look of one photo within its batch.

    `own` is what the photo asks for by itself, `paper` its own linear paper colour (3,) or None where it is no grey
    card, `product` linear colours (n, 3) that must keep their hue. A batch without a common light changes nothing.
    """
    if batch.agreement < _SURE:
        return own
    common = np.array(batch.paper, np.float32)
    other_light = paper is not None and _apart(paper, common) > _SAME_LIGHT
    reference = paper if paper is not None and other_light else common * _exposed(paper, common)
    # A photo that cannot say what light it was taken in gets the batch's correction only as far as the batch agrees.
    share = batch.agreement if paper is None else 1.0
    balance = balance_within_limit(reference, product, share=share)
    level = float(luminance((reference * balance).astype(np.float32)))
    same_paper = float(luminance(common)) < _SAME_PAPER * level
    wanted = gain_to(level, target=batch.level) if same_paper else paper_gain(level, target=batch.level)
    exposure = exposure_within_limit(wanted**share, product * balance)
    red, green, blue = (round(float(gain), 4) for gain in balance)
    note = "own-light-in-batch" if other_light else "batch-look"
    return Look(
        exposure, (red, green, blue), batch.contrast, own.tilt_deg, max(own.confidence, batch.agreement), (note,)
    )


def _middle(papers: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.floating], float]:
    """Usual paper and its level. Colour and level each have their median: bands that come from photos exposed differently would
    make a colour that no photo has."""
    levels = luminance(papers.astype(np.float32))
    level = float(np.median(levels))
    colour = np.median(papers / levels[:, None], axis=0)
    return colour * level / float(luminance(colour.astype(np.float32))), level


def _apart(paper: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """How far two papers are apart in colour, brightness apart: the largest natural logarithm of a band's ratio."""
    ratio = np.log(paper / other)
    return float(np.abs(ratio - ratio.mean()).max())


def _exposed(paper: Floats | None, common: Floats) -> float:
    """How much more light a photo's paper sent than the batch's; 1 where it is about as much or not known."""
    if paper is None:
        return 1.0
    ratio = float(luminance(paper) / luminance(common))
    return ratio if abs(math.log(ratio)) > _SAME_LIGHT else 1.0


def _border(light: Floats) -> Floats:
    """Middle four fifths, by brightness, of the pixels (n, 3) along the frame; products reach the frame at some places."""
    width = max(2, round(_BORDER * min(light.shape[:2])))
    bands = [light[:width], light[-width:], light[width:-width, :width], light[width:-width, -width:]]
    pixels = np.concatenate([band.reshape(-1, 3) for band in bands])
    bright = pixels.sum(axis=1)
    low, high = np.percentile(bright, (10, 90))
    kept: Floats = pixels[(bright >= low) & (bright <= high)]
    return kept


def _contrast(blacks: Sequence[float]) -> float:
    """Contrast that takes back a veil over the whole batch: where even its darkest photos reach no black. Light products
    have no black either, so a batch without any is left alone."""
    floor = float(np.quantile(blacks, 0.1, method="lower"))
    if not _VEIL[0] < floor < _VEIL[1]:
        return 1.0
    full = np.log(_BLACK_TARGET / _MIDDLE_GREY) / np.log(floor / _MIDDLE_GREY)
    return round(float(min(full, _MAX_CONTRAST)), 4)
