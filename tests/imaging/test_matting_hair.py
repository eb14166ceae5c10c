import cv2
import numpy as np
import pytest

from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.hair import with_hair
from processing.imaging.matting.lift import lift, mixture

PAPER, DARK = np.array([0.9, 0.9, 0.88], np.float32), np.array([0.1, 0.12, 0.14], np.float32)


def tuft(*, scale=1):
    """True alpha float32 of a disc with some hundred strands around it."""
    rng = np.random.default_rng(3)
    k = 4 * scale
    alpha = np.zeros((200 * k, 240 * k), np.uint8)
    cv2.circle(alpha, (120 * k, 120 * k), 40 * k, 255, -1)
    for angle in rng.uniform(0.1, np.pi - 0.1, 700):
        reach, bend = rng.uniform(60, 95), angle + rng.normal(0, 0.12)
        end = (int((120 + reach * np.cos(bend)) * k), int((120 - reach * np.sin(bend)) * k))
        cv2.line(alpha, (int((120 + 36 * np.cos(angle)) * k), int((120 - 36 * np.sin(angle)) * k)), end, 255, scale)
    small = cv2.resize(alpha, (240 * scale, 200 * scale), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), 0.8 * scale).astype(np.float32) / 255


def developed(alpha):
    return (PAPER + alpha[..., None] * (DARK - PAPER)).astype(np.float32)


def haze(alpha):
    """What the network makes of strands: less contrast, plates in the gaps."""
    return np.clip(0.8 * alpha + 0.5 * cv2.GaussianBlur(alpha, (0, 0), 3), 0, 1)


def test_with_hair_draws_strands_as_the_picture_shows_them():
    truth = tuft()
    raw = haze(truth)
    drawn, hair = with_hair(raw, raw, developed(truth))
    strands = (truth > 0.02) & (truth < 0.98)
    assert np.abs(drawn - truth)[strands].mean() < 0.4 * np.abs(raw - truth)[strands].mean()
    assert hair is not None
    assert not hair[190:].any()


def test_with_hair_leaves_panels_lenses_and_plain_edges_alone():
    plain = np.zeros((200, 240), np.float32)
    cv2.circle(plain, (120, 100), 70, 1, -1)
    plain = cv2.GaussianBlur(plain, (0, 0), 1)
    pane = plain.copy()
    cv2.circle(pane, (120, 100), 40, 0.6, -1)
    for raw in (plain, pane, np.zeros_like(plain)):
        drawn, hair = with_hair(raw, raw, developed(plain))
        assert hair is None
        assert drawn is raw


def test_with_hair_refuses_strands_of_other_colours_than_the_product():
    truth = tuft()
    picture = developed(truth)
    picture[:80, ::3] = (0.8, 0.3, 0.3)
    assert with_hair(haze(truth), haze(truth), picture)[1] is None


def test_lift_shows_single_strands_of_hair():
    full = tuft(scale=2)
    truth = cv2.resize(full, (240, 200), interpolation=cv2.INTER_AREA)
    raw = haze(truth)
    drawn, hair = with_hair(raw, raw, developed(truth))
    colours = spread_colours(developed(truth), drawn)
    photo = (developed(full) * 255 + 0.5).astype(np.uint8)
    strands = (full > 0.02) & (full < 0.98)

    def error(share):
        alpha, _ = lift(photo, type(colours)(colours.picture, drawn, colours.backdrop, colours.product, share))
        return np.abs(alpha / 255 - full)[strands].mean()

    assert error(hair) < 0.8 * error(None)


def test_mixture_is_the_place_between_two_colours():
    shares = np.array([[0, 0.25, 1]], np.float32)
    assert mixture(developed(shares), PAPER[None, None], DARK[None, None]) == pytest.approx(shares, abs=1e-5)
