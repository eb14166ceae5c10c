from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from processing.scoring import regions
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import CUTOUT_DEFECTS, good, inject
from processing.scoring.limits import judge, limits_for
from processing.scoring.measurement import HEAT_SIDE_PX
from processing.scoring.view import area_of
from tests.scoring.scenes import scene

CODES = {
    "EDGE_HALO", "EDGE_COLOUR", "EDGE_TIGHT", "EDGE_SOFT", "EDGE_ROUGH", "EDGE_SMUDGE", "EDGE_LOST", "HOLE", "SEE_THROUGH",
    "BLOTCH", "ISLAND", "PART_MISSING", "RESIDUE", "SHADOW_LEFT", "FRAME_CONTACT",
}  # fmt: skip
# Which code must speak for a defect, and which others may: a cut through the product also loses its edge.
SEEN_BY = {
    "halo": ("EDGE_HALO", {"RESIDUE"}),
    "erosion": ("EDGE_TIGHT", set()),
    "hole": ("HOLE", {"EDGE_LOST", "PART_MISSING"}),
    "island": ("ISLAND", {"RESIDUE", "EDGE_LOST"}),
    "cut-off part": ("PART_MISSING", {"EDGE_LOST"}),
    "leftover shadow": ("SHADOW_LEFT", {"EDGE_LOST", "RESIDUE"}),
    "backdrop left": ("RESIDUE", {"EDGE_LOST", "SHADOW_LEFT"}),
    "soft edge": ("EDGE_SOFT", {"EDGE_SMUDGE", "BLOTCH"}),
    "jaggies": ("EDGE_ROUGH", {"EDGE_TIGHT"}),
    "smudge": ("EDGE_SMUDGE", {"EDGE_SOFT", "EDGE_LOST", "BLOTCH"}),
    "blotch": ("BLOTCH", {"SEE_THROUGH", "HOLE"}),
}


@pytest.fixture(scope="module")
def triple():
    return scene()


def values(case, **options):
    return {one.code: one.value for one in measure_cutout(case.photo, case.cutout, **options)}


def failed(case):
    limits = limits_for()
    return {one.code for one in measure_cutout(case.photo, case.cutout) if not judge(one, limits[one.code])}


def test_measure_cutout_reports_every_check_once(triple):
    found = measure_cutout(triple.photo, good(triple).cutout, confidence=0.9)
    assert sorted(one.code for one in found) == sorted([*CODES, "CONFIDENCE"])


def test_measure_cutout_passes_the_true_cutout(triple):
    assert failed(good(triple)) == set()


@pytest.mark.parametrize("defect", list(CUTOUT_DEFECTS))
def test_measure_cutout_sees_each_defect_by_its_own_check_only(triple, defect):
    own, allowed = SEEN_BY[defect]
    seen = failed(inject(triple, defect, 3))
    assert own in seen
    assert seen <= {own} | allowed


@pytest.mark.parametrize("defect", ["halo", "erosion", "soft edge", "cut-off part"])
def test_measure_cutout_values_grow_with_the_defect(triple, defect):
    own = SEEN_BY[defect][0]
    steps = [values(good(triple))[own]] + [values(inject(triple, defect, strength))[own] for strength in (1, 2, 3)]
    assert steps == sorted(steps)
    assert steps[0] < steps[-1]


def test_measure_cutout_does_not_depend_on_the_picture_size(triple):
    case = inject(triple, "cut-off part", 3)
    double = (case.photo.width * 2, case.photo.height * 2)
    small = {one.code: one.value for one in measure_cutout(case.photo, case.cutout)}
    large = {one.code: one.value for one in measure_cutout(case.photo.resize(double), case.cutout.resize(double))}
    assert large["PART_MISSING"] == pytest.approx(small["PART_MISSING"], rel=0.15)


