import numpy as np
import pytest
from PIL import Image

from processing.imaging.matting.edges import decontaminate, fill_holes, loosen, remove_islands, tighten
from processing.imaging.matting.refine import refine_mask
from tests.images import box_shot, paper, shot, soft_mask

SIZE = (240, 200)


def disc(radius_px=60, *, blur_px=0.8):
    k = 4
    box = ((120 - radius_px) * k, (100 - radius_px) * k, (120 + radius_px) * k, (100 + radius_px) * k)
    return soft_mask(SIZE, lambda pen: pen.ellipse(box, fill=255), blur_px=blur_px)


def area(alpha):
    return float(alpha.astype(float).sum()) / 255


@pytest.mark.parametrize("px", [0.5, 1.0, 2.5])
def test_tighten_and_loosen_move_the_edge_by_that_much(px):
    alpha = (disc() * 255).astype(np.uint8)
    rim = 2 * np.pi * 60
    assert (area(alpha) - area(tighten(alpha, px))) / rim == pytest.approx(px, abs=0.35)
    assert (area(loosen(alpha, px)) - area(alpha)) / rim == pytest.approx(px, abs=0.35)


def test_tighten_by_nothing_changes_nothing_and_keeps_its_input():
    alpha = (disc() * 255).astype(np.uint8)
    before = alpha.copy()
    assert np.array_equal(tighten(alpha, 0), alpha)
    tighten(alpha, 2)
    assert np.array_equal(alpha, before)


def test_tighten_refuses_wrong_input():
    with pytest.raises(ValueError, match="uint8"):
        tighten(np.zeros((9, 9), np.float32), 1)
    with pytest.raises(ValueError, match="choose 0 to 50"):
        loosen(np.zeros((9, 9), np.uint8), -1)


def test_remove_islands_keeps_the_product_only():
    alpha = (disc(40) * 255).astype(np.uint8)
    alpha[5:9, 5:9] = 255
    cleaned = remove_islands(alpha)
    assert not cleaned[5:9, 5:9].any()
    assert np.array_equal(cleaned[40:160, 60:180], alpha[40:160, 60:180])


def test_fill_holes_closes_small_gaps_and_leaves_large_ones():
    alpha = (disc(70) * 255).astype(np.uint8)
    alpha[95:100, 95:100] = 0
    alpha[80:130, 120:170] = 0
    filled = fill_holes(alpha)
    assert (filled[95:100, 95:100] == 255).all()
    assert not filled[90:120, 130:160].any()


def test_decontaminate_takes_the_backdrop_out_of_the_rim():
    alpha = disc(60, blur_px=2)
    photo, codes = shot(alpha, (20, 30, 40), paper(SIZE, (245, 60, 60)))
    pixels = np.asarray(photo)
    freed = decontaminate(pixels, codes)
    rim = (codes > 50) & (codes < 220)
    assert np.abs(freed[rim].astype(float) - (20, 30, 40)).mean() < 8
    assert np.abs(pixels[rim].astype(float) - (20, 30, 40)).mean() > 40
    assert np.array_equal(freed[codes == 255], pixels[codes == 255])
    with pytest.raises(ValueError, match="picture is"):
        decontaminate(pixels, codes[:-1])


@pytest.mark.parametrize("side", [64, 320])
def test_refine_mask_sharpens_what_a_small_mask_knows(side):
    photo, truth = box_shot(size=(640, 480))
    small = np.asarray(Image.fromarray(truth).resize((side, side), Image.Resampling.BOX), np.float32) / 255
    enlarged = np.asarray(Image.fromarray((small * 255).astype(np.uint8)).resize(photo.size, Image.Resampling.BICUBIC))
    matte = refine_mask(photo, small)
    assert matte.alpha.shape == truth.shape
    refined = np.abs(matte.alpha.astype(float) - truth).mean()
    assert refined < 0.92 * np.abs(enlarged.astype(float) - truth).mean()
    assert matte.confidence > 0.7


def test_refine_mask_of_nothing_is_empty_and_certain_of_nothing():
    photo, _ = box_shot()
    matte = refine_mask(photo, np.zeros((32, 32), np.float32))
    assert not matte.alpha.any()
    assert (matte.confidence, matte.notes) == (0.0, ("nothing-found",))


def test_refine_mask_refuses_bad_masks():
    photo, _ = box_shot()
    with pytest.raises(ValueError, match="two axes"):
        refine_mask(photo, np.zeros((3, 4, 5), np.float32))
    with pytest.raises(ValueError, match="finite"):
        refine_mask(photo, np.full((8, 8), np.nan, np.float32))
