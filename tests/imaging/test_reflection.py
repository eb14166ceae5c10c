import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging.ground import find_ground
from processing.imaging.reflection import reflection_of
from tests.imaging.products import box_product, drawn

ROOM = (60, 60, 200)


def _reflected(cutout, *, room=ROOM):
    ground = find_ground(np.asarray(cutout.image.getchannel("A")))
    image, left, top = reflection_of(cutout.image, ground, room_px=room)
    return np.asarray(image).astype(int), left, top


def _rocker(width=300, height=120, spring=6):
    """A shoe-like thing whose sole rises towards both ends by a little."""

    def paint(draw: ImageDraw.ImageDraw, scale: int) -> None:
        x = np.linspace(2, width - 2, 60)
        sole = height - 2 - spring * ((x - width / 2) / (width / 2)) ** 2
        outline = [(2, 2), (width - 2, 2), *zip(x[::-1].tolist(), sole[::-1].tolist(), strict=True)]
        draw.polygon([(px * scale, py * scale) for px, py in outline], fill=(150, 60, 40, 255))

    return drawn((width, height), paint)


@pytest.mark.parametrize("column", [20, 80, 150, 280])
def test_reflection_of_a_curved_sole_begins_at_each_columns_foot(column):
    cutout = _rocker()
    reflected, left, top = _reflected(cutout)
    alpha = np.asarray(cutout.image.getchannel("A"))[:, column]
    foot = int(np.flatnonzero(alpha >= 128).max())
    begins = top + int(np.flatnonzero(reflected[:, column - left, 3] > 60).min())
    assert abs(begins - foot - 1) <= 2


def test_reflection_shows_what_hangs_high_at_the_ground_below_it():
    cutout = drawn(
        (200, 160),
        lambda draw, s: [draw.rectangle([edge * s for edge in box], fill="navy") for box in
                         ((2, 2, 198, 60), (2, 2, 20, 158), (180, 2, 198, 158))],
    )  # fmt: skip
    reflected, left, top = _reflected(cutout)
    under_the_arch = reflected[: 160 + 40 - top, 100 - left, 3]
    assert under_the_arch.max() <= 4, "the board is mirrored a hundred pixels below the ground"


def test_reflection_gets_fainter_and_softer_with_the_height_it_comes_from():
    cutout = box_product(200, 400)
    reflected, left, _ = _reflected(cutout)
    alpha = reflected[..., 3]
    middle = alpha[:, 100 - left]
    assert middle.max() == pytest.approx(0.40 * 255, abs=8)
    assert middle[110] < 0.1 * middle.max()

    def rim(row):
        return np.count_nonzero((alpha[row] > 0.15 * alpha[row].max()) & (alpha[row] < 0.85 * alpha[row].max()))

    assert rim(90) > rim(6) + 3


def test_reflection_keeps_the_products_colour():
    reflected, left, _ = _reflected(box_product(colour=(60, 90, 140)))
    assert np.abs(reflected[10, 60 - left, :3] - (60, 90, 140)).max() <= 2


def test_reflection_ends_with_its_room():
    reflected, left, top = _reflected(box_product(100, 200), room=(0, 0, 3))
    assert left == 0
    assert reflected.shape[1] == 100
    assert top + reflected.shape[0] == 203
    cutout = box_product(100, 200)
    nothing = reflection_of(
        Image.new("RGBA", (4, 4)), find_ground(np.asarray(cutout.image.getchannel("A"))), room_px=(0, 0, 0)
    )[0]
    assert np.asarray(nothing)[..., 3].max() == 0
