"""Plausibility of a product in a set: the right background, feet on the ground, sensible size, product unchanged."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.blend import OPAQUE
from processing.imaging.framing import apparent_height
from processing.scoring.alignment import within_rim
from processing.scoring.colour import difference, mean_light
from processing.scoring.light import SetLight, measure_light
from processing.scoring.measurement import Measurement, as_mask, located

WORK_LONG_PX = 480
# A contact shadow darkens the ground under the foot by at least this share of its light.
CONTACT_DARKENING = 0.03
FLOATING_PENALTY = 0.05
_WINDOW_PX = 7
_STABLE_CONTRAST = 58.5  # SSIM's C2 for 8-bit codes, (0.03 * 255) ** 2


@dataclass(frozen=True)
class SetFacts:
    """What the set allows, in shares of the finished canvas: rows a foot may stand on, product heights that look right.

    `shadow` says that a contact shadow was ordered and its absence is a fault; `light` is the set's main lamp.
    """

    ground: tuple[float, float]
    product_height: tuple[float, float]
    shadow: bool = True
    light: SetLight | None = None


@dataclass(frozen=True)
class Placed:
    """The cut-out (RGBA) as it was put on a canvas, and where its top left corner went; it lies on the canvas whole."""

    image: Image.Image
    corner_px: tuple[int, int]


@dataclass(frozen=True)
class _Canvas:
    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        return self.rgb.shape[1], self.rgb.shape[0]


def measure_composite(
    composed: Image.Image,
    product_mask: Image.Image | NDArray[Any],
    *,
    facts: SetFacts | None = None,
    expected_background: Image.Image | NDArray[np.uint8] | None = None,
    placed: Image.Image | Placed | None = None,
) -> list[Measurement]:
    """BG_MATCH, CONTACT, SCALE, LIGHT_SIDE, SHADOW_SIDE and FIDELITY of a finished canvas, as far as their references are given.

    `expected_background` is the canvas without product and shadow, `placed` the cut-out (RGBA) where it was put, as a picture
    of the canvas' size or with its corner. Measured at a long side of 480 px, about 15 ms.
    """
    canvas = _Canvas(_small(_rgb(composed)), _small(as_mask(product_mask, size=composed.size)))
    background = None if expected_background is None else _reference(expected_background, composed, canvas.size)
    results = []
    if background is not None:
        results.append(_background_match(canvas, background))
    if facts is not None:
        results.extend(_standing(canvas, facts, background))
        if facts.light is not None:
            results.extend(measure_light(canvas.rgb, canvas.mask, facts.light, background))
    if placed is not None:
        results.append(_fidelity(canvas.rgb, _placed(placed, composed)))
    return results


def _rgb(image: Image.Image | NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not isinstance(image, Image.Image):
        return image
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _small_size(width: int, height: int) -> tuple[int, int]:
    share = min(1.0, WORK_LONG_PX / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def _small(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The plane at the working size; by halves as far as that goes, which costs a fifth of averaging by other factors."""
    size = _small_size(plane.shape[1], plane.shape[0])
    while plane.shape[1] >= 2 * size[0] and plane.shape[0] >= 2 * size[1]:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        even = plane[: 2 * half[1], : 2 * half[0]]
        plane = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return _averaged(plane, size)


