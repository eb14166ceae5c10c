import cv2
import numpy as np
import pytest

from processing.imaging.matting.lenses import even_lenses

LEFT, RIGHT, RADIUS_PX, RIM_PX = (60, 70), (160, 70), 30, 10
PAPER, GLASS, FRAME = (0.9, 0.9, 0.9), (0.6, 0.62, 0.66), (0.3, 0.15, 0.1)


def glasses(*, rim=FRAME, glass=GLASS, believed=(0.6, 0.6)):
    """(network's answer, picture) of a pair of glasses, its lenses believed so far, in stripes."""
    picture, raw = np.full((140, 220, 3), PAPER, np.float32), np.zeros((140, 220), np.float32)
    for centre, share in zip((LEFT, RIGHT), believed, strict=True):
        cv2.circle(picture, centre, RADIUS_PX + RIM_PX, rim, -1)
        cv2.circle(picture, centre, RADIUS_PX, glass, -1)
        cv2.circle(raw, centre, RADIUS_PX + RIM_PX, 1, -1)
        cv2.circle(raw, centre, RADIUS_PX, share, -1)
    raw[60:64][raw[60:64] == believed[0]] = max(0.3, believed[0] - 0.2)
    return raw, cv2.GaussianBlur(picture, (0, 0), 0.7)


def evened_of(raw, picture):
    return even_lenses(raw, raw, picture, np.full_like(picture, PAPER[0]))


def within(plane, centre, *, radius_px=RADIUS_PX - 4):
    mask = np.zeros(plane.shape[:2], np.uint8)
    cv2.circle(mask, centre, radius_px, 1, -1)
    return plane[mask > 0]


def test_even_lenses_gives_a_patchy_pair_one_coverage():
    raw, picture = glasses()
    evened = evened_of(raw, picture)
    for centre in (LEFT, RIGHT):
        assert within(evened, centre) == pytest.approx(0.8, abs=0.02)
    assert evened[70, 60 + RADIUS_PX + 6] == 1
    assert evened[10, 110] == 0


def test_even_lenses_keeps_faint_glass_faint():
    raw, picture = glasses(believed=(0.4, 0.4))
    assert within(evened_of(raw, picture), LEFT) == pytest.approx(0.4, abs=0.03)


def test_even_lenses_treats_a_believed_lens_as_its_doubted_twin():
    raw, picture = glasses(believed=(0.6, 1.0))
    assert within(evened_of(raw, picture), RIGHT) == pytest.approx(0.8, abs=0.02)


def test_even_lenses_leaves_clear_glass_as_clear_as_it_is():
    raw, picture = glasses(glass=(0.86, 0.86, 0.87))
    assert within(evened_of(raw, picture), LEFT) == pytest.approx(0.18, abs=0.04)


@pytest.mark.parametrize(("glass", "covered"), [((0.86, 0.86, 0.87), 0.18), ((0.8, 0.88, 0.93), 0.8)])
def test_even_lenses_tells_clear_from_tinted_glass_on_grey_paper(glass, covered):
    raw, picture = glasses(glass=glass)
    darker = 0.6
    evened = even_lenses(raw, raw, picture * darker, np.full_like(picture, PAPER[0] * darker))
    assert within(evened, LEFT) == pytest.approx(covered, abs=0.04)


def test_even_lenses_fills_what_a_temple_cuts_off():
    raw, picture = glasses()
    cv2.line(picture, (40, 50), (48, 92), (0.1, 0.1, 0.1), 4)
    cv2.line(raw, (40, 50), (48, 92), 1, 4)
    cut_off = (raw < 0.9) & (raw > 0.2) & (np.arange(220)[None] < 44)
    raw[cut_off] = 0
    assert evened_of(raw, picture)[68:74, 33:37].min() > 0.7


def test_even_lenses_keeps_openings_beside_a_lens():
    raw, picture = glasses()
    picture[20:50, 100:120], raw[20:50, 100:120] = FRAME, 1
    picture[28:42, 105:115], raw[28:42, 105:115] = PAPER, 0
    assert evened_of(raw, picture)[30:40, 107:113].max() == 0


def test_even_lenses_keeps_temples_behind_glass_solid():
    raw, picture = glasses()
    picture[84:90, 40:58] = (0.1, 0.1, 0.1)
    assert evened_of(raw, picture)[86:88, 46:56].min() > 0.95


@pytest.mark.parametrize(
    "change",
    [
        lambda raw, picture: (raw, np.full_like(picture, 0.62)),  # nothing rings it: a doubted panel of one colour
        lambda raw, picture: (np.where((raw > 0.2) & (raw < 0.9), 0, raw).astype(np.float32), picture),  # openings
        lambda raw, picture: (np.where(raw > 0, 1, 0).astype(np.float32), picture),  # nothing is doubted
        lambda raw, picture: (np.zeros_like(raw), picture),
    ],
)
def test_even_lenses_leaves_everything_else_alone(change):
    raw, picture = change(*glasses())
    assert np.array_equal(evened_of(raw, picture), raw)


def test_even_lenses_leaves_long_handles_alone():
    raw, picture = np.zeros((140, 220), np.float32), np.full((140, 220, 3), PAPER, np.float32)
    for plane, outer, inner in ((raw, 1, 0.6), (picture, FRAME, GLASS)):
        cv2.rectangle(plane, (20, 50), (200, 100), outer, -1)
        cv2.rectangle(plane, (30, 60), (190, 90), inner, -1)
    assert evened_of(raw, picture) is raw


def test_even_lenses_keeps_its_input():
    raw, picture = glasses()
    before = raw.copy()
    evened_of(raw, picture)
    assert np.array_equal(raw, before)
