import cv2
import numpy as np
import pytest

from processing.imaging.matting.lift import Coarse, lift
from processing.imaging.matting.light import to_code, to_light

PAPER, RED, PALE = (244, 244, 244), (150, 30, 30), (247, 244, 243)


def shot(colour, *, side=240, edge=120.7):
    """(photo whose left side is product up to a column, the product's true share of each pixel)."""
    share = np.clip(edge - np.arange(side), 0, 1).astype(np.float32)
    share = cv2.GaussianBlur(np.tile(share, (side, 1)), (0, 0), 1.0)
    light = share[..., None] * to_light(np.uint8(colour)) + (1 - share[..., None]) * to_light(np.uint8(PAPER))
    return to_code(light), share


def seen(photo, share, colour, *, shift_px=1):
    """What the reduced solution knows, at a third of the size, its edge `shift_px` of the photo's pixels too far out."""
    size = (photo.shape[1] // 3, photo.shape[0] // 3)
    moved = np.roll(share, shift_px, axis=1)
    moved[:, :shift_px] = 1
    alpha = cv2.resize(moved, size, interpolation=cv2.INTER_AREA)
    planes = [np.full((*alpha.shape, 3), np.float32(code) / 255, np.float32) for code in (PAPER, colour)]
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return Coarse(small, alpha, *planes)


def test_lift_takes_the_photo_s_own_edge_where_colours_differ():
    photo, share = shot(RED)
    alpha, foreground = lift(photo, seen(photo, share, RED))
    assert np.abs(alpha / 255 - share)[:, 110:130].mean() < 0.015  # 0.05 as it was given
    # No paper in the colour of the edge: what is half product is as red as the rest.
    half = (alpha > 60) & (alpha < 200)
    assert half.any()
    assert foreground[half][:, 1].max() < 110  # 178 as it was given


def test_lift_keeps_the_given_edge_where_colours_are_nearly_one():
    photo, share = shot(PALE)
    alpha, _ = lift(photo, seen(photo, share, PALE))
    crossing = float((alpha / 255).sum(axis=1).mean())
    assert crossing == pytest.approx(float(share[0].sum()) + 1, abs=0.4)
