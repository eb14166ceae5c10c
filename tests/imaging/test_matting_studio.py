import numpy as np
import pytest
from PIL import Image

from processing.imaging.cutout import cutout_from_matte, full_size
from processing.imaging.matting.studio import StudioSettings, studio_matte
from tests.images import box_shot, paper, shot, soft_mask

SIZE = (360, 300)


def band_error(alpha, truth, width_px=10):
    """Mean alpha error within 10 px of the true edge, in percent: the measure of the bench."""
    solid = (truth > 127).astype(np.uint8)
    near = np.zeros(solid.shape, bool)
    for dy in range(-width_px, width_px + 1, 2):
        for dx in range(-width_px, width_px + 1, 2):
            near |= np.roll(solid, (dy, dx), (0, 1)) != solid
    return 100 * float(np.abs(alpha.astype(float) - truth)[near].mean()) / 255


@pytest.mark.parametrize("colour", [(246, 246, 245), (225, 224, 221), (150, 150, 152), (196, 124, 94)])
def test_studio_matte_finds_a_box_on_any_paper(colour):
    photo, truth = box_shot(size=SIZE, colour=colour)
    matte = studio_matte(photo)
    assert matte.alpha.shape == truth.shape
    assert matte.alpha.dtype == matte.foreground.dtype == np.uint8
    assert band_error(matte.alpha, truth) < 4
    assert matte.confidence > 0.5


def test_studio_matte_leaves_the_photo_alone_and_repeats_itself():
    photo, _ = box_shot(size=SIZE)
    before = photo.tobytes()
    first, second = studio_matte(photo), studio_matte(photo)
    assert photo.tobytes() == before
    assert np.array_equal(first.alpha, second.alpha)
    assert np.array_equal(first.foreground, second.foreground)
    assert first.confidence == second.confidence


def test_studio_matte_leaves_shadows_out():
    alpha = soft_mask(SIZE, lambda pen: pen.rectangle((480, 300, 960, 800), fill=255))
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    shade = 1 - 0.45 * np.exp(-(((x - 215) / 75) ** 2) - ((y - 204) / 14) ** 2)
    photo, truth = shot(alpha, (170, 40, 45), paper(SIZE), shade=shade)
    matte = studio_matte(photo)
    shadow = (shade < 0.85) & (truth == 0)
    assert shadow.sum() > 800
    assert float((matte.alpha[shadow] > 60).mean()) < 0.08


def test_studio_matte_opens_the_hole_of_a_handle():
    def mug(pen):
        pen.rectangle((400, 300, 900, 950), fill=255)
        pen.ellipse((780, 400, 1180, 820), fill=255)
        pen.ellipse((860, 480, 1100, 740), fill=0)
        pen.rectangle((400, 300, 900, 950), fill=255)

    photo, _ = shot(soft_mask(SIZE, mug), (40, 60, 140), paper(SIZE))
    alpha = studio_matte(photo).alpha
    assert alpha[152, 255] < 40
    assert alpha[152, 285] > 200


def test_studio_matte_keeps_a_thin_strap():
    def bag(pen):
        pen.rectangle((400, 600, 1000, 1050), fill=255)
        pen.arc((520, 200, 880, 1000), 180, 360, fill=255, width=16)

    photo, truth = shot(soft_mask(SIZE, bag, blur_px=0.6), (60, 30, 20), paper(SIZE))
    alpha = studio_matte(photo).alpha
    strap = (truth > 200) & (np.arange(SIZE[1])[:, None] < 145)
    assert float((alpha[strap] > 110).mean()) > 0.9


def test_studio_matte_gives_colours_without_backdrop():
    photo, truth = box_shot(size=SIZE, product=(30, 60, 140), colour=(240, 240, 238))
    matte = studio_matte(photo)
    edge = (truth > 60) & (truth < 200) & (matte.alpha > 20)
    assert edge.sum() > 200
    share = matte.alpha[edge]
    found = np.average(np.abs(matte.foreground[edge].astype(float) - (30, 60, 140)).mean(axis=1), weights=share)
    mixed = np.average(np.abs(np.asarray(photo)[edge].astype(float) - (30, 60, 140)).mean(axis=1), weights=share)
    assert found < 0.5 * mixed
    whole = matte.alpha == 255
    assert np.array_equal(matte.foreground[whole], np.asarray(photo)[whole])


def test_studio_matte_drops_a_stand_at_the_frame():
    def scene(pen):
        pen.rectangle((480, 300, 960, 900), fill=255)
        pen.rectangle((1340, 100, 1440, 500), fill=255)

    photo, _ = shot(soft_mask(SIZE, scene), (40, 70, 150), paper(SIZE))
    matte = studio_matte(photo)
    assert "stand-at-frame" in matte.notes
    assert not matte.alpha[30:120, 345:].any()
    assert matte.alpha[150, 180] == 255


def test_studio_matte_says_when_nothing_is_there():
    empty = Image.fromarray(paper(SIZE).astype(np.uint8))
    matte = studio_matte(empty)
    assert matte.confidence < 0.2 or not matte.alpha.any()
    flat = studio_matte(Image.new("RGB", SIZE, (255, 255, 255)))
    assert (flat.confidence, flat.notes) == (0.0, ("nothing-found",))
    assert not flat.alpha.any()


def test_studio_matte_doubts_a_cluttered_scene():
    rng = np.random.default_rng(5)
    blocks = rng.integers(0, 255, (12, 14, 3), dtype=np.uint8)
    matte = studio_matte(Image.fromarray(blocks).resize(SIZE, Image.Resampling.BICUBIC))
    assert matte.confidence <= 0.3
    assert "cluttered-backdrop" in matte.notes


def test_studio_matte_keeps_an_alpha_that_comes_with_the_photo():
    photo, truth = box_shot(size=SIZE)
    photo.putalpha(Image.fromarray(truth))
    matte = studio_matte(photo)
    assert np.array_equal(matte.alpha, truth)
    assert matte.notes == ("already-cut",)


def test_studio_matte_takes_grey_and_tiny_and_refuses_the_rest():
    photo, truth = box_shot(size=(64, 48))
    assert studio_matte(photo.convert("L")).alpha.shape == truth.shape
    assert studio_matte(photo.resize((32, 32))).alpha.shape == (32, 32)
    with pytest.raises(ValueError, match="32 px"):
        studio_matte(photo.resize((31, 40)))
    with pytest.raises(ValueError, match="mode CMYK"):
        studio_matte(photo.convert("CMYK"))


def test_studio_settings_have_a_stable_key():
    assert StudioSettings().key() == StudioSettings().key()
    assert StudioSettings(keep_islands=0.1).key() != StudioSettings().key()


def test_cutout_goes_back_to_its_place():
    photo, _ = box_shot(size=SIZE)
    matte = studio_matte(photo)
    cutout = cutout_from_matte(photo, matte)
    width, height = cutout.box_px[2:]
    assert cutout.image.size == (width, height)
    assert width < SIZE[0] * 0.6
    restored = full_size(cutout)
    assert restored.size == SIZE
    assert np.array_equal(np.asarray(restored)[..., 3], matte.alpha)
    with pytest.raises(ValueError, match="picture is"):
        cutout_from_matte(photo.resize((50, 50)), matte)
