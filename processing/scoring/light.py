"""Light of a product in a set: is it lit from the side the set's lamp is on, and does its shadow fall to the other?"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.scoring.colour import mean_light
from processing.scoring.measurement import Measurement, located

Floats = NDArray[np.float32]

# Across so few pixels shading is a slope of hundredths of a stop a pixel, while prints, seams and edges are steps.
ACROSS_PX = 96
STEP_EV = 0.08
# Below this a lamp has no side worth speaking of: overhead, behind, in front, or a white sky.
LEAST_SIDEWAYS = 0.2
# Darkening below this share is grain and grading, not shadow.
SHADOW_SHARE = 0.04
_FLOOR = 0.01


@dataclass(frozen=True)
class SetLight:
    """Main lamp of a set. Azimuth 0 from the right, 90 from behind, 180 from the left, 270 from the viewer; elevation 0
    (level) to 90; softness 0 (sun) to 1 (white sky)."""

    azimuth_deg: float
    elevation_deg: float
    softness: float

    @property
    def sideways(self) -> float:
        """-1 (all from the left) to 1 (all from the right): the share of the light that has a side."""
        level = math.cos(math.radians(self.azimuth_deg)) * math.cos(math.radians(self.elevation_deg))
        return level * (1 - 0.5 * self.softness)


def measure_light(
    rgb: NDArray[np.uint8], mask: NDArray[np.uint8], light: SetLight, background: NDArray[np.uint8] | None
) -> list[Measurement]:
    """LIGHT_SIDE and, with the canvas without product and shadow given, SHADOW_SIDE. All uint8 of one size (h, w). About 3 ms."""
    results = [_light_side(rgb, mask, light)]
    if background is not None:
        results.append(_shadow_side(rgb, mask, light, background))
    return results


def _light_side(rgb: NDArray[np.uint8], mask: NDArray[np.uint8], light: SetLight) -> Measurement:
    """LIGHT_SIDE: stops (EV) by which the product is brighter on the side away from the set's lamp, 0 where it agrees or the
    lamp has no side. Weighted by how much of the light comes from a side.

    The product's own shading is the slope of its log light once steps are left out: what changes within a pixel by more
    than 0.08 EV is paint, not light (after Horn, "Determining lightness from an image", 1974). Range 0..8. Blind to
    polished metal, to glass and to products that fade by design.
    Unit EV. Source as above; 5 ms a megapixel with SHADOW_SIDE.
    """
    slope = shading_ev(rgb, mask)
    weight = abs(light.sideways) if abs(light.sideways) >= LEAST_SIDEWAYS else 0.0
    against = max(0.0, -slope * math.copysign(1.0, light.sideways)) * weight
    side = "right" if slope > 0 else "left"
    detail = f"product {abs(slope):.1f} EV brighter on its {side}, lamp {_named(light)}"
    plane = None
    if against > 0:
        half = np.zeros(mask.shape, np.float32)
        columns = np.flatnonzero((mask > 127).any(axis=0))
        middle = int(columns.mean()) if columns.size else 0
        half[:, middle:] = slope > 0
        half[:, :middle] = slope <= 0
        plane = half * (mask > 127)
    return located("LIGHT_SIDE", min(against, 8.0), "EV", plane, detail=detail)


def shading_ev(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> float:
    """Stops by which the light on the product rises from its left edge to its right edge, paint left out; 0 without product."""
    columns, rows = np.flatnonzero((mask > 127).any(axis=0)), np.flatnonzero((mask > 127).any(axis=1))
    if columns.size < 8 or rows.size < 8:
        return 0.0
    box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    scale = min(1.0, ACROSS_PX / columns.size)
    size = (max(8, round(columns.size * scale)), max(8, round(rows.size * scale)))
    small = np.asarray(cv2.resize(np.ascontiguousarray(rgb[box]), size, interpolation=cv2.INTER_AREA), np.uint8)
    solid = cv2.resize(np.ascontiguousarray(mask[box]), size, interpolation=cv2.INTER_AREA) > 250
    solid = cv2.erode(solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    light = cv2.blur(np.log2(mean_light(small) + np.float32(_FLOOR)), (3, 3))
    step = light[:, 1:] - light[:, :-1]
    shade = solid[:, 1:] & solid[:, :-1] & (np.abs(step) < STEP_EV)
    if shade.sum() < 40:
        return 0.0
    return float(step[shade].mean()) * size[0]


def _shadow_side(
    rgb: NDArray[np.uint8], mask: NDArray[np.uint8], light: SetLight, background: NDArray[np.uint8]
) -> Measurement:
    """SHADOW_SIDE: how far the middle of the shadow lies to the lamp's side of the foot, in widths of the product (0: on the
    other side, or no shadow, or a lamp without a side). Range 0..4. Blind to the shadow's length and depth.
    Unit widths of the product. Source: own measure; 5 ms a megapixel with LIGHT_SIDE.
    """
    missing, columns = _missing_light(rgb, mask, background), np.flatnonzero((mask > 127).any(axis=0))
    total = float(missing.sum())
    if total <= 0 or columns.size == 0 or abs(light.sideways) < LEAST_SIDEWAYS:
        return Measurement("SHADOW_SIDE", 0.0, "widths", detail=f"no shadow to judge, lamp {_named(light)}")
    middle = float((missing.sum(axis=0) * np.arange(mask.shape[1])).sum()) / total
    foot = float(columns.mean())
    offset = (middle - foot) / max(columns.size, 1)
    against = max(0.0, offset * math.copysign(1.0, light.sideways))
    detail = f"shadow {abs(offset):.2f} widths to the {'right' if offset > 0 else 'left'}, lamp {_named(light)}"
    return located("SHADOW_SIDE", min(against, 4.0), "widths", missing if against > 0 else None, detail=detail)


def _missing_light(rgb: NDArray[np.uint8], mask: NDArray[np.uint8], background: NDArray[np.uint8]) -> Floats:
    seen, wanted = mean_light(rgb), mean_light(background)
    missing: NDArray[Any] = 1 - seen / np.maximum(wanted, 1e-3)
    free = cv2.dilate((mask > 2).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    return np.where(free & (missing > SHADOW_SHARE), missing, 0).astype(np.float32)


def _named(light: SetLight) -> str:
    if abs(light.sideways) < LEAST_SIDEWAYS:
        return "without a side"
    return "from the right" if light.sideways > 0 else "from the left"
