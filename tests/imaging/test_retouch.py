import numpy as np
import pytest
from PIL import Image, ImageEnhance
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.imaging.retouch import HUE_LIMIT_DE00, MOST_GAIN, Gains, cut_back, gains_between, on_grey, with_gains
from tests.imaging.products import ball_product, box_product


def textured():
    """A box with fine stripes, which no smooth map can make or wipe out."""
    pixels = np.array(box_product(120, 200).image)
    pixels[:, ::4, :3] = pixels[:, ::4, :3] // 2
    return Image.fromarray(pixels)


def enhanced(product, factor):
    shown, box = on_grey(product, side_px=512)
    return cut_back(ImageEnhance.Brightness(shown).enhance(factor), box, side_px=512)


def test_light_is_taken_over_and_texture_stays():
    product = textured()
    lit = with_gains(product, gains_between(product, enhanced(product, 1.1)))
    before, after = (np.asarray(image)[20:-20, 20:-20, :3].astype(float) for image in (product, lit))
    assert after.mean() > before.mean() + 3
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.995
    assert lit.getchannel("A").tobytes() == product.getchannel("A").tobytes()


def test_letters_of_the_model_never_arrive():
    product = box_product(200, 200).image
    answer = Image.new("RGB", product.size, (60, 90, 140))
    answer.paste((255, 255, 255), (90, 90, 96, 96))
    lit = np.asarray(with_gains(product, gains_between(product, answer)))[10:-10, 10:-10, :3].astype(int)
    assert np.abs(np.diff(lit, axis=0)).max() <= 4


def test_gains_are_bounded_and_colours_keep_to_the_limit():
    product = ball_product(160).image
    gains = gains_between(product, Image.new("RGB", product.size, (255, 40, 255)))
    assert gains.values.max() <= MOST_GAIN + 1e-5
    assert gains.share < 1
    lit = with_gains(product, gains)
    solid = np.asarray(product.getchannel("A")) >= 250
    before, after = (rgb2lab(np.asarray(image)[solid][:, :3] / 255.0) for image in (product, lit))
    after[:, 0] = before[:, 0]
    assert np.mean(deltaE_ciede2000(before, after)) <= HUE_LIMIT_DE00 + 0.5


def test_gains_survive_their_picture():
    product = textured()
    gains = gains_between(product, enhanced(product, 1.2))
    again = Gains.from_picture(gains.picture())
    assert np.abs(again.values - gains.values).max() <= 0.5 / 120 + 1e-6


def test_answer_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="a square was sent"):
        cut_back(Image.new("RGB", (400, 300)), (0, 0, 10, 10), side_px=512)
