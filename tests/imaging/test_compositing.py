import numpy as np
import pytest
from PIL import Image

from processing.imaging.backplates import studio_sweep
from processing.imaging.compositing import on_backplate, on_transparent, on_white
from processing.imaging.linear import to_linear, to_srgb
from processing.imaging.matching import MATCH_LIMIT_DE00, matched_gains
from processing.imaging.resize import cutout_levels
from processing.imaging.sizes import NAMED_SIZES
from processing.imaging.specs import SHADOWS, Spec
from tests.imaging.products import ball_product, box_product, cutout_of, drawn, plain_plate

CUTOUTS = {"box": box_product(240, 400), "wide": box_product(420, 130), "ball": ball_product(320)}


def _spec(size=(300, 300), background="white", **values):
    return Spec(name="test", size=size, background=background, **values)


def _set(size=(300, 300), *, cutout=None, plate=None, seed=1, **values):
    spec = _spec(size, "lifestyle-home", **{"shadow": "natural", **values})
    cutout = cutout or CUTOUTS["box"]
    return on_backplate(cutout, spec, plate or plain_plate(), rng=np.random.default_rng(seed))


@pytest.mark.parametrize("name", CUTOUTS)
@pytest.mark.parametrize("size", [(300, 300), (270, 480), (480, 150)])
def test_white_is_exactly_255_outside_the_product(name, size):
    composed = on_white(CUTOUTS[name], _spec(size, fill=0.85))
    pixels, mask = np.asarray(composed.image), np.asarray(composed.product_mask)
    assert composed.image.size == size
    assert composed.image.mode == "RGB"
    assert (pixels[mask == 0] == 255).all()
    assert (pixels[mask == 255] < 255).any()
    rows, columns = np.nonzero(mask > 127)
    share = max((np.ptp(columns) + 1) / size[0], (np.ptp(rows) + 1) / size[1])
    assert share == pytest.approx(0.85, abs=0.012)
    assert abs(columns.min() + columns.max() + 1 - size[0]) <= 2
    assert abs(rows.min() + rows.max() + 1 - size[1]) <= 2


def test_white_with_shadow_keeps_the_frame_pure():
    pixels = np.asarray(on_white(CUTOUTS["box"], _spec(shadow="natural")).image)
    assert (pixels[[0, -1]] == 255).all()
    assert (pixels[:, [0, -1]] == 255).all()
    assert (pixels[240:275, 60:240] < 250).any()


def test_transparent_keeps_alpha_and_colour():
    composed = on_transparent(CUTOUTS["box"], _spec(background="transparent"))
    pixels, mask = np.asarray(composed.image), np.asarray(composed.product_mask)
    assert composed.image.mode == "RGBA"
    assert (pixels[..., 3] == mask).all()
    assert (pixels[mask == 0] == 0).all()
    assert np.abs(pixels[mask == 255][:, :3].astype(int) - (60, 90, 140)).max() <= 1
    assert composed.background is None


def test_transparent_shadow_is_black_below_the_product():
    composed = on_transparent(CUTOUTS["box"], _spec(background="transparent", shadow="natural"))
    pixels, mask = np.asarray(composed.image), np.asarray(composed.product_mask)
    shadow = pixels[(mask == 0) & (pixels[..., 3] > 0)]
    assert len(shadow) > 100
    assert (shadow[:, :3] == 0).all()


