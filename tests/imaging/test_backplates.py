import json

import numpy as np
import pytest
from PIL import Image

from processing.imaging.backplates import Light, from_json, studio_sweep, suggest_tint
from tests.imaging.products import plain_plate

META = {
    "name": "window-table",
    "style": "lifestyle-home",
    "horizon": 0.52,
    "ground": [0.62, 0.9],
    "stand": [0.5, 0.78],
    "product_height": [0.2, 0.5],
    "light": {"azimuth_deg": 150, "elevation_deg": 35, "softness": 0.6},
    "temperature_k": 4800,
    "tint": [1.0, 0.9, 0.8],
    "credit": "made here",
}
PICTURE = Image.new("RGB", (512, 512), "grey")


def test_backplate_is_read_from_its_json():
    plate = from_json(json.loads(json.dumps(META)), PICTURE)
    assert plate.light == Light(150.0, 35.0, 0.6)
    assert plate.stand == (0.5, 0.78)
    assert plate.flip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon": 1.4}, "horizon"),
        ({"ground": [0.9, 0.6]}, "ground"),
        ({"stand": [0.5, 0.2]}, "stand"),
        ({"stand": [0.5]}, "unpack"),
        ({"light": {"azimuth_deg": 150}}, "cannot be read"),
        ({"light": {"azimuth_deg": 1, "elevation_deg": 1, "softness": 0}}, "elevation"),
        ({"tint": [2, 1, 1]}, "tint"),
        ({"temperature_k": 12}, "temperature_k"),
        ({"horizon": float("nan")}, "horizon"),
        ({"surprise": 1}, "surprise"),
        ({"view": "below"}, "view"),
    ],
)
def test_backplate_with_a_wrong_value_is_refused_by_name(change, words):
    with pytest.raises(ValueError, match=words):
        from_json({**META, **change}, PICTURE)


def test_backplate_with_a_missing_value_is_refused_by_name():
    with pytest.raises(ValueError, match="credit"):
        from_json({key: value for key, value in META.items() if key != "credit"}, PICTURE)


@pytest.mark.parametrize(
    "picture", [Image.new("RGB", (512, 400)), Image.new("L", (512, 512)), Image.new("RGB", (99, 99))]
)
def test_backplate_must_be_a_large_square_rgb_picture(picture):
    with pytest.raises(ValueError, match="window-table"):
        from_json(META, picture)


def test_mirrored_backplate_turns_picture_stand_and_light():
    plate = from_json({**META, "stand": [0.4, 0.78]}, PICTURE).mirrored()
    assert plate.stand == (pytest.approx(0.6), 0.78)
    assert plate.light.azimuth_deg == 30
    marked = np.zeros((512, 512, 3), np.uint8)
    marked[:, 0] = 200
    assert from_json(META, marked).mirrored().image.getpixel((511, 9)) == (200, 200, 200)
    assert Light(270, 40, 0).mirrored().azimuth_deg == 270
    with pytest.raises(ValueError, match="mirrored"):
        plain_plate(flip=False).mirrored()


def test_studio_sweep_looks_like_paper():
    plate = studio_sweep(512, rng=np.random.default_rng(3))
    pixels = np.asarray(plate.image).astype(int)
    assert pixels.min() > 120
    assert pixels.max() < 255, "nothing blown out"
    assert np.abs(pixels - pixels.mean(axis=2, keepdims=True)).max() < 14, "near neutral"
    rows = pixels.mean(axis=(1, 2))
    assert rows[400] > rows[60] + 10, "table lighter than wall"
    assert np.abs(np.diff(rows)).max() < 3, "no hard line"


def test_studio_sweep_is_repeatable_and_varies_by_seed():
    first, again, other = (studio_sweep(512, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.image.tobytes() == again.image.tobytes()
    assert first.image.tobytes() != other.image.tobytes()


def test_suggest_tint_has_its_brightest_band_at_one():
    assert suggest_tint(Image.new("RGB", (80, 80), (255, 188, 0))) == (1.0, pytest.approx(0.503, abs=0.01), 0.0)


def test_set_seen_from_near_gives_a_product_a_smaller_share():
    plate = plain_plate()
    near = plate.from_near()
    assert near.pixels is plate.pixels
    assert near.product_height[1] == pytest.approx(plate.product_height[1] / 1.35)
