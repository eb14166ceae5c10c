from dataclasses import replace

import numpy as np
import pytest

from processing.imaging.framing import fitting_side, place_centred, place_on_set
from processing.imaging.sizes import NAMED_SIZES
from tests.imaging.products import plain_plate

PRODUCTS = [(1800, 2600), (2600, 700), (500, 2600), (2000, 2000)]


def _on_set(product, canvas, *, seed=0, plate=None, padding=1.3, enlarge=False):
    return place_on_set(
        product, canvas, plate=plate or plain_plate(), padding=padding, enlarge=enlarge, rng=np.random.default_rng(seed)
    )


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("canvas", NAMED_SIZES.values())
def test_fill_is_reached_by_the_longer_relative_side(product, canvas):
    place = place_centred(product, canvas, fill=0.88, padding=1.3, enlarge=False)
    _, _, width, height = place.box_px
    assert max(width / canvas[0], height / canvas[1]) == pytest.approx(0.88, abs=0.003)
    assert abs(place.box_px[0] * 2 + width - canvas[0]) <= 1
    assert abs(place.box_px[1] * 2 + height - canvas[1]) <= 1
    assert width / height == pytest.approx(product[0] / product[1], rel=0.02)


def test_padding_is_canvas_short_side_over_product():
    place = place_centred((1000, 2000), (1200, 1200), fill=None, padding=1.5, enlarge=False)
    assert place.box_px[3] == 800


def test_small_source_is_not_enlarged_unless_told():
    kept = place_centred((300, 400), (1200, 1200), fill=0.88, padding=1.3, enlarge=False)
    assert kept.box_px[2:] == (300, 400)
    assert (kept.limited, kept.enlarged) == (True, False)
    grown = place_centred((300, 400), (1200, 1200), fill=0.88, padding=1.3, enlarge=True)
    assert grown.box_px[3] == 1056
    assert (grown.limited, grown.enlarged) == (False, True)


def test_fitting_side_is_the_largest_canvas_without_enlarging():
    assert fitting_side((900, 600), fill=0.9, wanted_px=2000) == 1000
    assert fitting_side((9000, 600), fill=0.9, wanted_px=2000) == 2000


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("canvas", NAMED_SIZES.values())
@pytest.mark.parametrize("seed", range(4))
def test_product_on_a_set_stays_inside_with_air_around(product, canvas, seed):
    place, window = _on_set(product, canvas, seed=seed)
    left, top, width, height = place.box_px
    air = 0.03 * min(canvas)
    assert min(left, top, canvas[0] - left - width, canvas[1] - top - height) >= air
    assert window.zoom > 0


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("canvas", NAMED_SIZES.values())
@pytest.mark.parametrize("stand", [(0.08, 0.8), (0.92, 0.8), (0.5, 0.96)])
def test_product_keeps_from_the_edge_where_its_place_in_the_set_is_near_it(product, canvas, stand):
    plate = replace(plain_plate(), stand=stand, ground=(0.7, 0.97))
    place, _ = _on_set(product, canvas, plate=plate, padding=1.35, enlarge=True)
    left, top, width, height = place.box_px
    spare = canvas[0] - width
    assert min(left, spare - left) >= min(0.05 * canvas[0], 0.3 * spare)
    assert abs(left + width / 2 - canvas[0] / 2) <= 0.37 * canvas[0]
    assert canvas[1] - top - height >= 0.03 * min(canvas)


@pytest.mark.parametrize("canvas", NAMED_SIZES.values())
def test_foot_stands_on_the_ground_of_the_set(canvas):
    plate = plain_plate()
    for seed in range(6):
        place, window = _on_set((1500, 2000), canvas, seed=seed, plate=plate)
        foot_y = (window.top_px + place.foot_px[1] / window.zoom) / plate.image.height
        assert plate.ground[0] - 0.02 <= foot_y <= plate.ground[1] + 0.03


def test_apparent_height_keeps_within_what_the_set_allows():
    plate = plain_plate()
    for product in PRODUCTS[:1] + PRODUCTS[2:]:
        place, window = _on_set(product, (1200, 1200), plate=plate)
        share = place.box_px[3] / window.zoom / plate.image.height
        assert plate.product_height[0] * 0.7 <= share <= plate.product_height[1] * 1.2


def test_banner_leaves_room_on_the_shadow_side():
    lit_left, _ = _on_set((1000, 1500), NAMED_SIZES["banner"], plate=plain_plate(azimuth_deg=180))
    lit_right, _ = _on_set((1000, 1500), NAMED_SIZES["banner"], plate=plain_plate(azimuth_deg=0))
    assert lit_left.foot_px[0] < 960 < lit_right.foot_px[0]