@pytest.mark.parametrize("name", CUTOUTS)
@pytest.mark.parametrize("size", NAMED_SIZES.values())
def test_set_never_crops_or_stretches_the_product(name, size):
    size = (size[0] // 4, size[1] // 4)
    composed = _set(size, cutout=CUTOUTS[name])
    mask = np.asarray(composed.product_mask)
    assert composed.image.size == size
    assert not mask[[0, -1]].any()
    assert not mask[:, [0, -1]].any()
    rows, columns = np.nonzero(mask > 127)
    source = cutout_levels(CUTOUTS[name].image).solid_box
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    assert abs(width - height * source[2] / source[3]) <= max(1.5, source[2] / source[3])


@pytest.mark.parametrize("shadow", SHADOWS)
def test_set_is_untouched_above_the_ground_and_darker_below(shadow):
    composed = _set(shadow=shadow)
    image, behind = np.asarray(composed.image).astype(int), np.asarray(composed.background).astype(int)
    clear = np.asarray(composed.product_mask) == 0
    change = np.where(clear, (image - behind).mean(axis=2), 0)
    top = composed.placement.box_px[1]
    assert change.max() <= 0
    assert (change[: max(top - 4, 1)] == 0).all()
    assert (change.min() < -15) == (shadow != "none")


def test_what_lies_low_throws_its_outline_and_no_pool_behind_it():
    corners = [(2, 120), (220, 70), (398, 150), (180, 248)]
    folded = drawn((400, 250), lambda draw, scale: draw.polygon([(x * scale, y * scale) for x, y in corners], "brown"))
    composed = _set(cutout=folded, shadow="ambient")
    change = np.asarray(composed.background).astype(int).mean(axis=2) - np.asarray(composed.image).mean(axis=2)
    change[np.asarray(composed.product_mask) > 0] = 0
    left, top, width, height = composed.placement.box_px
    assert change[: top + height // 5].max() == 0, "its own height hides what is behind it"
    beyond = change[top + height // 2 :, : max(left - width // 12, 1)]
    assert beyond.max() < 6, "no pool beside it"
    assert change[top + height // 2 :, left : left + width // 2].max() > 40
    assert change[top + height // 2 :, left + width // 2 : left + width].max() > 40


def test_shadow_falls_away_from_the_light_of_the_set():
    def lean(azimuth_deg):
        composed = _set(plate=plain_plate(azimuth_deg=azimuth_deg))
        dark = np.asarray(composed.background).astype(float).sum(axis=2) - np.asarray(composed.image).sum(axis=2)
        dark[np.asarray(composed.product_mask) > 0] = 0
        columns = np.arange(dark.shape[1])
        return (dark.sum(axis=0) * columns).sum() / dark.sum() - composed.placement.foot_px[0]

    assert lean(180) > 4
    assert lean(0) < -4


def test_set_flips_only_where_allowed():
    plate = plain_plate(flip=True)
    pixels = np.asarray(plate.image).copy()
    pixels[:, :200] = (200, 40, 40)
    marked = plain_plate(flip=True).__class__(**{**plate.__dict__, "pixels": pixels})
    fixed = marked.__class__(**{**marked.__dict__, "flip": False})

    def red_sides(which):
        backgrounds = [np.asarray(_set(plate=which, seed=seed).background).astype(int) for seed in range(8)]
        return {
            bool((b[:, :60, 0] - b[:, :60, 1]).mean() > (b[:, -60:, 0] - b[:, -60:, 1]).mean()) for b in backgrounds
        }

    assert red_sides(marked) == {True, False}
    assert red_sides(fixed) == {True}


def test_same_seed_same_bytes_other_seed_other_picture():
    first, again, other = (_set(seed=seed).image.tobytes() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_inputs_stay_unchanged():
    cutout, plate = box_product(240, 400), plain_plate(flip=True)
    before = cutout.image.tobytes(), plate.image.tobytes()
    _set(cutout=cutout, plate=plate)
    on_white(cutout, _spec(shadow="natural", reflection=True))
    on_transparent(cutout, _spec(background="transparent"))
    assert (cutout.image.tobytes(), plate.image.tobytes()) == before


def test_shared_levels_give_the_same_picture():
    cutout = CUTOUTS["ball"]
    levels = cutout_levels(cutout.image)
    assert on_white(cutout, _spec(), levels=levels).image == on_white(cutout, _spec()).image


def test_small_source_is_reported_and_enlarging_too():
    assert on_white(CUTOUTS["box"], _spec((900, 900), fill=0.9)).notes == ("source-too-small",)
    composed = on_white(CUTOUTS["box"], _spec((900, 900), fill=0.9, enlarge=True))
    assert composed.notes == ("enlarged",)
    assert composed.placement.scale > 2


def test_product_colour_moves_within_the_stated_limit():
    from skimage.color import deltaE_ciede2000, rgb2lab

    plate = plain_plate()
    gains = matched_gains(CUTOUTS["box"].image, plate)
    assert gains[0] > 1 > gains[2], "towards the warm light of the set"
    colour = np.full((4, 4, 3), (60, 90, 140), np.uint8)
    moved = to_srgb(to_linear(colour) * gains)
    assert deltaE_ciede2000(rgb2lab(colour), rgb2lab(moved)).mean() <= MATCH_LIMIT_DE00 + 0.1


def test_reflection_shows_below_the_foot_only():
    plain, shiny = (
        np.asarray(on_white(CUTOUTS["box"], _spec(padding=1.6, reflection=on)).image) for on in (False, True)
    )
    changed = np.nonzero((plain != shiny).any(axis=2))[0]
    foot = on_white(CUTOUTS["box"], _spec(padding=1.6)).placement.foot_px[1]
    assert changed.size > 50
    assert changed.min() >= foot - 4


def test_canvas_beyond_the_set_is_continued_without_a_seam():
    tall = plain_plate()
    small = tall.__class__(**{**tall.__dict__, "product_height": (0.62, 0.64)})
    composed = _set((480, 150), cutout=CUTOUTS["box"], plate=small)
    rows = np.asarray(composed.background).astype(int)[20]
    assert "set-continued" in composed.notes
    assert np.abs(np.diff(rows, axis=0)).max() <= 3


def test_sweep_carries_every_named_size():
    plate = studio_sweep(512, rng=np.random.default_rng(0))
    for size in NAMED_SIZES.values():
        size = (size[0] // 6, size[1] // 6)
        assert _set(size, plate=plate, cutout=CUTOUTS["ball"]).image.size == size


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3), (9, 7)])
@pytest.mark.parametrize("alpha", [0, 20, 255])
def test_degenerate_cutouts_still_make_pictures(size, alpha):
    cutout = cutout_of(Image.new("RGBA", size, (90, 120, 60, alpha)))
    values = {"shadow": "natural", "reflection": True}
    assert on_white(cutout, _spec((120, 90), fill=0.9, **values)).image.size == (120, 90)
    assert on_transparent(cutout, _spec((120, 90), "transparent", **values)).image.size == (120, 90)
    assert _set((120, 90), cutout=cutout, **values).image.size == (120, 90)


@pytest.mark.parametrize("shading_ev", [1.0, -1.0])
def test_set_is_turned_to_agree_with_the_light_on_the_product(shading_ev):
    plate = plain_plate(azimuth_deg=180.0, flip=True)
    spec = _spec((200, 200), "lifestyle-home", shadow="none")
    azimuths = set()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        composed = on_backplate(CUTOUTS["box"], spec, plate, rng=rng, shading_ev=shading_ev)
        azimuths.add(composed.standing.light.azimuth_deg)
    assert azimuths == {0.0 if shading_ev > 0 else 180.0}


def test_set_stays_where_it_must_not_be_mirrored():
    composed = on_backplate(
        CUTOUTS["box"], _spec((200, 200), "lifestyle-home"), plain_plate(), rng=np.random.default_rng(1), shading_ev=2.0
    )
    assert composed.standing.light.azimuth_deg == 180.0


def test_small_product_is_as_large_with_less_of_the_set_behind_it():
    plate = plain_plate()
    spec = _spec((300, 300), "lifestyle-home", padding=1.3)
    usual, near = (
        on_backplate(CUTOUTS["box"], spec, plate, rng=np.random.default_rng(1), near=near) for near in (False, True)
    )
    assert usual.placement.box_px[2:] == near.placement.box_px[2:]
    heights = [one.standing.product_height[1] for one in (usual, near) if one.standing]
    assert heights[0] == pytest.approx(heights[1], rel=0.1), "a smaller share of a set seen larger"
    assert not np.array_equal(np.asarray(usual.background), np.asarray(near.background))
