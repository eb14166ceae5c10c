"""Sharpness of the product in an output against its source, at one fixed scale."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.scoring.alignment import Landing, Pair, align
from processing.scoring.measurement import Measurement

# Laplacian energy depends on the pixel scale, so both pictures are compared with the product at this size at most.
SCALE_LONG_PX = 800
# Sensor noise alone has this much energy; without it a plain product would be judged by its noise.
NOISE_ENERGY = 4.0


def measure_sharpness(
    source: Image.Image,
    source_alpha: Image.Image | NDArray[Any],
    output: Image.Image,
    *,
    landing: Landing | None = None,
    pair: Pair | None = None,
) -> Measurement:
    """BLUR: square root of the Laplacian energy of the product in the output over that of the source (1: as sharp).

    Energy is the mean squared Laplacian of the luma over the strongest tenth of the opaque product, at 800 px at most; `pair` is what
    `align` made of the same pictures at that size. Values above 1 are sharpened.
    Blind to colour, to the outer edge and to blur the photo already had.
    Unit ratio. Range 0 up, 1 as sharp. Source: Laplacian energy (Subbarao and Tyan 1998), taken relative to the source; 9
    ms a megapixel.
    """
    pair = pair or align(source, source_alpha, output, landing=landing, long_px=SCALE_LONG_PX)
    if pair is None or pair.solid.sum() < 100:
        return Measurement("BLUR", 1.0, "ratio", detail="no opaque product to compare")
    before, after = _laplacian(pair.source), _laplacian(pair.output)
    inside = before[pair.solid]
    strong = inside >= _upper_tenth(inside)
    energy_before, energy_after = (
        float(np.square(one[strong], dtype=np.float32).mean()) for one in (inside, after[pair.solid])
    )
    ratio = ((energy_after + NOISE_ENERGY) / (energy_before + NOISE_ENERGY)) ** 0.5
    return Measurement("BLUR", ratio, "ratio", detail=f"Laplacian energy {energy_before:.0f} became {energy_after:.0f}")


def _upper_tenth(values: NDArray[np.int16]) -> int:
    """The whole number from which on the largest tenth of the values lies; counting is faster than sorting."""
    up_to = np.cumsum(np.bincount(values))
    return int(np.searchsorted(up_to, 0.9 * values.size, side="right"))


def _laplacian(rgb: NDArray[np.uint8]) -> NDArray[np.int16]:
    luma = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    return np.asarray(np.abs(cv2.Laplacian(luma, cv2.CV_16S)), np.int16)
