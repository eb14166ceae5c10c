"""What a photo of a place says about itself: suggestions for the form in which a shop describes its own sets.

Rough and quick, to be looked at by a person. Needs Pillow and numpy only: the web process asks for them.
"""

import math
from typing import Any

import numpy as np
from PIL import Image

from processing.imaging.backplates import suggest_tint
from processing.imaging.linear import Floats, luminance, to_linear

_SIDE = 128
_HORIZONS = (0.30, 0.90)
_USUAL_HORIZON = 0.55
# Most tables and floors end about there; clear edges elsewhere (a plank, the far side of a pool) have to be clearer still.
_LIKELY_HORIZON, _LIKELY_SPREAD = 0.60, 0.18
_LEAST_EDGE = 0.015
# Stretches that the width is looked at in: what stands on the ground fills some of them, an edge of the ground crosses most.
_STRETCHES = 16
_AGREEING = 0.7


def suggest_values(image: Image.Image) -> dict[str, Any]:
    """Values of a set's JSON file, name and style left out, for a square RGB picture."""
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    light = to_linear(np.asarray(small))
    grey = luminance(light)
    horizon = _horizon(light)
    near = round(min(horizon + 0.05, 0.90), 3)
    stand_y = round(horizon + 0.36 * (0.97 - horizon), 3)
    return {
        "horizon": horizon,
        "ground": [near, 0.97],
        "stand": [_stand_x(grey, horizon), stand_y],
        "product_height": [0.18, round(min(0.62, 0.85 * stand_y), 3)],
        "light": _light(grey, horizon),
        "temperature_k": _temperature(light),
        "tint": list(suggest_tint(image)),
        "credit": "",
        "flip": True,
    }


def _horizon(light: Floats) -> float:
    """Row where light or colour changes across most of the width, the usual one where there is no such edge."""
    shown = np.cbrt(light)
    steps = shown[2:] - shown[:-2]
    across = steps.reshape(len(steps), _STRETCHES, -1, 3).mean(axis=2)
    rows = (np.arange(len(steps)) + 1.5) / _SIDE
    likely = np.exp(-0.5 * ((rows - _LIKELY_HORIZON) / _LIKELY_SPREAD) ** 2)
    low, high = np.quantile(across, (1 - _AGREEING, _AGREEING), axis=1)
    agreed = np.where(low * high > 0, np.minimum(np.abs(low), np.abs(high)), 0).sum(axis=1)
    strength = agreed * likely * (rows > _HORIZONS[0]) * (rows < _HORIZONS[1])
    row = int(strength.argmax())
    return round(float(rows[row]), 3) if strength[row] > _LEAST_EDGE else _USUAL_HORIZON


def _stand_x(grey: Floats, horizon: float) -> float:
    """Middle of the calmest stretch of ground, a third of the picture wide; the picture's middle if that is as calm."""
    ground = np.cbrt(grey[round(min(horizon + 0.05, 0.9) * _SIDE) :])
    busy = np.abs(np.diff(ground, axis=1)).mean(axis=0)
    width = _SIDE // 3
    sums = np.convolve(busy, np.ones(width) / width, mode="valid")
    middle = len(sums) // 2
    best = int(sums.argmin())
    chosen = middle if sums[middle] <= 1.6 * sums[best] else best
    return round(min(max((chosen + width / 2) / _SIDE, 0.25), 0.75), 3)


def _light(grey: Floats, horizon: float) -> dict[str, float]:
    """Main light from the slopes of brightness over the ground: it comes from the brighter side. Softer where the ground
    is even."""
    ground = grey[round(min(horizon + 0.03, 0.9) * _SIDE) :]
    mean = max(float(ground.mean()), 1e-3)
    x = np.linspace(-1, 1, ground.shape[1])
    y = np.linspace(1, -1, ground.shape[0])  # upwards in the picture is away from the viewer
    across = float((ground.mean(axis=0) * x).mean()) / mean
    away = float((ground.mean(axis=1) * y).mean()) / mean
    azimuth = math.degrees(math.atan2(max(away, 0.02), across)) % 360
    contrast = float(np.abs(np.diff(ground, axis=1)).mean()) / mean
    softness = round(min(max(0.6 - 12 * contrast, 0.05), 0.6), 2)
    return {"azimuth_deg": float(round(azimuth)), "elevation_deg": 45.0, "softness": softness}


def _temperature(light: Floats) -> int:
    """Colour temperature of what is nearly neutral and light, by McCamy 1992, to the next 100 K."""
    pixels = light.reshape(-1, 3)
    spread = np.ptp(pixels, axis=1) / np.maximum(pixels.max(axis=1), 1e-3)
    bright = pixels.mean(axis=1) > np.quantile(pixels.mean(axis=1), 0.4)
    neutral = pixels[bright & (spread < 0.35)]
    if len(neutral) < 50:
        return 5500
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = matrix @ neutral.mean(axis=0)
    n = (x / (x + y + z) - 0.3320) / (0.1858 - y / (x + y + z))
    kelvin = 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33
    return int(round(min(max(kelvin, 2500), 9500) / 100) * 100)
