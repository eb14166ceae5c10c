import numpy as np
import pytest
from PIL import Image

from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import inject
from processing.scoring.showing import farthest
from tests.scoring.scenes import scene


@pytest.mark.parametrize(
    ("colour", "backdrop"),
    [((230, 230, 228), "black"), ((20, 20, 24), "white"), ((200, 30, 30), "white"), ((255, 230, 0), "black")],
)
def test_farthest_backdrop_of_a_colour(colour, backdrop):
    assert farthest(np.array(colour, np.uint8)) == backdrop


def shown(photo, cutout):
    return {one.code: one.show for one in measure_cutout(photo, cutout)}


def test_light_halo_is_shown_on_black():
    case = inject(scene(), "halo", 3)
    assert shown(case.photo, case.cutout)["EDGE_HALO"] == "black"


def test_dark_halo_is_shown_on_white():
    case = inject(scene(), "halo", 3)
    photo, cutout = 255 - np.asarray(case.photo), np.array(case.cutout)
    cutout[..., :3] = 255 - cutout[..., :3]
    assert shown(Image.fromarray(photo), Image.fromarray(cutout))["EDGE_HALO"] == "white"


def test_light_backdrop_left_in_a_dark_product_is_shown_on_black():
    case = inject(scene(), "backdrop left", 3)
    assert shown(case.photo, case.cutout)["RESIDUE"] == "black"


def test_check_without_a_place_leaves_the_choice_to_its_code():
    case = inject(scene(), "cut-off part", 3)
    found = shown(case.photo, case.cutout)
    assert found["PART_MISSING"] == ""
    assert found["ISLAND"] == ""
