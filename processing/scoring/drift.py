"""Colour and exposure of the product in an output against its source photo, judged before encoding.

Formats add 0.35 to 1.4 dE00 by themselves, so the pixels handed to the encoder are what is measured.
"""

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.blend import OPAQUE
from processing.scoring.alignment import Landing, Pair, align, within_rim
from processing.scoring.colour import LINEAR, difference
from processing.scoring.measurement import Measurement, as_mask, heat_of, place_of

# 30,000 strided pixels give the mean of a 12 MP picture to 0.003 and its 95th percentile to 0.03.
SAMPLES = 30_000
EXPOSURE_LONG_PX = 400
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def measure_drift(
    source: Image.Image,
    source_alpha: Image.Image | NDArray[Any],
    output: Image.Image,
    *,
    landing: Landing | None = None,
    pair: Pair | None = None,
    in_set: bool = False,
) -> Measurement:
    """COLOUR_DRIFT: mean CIEDE2000 between source and output on the eroded product (unit dE00, range 0..100).

    `landing` says which box of the source became which of the output; without it both pictures have one size. Pixels are taken by
    stride, not averaged: that would hide the grain the difference is made of. What was resized is averaged over 3 x 3. `pair` is
    what `align` made of the same pictures, where another check needs it too. `in_set` leaves out the rim, on which the light of a set
    falls on purpose. Blind to edges, framing and size.
    Unit dE00. Range 0 to 100. Source: CIE 142:2001 by Sharma, Wu and Dalal (2005); 10 ms a megapixel.
    """
    if pair is None and landing is None and output.size == source.size and not in_set:
        return _drift_in_place(source, source_alpha, output)
    pair = pair or align(source, source_alpha, output, landing=landing)
    if pair is None:
        return _nothing("COLOUR_DRIFT", "dE00")
    return _drift_of(_smoothed(replace(pair, solid=within_rim(pair.solid)) if in_set else pair))


def _drift_in_place(source: Image.Image, source_alpha: Image.Image | NDArray[Any], output: Image.Image) -> Measurement:
    """Same geometry: every k-th pixel of every k-th row. Pillow's nearest resize reads only those, without a full copy."""
    if not isinstance(source_alpha, Image.Image):
        source_alpha = Image.fromarray(as_mask(source_alpha, size=source.size))
    if source_alpha.size != source.size:
        raise ValueError(f"mask is {source_alpha.size}, image is {source.size}")
    step = max(1, round((source.width * source.height / (4 * SAMPLES)) ** 0.5))
    size = (max(1, source.width // step), max(1, source.height // step))
    first, second, alpha = (image.resize(size, Image.Resampling.NEAREST) for image in (source, output, source_alpha))
    solid = _eroded(np.asarray(alpha.convert("L")), step)
    pair = Pair(np.asarray(first.convert("RGB")), np.asarray(second.convert("RGB")), solid, (0.0, 0.0, 1.0, 1.0))
    return _drift_of(pair)


def _eroded(alpha: NDArray[np.uint8], step: int) -> NDArray[np.bool_]:
    """Sampled pixels (one of `step`) that are opaque and whose neighbours are too: at least 2 px off the edge."""
    solid = alpha >= OPAQUE
    grow = max(1, 2 // step)
    padded = np.pad(solid, grow, constant_values=False)
    rows, columns = solid.shape
    result = solid.copy()
    for down, across in ((0, grow), (2 * grow, grow), (grow, 0), (grow, 2 * grow)):
        result &= padded[down : down + rows, across : across + columns]
    return result


def _smoothed(pair: Pair) -> Pair:
    """What was resized is compared over 3 x 3 pixels: two resizings of fur differ in every hair and in no colour."""
    source, output = (np.asarray(cv2.blur(plane, (3, 3)), np.uint8) for plane in (pair.source, pair.output))
    return replace(pair, source=source, output=output)


def _drift_of(pair: Pair) -> Measurement:
    step = max(1, round(math.sqrt(np.count_nonzero(pair.solid) / SAMPLES)))
    solid = pair.solid[::step, ::step]
    if not solid.any():
        return _nothing("COLOUR_DRIFT", "dE00")
    distance = difference(pair.source[::step, ::step][solid], pair.output[::step, ::step][solid])
    mean, high = float(distance.mean()), float(np.percentile(distance, 95))
    plane = np.zeros(solid.shape, np.float32)
    plane[solid] = distance
    heat = heat_of(plane)
    worst, box = place_of(heat)
    x, y, w, h = pair.frame
    if worst is not None and box is not None:
        worst = (x + worst[0] * w, y + worst[1] * h)
        box = (x + box[0] * w, y + box[1] * h, box[2] * w, box[3] * h)
    detail = f"95 % of the product below {high:.1f}"
    return Measurement(
        "COLOUR_DRIFT", mean, "dE00", worst=worst, box=box, heat=heat if mean > 0 else None, detail=detail
    )


def measure_exposure(
    source: Image.Image,
    source_alpha: Image.Image | NDArray[Any],
    output: Image.Image,
    *,
    landing: Landing | None = None,
    pair: Pair | None = None,
) -> Measurement:
    """EXPOSURE: |log2| of the product's mean linear luminance in the output over the source (unit EV).

    The detail names the white balance shift: the widest log2 step between two bands beyond that. Blind to local change.
    Unit EV. Range 0 to about 10. Source: own measure with the luminance weights of ITU-R BT.709; 5 ms a megapixel.
    """
    pair = pair or align(source, source_alpha, output, landing=landing, long_px=EXPOSURE_LONG_PX)
    step = 1 if pair is None else max(1, round(max(pair.solid.shape) / EXPOSURE_LONG_PX))
    if pair is None or not pair.solid[::step, ::step].any():
        return _nothing("EXPOSURE", "EV")
    source_px, output_px, solid = (plane[::step, ::step] for plane in (pair.source, pair.output, pair.solid))
    before, after = (LINEAR[plane[solid]].mean(axis=0) + np.float32(1e-3) for plane in (source_px, output_px))
    stops = float(np.log2((after @ _LUMINANCE) / (before @ _LUMINANCE)))
    bands = np.log2(after / before)
    return Measurement(
        "EXPOSURE", abs(stops), "EV", detail=f"{stops:+.2f} EV, white balance {float(np.ptp(bands)):.2f} EV"
    )


def _nothing(code: str, unit: str) -> Measurement:
    return Measurement(code, 0.0, unit, detail="no opaque product to compare")
