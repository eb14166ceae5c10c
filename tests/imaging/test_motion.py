"""A camera over a composed picture: the product stays on its ground and in the frame, nothing jumps, no border comes in."""

import cv2
import numpy as np
import pytest

from processing.imaging.clips import Clip
from processing.imaging.compositing import on_backplate, on_white
from processing.imaging.motion import Camera, canvas_for, padding_for, scene_of
from processing.imaging.resize import cutout_levels
from processing.imaging.specs import Spec
from tests.imaging.products import ball_product, box_product, plain_plate

SIZE = (240, 240)
CLIP = Clip(seconds=2.0, fps=10)
PRODUCTS = {"box": box_product(240, 400), "wide": box_product(420, 130), "ball": ball_product(320)}


def camera(*, product="box", size=SIZE, clip=CLIP, background="lifestyle-home") -> Camera:
    cutout = PRODUCTS[product]
    spec = Spec(name="clip", size=canvas_for(size), background=background, padding=padding_for(1.3), shadow="natural")
    if background == "white":
        composed = on_white(cutout, Spec(name="clip", size=canvas_for(size), background="white", padding=1.3))
    else:
        composed = on_backplate(cutout, spec, plain_plate(), rng=np.random.default_rng(1))
    ground = cutout_levels(cutout.image).ground
    return Camera(scene_of(composed, base_depth=ground.base_depth if ground else 0.0), size=size, clip=clip)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("size", [SIZE, (216, 384), (384, 216)])
def test_product_grows_and_stays_within_the_frame(product, size):
    moved = camera(product=product, size=size)
    boxes = [moved.box_at(number) for number in range(CLIP.frames)]
    for left, top, width, height in boxes:
        assert min(left, top) > 0
        assert left + width < size[0]
        assert top + height < size[1]
    assert boxes[-1][2] / boxes[0][2] == pytest.approx(1.11, abs=0.03)


def test_product_stays_on_its_ground():
    """What of the ground is under its foot in the first frame is under its foot in the last."""
    moved = camera()
    scene = moved.scene
    for way in (0.0, 0.5, 1.0):
        affine = moved.product_at(way)
        foot = affine @ [scene.product.shape[1] / 2, scene.product.shape[0] - 1, 1]
        across, down = moved.behind_at(way)
        row, column = round(foot[1]), round(foot[0])
        assert across[row, column] == pytest.approx(scene.middle[0], abs=0.8)
        assert down[row, column] == pytest.approx(scene.foot - 1, abs=0.8)


def test_what_is_far_moves_less_than_the_product():
    moved = camera()
    far = [np.ptp(moved.behind_at(way)[0][0]) for way in (0.0, 1.0)]
    assert 1.02 < far[0] / far[1] < 1.07


@pytest.mark.parametrize("size", [SIZE, (216, 384), (384, 216)])
def test_no_frame_shows_more_than_there_is(size):
    moved = camera(size=size)
    width, height = moved.scene.size
    for way in (0.0, 0.3, 1.0):
        across, down = moved.behind_at(way)
        assert across.min() >= -0.5
        assert down.min() >= -0.5
        assert across.max() <= width - 0.5
        assert down.max() <= height - 0.5


def test_first_frame_is_the_still_itself():
    """Seen through the same window, the parts put together again are the picture they were taken from."""
    cutout = PRODUCTS["box"]
    spec = Spec(name="clip", size=canvas_for(SIZE), background="lifestyle-home", padding=1.4, shadow="natural")
    composed = on_backplate(cutout, spec, plain_plate(), rng=np.random.default_rng(1))
    moved = Camera(scene_of(composed), size=SIZE, clip=CLIP)
    across, down = moved.behind_at(0.0)
    still = cv2.remap(np.asarray(composed.image), across, down, cv2.INTER_CUBIC)
    assert np.abs(still.astype(int) - moved.frame(0)).mean() < 0.5


def test_light_is_even_from_frame_to_frame():
    means = [frame.mean() for frame in camera().frames()]
    assert np.abs(np.diff(means, 2)).max() < 0.25


def test_white_stays_white_and_a_loop_ends_where_it_began():
    clip = Clip(seconds=2.0, fps=10, loops=True)
    moved = camera(background="white", clip=clip)
    frames = list(moved.frames())
    assert all((frame[[0, -1]] == 255).all() and (frame[:, [0, -1]] == 255).all() for frame in frames)
    assert clip.way(0) == 0
    assert clip.way(clip.frames) == pytest.approx(0)
    assert clip.way(clip.frames // 2) == pytest.approx(1)
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() < 1


def test_same_scene_gives_the_same_frames():
    assert np.array_equal(camera().frame(7), camera().frame(7))
