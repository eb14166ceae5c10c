"""One look over a batch: medians of many papers, limits on what happens to the product."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.imaging.batchlook import BatchLook, PhotoLight, batch_look, in_batch, light_of
from processing.imaging.enhance import HUE_LIMIT_DE00, Look, apply_look, look_of, seen_light
from processing.imaging.linear import to_linear, to_srgb

WARM = (1.03, 1.0, 0.95)


def shot(gains=(1.0, 1.0, 1.0), *, exposure=0.9, product=(60, 90, 140), seed=1, paper=(236, 236, 236)):
    """A photo and its alpha: a plain product in the middle of even paper in coloured light."""
    rng = np.random.default_rng(seed)
    pixels = np.empty((240, 240, 3), np.float64)
    pixels[:] = paper
    alpha = np.zeros((240, 240), np.uint8)
    alpha[70:190, 80:160] = 255
    pixels[alpha > 0] = product
    pixels += rng.normal(0, 1, pixels.shape)
    light = to_linear(pixels.clip(0, 255).astype(np.uint8)) * np.array(gains) * exposure
    return Image.fromarray(to_srgb(light.clip(0, 1))), alpha


def session(count=6, gains=WARM, **options):
    return [light_of(shot(gains, seed=seed, **options)[0]) for seed in range(count)]


def in_session(photo, alpha, batch):
    seen = seen_light(photo, alpha=alpha)
    own = look_of(seen, tilt_deg=0.0)
    return in_batch(own, batch, paper=seen.grey_card, product=seen.product)


def test_photos_of_one_session_get_one_look():
    batch = batch_look(session())
    assert batch.agreement == 1
    looks = {in_session(*shot(WARM, seed=seed), batch).key() for seed in range(20, 24)}
    assert len(looks) == 1
    after = np.asarray(apply_look(shot(WARM)[0], in_session(*shot(WARM), batch)))[:50].reshape(-1, 3)
    assert np.ptp(after.mean(axis=0)) < 2


def test_one_odd_photo_does_not_move_the_batch():
    plain = batch_look(session(7))
    odd = batch_look([*session(7), light_of(shot((0.8, 1.0, 1.25))[0])])
    assert odd.paper == pytest.approx(plain.paper, rel=0.01)
    assert odd.agreement == pytest.approx(7 / 8)


def test_photo_taken_in_other_light_keeps_to_its_own_and_meets_the_level():
    batch = batch_look(session())
    photo, alpha = shot((0.97, 1.0, 1.04), exposure=0.85)
    look = in_session(photo, alpha, batch)
    assert look.notes == ("own-light-in-batch",)
    assert look.white_balance[2] < 1 < look.white_balance[0]
    paper = to_linear(np.asarray(apply_look(photo, look))[:50].reshape(-1, 3)).mean()
    assert paper == pytest.approx(batch.level, abs=0.06)


def test_photos_of_one_light_exposed_differently_end_alike():
    exposures = (0.62, 0.7, 0.78, 0.85, 0.92)
    batch = batch_look([light_of(shot(WARM, exposure=exposure)[0]) for exposure in exposures])
    assert batch.agreement == 1
    before, after = [], []
    for exposure in exposures:
        photo, alpha = shot(WARM, exposure=exposure)
        look = in_session(photo, alpha, batch)
        assert look.notes == ("batch-look",)
        before.append(to_linear(np.asarray(photo)[:50].reshape(-1, 3)).mean())
        after.append(to_linear(np.asarray(apply_look(photo, look))[:50].reshape(-1, 3)).mean())
    assert np.ptp(after) < 0.7 * np.ptp(before)


def test_grey_paper_in_a_batch_on_white_is_not_taken_for_a_short_exposure():
    photo, alpha = shot(paper=(140, 140, 140), exposure=1.0)
    assert in_session(photo, alpha, batch_look(session(gains=(1.0, 1.0, 1.0)))).exposure_gain == 1


def test_photo_without_grey_paper_gets_the_look_of_its_batch():
    photo, alpha = shot(WARM, paper=(90, 130, 190))
    assert look_of(seen_light(photo, alpha=alpha), tilt_deg=0.0).is_identity
    look = in_session(photo, alpha, batch_look(session()))
    assert look.white_balance[2] > 1.01


def test_batch_without_a_common_light_changes_nothing():
    lights = [light_of(shot((red, 1.0, 1 / red), exposure=level)[0]) for red, level in
              [(0.7, 0.6), (0.85, 0.95), (1.0, 0.7), (1.2, 0.5), (1.0, 0.9)]]  # fmt: skip
    batch = batch_look(lights)
    own = Look(1.1, confidence=0.9)
    assert batch.agreement < 0.5
    assert in_batch(own, batch, paper=None, product=np.full((300, 3), 0.2, np.float32)) is own
    assert batch_look(session(3)).agreement == 0


@pytest.mark.parametrize("product", [(170, 60, 40), (60, 90, 140), (200, 190, 60), (128, 128, 128)])
@pytest.mark.parametrize("gains", [(1.12, 1.0, 0.85), (0.85, 1.0, 1.15)])
def test_no_look_turns_the_products_hue_beyond_the_limit(product, gains):
    batch = batch_look(session(gains=gains))
    photo, alpha = shot(gains, product=product)
    look = in_session(photo, alpha, batch)
    before, after = (
        rgb2lab(np.asarray(image)[alpha > 0] / 255.0)
        for image in (apply_look(photo, Look(look.exposure_gain, contrast=look.contrast)), apply_look(photo, look))
    )
    after[:, 0] = before[:, 0]
    assert np.mean(deltaE_ciede2000(before, after)) <= HUE_LIMIT_DE00 + 0.1


def test_veil_is_taken_back_only_where_some_photo_could_be_black():
    def batch_with(blacks):
        return batch_look([PhotoLight((0.8, 0.8, 0.8), black, 0.9) for black in blacks])

    assert 1 < batch_with([0.02] * 6).contrast <= 1.06
    assert batch_with([0.2] * 6).contrast == 1
    assert batch_with([0.002, 0.05, 0.2, 0.05, 0.05, 0.05]).contrast == 1


def test_values_survive_json():
    batch = batch_look(session())
    assert BatchLook.from_dict(json.loads(json.dumps(batch.to_dict()))) == batch
