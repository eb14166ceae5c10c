from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from processing.imaging.matting.fill import spread
from processing.imaging.matting.gaps import settle
from processing.imaging.matting.highkey import fill_white
from processing.imaging.matting.lift import Coarse, lift
from processing.imaging.matting.light import to_code, to_light
from processing.imaging.matting.network import PLANES, coverage
from processing.imaging.matting.paper import fit_paper
from processing.imaging.matting.parts import frame_contact, tidy, without_smears
from tests.images import paper


def blob(*boxes, shape=(80, 100), value=1.0):
    alpha = np.zeros(shape, np.float32)
    for left, top, right, bottom in boxes:
        alpha[top:bottom, left:right] = value
    return alpha


def test_tidy_drops_specks_and_names_several_objects():
    alpha, notes = tidy(blob((10, 10, 40, 60), (60, 10, 90, 60), (50, 70, 51, 72)), keep_islands=0.01)
    assert notes == ("several-objects",)
    assert alpha[30, 20] == alpha[30, 70] == 1
    assert not alpha[68:, 48:54].any()


def test_tidy_names_frame_contact_and_drops_stands():
    alpha, notes = tidy(blob((20, 20, 60, 80), (90, 0, 100, 12)), keep_islands=0.001)
    assert set(notes) == {"touches-frame", "stand-at-frame"}
    assert not alpha[:14, 88:].any()
    assert frame_contact(alpha) == pytest.approx(40 / 360, abs=0.02)


def test_tidy_of_nothing_is_nothing():
    alpha, notes = tidy(np.full((20, 20), 0.3, np.float32), keep_islands=0.01)
    assert not alpha.any()
    assert notes == ()


@pytest.mark.parametrize(("soft_px", "is_kept"), [(0, True), (12, False)])
def test_without_smears_drops_a_part_that_no_edge_bounds(soft_px, is_kept):
    alpha = blob((10, 10, 40, 70), (60, 25, 85, 55))
    picture = np.full((80, 100, 3), 0.9, np.float32)
    picture[10:70, 10:40] = 0.3
    part = blob((60, 25, 85, 55))
    shade = cv2.GaussianBlur(part, (0, 0), soft_px) if soft_px else part
    picture -= 0.1 * shade[..., None]
    left = without_smears(alpha, picture)
    assert left[40, 25] == 1
    assert bool(left[40, 72] > 0) is is_kept


def test_settle_keeps_an_opening_that_shows_paper():
    alpha = blob((20, 10, 80, 70))
    alpha[30:50, 40:60] = 0.1
    picture = np.full((80, 100, 3), 0.9, np.float32)
    picture[alpha > 0.5] = (0.2, 0.3, 0.6)
    settled = settle(alpha, picture, np.full((80, 100, 3), 0.9, np.float32))
    assert settled[40, 50] < 0.15


@pytest.mark.parametrize(
    ("brightness", "believed", "is_closed"),
    [(0.94, 0.3, True), (0.94, 0.2, False), (0.6, 0.3, True), (0.6, 0.1, False)],
    ids=["brighter, half believed", "brighter", "far darker, half believed", "far darker"],
)
def test_settle_closes_what_differs_from_paper_where_the_network_half_agrees(brightness, believed, is_closed):
    alpha = blob((20, 10, 80, 70))
    alpha[30:50, 40:60] = believed
    picture = np.full((80, 100, 3), 0.9, np.float32)
    picture[alpha > 0.5] = (0.2, 0.3, 0.6)
    picture[30:50, 40:60] = brightness
    settled = settle(alpha, picture, np.full((80, 100, 3), 0.9, np.float32))
    assert bool(settled[40, 50] > 0.9) is is_closed


def test_settle_closes_pin_holes_and_keeps_a_lens():
    alpha = np.zeros((80, 100), np.float32)
    alpha[10:70, 10:90] = 1
    alpha[20:24, 20:24] = 0.6
    alpha[30:60, 40:80] = 0.6
    picture = np.full((80, 100, 3), 0.5, np.float32)
    settled = settle(alpha, picture, np.full((80, 100, 3), 0.9, np.float32))
    assert settled[22, 22] == 1
    assert settled[45, 60] == pytest.approx(0.6)


def test_settle_closes_a_gap_of_another_colour():
    alpha = blob((20, 10, 80, 70))
    alpha[30:50, 40:60] = 0.25
    picture = np.full((80, 100, 3), 0.9, np.float32)
    picture[alpha > 0.2] = (0.2, 0.3, 0.6)
    settled = settle(alpha, picture, np.full((80, 100, 3), 0.9, np.float32))
    assert settled[40, 50] == 1
    assert settled[5, 5] == 0


def test_settle_closes_a_gap_too_dark_for_a_shadow_that_is_hardly_believed():
    alpha = blob((20, 10, 80, 70))
    alpha[35:45, 40:60] = 0.15
    picture = np.full((80, 100, 3), 0.9, np.float32)
    picture[10:70, 20:80] = 0.2
    picture[35:45, 40:60] = 0.4
    settled = settle(alpha, picture, np.full((80, 100, 3), 0.9, np.float32))
    assert settled[40, 50] == 1


