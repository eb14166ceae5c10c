import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from processing.imaging.kernels import sharply, smoothly

SCALES = [1.05, 1.3, 1.7, 2.0, 2.5, 3.2]


def _cloth(side: int = 700) -> Image.Image:
    """Threads two px wide under a soft light, grey, with grain."""
    down, across = np.mgrid[:side, :side].astype(np.float32)
    threads = 40 * np.sin(across * 1.4) * np.sin(down * 1.1) + 50 * np.cos((across + 2 * down) / 90)
    return Image.fromarray(
        np.clip(130 + threads + np.random.default_rng(8).normal(0, 6, (side, side)), 0, 255).astype(np.uint8)
    )


def _step(side: int = 400) -> np.ndarray:
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[:, side // 2 :] = 200
    return pixels


@pytest.mark.parametrize("scale", SCALES)
def test_sharply_shows_what_a_lanczos_kernel_shows(scale):
    cloth = _cloth()
    size = (round(cloth.width / scale), round(cloth.height / scale))
    wanted = np.asarray(cloth.resize(size, Image.Resampling.LANCZOS))
    assert structural_similarity(sharply(np.asarray(cloth), size=size), wanted) >= 0.997


@pytest.mark.parametrize("scale", SCALES)
def test_smoothly_is_as_soft_as_a_hamming_kernel_and_overshoots_nowhere(scale):
    size = (round(400 / scale), round(400 / scale))
    soft = smoothly(_step(), size=size)
    assert (soft.min(), soft.max()) == (0, 200)
    wanted = np.asarray(Image.fromarray(_step()).resize(size, Image.Resampling.HAMMING)).astype(int)
    assert np.abs(soft - wanted)[:, size[0] // 2 - 3 : size[0] // 2 + 3].mean() < 6


@pytest.mark.parametrize("resized", [sharply, smoothly])
@pytest.mark.parametrize("size", [(60, 90), (400, 400), (500, 470)])
def test_kernels_keep_an_even_colour_and_the_bands(resized, size):
    pixels = np.full((400, 400, 4), (10, 120, 250, 255), np.uint8)
    assert (resized(pixels, size=size) == (10, 120, 250, 255)).all()
    assert resized(pixels, size=size).shape == (size[1], size[0], 4)
