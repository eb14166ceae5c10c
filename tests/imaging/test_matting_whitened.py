import cv2
import numpy as np

from processing.imaging.matting.whitened import fill_whitened

SHAPE = (120, 160)


def disc_of(radius_px: int) -> np.ndarray:
    drawn = np.zeros(SHAPE, np.uint8)
    cv2.circle(drawn, (80, 60), radius_px, 1, -1)
    return drawn > 0


def half_seen(*, product: np.ndarray, doubted: np.ndarray, belief: float) -> np.ndarray:
    return np.where(doubted, belief, product).astype(np.float32)


def photo(product: np.ndarray, *, paper: float = 1.0, colour: float = 0.9) -> np.ndarray:
    return np.dstack([np.where(product, colour, paper).astype(np.float32)] * 3)


def test_a_pale_panel_with_an_abrupt_border_is_filled():
    product = disc_of(40)
    panel = product & (np.arange(SHAPE[1]) > 95)
    raw = half_seen(product=product, doubted=panel, belief=0.2)

    filled = fill_whitened(raw, raw, photo(product))

    assert filled[panel].mean() > 0.95
    assert filled[~product].max() == 0


def test_a_shadow_that_fades_out_stays_open():
    product = disc_of(30)
    far_px = cv2.distanceTransform((~product).astype(np.uint8), cv2.DIST_L2, 5)
    shadow = (far_px < 30) & (np.arange(SHAPE[0])[:, None] > 60) & ~product
    picture = np.where(shadow[..., None], 0.7 + 0.01 * far_px[..., None], photo(product, colour=0.4))
    raw = half_seen(product=product, doubted=shadow, belief=0.1)

    filled = fill_whitened(raw, raw, picture.astype(np.float32))

    assert np.array_equal(filled, raw)


def test_what_is_hardly_believed_stays_open():
    product = disc_of(40)
    slab = product & (np.arange(SHAPE[1]) > 95)
    raw = half_seen(product=product, doubted=slab, belief=0.04)

    filled = fill_whitened(raw, raw, photo(product))

    assert np.array_equal(filled, raw)


def test_openings_that_show_the_white_paper_stay_open():
    opening = disc_of(12)
    product = disc_of(40) & ~opening
    raw = half_seen(product=product, doubted=opening, belief=0.3)

    filled = fill_whitened(raw, raw, photo(product, colour=0.5))

    assert np.allclose(filled[opening], 0.3)


def test_pictures_on_other_paper_come_back_as_they_are():
    product = disc_of(40)
    raw = half_seen(product=product, doubted=product & (np.arange(SHAPE[1]) > 95), belief=0.3)

    assert fill_whitened(raw, raw, photo(product, paper=0.95)) is raw
