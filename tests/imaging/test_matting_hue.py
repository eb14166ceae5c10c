import numpy as np
import pytest

from processing.imaging.matting.hue import without_cast_shadow

SIZE, PAPER, GOLD, STEEL = (120, 160), 0.7, (0.8, 0.6, 0.2), (0.35, 0.35, 0.35)
CHAIN, SHADOW = (slice(20, 100), slice(60, 76)), (slice(24, 104), slice(76, 86))


def _shot(colour: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """(picture, the network's answer) of a bar on grey paper, whose hard shadow was half taken for product."""
    picture = np.full((*SIZE, 3), PAPER, np.float32)
    picture[SHADOW] = 0.6 * PAPER
    picture[CHAIN] = colour
    raw = np.zeros(SIZE, np.float32)
    raw[SHADOW], raw[CHAIN] = 0.5, 1
    return picture, raw


def _lowered(picture: np.ndarray, raw: np.ndarray) -> np.ndarray:
    return without_cast_shadow(raw, picture, np.full_like(picture, PAPER))


def test_without_cast_shadow_drops_the_hard_shadow_of_a_golden_thing_and_keeps_the_thing():
    lowered = _lowered(*_shot(GOLD))
    assert lowered[SHADOW].max() < 0.05
    assert lowered[CHAIN].min() == 1


def test_without_cast_shadow_drops_a_shadow_in_a_narrow_gap():
    picture, raw = _shot(GOLD)
    gap = (slice(50, 60), slice(64, 72))
    picture[gap], raw[gap] = 0.6 * PAPER, 0.3
    assert _lowered(picture, raw)[gap].max() < 0.05


def test_without_cast_shadow_gives_half_covered_pixels_half():
    picture, raw = _shot(GOLD)
    edge = (slice(24, 100), slice(76, 77))
    picture[edge] = 0.5 * np.float32(GOLD) + 0.5 * 0.6 * PAPER
    raw[edge] = 0.8
    assert np.median(_lowered(picture, raw)[edge]) == pytest.approx(0.5, abs=0.1)


def test_without_cast_shadow_leaves_things_of_a_shadow_hue_alone():
    picture, raw = _shot(STEEL)
    assert _lowered(picture, raw) is raw


def test_without_cast_shadow_leaves_a_small_grey_part_of_a_coloured_thing_alone():
    picture, raw = _shot(GOLD)
    raw[SHADOW] = 0
    clasp = (slice(20, 32), slice(76, 82))
    picture[clasp], raw[clasp] = 0.6 * PAPER, 0.5
    assert _lowered(picture, raw) is raw


def test_without_cast_shadow_leaves_a_wide_grey_pane_within_a_golden_rim_alone():
    picture, raw = np.full((*SIZE, 3), PAPER, np.float32), np.zeros(SIZE, np.float32)
    picture[20:100, 40:120], raw[20:100, 40:120] = GOLD, 1
    picture[30:90, 50:110], raw[30:90, 50:110] = 0.6 * PAPER, 0.6
    assert _lowered(picture, raw) is raw
