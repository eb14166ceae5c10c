import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging.backplates import Light
from processing.imaging.ground import find_ground
from processing.imaging.shadows import STUDIO_LIGHT, STYLES, Scene, shadow_map
from tests.imaging.products import ball_product, box_product, drawn

CANVAS = (500, 500)
BOX = (190, 150, 120, 200)


def _ground(cutout):
    return find_ground(np.asarray(cutout.image.getchannel("A")))


def _shadow(style="natural", *, azimuth_deg=180.0, elevation_deg=45.0, softness=0.2, horizon_px=None):
    light = Light(azimuth_deg, elevation_deg, softness)
    return shadow_map(_ground(box_product()), Scene(CANVAS, BOX, light, horizon_px=horizon_px), style=style)


def _middle_x(shadow):
    return float((shadow.sum(axis=0) * np.arange(shadow.shape[1])).sum() / shadow.sum())


@pytest.mark.parametrize("style", STYLES)
def test_shadow_darkens_near_the_foot_only(style):
    shadow = _shadow(style)
    assert shadow.shape == CANVAS[::-1]
    assert shadow.dtype == np.float32
    assert shadow.min() >= 0
    assert 0.2 < shadow.max() < 0.95
    assert shadow[:120].max() < 0.03, "nothing around the top of the product"
    assert shadow[330:400, 150:350].max() == shadow.max(), "darkest where it stands"


def test_no_shadow_for_style_none_and_error_for_unknown_style():
    assert not _shadow("none").any()
    with pytest.raises(ValueError, match="soft-drop"):
        _shadow("disco")


def test_contact_shadow_of_a_narrow_product_lies_at_its_foot():
    """Seen at 320 px such a product is 79 columns wide: rounding those must not move its foot down by a hundredth."""
    cutout = box_product(217, 883)
    box = (200, 60, 217, 883)
    scene = Scene((620, 1040), box, Light(180.0, 45.0, 0.2))
    shadow = shadow_map(_ground(cutout), scene, style="ambient")
    foot = box[1] + 883 - 2
    assert abs(int(shadow[:, 308].argmax()) - foot) <= 3


def test_cast_shadow_falls_away_from_the_light():
    from_left, from_right = _middle_x(_shadow(azimuth_deg=180)), _middle_x(_shadow(azimuth_deg=0))
    assert from_left > 250 + 8
    assert from_right < 250 - 8
    behind, before = _shadow(azimuth_deg=90), _shadow(azimuth_deg=270)
    rows = np.arange(500)
    assert (behind.sum(axis=1) * rows).sum() / behind.sum() > (before.sum(axis=1) * rows).sum() / before.sum() + 8


@pytest.mark.parametrize("style", ["ambient", "soft-drop"])
def test_styles_without_main_light_agree_with_that_of_a_set(style):
    from_left, from_right = (_middle_x(_shadow(style, azimuth_deg=azimuth)) for azimuth in (180, 0))
    assert from_left > from_right + 8
    scenes = [Scene(CANVAS, BOX, Light(azimuth, 45.0, 0.2), closed=True) for azimuth in (180.0, 0.0)]
    on_white = [shadow_map(_ground(box_product()), scene, style=style) for scene in scenes]
    assert (on_white[0] == on_white[1]).all(), "there is no set on plain white"


def test_low_light_throws_longer_shadows():
    low, high = _shadow(elevation_deg=30), _shadow(elevation_deg=65)
    assert _middle_x(low) > _middle_x(high) + 5


def test_soft_light_blurs_and_outdoor_style_hardens():
    def steepness(shadow):
        return np.abs(np.diff(shadow[:, 345:], axis=0)).max()

    assert steepness(_shadow(softness=0.0)) > steepness(_shadow(softness=1.0))
    assert steepness(_shadow("natural-outdoor", softness=1.0)) > steepness(_shadow(softness=1.0))


def test_shadow_ends_before_a_closed_canvas_does():
    light = Light(180, 15, 0.1)
    ground = _ground(box_product())
    shadow = shadow_map(ground, Scene(CANVAS, (370, 290, 120, 200), light, closed=True), style="natural-outdoor")
    border = np.concatenate([shadow[0], shadow[-1], shadow[:, 0], shadow[:, -1]])
    assert border.max() == 0


def test_cast_shadow_does_not_climb_above_the_horizon():
    shadow = _shadow(azimuth_deg=270, elevation_deg=20, horizon_px=300.0)
    assert shadow[:295, :180].max() < 0.02


