import numpy as np
import pytest
from PIL import Image, ImageDraw

from processing.imaging.cutout import Cutout
from processing.imaging.ghost import SURE, NoOpening, find_opening, join_neck
from tests.imaging.products import cutout_of

K = 3
RED, LINING = (170, 40, 50, 255), (120, 30, 38, 255)


def shirt(*, neck=((70, 20), (100, 70), (130, 20)), colour=RED, size=(200, 220)) -> Cutout:
    """A drawn top with sleeves; `neck` is cut out of its upper edge."""
    large = Image.new("RGBA", (size[0] * K, size[1] * K))
    draw = ImageDraw.Draw(large)
    body = [(70, 20), (130, 20), (195, 60), (180, 100), (155, 85), (155, 215), (45, 215), (45, 85), (20, 100), (5, 60)]
    draw.polygon([(x * K, y * K) for x, y in body], fill=colour)
    if neck:
        draw.polygon([(x * K, y * K) for x, y in neck], fill=(0, 0, 0, 0))
    return cutout_of(large.convert("RGBa").reduce(K).convert("RGBA"))


def inside(*, size=(200, 220)) -> Cutout:
    """The same garment with its back collar showing: a shallow dip, a label."""
    cutout = shirt(neck=((70, 20), (100, 28), (130, 20)), colour=LINING, size=size)
    cutout.image.paste((240, 240, 235, 255), (92, 32, 108, 42))
    return cutout


def test_neck_is_found_between_the_collar_tips():
    opening = find_opening(np.asarray(shirt().image.getchannel("A")))
    assert opening.left == pytest.approx((70, 20), abs=2)
    assert opening.right == pytest.approx((130, 20), abs=2)
    assert opening.depth == pytest.approx(48, abs=4)


def test_inside_closes_the_neck_and_the_front_stays_as_it_was():
    front = shirt()
    joint = join_neck(front, inside())
    assert joint.confidence >= SURE
    assert joint.notes == ()
    grown = joint.cutout.image.height - front.image.height
    pixels = np.asarray(joint.cutout.image)[grown:]
    before = np.asarray(front.image)
    assert pixels[45, 100, 3] == 255
    assert pixels[60, 100, 0] < RED[0]
    opaque = before[..., 3] == 255
    assert (pixels[opaque] == before[opaque]).all()
    assert (pixels[120:, :, 3] == before[120:, :, 3]).all()
    assert joint.cutout.box_px == (0, -grown, 200, 220 + grown)


def test_shoulders_of_the_inside_view_do_not_stand_up_beside_the_neck():
    collar = inside()
    ImageDraw.Draw(collar.image).rectangle((60, 0, 74, 30), fill=LINING)
    ImageDraw.Draw(collar.image).rectangle((126, 0, 140, 30), fill=LINING)
    front = shirt()
    joined = join_neck(front, collar).cutout.image
    grown = joined.height - front.image.height
    alpha = np.asarray(joined.getchannel("A"))
    before = np.asarray(front.image.getchannel("A"))
    assert (alpha[grown:, :66] == before[:, :66]).all()
    assert alpha[: grown + 10, :72].max(initial=0) < 30


def test_inside_is_darker_next_to_the_front():
    pixels = np.asarray(join_neck(shirt(), inside()).cutout.image)
    grown = pixels.shape[0] - 220
    assert pixels[grown + 64, 100, 0] < pixels[grown + 46, 100, 0] + 1


def test_inside_taken_from_another_distance_still_fits():
    near = inside()
    large = near.image.resize((340, 374), Image.Resampling.LANCZOS)
    one, other = join_neck(shirt(), near), join_neck(shirt(), cutout_of(large))
    assert other.confidence >= SURE
    shift = other.cutout.image.height - one.cutout.image.height
    first, second = (np.asarray(joint.cutout.image)[..., 3].astype(int) for joint in (one, other))
    assert abs(shift) <= 1
    assert np.abs(first[-200:] - second[-200:]).mean() < 2


def test_same_views_give_the_same_bytes():
    assert join_neck(shirt(), inside()).cutout.image.tobytes() == join_neck(shirt(), inside()).cutout.image.tobytes()


def test_closed_front_is_refused():
    with pytest.raises(NoOpening, match="no neck opening"):
        join_neck(shirt(neck=None), inside())
    with pytest.raises(NoOpening, match="no garment"):
        find_opening(np.zeros((50, 50), np.uint8))


def test_inside_of_something_else_is_doubted():
    strip = cutout_of(Image.new("RGBA", (300, 14), LINING))
    joint = join_neck(shirt(), strip)
    assert joint.confidence < SURE
    assert joint.notes == ("unsure-neck",)
    assert joint.cutout.confidence < SURE
