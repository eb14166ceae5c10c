from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from processing.imaging.halfglass import SURE, NotSuitable, half_glass
from processing.imaging.matting.matte import CLEAR_GLASS
from tests.imaging.products import box_product, cutout_of, drawn

FRAME = (90, 50, 20, 255)


def _ring(draw, scale, box, *, lens=0, width=8):
    draw.ellipse([value * scale for value in box], fill=(120, 120, 120, lens), outline=FRAME, width=width * scale)


def _bar(draw, scale, points, *, width=8):
    draw.line([value * scale for point in points for value in point], fill=FRAME, width=width * scale)


def _front(lens=0):
    def paint(draw, scale):
        _ring(draw, scale, (10, 10, 190, 150), lens=lens)
        _ring(draw, scale, (230, 10, 410, 150), lens=lens)
        _bar(draw, scale, [(185, 55), (235, 55)])
        _bar(draw, scale, [(0, 50), (16, 50)])
        _bar(draw, scale, [(404, 50), (420, 50)])

    return drawn((420, 160), paint)


def _angle():
    def paint(draw, scale):
        _ring(draw, scale, (10, 20, 120, 150))
        _ring(draw, scale, (150, 20, 320, 160))
        _bar(draw, scale, [(115, 60), (155, 60)])
        _bar(draw, scale, [(315, 60), (470, 40), (540, 70)], width=10)

    return drawn((550, 170), paint)


def _side():
    def paint(draw, scale):
        _ring(draw, scale, (10, 10, 50, 150))
        _bar(draw, scale, [(40, 40), (300, 40), (400, 90)], width=12)

    return drawn((410, 160), paint)


@pytest.mark.parametrize("lens", [0, 90, 255])
def test_front_view_is_cut_at_the_bridge_whatever_the_lenses(lens):
    found = half_glass(_front(lens))
    assert found.view == "front"
    assert found.confidence >= 0.9
    assert found.bridge_x == pytest.approx(0.5, abs=0.01)
    left, top, width, height = found.box_px
    assert left <= 10
    assert 225 <= left + width <= 255, "lens and bridge, not the other lens"
    assert (top, height) == (0, 160)
    assert found.image.size == (width, height)
    assert found.image.mode == "RGBA"


def test_angled_view_takes_the_nearer_lens_and_cuts_the_temple():
    found = half_glass(_angle())
    assert found.view == "angle"
    assert found.confidence >= SURE
    left, _, width, _ = found.box_px
    assert 100 <= left <= 125
    assert 318 <= left + width <= 350


def test_angled_view_facing_the_other_way_is_the_mirror_image():
    straight = half_glass(_angle())
    turned = half_glass(cutout_of(_angle().image.transpose(0)))
    assert turned.bridge_x == pytest.approx(1 - straight.bridge_x, abs=0.01)
    assert turned.box_px[2] == pytest.approx(straight.box_px[2], abs=4)


def test_end_of_a_temple_that_the_cut_severs_is_left_out():
    whole = Image.new("RGBA", (420, 200))
    whole.paste(_front().image, (0, 40))
    whole.paste(FRAME, (60, 4, 110, 14))
    found = half_glass(cutout_of(whole))
    assert found.image.size == found.box_px[2:]
    assert 40 <= found.box_px[1] <= 52, "the rows of the end are gone"
    assert found.image.getchannel("A").getextrema()[1] == 255, "the lens stays"


@pytest.mark.parametrize("cutout", [_side(), box_product(), box_product(400, 120)])
def test_side_views_and_other_things_are_refused(cutout):
    with pytest.raises(NotSuitable) as refusal:
        half_glass(cutout)
    assert refusal.value.reason == "side-view"


def test_empty_cutout_is_refused():
    with pytest.raises(NotSuitable) as refusal:
        half_glass(cutout_of(drawn((100, 50), lambda draw, scale: None).image))
    assert refusal.value.reason == "empty"


def test_half_glass_is_repeatable_and_leaves_its_input_alone():
    cutout = _front()
    before = cutout.image.tobytes()
    first, again = half_glass(cutout), half_glass(cutout)
    assert first.image.tobytes() == again.image.tobytes()
    assert cutout.image.tobytes() == before


def test_folded_temples_below_the_nose_do_not_hide_the_bridge():
    def paint(draw, scale):
        _ring(draw, scale, (10, 10, 190, 150), lens=255)
        _ring(draw, scale, (230, 10, 410, 150), lens=255)
        _bar(draw, scale, [(185, 45), (235, 45)], width=10)
        _bar(draw, scale, [(60, 110), (360, 110)], width=8)

    found = half_glass(drawn((420, 160), paint))
    assert found.bridge_x == pytest.approx(0.5, abs=0.02)
    assert np.asarray(found.image)[..., 3].any()


def test_remains_of_a_shadow_make_it_unsure():
    clean = _front()
    pixels = np.array(clean.image.crop((0, -40, 420, 200)))
    pixels[200:232, 60:360] = (60, 60, 60, 110)
    shadowed = half_glass(cutout_of(Image.fromarray(pixels)))
    assert half_glass(clean).confidence >= 0.9
    assert shadowed.confidence < SURE
    assert shadowed.notes == ("unsure-bridge",)


def test_rimless_lenses_that_are_seen_through_are_no_remains():
    def paint(draw, scale):
        for box in ((10, 10, 190, 150), (230, 10, 410, 150)):
            draw.ellipse([value * scale for value in box], fill=(120, 90, 60, 110))
        _bar(draw, scale, [(185, 55), (235, 55)])

    glasses = drawn((420, 160), paint)
    assert half_glass(glasses).confidence < SURE
    known = half_glass(replace(glasses, notes=(CLEAR_GLASS,)))
    assert known.confidence >= 0.9
    assert known.bridge_x == pytest.approx(0.5, abs=0.01)