def test_contact_is_darkest_where_the_product_touches():
    """A bridge on two feet: dark under the feet, lighter below the arch."""

    def paint(draw, scale):
        draw.rectangle((2 * scale, 2 * scale, 198 * scale, 60 * scale), fill="brown")
        draw.rectangle((2 * scale, 60 * scale, 50 * scale, 98 * scale - 1), fill="brown")
        draw.rectangle((150 * scale, 60 * scale, 198 * scale, 98 * scale - 1), fill="brown")

    ground = _ground(drawn((200, 100), paint))
    light = Light(90, 60, 0.5)
    shadow = shadow_map(ground, Scene((400, 400), (100, 200, 200, 100), light), style="ambient")
    row = shadow[298]
    assert row[126] > row[200] + 0.1
    assert row[274] > row[200] + 0.1


def test_ground_line_follows_the_lower_edges_of_a_box_over_its_corner():
    def paint(draw, scale):
        corners = [(2, 20), (100, 2), (198, 20), (198, 120), (100, 150), (2, 120)]
        draw.polygon([(x * scale, y * scale) for x, y in corners], fill="brown")

    ground = _ground(drawn((200, 152), paint))
    unit = ground.alpha.shape[1] / 200
    assert ground.line[ground.line.size // 2] / unit == pytest.approx(150, abs=2)
    assert ground.line[round(20 * unit)] / unit == pytest.approx(126, abs=3)
    assert ground.contact[0] < 8 * unit
    assert ground.contact[1] > 192 * unit
    assert ground.gap[slice(*ground.contact)].max() < 0.05 * ground.alpha.shape[0]
    assert ground.rise < 0.75, "part of its height is depth"


def test_ground_of_a_round_thing_is_a_short_contact():
    ground = _ground(ball_product())
    assert ground.contact[1] - ground.contact[0] < 0.75 * ground.line.size
    assert find_ground(np.zeros((50, 50), np.uint8)) is None


def test_floor_between_tall_legs_is_darker_than_beside_them():
    alpha = np.zeros((320, 180), np.uint8)
    alpha[:90] = 255
    alpha[:, :18] = alpha[:, -18:] = 255
    ground = find_ground(alpha)
    scene = Scene((400, 400), (110, 40, 180, 320), STUDIO_LIGHT)
    missing = shadow_map(ground, scene, style="ambient")
    assert float(missing[352, 185:215].mean()) > 0.08
    assert float(missing[352, 185:215].mean()) > 2 * float(missing[352, 20:40].mean())


def _chair():
    """A seat on four legs seen from above its front, the legs behind shorter; a bar between two of them."""
    alpha = np.zeros((320, 220), np.uint8)
    alpha[10:120, 20:200] = 255
    for left, foot in ((20, 300), (186, 312), (70, 255), (150, 262)):
        alpha[100:foot, left : left + 14] = 255
    alpha[200:208, 20:200] = 255
    return alpha


def test_feet_on_the_line_and_behind_it_are_found_once():
    near, far = (find_ground(_chair()).feet[part] for part in (slice(2), slice(2, None)))
    assert [(foot.start, foot.end) for foot in near] == [(20, 34), (186, 200)]
    assert [foot.y for foot in near] == pytest.approx([300, 312], abs=1.5)
    assert [(foot.start, foot.end, foot.y) for foot in far] == [(70, 84, 255), (150, 164, 262)]


def test_handles_and_spouts_of_what_stands_on_a_base_are_no_feet():
    alpha = np.zeros((320, 300), np.uint8)
    alpha[10:315, 60:240] = 255
    alpha[150:260, 270:284] = 255
    alpha[150:164, 240:284] = 255
    assert find_ground(alpha).feet == ()


def test_each_foot_has_its_own_contact():
    ground, box = find_ground(_chair()), (140, 100, 220, 320)
    scene = Scene((500, 500), box, Light(180.0, 60.0, 0.8))
    shadow = shadow_map(ground, scene, style="natural")
    for foot in ground.feet:
        x, y = 140 + (foot.start + foot.end) // 2, 100 + int(foot.y)
        assert shadow[y + 1, x] > shadow[y + 1, x - 25] + 0.2
        assert shadow[y + 1, x] > shadow[y + 14, x] + 0.15


def _on_cord(thickness):
    """A ball before which a loop of cord lies."""
    picture = Image.new("L", (400, 400))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((60, 20, 320, 280), fill=255)
    draw.line([(70, 200), (40, 340), (120, 382), (300, 384), (390, 370)], fill=255, width=thickness)
    return np.asarray(picture)


def test_cord_before_a_product_is_not_what_it_stands_on():
    ground, thick = find_ground(_on_cord(6)), find_ground(_on_cord(20))
    assert float(ground.line.max()) == pytest.approx(280 * 0.8, abs=2)
    assert float(thick.line.max()) > 380 * 0.8, "that may be a foot"
    assert thick.lying is None
    shadow = shadow_map(ground, Scene((600, 600), (100, 100, 400, 400), STUDIO_LIGHT), style="ambient")
    assert shadow[100 + 387, 300] > shadow[100 + 370, 300] + 0.15, "the cord has a shadow of its own"
