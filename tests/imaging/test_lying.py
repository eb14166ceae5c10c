from dataclasses import replace

import numpy as np
import pytest

from processing.imaging.backplates import Light
from processing.imaging.compositing import on_backplate
from processing.imaging.lying import LyingScene, lying_shadow
from processing.imaging.specs import Spec
from tests.imaging.products import box_product, plain_plate

SHIRT = box_product(200, 260)
SURFACE = replace(plain_plate(), view="above", horizon=0.0, ground=(0.0, 1.0), stand=(0.5, 0.5))


def _composed(size=(300, 300), *, seed=1, plate=SURFACE, shadow="natural"):
    spec = Spec(name="test", size=size, background="lifestyle-home", shadow=shadow, padding=1.4)
    return on_backplate(SHIRT, spec, plate, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("size", [(300, 300), (270, 480), (480, 150)])
def test_lying_product_is_whole_and_near_the_middle(size):
    composed = _composed(size)
    rows, columns = np.nonzero(np.asarray(composed.product_mask) > 127)
    assert composed.image.size == size
    assert rows.min() > 0.03 * size[1]
    assert rows.max() < 0.97 * size[1]
    assert abs(rows.mean() / size[1] - 0.5) < 0.06
    assert abs(columns.mean() / size[0] - 0.5) < 0.2
    assert composed.standing is None
    assert "set-continued" not in composed.notes


def test_lying_product_takes_the_same_bytes_for_the_same_seed_and_another_part_for_another():
    first, again, other = (np.asarray(_composed(seed=seed).background) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(("azimuth_deg", "darker"), [(180.0, "right"), (0.0, "left")])
def test_lying_shadow_falls_away_from_the_light(azimuth_deg, darker):
    alpha = np.full((200, 200), 255, np.uint8)
    scene = LyingScene((400, 400), (100, 100, 200, 200), Light(azimuth_deg, 40.0, 0.2))
    missing = lying_shadow(alpha, scene, style="natural")
    left, right = float(missing[150:250, 92:100].sum()), float(missing[150:250, 300:308].sum())
    assert (right > 1.5 * left) if darker == "right" else (left > 1.5 * right)
    assert missing.min() >= 0
    assert missing.max() <= 1
    assert float(missing[:40].max()) < 0.02


def test_lying_shadow_is_a_narrow_rim_and_none_is_none():
    alpha = np.full((200, 200), 255, np.uint8)
    scene = LyingScene((400, 400), (100, 100, 200, 200), Light(90.0, 50.0, 0.5))
    missing = lying_shadow(alpha, scene, style="ambient")
    assert float(missing[302, 150:250].mean()) > 0.15
    assert float(missing[340:, :].max()) < 0.05
    assert not lying_shadow(alpha, scene, style="none").any()


def test_what_hangs_is_shown_on_the_wall_alone_with_its_shadow_below():
    wall = replace(plain_plate(1200, azimuth_deg=270.0), view="wall")
    composed = _composed(plate=wall)
    background = np.asarray(composed.background)
    assert int(background.max()) < 160, "the lighter table of the set is not seen"
    assert composed.standing is None
    mask = np.asarray(composed.product_mask) > 0
    darker = (background.astype(int) - np.asarray(composed.image)).mean(axis=2) * ~mask
    rows = np.flatnonzero(mask.any(axis=1))
    assert darker[rows[-1] :].sum() > 2 * darker[: rows[0] + 1].sum()


@pytest.mark.parametrize(("azimuth_deg", "side"), [(200.0, -1), (340.0, 1)])
def test_light_on_a_wall_comes_from_above_and_from_its_side(azimuth_deg, side):
    light = Light(azimuth_deg, 40.0, 0.4).on_wall()
    assert np.sin(np.radians(light.azimuth_deg)) > 0.3
    assert np.cos(np.radians(light.azimuth_deg)) * side > 0.3
    assert light.elevation_deg >= 30


def test_what_hangs_from_beyond_its_photo_hangs_from_the_upper_edge():
    wall = replace(plain_plate(1200), view="wall")
    spec = Spec(name="test", size=(300, 400), background="lifestyle-home", shadow="natural", padding=1.4)
    tops, notes = [], []
    for left, top, source in ((30, 0, (300, 400)), (30, 40, (300, 400)), (0, 0, SHIRT.image.size)):
        lamp = replace(SHIRT, box_px=(left, top, *SHIRT.image.size), source_size=source)
        composed = on_backplate(lamp, spec, wall, rng=np.random.default_rng(1))
        tops.append(int(np.flatnonzero((np.asarray(composed.product_mask) > 127).any(axis=1))[0]))
        notes.append("held-above" in composed.notes)
    assert notes == [True, False, False]
    assert tops[0] <= 2
    assert min(tops[1:]) > 20
