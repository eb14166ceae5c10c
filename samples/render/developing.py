"""From linear light to a file: the camera's curve, and a picture written with its facts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image


def linear_of(shown):
    """Linear light of display values 0..1 (IEC 61966-2-1)."""
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def plain(linear, knee=0.82):
    """sRGB with a soft shoulder: paper stays as white as it was metered."""
    x = np.where(linear > knee, knee + (1 - knee) * (1 - np.exp(-(linear - knee) / (1 - knee))), linear)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-8) ** (1 / 2.4) - 0.055)


def written(linear, facts: dict, *, out: Path, seed: int, quality: int) -> None:
    """`STYLE/NAME.jpg` with fine grain, and `STYLE/NAME.json` beside it."""
    noise = np.random.default_rng(seed).normal(0, 0.6, (*linear.shape[:2], 1))
    pixels = np.rint(plain(linear) * 255 + noise).clip(0, 255).astype(np.uint8)
    path = out / facts["style"] / f"{facts['name']}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not progressive, which is read three times as slowly.
    Image.fromarray(pixels).save(path, quality=quality, optimize=True)
    path.with_suffix(".json").write_text(json.dumps(facts, indent=2) + "\n")


def arguments(description: str | None) -> argparse.Namespace:
    """--out, --only, --size, --quality."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--quality", type=int, default=82)
    return parser.parse_args()


def lamp_facts(lamp, linear) -> dict:
    """Light, temperature and tint of a picture under a lamp that stands in the picture's own terms."""
    mean = linear.mean((0, 1))
    return {
        "light": {"azimuth_deg": lamp.azimuth_deg, "elevation_deg": lamp.elevation_deg, "softness": lamp.softness},
        "temperature_k": round(6500 - 1900 * (lamp.colour[0] / lamp.colour[2] - 1)),
        "tint": [round(float(band), 3) for band in mean / mean.max()],
        "credit": "Firstpass, CC0 1.0",
    }
