import json

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.imaging.enhance import (
    HUE_LIMIT_DE00,
    Look,
    apply_look,
    look_of,
    seen_light,
    straighten,
    tilt_of,
)
from processing.imaging.linear import to_linear, to_srgb
from tests.imaging.products import box_product


def measure_look(image, *, alpha):
    return look_of(seen_light(image, alpha=alpha), tilt_deg=tilt_of(alpha))


def _photo(paper=(236, 236, 236), product=(60, 90, 140), noise=1.0):
    rng = np.random.default_rng(2)
    pixels = np.empty((240, 240, 3), np.float64)
    pixels[:] = paper
    alpha = np.zeros((240, 240), np.uint8)
    alpha[70:190, 80:160] = 255
    pixels[alpha > 0] = product
    pixels += rng.normal(0, noise, pixels.shape)
    return Image.fromarray(np.rint(pixels).clip(0, 255).astype(np.uint8)), alpha


def _tinted(gains, exposure=1.0, paper=(236, 236, 236)):
    image, alpha = _photo(paper)
    light = to_linear(np.asarray(image)) * np.array(gains) * exposure
    return Image.fromarray(to_srgb(light)), alpha


def test_good_photo_is_left_alone():
    image, alpha = _photo()
    look = measure_look(image, alpha=alpha)
    assert look.exposure_gain == 1
    assert look.white_balance == pytest.approx((1, 1, 1), abs=0.01)


def test_warm_cast_is_taken_back():
    image, alpha = _tinted((1.03, 1.0, 0.965))
    after = apply_look(image, measure_look(image, alpha=alpha))
    paper = np.asarray(after)[alpha == 0].mean(axis=0)
    assert np.ptp(paper) < 2.5
    assert np.ptp(np.asarray(image)[alpha == 0].mean(axis=0)) > 4


def test_dark_white_paper_is_lifted_within_limits():
    image, alpha = _tinted((1, 1, 1), exposure=0.75)
    look = measure_look(image, alpha=alpha)
    assert 1.1 < look.exposure_gain <= 1.25


@pytest.mark.parametrize(
    ("paper", "note"),
    [((90, 130, 190), "coloured-backdrop"), ((40, 40, 40), "dark-backdrop")],
)
def test_unsure_backdrops_change_nothing(paper, note):
    image, alpha = _photo(paper)
    look = measure_look(image, alpha=alpha)
    assert look.is_identity
    assert look.notes == (note,)
    assert apply_look(image, look).tobytes() == image.tobytes()


def test_paper_that_is_pure_white_already_is_not_darkened():
    image, alpha = _photo((255, 255, 255), noise=0)
    assert measure_look(image, alpha=alpha).is_identity


def test_paper_a_little_darker_is_lifted_a_little_less():
    gains = [
        measure_look(image, alpha=alpha).exposure_gain
        for image, alpha in (_photo((level,) * 3) for level in (170, 176, 182, 188))
    ]
    assert gains == sorted(gains)
    assert max(np.diff(gains)) < 0.12


def test_grey_paper_keeps_its_exposure():
    image, alpha = _photo((150, 150, 150))
    assert measure_look(image, alpha=alpha).exposure_gain == 1


def test_picture_without_backdrop_changes_nothing():
    image, _ = _photo()
    assert measure_look(image, alpha=np.full((240, 240), 255, np.uint8)).notes == ("too-little-backdrop",)
    with pytest.raises(ValueError, match="picture is 240x240"):
        measure_look(image, alpha=np.zeros((3, 3), np.uint8))


def test_product_hue_moves_no_more_than_the_limit():
    image, alpha = _tinted((1.12, 1.0, 0.86), paper=(225, 225, 225))
    look = measure_look(image, alpha=alpha)
    colours = np.asarray(image)[alpha > 0][None]
    after = to_srgb(to_linear(colours) * np.array(look.white_balance))
    before_lab, after_lab = rgb2lab(colours), rgb2lab(after)
    after_lab[..., 0] = before_lab[..., 0]
    assert deltaE_ciede2000(before_lab, after_lab).mean() <= HUE_LIMIT_DE00 + 0.1


def test_look_survives_json_and_has_a_key():
    look = Look(1.1, (1.01, 1.0, 0.97), 1.05, 0.4, 0.9, ("x",))
    assert Look.from_dict(json.loads(json.dumps(look.to_dict()))) == look
    assert look.key() != Look().key()
    with pytest.raises(ValueError, match="no look"):
        Look.from_dict({"exposure_gain": 1})


def test_apply_look_keeps_alpha_and_input():
    image = box_product().image
    before = image.tobytes()
    out = apply_look(image, Look(exposure_gain=1.2))
    assert image.tobytes() == before
    assert out.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert out.tobytes() != before
    with pytest.raises(ValueError, match="RGB or RGBA"):
        apply_look(Image.new("L", (9, 9)), Look())


def test_brighter_look_is_monotonic_and_does_not_clip_early():
    ramp = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))
    out = np.asarray(apply_look(ramp, Look(exposure_gain=1.3)))[0, :, 0].astype(int)
    assert (np.diff(out) >= 0).all()
    assert out[0] == 0
    assert (out == 255).sum() <= 2


@pytest.mark.parametrize("lean", [-5.0, -1.5, 1.5, 3.0, 5.5])
def test_lean_of_an_upright_product_is_found_and_taken_back(lean):
    image = box_product(200, 420).image
    leaning = image.rotate(lean, resample=Image.Resampling.BICUBIC, expand=True)
    tilt = tilt_of(np.asarray(leaning.getchannel("A")))
    assert tilt == pytest.approx(lean, abs=0.15)
    upright = straighten(leaning, tilt_deg=tilt)
    assert tilt_of(np.asarray(upright.getchannel("A"))) == 0
    assert tilt_of(np.asarray(image.getchannel("A"))) == 0


def test_lean_of_wide_or_strongly_turned_products_is_left_alone():
    assert tilt_of(np.asarray(box_product(420, 120).image.rotate(2, expand=True).getchannel("A"))) == 0
    assert tilt_of(np.asarray(box_product(200, 420).image.rotate(9, expand=True).getchannel("A"))) == 0
