import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from processing.scoring.colour import LINEAR, ciede2000, difference, encode_srgb, lab_of, mean_light

# Sharma, Wu, Dalal (2005), table 1: the pairs that catch mistakes in the hue terms.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, 2.8361, -74.0200), (50.0, 0.0, -82.7485), 3.4412),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0010), 7.1792),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
    ((50.0, 2.5, 0.0), (50.0, 3.1736, 0.5854), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "expected"), SHARMA)
def test_ciede2000_gives_the_published_values(first, second, expected):
    got = ciede2000(np.array([first], np.float32), np.array([second], np.float32))
    assert got[0] == pytest.approx(expected, abs=2e-4)


def test_difference_agrees_with_scikit_image_on_random_colours():
    rng = np.random.default_rng(1)
    first = rng.integers(0, 256, (70_000, 3), dtype=np.uint8)
    second = np.clip(first.astype(int) + rng.integers(-20, 21, first.shape), 0, 255).astype(np.uint8)
    truth = deltaE_ciede2000(rgb2lab(first[None] / 255.0), rgb2lab(second[None] / 255.0))[0]
    assert np.abs(difference(first, second) - truth).max() < 2e-3


def test_difference_is_zero_for_equal_pixels_and_symmetric():
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 256, (2, 500, 3), dtype=np.uint8)
    assert not difference(first, first).any()
    assert np.allclose(difference(first, second), difference(second, first), atol=1e-3)


def test_difference_refuses_lists_of_different_length():
    with pytest.raises(ValueError, match="differ"):
        difference(np.zeros((2, 3), np.uint8), np.zeros((3, 3), np.uint8))


def test_lab_of_white_is_neutral():
    assert lab_of(np.array([[255, 255, 255]], np.uint8))[0] == pytest.approx([100, 0, 0], abs=0.02)


def test_encode_srgb_inverts_the_linear_table():
    assert encode_srgb(LINEAR) == pytest.approx(np.arange(256), abs=0.3)


def test_mean_light_is_the_mean_of_the_bands_to_the_bit():
    pixels = np.random.default_rng(2).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    assert (mean_light(pixels) == LINEAR[pixels].mean(axis=2)).all()