def test_measure_cutout_works_above_its_own_scale(triple):
    size = (2400, 2000)
    found = measure_cutout(triple.photo.resize(size), good(triple).cutout.resize(size))
    limits = limits_for()
    assert [one.code for one in found if not judge(one, limits[one.code])] == []


def test_measure_cutout_places_are_shares_and_heat_is_small(triple):
    for defect in CUTOUT_DEFECTS:
        for one in measure_cutout(triple.photo, inject(triple, defect, 3).cutout):
            assert np.isfinite(one.value)
            for number in (*(one.worst or ()), *(one.box or ())):
                assert 0 <= number <= 1
            if one.heat is not None:
                assert one.heat.dtype == np.uint8
                assert max(one.heat.shape) <= HEAT_SIDE_PX


def test_measure_cutout_points_at_the_hole(triple):
    case = inject(triple, "hole", 3)
    lost = np.asarray(good(triple).cutout)[..., 3].astype(int) - np.asarray(case.cutout)[..., 3]
    rows, columns = np.nonzero(lost > 128)
    hole = next(one for one in measure_cutout(case.photo, case.cutout) if one.code == "HOLE")
    assert hole.worst[0] == pytest.approx(columns.mean() / triple.photo.width, abs=0.04)
    assert hole.worst[1] == pytest.approx(rows.mean() / triple.photo.height, abs=0.04)


def test_measure_cutout_counts_product_made_see_through(triple):
    thin = good(triple).cutout.copy()
    thin.putalpha(thin.getchannel("A").point([round(code * 0.8) for code in range(256)]))
    found = {one.code: one.value for one in measure_cutout(triple.photo, thin)}
    assert found["SEE_THROUGH"] > 0.1
    assert values(good(triple))["SEE_THROUGH"] < 0.005


def test_measure_cutout_sees_a_filled_opening(triple):
    cutout = np.array(good(triple).cutout)
    height = triple.photo.height
    middle = (int(15 * height / 20), int(9 * height / 20))
    y, x = np.mgrid[0 : cutout.shape[0], 0 : cutout.shape[1]]
    gap = (x - middle[0]) ** 2 + (y - middle[1]) ** 2 < (2.2 * height / 20) ** 2
    cutout[gap] = np.dstack([np.asarray(triple.photo), np.full(gap.shape, 255, np.uint8)])[gap]
    found = {one.code: one.value for one in measure_cutout(triple.photo, Image.fromarray(cutout))}
    assert found["RESIDUE"] > limits_for()["RESIDUE"].limit


def test_measure_cutout_takes_the_engine_backdrop(triple):
    backdrop = np.full((50, 60, 3), (214, 214, 212), np.uint8)
    assert values(good(triple), backdrop=backdrop)["PART_MISSING"] < 0.01


def test_measure_cutout_reports_contact_with_the_frame(triple):
    box = (150, 0, 480, 400)
    found = measure_cutout(triple.photo.crop(box), good(triple).cutout.crop(box))
    contact = next(one for one in found if one.code == "FRAME_CONTACT")
    assert contact.value > 0.1
    assert contact.worst[0] < 0.05


@pytest.mark.parametrize("code", [0, 255])
def test_measure_cutout_survives_an_empty_and_a_full_alpha(triple, code):
    cutout = triple.photo.copy()
    cutout.putalpha(code)
    assert all(np.isfinite(one.value) for one in measure_cutout(triple.photo, cutout))


def test_measure_cutout_calls_an_empty_cutout_a_missing_part(triple):
    cutout = triple.photo.copy()
    cutout.putalpha(0)
    found = {one.code: one.value for one in measure_cutout(triple.photo, cutout)}
    assert found["PART_MISSING"] > 1


def test_measure_cutout_leaves_its_inputs_alone(triple):
    case = good(triple)
    before = (case.photo.tobytes(), case.cutout.tobytes())
    measure_cutout(case.photo, case.cutout)
    assert (case.photo.tobytes(), case.cutout.tobytes()) == before