@pytest.mark.parametrize(("soft_px", "is_closed"), [(0, False), (4, True)])
def test_settle_closes_a_glint_that_fades_out_and_keeps_an_opening_of_its_colour(soft_px, is_closed):
    alpha = blob((10, 10, 90, 70))
    alpha[35:45, 44:56] = 0.15
    glint = cv2.GaussianBlur(blob((44, 35, 56, 45)), (0, 0), soft_px) if soft_px else blob((44, 35, 56, 45))
    picture = np.full((80, 100, 3), 0.9, np.float32)
    picture[10:70, 10:90] = (0.4 + 0.42 * glint[10:70, 10:90])[..., None]
    settled = settle(alpha, picture, np.full((80, 100, 3), 0.9, np.float32))
    assert bool(settled[40, 50] > 0.9) is is_closed


def test_settle_clears_a_patch_of_pure_white_on_paper_that_is_nearly_so():
    alpha = blob((20, 10, 60, 70))
    alpha[30:50, 60:75] = 0.9
    alpha[38:42, 64:68] = 0.99
    picture = np.full((80, 100, 3), (0.996, 1.0, 0.984), np.float32)
    picture[10:70, 20:60] = 0.4
    picture[30:50, 60:75] = 1.0
    settled = settle(alpha, picture, np.ones((80, 100, 3), np.float32))
    assert not settled[33:47, 63:73].any()
    assert settled[40, 40] == 1


def test_fit_paper_sees_past_a_product_at_the_frame():
    sheet = paper((300, 200)) / 255
    scene = sheet.copy()
    scene[60:, 90:200] = (0.1, 0.2, 0.5)
    fitted = fit_paper(scene.astype(np.float32))
    assert np.abs(fitted.colour - sheet).mean() < 0.012
    assert fitted.share > 0.75
    assert fitted.spread < 0.02


def test_spread_carries_values_into_the_unknown():
    values = np.zeros((40, 60, 2), np.float32)
    values[:, :20] = (0.25, 0.75)
    known = np.zeros((40, 60), np.float32)
    known[:, :20] = 1
    assert np.allclose(spread(values, known), (0.25, 0.75), atol=0.01)
    assert not spread(values, np.zeros_like(known)).any()


def test_light_tables_are_inverse():
    codes = np.arange(256, dtype=np.uint8)
    assert np.abs(to_code(to_light(codes)).astype(int) - codes).max() <= 1


def test_coverage_is_a_share_for_any_size():
    rng = np.random.default_rng(2)
    for shape in ((32, 32), (45, 70)):
        share = coverage(*seen_at_random(rng, shape))
        assert share.shape == shape
        assert 0 <= float(share.min()) <= float(share.max()) <= 1


def test_coverage_is_the_same_in_every_thread():
    seen = seen_at_random(np.random.default_rng(2), (64, 96))
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda one: coverage(*one), [seen] * 6))
    assert all(np.array_equal(answer, coverage(*seen)) for answer in answers)


def seen_at_random(rng, shape):
    return rng.integers(0, 256, (*shape, PLANES), np.uint8), rng.random((*shape, 3), np.float32)


def test_lift_keeps_even_transparency_and_sharpens_edges():
    small = blob((20, 10, 80, 70), value=0.4)
    grey = np.full((80, 100, 3), 0.5, np.float32)
    pane, _ = lift(np.full((320, 400, 3), 128, np.uint8), Coarse(grey, small, grey, grey))
    assert abs(int(pane[160, 200]) - 102) <= 2
    picture = np.full((80, 100, 3), 0.9, np.float32)
    solid = blob((20, 10, 80, 70))
    picture[solid > 0] = 0.1
    photo = np.repeat(np.repeat((picture * 255).astype(np.uint8), 4, axis=0), 4, axis=1)
    alpha, _ = lift(photo, Coarse(picture, solid, np.full_like(picture, 0.9), np.full_like(picture, 0.1)))
    row = alpha[160].astype(int)
    assert int(((row > 20) & (row < 235)).sum()) <= 8


def test_fill_white_makes_a_pale_product_on_blown_out_white_solid():
    alpha = blob((20, 10, 80, 70))
    alpha[20:60, 30:70] = 0.3
    picture = np.ones((80, 100, 3), np.float32)
    picture[10:70, 20:80] = 0.93
    before = alpha.copy()
    filled = fill_white(alpha, picture)
    assert filled[40, 50] == 1
    assert filled[5, 5] == 0
    assert np.array_equal(alpha, before)


def test_fill_white_leaves_the_glow_between_parts_of_a_product_open():
    alpha = blob((20, 10, 80, 70))
    alpha[20:60, 30:70] = 0.1
    picture = np.ones((80, 100, 3), np.float32)
    picture[10:70, 20:80] = 0.93
    assert fill_white(alpha, picture)[40, 50] < 0.2


def test_fill_white_leaves_floor_shadows_openings_and_other_paper_alone():
    alpha = blob((20, 10, 80, 50))
    alpha[20:40, 30:70] = 0.05
    picture = np.ones((80, 100, 3), np.float32)
    picture[alpha > 0.5] = 0.4
    picture[50:70, 20:80] = 0.85
    filled = fill_white(alpha, picture)
    assert filled[60, 50] == 0
    assert filled[30, 50] < 0.1
    grey = picture * 0.8
    assert np.array_equal(fill_white(alpha, grey), alpha)


def test_fill_white_leaves_an_opening_beside_a_pale_area_open():
    alpha = blob((20, 10, 80, 70))
    alpha[20:60, 30:70] = 0.4
    alpha[20:60, 46:54] = 0.0
    picture = np.ones((80, 100, 3), np.float32)
    picture[10:70, 20:80] = 0.93
    picture[20:60, 46:54] = 1.0
    filled = fill_white(alpha, picture)
    assert filled[40, 40] == 1
    assert filled[40, 50] == 0
