import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from processing.imaging.resize import cutout_levels, resize_pixels
from tests.imaging.products import box_product


def _textured(side: int = 1200) -> Image.Image:
    rng = np.random.default_rng(5)
    rough = Image.fromarray(rng.integers(0, 255, (side // 6, side // 6, 3), dtype=np.uint8))
    pixels = np.asarray(rough.resize((side, side), Image.Resampling.BICUBIC))
    alpha = np.full((side, side, 1), 255, np.uint8)
    return Image.fromarray(np.concatenate([pixels, alpha], axis=2))


def test_levels_do_not_bleed_hidden_colour_into_the_edge():
    pixels = np.zeros((400, 400, 4), np.uint8)
    pixels[..., 1] = 255  # green where nothing is seen
    pixels[100:300, 100:300] = (200, 30, 30, 255)
    small = np.asarray(cutout_levels(Image.fromarray(pixels)).straight((57, 57)))
    seen = small[small[..., 3] > 8]
    assert seen[:, 1].max() < 60
    assert (small[small[..., 3] == 0] == 0).all()


@pytest.mark.parametrize(("side", "least"), [(600, 0.997), (200, 0.995)])
def test_levels_are_as_true_as_lanczos_from_the_full_picture(side, least):
    image = _textured()
    ours = cutout_levels(image).straight((side, side)).convert("L")
    full = image.convert("RGBa").resize((side, side), Image.Resampling.LANCZOS).convert("RGBA").convert("L")
    assert structural_similarity(np.asarray(ours), np.asarray(full)) >= least


@pytest.mark.parametrize("side", [37, 61, 150])
def test_levels_draw_no_bright_rim_and_no_second_outline(side):
    pixels = np.zeros((300, 300, 4), np.uint8)
    pixels[60:240, 60:240] = (100, 120, 90, 255)
    small = np.asarray(cutout_levels(Image.fromarray(pixels)).straight((side, side))).astype(int)
    inside = small[small[..., 3] > 200]
    assert np.abs(inside[:, :3] - (100, 120, 90)).max() <= 1
    reach = round(60 * side / 300) - 2
    assert small[:reach, :, 3].max() == 0


def test_levels_keep_size_and_input_and_refuse_other_modes():
    image = box_product().image
    before = image.tobytes()
    levels = cutout_levels(image)
    assert levels.straight((33, 47)).size == (33, 47)
    assert levels.straight(image.size).mode == "RGBA"
    assert image.tobytes() == before
    assert levels.solid_box == (2, 2, 116, 196)
    with pytest.raises(ValueError, match="RGBA"):
        cutout_levels(image.convert("L"))


def test_opaque_pictures_are_resized_in_three_bands():
    image = box_product().image.convert("RGB")
    levels = cutout_levels(image)
    assert levels.premultiplied((30, 50)).shape == (50, 30, 3)
    assert levels.straight((30, 50)).getchannel("A").getextrema() == (255, 255)
    assert levels.solid_box == (0, 0, *image.size)


@pytest.mark.parametrize("size", [(20, 20), (300, 120)])
def test_resize_pixels_keeps_means_both_ways(size):
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:, 50:] = 200
    resized = resize_pixels(pixels, size=size)
    assert resized.shape == (size[1], size[0], 3)
    assert resized.mean() == pytest.approx(100, abs=1)


@pytest.mark.parametrize(
    ("size", "wanted"), [((1999, 700), (1999, 700)), ((2400, 1600), (1200, 800)), ((300, 90), (300, 90))]
)
def test_reduced_is_halved_while_it_stays_large_enough(size, wanted):
    levels = cutout_levels(Image.new("RGBA", size, (40, 90, 160, 255)))
    small = levels.reduced(1000)
    assert small.size == wanted
    assert small.getpixel((3, 3)) == (40, 90, 160, 255)
    assert levels.reduced(1000) is small
