import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging.backplates import Light
from processing.imaging.baseline import find_baseline
from processing.imaging.ground import find_ground
from processing.imaging.shadows import Scene, shadow_map

SIZE = (320, 200)
# A box seen over its corner: the long edge is flat (slope 0.2), the short one goes back steeply (0.8).
BOX = [(20, 20), (250, 10), (300, 20), (300, 140), (250, 180), (20, 134)]


def _alpha(*polygons):
    image = Image.new("L", SIZE)
    for polygon in polygons:
        ImageDraw.Draw(image).polygon(polygon, fill=255)
    return np.asarray(image)


def _plate(*, slope):
    """A foot with sides that go up on both sides alike."""
    return _alpha([(10, 180 - 120 * slope), (130, 180), (190, 180), (310, 180 - 120 * slope)])


def test_baseline_of_a_box_over_its_corner_holds_both_edges():
    base = find_baseline(_alpha(BOX))
    assert base.is_corner
    assert base.is_from_above
    assert base.contact == pytest.approx((20, 300), abs=2)
    line = base.bridged()
    assert line[250] == pytest.approx(181, abs=2)
    assert line[295] == pytest.approx(144, abs=3)


def test_slant_of_a_sole_is_that_of_its_hull():
    """A groove in the heel, where the sole is lowest, moves the lowest point of the line that follows the contour."""
    sole = [(20, 20), (310, 20), (310, 104), (80, 180), (36, 180), (12, 172)]
    grooved = [*sole[:4], (66, 180), (60, 177), (40, 177), (37, 180), *sole[4:]]
    assert [find_ground(_alpha(shape)).slant_deg for shape in (sole, grooved)] == pytest.approx([15.5, 15.5], abs=1)


def test_far_edge_closes_the_parallelogram():
    base = find_baseline(_alpha(BOX))
    far, line = base.far_edge(), base.bridged()
    assert far[70] == pytest.approx(line[20] - 0.8 * 50, abs=4), "the short edge starts at the left end, too"
    assert far[22] == pytest.approx(line[22], abs=3)
    assert (line - far)[22:298].min() > -2


@pytest.mark.parametrize("slope", [0.7, 0.9])
def test_baseline_of_a_bowl_ends_where_its_sides_begin(slope):
    base = find_baseline(_plate(slope=slope))
    assert not base.is_corner
    assert base.contact == pytest.approx((130, 190), abs=2)


def test_baseline_of_a_spout_beside_a_level_foot_is_no_corner():
    base = find_baseline(_alpha([(20, 20), (300, 90), (200, 180), (20, 180)]))
    assert not base.is_corner
    assert base.contact[1] == pytest.approx(200, abs=2)


def test_line_follows_what_goes_in_between_two_shoes_seen_from_above():
    near, far = [(20, 20), (150, 20), (190, 160), (150, 180), (20, 90)], [(150, 20), (300, 20), (300, 135), (196, 140)]
    base = find_baseline(_alpha(near, far))
    assert base.is_from_above
    assert base.bridged()[205] > base.lowest[205] + 12
    assert base.followed()[215] == pytest.approx(base.lowest[215], abs=4)


def test_line_of_an_arch_seen_from_the_side_stays_on_the_ground():
    base = find_baseline(_alpha([(20, 20), (300, 20), (300, 180), (230, 180), (160, 165), (90, 180), (20, 180)]))
    assert not base.is_from_above
    assert find_ground(_alpha([(20, 20), (300, 20), (300, 180), (20, 180)])).far_edge is None


def test_nothing_solid_has_no_baseline():
    assert find_baseline(np.zeros((40, 40), np.uint8)) is None


def test_shadow_of_a_box_over_its_corner_lies_along_its_slanting_edges():
    alpha = _alpha(BOX)
    scene = Scene((520, 400), (100, 100, *SIZE), Light(90.0, 60.0, 0.5))
    shadow = shadow_map(find_ground(alpha), scene, style="ambient")
    below_flat, below_steep = shadow[100 + 161, 100 + 140], shadow[100 + 163, 100 + 280]
    assert min(below_flat, below_steep) > 0.3, "3 to 6 px below either edge it is dark"
    assert shadow[100 + 185, 100 + 40] < 0.5 * below_flat, "below the far end of the long edge there is open ground"