def test_measure_cutout_refuses_another_size_or_mode(triple):
    with pytest.raises(ValueError, match="expected RGBA"):
        measure_cutout(triple.photo, good(triple).cutout.resize((10, 10)))
    with pytest.raises(ValueError, match="expected RGBA"):
        measure_cutout(triple.photo, triple.photo)


def test_measure_cutout_survives_a_tiny_picture():
    photo = Image.new("RGB", (8, 6), "white")
    cutout = photo.convert("RGBA")
    assert all(np.isfinite(one.value) for one in measure_cutout(photo, cutout))


def test_hole_that_runs_along_lines_of_the_product_is_no_opening():
    """Blue leather under a white collar: drawn all round, and still no paper in it."""
    photo = np.full((400, 400, 3), 205, np.uint8)
    photo[80:320, 80:320] = 238
    photo[180:320, 80:320] = (60, 120, 220)
    photo[:, 80:320:6] = np.clip(photo[:, 80:320:6].astype(int) - 14, 0, 255).astype(np.uint8)
    alpha = np.zeros((400, 400), np.uint8)
    alpha[80:320, 80:320] = 255
    cv2.ellipse(alpha, (200, 190), (9, 12), 0, 0, 360, 0, -1)
    cutout = Image.fromarray(np.dstack([photo, alpha]))
    found = {one.code: one.value for one in measure_cutout(Image.fromarray(photo), cutout)}
    assert found["HOLE"] > 0.004


def pane(depth):
    """A grey board with a pane that is part transparent up to its frame: the scene's own (h, w) alpha and photo, less `depth`."""
    photo = np.full((300, 300, 3), 225, np.uint8)
    photo[60:240, 60:240] = 90
    photo[110:190, 110:190] = 150
    alpha = np.zeros((300, 300), np.uint8)
    alpha[60:240, 60:240] = 255
    alpha[110:190, 110:190] = round(255 * (1 - depth))
    return Image.fromarray(photo), Image.fromarray(np.dstack([photo, alpha]))


def test_measure_cutout_does_not_take_a_pane_in_its_frame_for_a_blotch():
    photo, cutout = pane(0.3)
    found = {one.code: one.value for one in measure_cutout(photo, cutout)}
    assert found["BLOTCH"] == 0


def test_measure_cutout_sees_a_blotch_of_the_colour_of_the_paper():
    photo, cutout = pane(0)
    even = np.array(photo)
    even[even == 150] = 90
    blotch = np.zeros((300, 300), np.float32)
    cv2.circle(blotch, (150, 150), 30, 0.3, -1)
    alpha = np.asarray(cutout.getchannel("A")) * (1 - cv2.GaussianBlur(blotch, (0, 0), 8))
    # A white product on white paper: nothing but alpha itself tells that something is wrong.
    even[60:240, 60:240] = 222
    made = Image.fromarray(np.dstack([even, alpha.astype(np.uint8)]))
    found = {one.code: one.value for one in measure_cutout(Image.fromarray(even), made)}
    assert found["BLOTCH"] > limits_for()["BLOTCH"].limit
    assert found["SEE_THROUGH"] == 0


def test_measure_cutout_sees_a_foot_that_melts_into_its_shadow():
    photo = np.full((300, 300, 3), 40, np.uint8)
    photo[60:240, 60:240] = 25
    alpha = np.zeros((300, 300), np.uint8)
    alpha[60:240, 60:240] = 255
    soft = cv2.GaussianBlur(alpha, (0, 0), 4)
    melted = np.where(np.arange(300)[:, None] > 225, soft, alpha)
    found = {}
    for name, plane in (("sharp", alpha), ("melted", melted)):
        cutout = Image.fromarray(np.dstack([photo, plane]))
        found[name] = {one.code: one.value for one in measure_cutout(Image.fromarray(photo), cutout)}
    limit = limits_for()["EDGE_SMUDGE"].limit
    assert found["sharp"]["EDGE_SMUDGE"] == 0
    assert found["melted"]["EDGE_SMUDGE"] > limit
    assert found["melted"]["EDGE_SOFT"] <= limits_for()["EDGE_SOFT"].limit