def _averaged(plane: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _reference(
    image: Image.Image | NDArray[np.uint8], composed: Image.Image, size: tuple[int, int]
) -> NDArray[np.uint8]:
    pixels = _rgb(image)
    if (pixels.shape[1], pixels.shape[0]) != composed.size:
        raise ValueError(f"expected background is {pixels.shape[1::-1]}, composite is {composed.size}")
    small = _small(pixels)
    assert (small.shape[1], small.shape[0]) == size
    return small


def _background_match(canvas: _Canvas, background: NDArray[np.uint8]) -> Measurement:
    """BG_MATCH: 90th percentile of dE00 between background and order, shadows (darker, same chroma) taken out.

    Blind to the product, to 8 px around it and to the depth of its shadow.
    Unit dE00. Range 0 to 100. Source: own measure on CIEDE2000; 10 ms a megapixel with CONTACT and SCALE.
    """
    outside = cv2.dilate(canvas.mask, np.ones((17, 17), np.uint8)) <= 2
    count = np.count_nonzero(outside)
    if not count:
        return Measurement("BG_MATCH", 0.0, "dE00", detail="no background visible")
    # Away from the shadow nothing differs.
    same = np.asarray(cv2.inRange(cv2.absdiff(canvas.rgb, background), (0, 0, 0), (0, 0, 0)), np.uint8)
    other = np.flatnonzero(outside & (same == 0))
    away = _off_shadow(canvas.rgb.reshape(-1, 3)[other], background.reshape(-1, 3)[other])
    distance = np.zeros(count, np.float32)
    distance[: other.size] = away
    plane = np.zeros(canvas.mask.shape, np.float32)
    plane.reshape(-1)[other] = away
    return located("BG_MATCH", float(np.percentile(distance, 90)), "dE00", plane)


def _off_shadow(seen: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> NDArray[Any]:
    """dE00 (n,) of background pixels from the order, or from the order in shadow where that is nearer."""
    light = mean_light(seen) / np.maximum(mean_light(wanted), 1e-4)
    shade = np.clip(light, 0.2, 1.0)[:, None]
    return np.minimum(difference(seen, wanted), difference(seen, _scaled(wanted, shade)))


def _scaled(codes: NDArray[np.uint8], factor: NDArray[Any]) -> NDArray[np.uint8]:
    """sRGB bytes with their light multiplied; the power law with 2.2 is close enough for a tolerance."""
    return np.asarray(np.clip(codes * factor ** (1 / 2.2) + 0.5, 0, 255), np.uint8)


def _standing(canvas: _Canvas, facts: SetFacts, background: NDArray[np.uint8] | None) -> list[Measurement]:
    """CONTACT and SCALE from the box of the product."""
    solid = canvas.mask > 127
    rows = np.flatnonzero(solid.any(axis=1))
    if rows.size == 0:
        nothing = "no product on the canvas"
        return [
            Measurement("CONTACT", 1.0, "share", detail=nothing),
            Measurement("SCALE", 4.0, "times", detail=nothing),
        ]
    height, columns = canvas.mask.shape[0], np.flatnonzero(solid.any(axis=0))
    foot = (int(rows[-1]) + 1) / height
    tall = (int(rows[-1]) + 1 - int(rows[0])) / height
    wide = (int(columns[-1]) + 1 - int(columns[0])) / height
    return [_contact(canvas, facts, foot, background), _scale(apparent_height((wide, tall)), facts.product_height)]


def _contact(canvas: _Canvas, facts: SetFacts, foot: float, background: NDArray[np.uint8] | None) -> Measurement:
    """CONTACT: distance of the lowest product row from the rows it may stand on, as a share of the height, plus 0.05
    when no contact shadow is under it. Blind to the shadow's direction and shape.
    Unit share of the height. Range 0 to 1.05. Source: own measure; 10 ms a megapixel with BG_MATCH.
    """
    gap = max(facts.ground[0] - foot, foot - facts.ground[1], 0.0)
    detail = f"foot at {foot:.0%}, ground from {facts.ground[0]:.0%} to {facts.ground[1]:.0%}"
    solid = canvas.mask > 127
    bottom = int(np.flatnonzero(solid.any(axis=1))[-1])
    columns = np.flatnonzero(solid[max(0, bottom - 3) : bottom + 1].any(axis=0))
    if facts.shadow and background is not None and _darkening(canvas, background, bottom, columns) < CONTACT_DARKENING:
        gap += FLOATING_PENALTY
        detail += ", no shadow under it"
    point = (float(columns.mean()) / solid.shape[1], min(foot, 1.0))
    return Measurement("CONTACT", gap, "share", worst=point, detail=detail)


def _darkening(canvas: _Canvas, background: NDArray[np.uint8], bottom: int, columns: NDArray[Any]) -> float:
    """Share of the ground's light that is gone in the strip below the foot."""
    strip = slice(bottom + 1, bottom + 1 + max(2, canvas.mask.shape[0] // 100))
    left, right = int(columns[0]), int(columns[-1]) + 1
    clear = canvas.mask[strip, left:right] < 8
    if not clear.any():
        return 1.0
    seen, wanted = mean_light(canvas.rgb[strip, left:right]), mean_light(background[strip, left:right])
    return 1.0 - float(seen[clear].mean() / max(float(wanted[clear].mean()), 1e-4))


def _scale(tall: float, allowed: tuple[float, float]) -> Measurement:
    """SCALE: factor by which the product (`tall`, or what stands for it in something flat) is taller or smaller than the set
    allows (1: inside the range).

    Unit times. Range 1 to 100. Source: own measure; below 1 ms.
    """
    factor = max(tall / allowed[1], allowed[0] / max(tall, 1e-6), 1.0)
    detail = f"product is {tall:.0%} of the height, sensible {allowed[0]:.0%} to {allowed[1]:.0%}"
    return Measurement("SCALE", min(factor, 100.0), "times", detail=detail)


def measure_fidelity(composed: Image.Image, placed: Image.Image) -> Measurement:
    """FIDELITY: structure of the product in the composite against the cut-out that was placed there (1: unchanged).

    Mean contrast-structure term of SSIM (Wang et al. 2004) on the luma of the opaque product, 7 px box windows at
    480 px, without the rim on which the light of the set falls on purpose. Blind to brightness, to colour and to the edge.
    Unit similarity. Range -1 to 1. Source as above; 11 ms a megapixel.
    """
    return _fidelity(_small(_rgb(composed)), _placed(placed, composed))


def _placed(placed: Image.Image | Placed, composed: Image.Image) -> NDArray[np.uint8]:
    """The placed cut-out at the working size, its four bands averaged together."""
    if isinstance(placed, Placed):
        return _small_around(np.asarray(placed.image), placed.corner_px, canvas=composed.size)
    if placed.size != composed.size:
        raise ValueError(f"placed cut-out is {placed.size}, composite is {composed.size}")
    return _small(np.asarray(placed if placed.mode == "RGBA" else placed.convert("RGBA")))


def _small_around(part: NDArray[np.uint8], corner_px: tuple[int, int], *, canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """What `_small` makes of a canvas that is empty but for `part` at its corner, without averaging what is empty."""
    size, (width, height), (left, top) = _small_size(*canvas), canvas, corner_px
    while width >= 2 * size[0] and height >= 2 * size[1]:
        width, height = width // 2, height // 2
        # Whole pairs of rows and columns; a last odd one of the canvas is left out.
        right, bottom = left + part.shape[1], top + part.shape[0]
        edges = (top % 2, bottom % 2, left % 2, right % 2)
        whole = cv2.copyMakeBorder(part, *edges, cv2.BORDER_CONSTANT, value=0) if any(edges) else part
        left, top = left // 2, top // 2
        half = (min((right + 1) // 2, width) - left, min((bottom + 1) // 2, height) - top)
        part = np.asarray(cv2.resize(whole[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA), np.uint8)
    plane = np.zeros((height, width, part.shape[2]), np.uint8)
    plane[top : top + part.shape[0], left : left + part.shape[1]] = part
    return _averaged(plane, size)


def _fidelity(composed: NDArray[np.uint8], placed: NDArray[np.uint8]) -> Measurement:
    solid = within_rim(cv2.erode((placed[..., 3] >= OPAQUE).view(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    if not solid.any():
        return Measurement("FIDELITY", 1.0, "similarity", detail="no opaque product to compare")
    similarity = _structure(_luma(np.asarray(cv2.cvtColor(placed, cv2.COLOR_RGBA2RGB), np.uint8)), _luma(composed))
    loss = np.where(solid, 1.0 - similarity, 0.0)
    return located("FIDELITY", float(1.0 - loss[solid].mean()), "similarity", loss)


def _luma(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _structure(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    window = (_WINDOW_PX, _WINDOW_PX)
    mean_1, mean_2 = cv2.blur(first, window), cv2.blur(second, window)
    variance_1 = cv2.blur(first * first, window) - mean_1 * mean_1
    variance_2 = cv2.blur(second * second, window) - mean_2 * mean_2
    shared = cv2.blur(first * second, window) - mean_1 * mean_2
    similarity = (2 * shared + _STABLE_CONTRAST) / (variance_1 + variance_2 + _STABLE_CONTRAST)
    return np.asarray(np.clip(similarity, 0, 1), np.float32)
