import numpy as np
import pytest
from PIL import Image

from processing.scoring.measurement import HEAT_SIDE_PX, as_mask, heat_of, located, place_of


def test_heat_keeps_the_strongest_pixel_of_a_cell_and_stays_small():
    plane = np.zeros((500, 900), np.float32)
    plane[401, 33] = 7
    heat = heat_of(plane)
    assert heat.dtype == np.uint8
    assert max(heat.shape) <= HEAT_SIDE_PX
    assert heat.max() == 255
    assert (heat > 0).sum() == 1


def test_place_of_a_hot_patch_is_inside_its_box():
    plane = np.zeros((60, 60), np.float32)
    plane[10:20, 30:45] = 1
    plane[12, 40] = 2
    worst, box = place_of(heat_of(plane))
    assert worst == pytest.approx((40.5 / 60, 12.5 / 60))
    assert box[0] <= worst[0] <= box[0] + box[2]
    assert box[1] <= worst[1] <= box[1] + box[3]
    assert box == pytest.approx((30 / 60, 10 / 60, 15 / 60, 10 / 60))


def test_place_of_a_cold_map_is_nowhere():
    assert place_of(np.zeros((5, 5), np.uint8)) == (None, None)


def test_located_leaves_places_out_when_nothing_was_found():
    found = located("HOLE", 0.0, "of product", np.ones((4, 4)))
    assert (found.worst, found.box, found.heat) == (None, None, None)


def test_as_mask_accepts_images_booleans_and_shares():
    for mask in (Image.new("L", (4, 3), 255), np.ones((3, 4), bool), np.ones((3, 4), np.float32)):
        assert as_mask(mask, size=(4, 3)).tolist() == [[255] * 4] * 3


def test_as_mask_refuses_another_size():
    with pytest.raises(ValueError, match="mask is"):
        as_mask(Image.new("L", (4, 3)), size=(3, 4))