def test_trim_in_a_shade_of_the_paper_is_no_halo(triple):
    """A dark product with a grey piping of 3 px, half way to the colour of its grey paper."""
    alpha = np.asarray(triple.alpha)
    rim = (cv2.erode(alpha, np.ones((7, 7), np.uint8)) < 250)[..., None]
    trim = np.where(
        rim, (0.5 * np.asarray(triple.foreground) + 0.5 * 214).astype(np.uint8), np.asarray(triple.foreground)
    )
    cover = alpha[..., None] / 255
    fresh = (alpha > 0)[..., None]
    photo = np.where(fresh, trim * cover + 205 * (1 - cover), np.asarray(triple.photo)).astype(np.uint8)
    piped = replace(triple, photo=Image.fromarray(photo), foreground=Image.fromarray(trim))
    assert "EDGE_HALO" not in failed(good(piped))
    assert "EDGE_HALO" in failed(inject(piped, "halo", 2))


def test_shadow_that_ends_softly_is_no_part_of_the_product(triple):
    """As dark as a part can be, and coloured: no shade of the backdrop explains it."""
    spot = np.zeros(np.asarray(triple.alpha).shape, np.float32)
    cv2.ellipse(spot, (300, 345), (110, 24), 0, 0, 360, 1, -1)
    found = {}
    for sigma in (0.5, 6, 14):
        left = cv2.GaussianBlur(spot, (0, 0), sigma)[..., None] * (1 - np.asarray(triple.alpha)[..., None] / 255)
        photo = np.asarray(triple.photo) * (1 - left) + np.array((26, 14, 10)) * left
        found[sigma] = values(good(replace(triple, photo=Image.fromarray(photo.astype(np.uint8)))))["PART_MISSING"]
    assert found[0.5] > 0.03
    assert found[6] == found[14] == 0


def test_frame_contact_does_not_shrink_with_the_gaps_of_a_product():
    """Two of a chair's legs on the frame: the outline along forty spindles says nothing of how much is cut off."""
    alpha = np.zeros((400, 600), np.uint8)
    alpha[40:60, 100:500] = alpha[200:220, 100:500] = 255
    alpha[200:, 110:120] = alpha[200:, 480:490] = 255
    alpha[40:220, 105:495:10] = 255
    photo = Image.fromarray(np.where(alpha[..., None] > 0, 60, 220).repeat(3, axis=2).astype(np.uint8))
    cutout = photo.copy()
    cutout.putalpha(Image.fromarray(alpha))
    found = {one.code: one.value for one in measure_cutout(photo, cutout)}
    assert found["FRAME_CONTACT"] > 0.01


def test_hole_counts_what_fades_around_its_core(triple):
    """An engine's doubt in a shaded fold: a core of a few pixels in a patch that is four times as large."""
    alpha = np.asarray(triple.alpha)
    rows, columns = np.nonzero(alpha > 250)
    centre = (int(columns.mean()), int(rows.mean()))
    found = {}
    for fade in (0.5, 4.0):
        spot = np.zeros(alpha.shape, np.float32)
        cv2.circle(spot, centre, 6, 1, -1)
        spot = cv2.GaussianBlur(spot, (0, 0), fade)
        cutout = triple.foreground.copy()
        cutout.putalpha(Image.fromarray((alpha * (1 - spot / spot.max())).astype(np.uint8)))
        plane = regions.hole_plane(area_of(np.asarray(triple.photo), np.asarray(cutout.getchannel("A"))))
        core = np.asarray(cutout.getchannel("A").resize(plane.shape[::-1], Image.Resampling.BOX)) < 128
        found[fade] = float(plane.sum()) / float(core[plane > 0].sum())
    assert found[4.0] > 1.2 * found[0.5]
