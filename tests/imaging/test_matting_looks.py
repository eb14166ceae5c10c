"""The two looks of the studio engine: where the close one goes, and when it is not believed."""

import numpy as np
import pytest

from processing.imaging.matting import looks, network
from processing.imaging.matting.lift import Coarse, lift
from processing.imaging.matting.looks import look
from processing.imaging.matting.studio import studio_matte
from tests.images import paper, shot, soft_mask

SIZE = (400, 320)
SIZES = {"first_pixels": 8_000, "pixels": 30_000, "fallback_pixels": 30_000}


def small_box():
    return shot(soft_mask(SIZE, lambda pen: pen.rectangle((640, 480, 920, 760), fill=255)), (40, 60, 150), paper(SIZE))


def answering(monkeypatch, *answers):
    """The network's answers in turn, each a function from the shape of what it is shown."""
    left = list(answers)
    monkeypatch.setattr(network, "coverage", lambda codes, _: left.pop(0)(codes.shape[:2]).astype(np.float32))
    return left


def middle(shape):
    answer = np.zeros(shape)
    answer[int(shape[0] * 0.4) : int(shape[0] * 0.6), int(shape[1] * 0.4) : int(shape[1] * 0.6)] = 1
    return answer


def test_close_look_shows_the_product_larger():
    photo, _ = small_box()
    seen = look(np.asarray(photo), **SIZES)
    rows, columns = seen.window
    assert rows.stop - rows.start < 0.6 * SIZE[1]
    assert columns.stop - columns.start < 0.6 * SIZE[0]
    assert float((seen.raw > 0.5).mean()) > 0.2
    assert seen.paper.colour.shape == seen.picture.shape == (*seen.raw.shape, 3)


def test_close_look_sees_the_paper_of_its_own_part():
    photo, _ = shot(
        soft_mask(SIZE, lambda pen: pen.rectangle((1000, 200, 1280, 480), fill=255)),
        (40, 60, 150),
        paper(SIZE) * np.linspace(0.7, 1, SIZE[0])[:, None],
    )
    seen = look(np.asarray(photo), **SIZES)
    beside = seen.raw < 0.02
    assert np.abs(seen.picture - seen.paper.colour)[beside].mean() < 0.02


@pytest.mark.parametrize("lost", [np.zeros, np.ones])
def test_close_look_is_not_believed_when_it_loses_the_product_or_runs_out(monkeypatch, lost):
    left = answering(monkeypatch, middle, lost, middle)
    seen = look(np.full((320, 400, 3), 230, np.uint8), **SIZES)
    assert not left
    assert seen.window == (slice(0, 320), slice(0, 400))


@pytest.mark.parametrize(("value", "kept"), [(0.3, 1.0), (0.0, 0.0)], ids=["blotch", "opening"])
def test_only_what_is_wholly_open_makes_a_hole_in_what_the_first_look_was_sure_of(monkeypatch, value, kept):
    def spotted(shape):
        answer = np.zeros(shape)
        rows, columns = shape
        answer[rows // 8 : -rows // 8, columns // 8 : -columns // 8] = 1
        answer[rows // 2 - 4 : rows // 2 + 4, columns // 2 - 4 : columns // 2 + 4] = value
        return answer

    left = answering(monkeypatch, middle, spotted)
    seen = look(np.asarray(small_box()[0]), **SIZES)
    assert left == []
    assert seen.raw[seen.raw.shape[0] // 2, seen.raw.shape[1] // 2] == pytest.approx(kept)


def test_what_the_first_look_was_sure_of_stays_when_the_whole_is_looked_at_again(monkeypatch):
    def blotched(shape):
        answer = middle(shape)
        answer[shape[0] // 2, shape[1] // 2] = 0.3
        return answer

    answering(monkeypatch, middle, np.zeros, blotched)
    seen = look(np.full((320, 400, 3), 230, np.uint8), **SIZES)
    assert seen.raw[seen.raw.shape[0] // 2, seen.raw.shape[1] // 2] == 1


def test_nothing_at_first_glance_is_looked_for_again(monkeypatch):
    left = answering(monkeypatch, np.zeros, middle)
    assert look(np.full((320, 400, 3), 230, np.uint8), **SIZES).raw.max() == 1
    assert not left


def test_window_of_a_plane_lies_where_it_lies_in_the_photo():
    plane = np.arange(40, dtype=np.float32)[None].repeat(20, axis=0)
    part = looks._part(plane, (slice(0, 200), slice(100, 300)), (200, 400), (40, 40))
    assert part[5, 0] == pytest.approx(
        9.75
    )  # the middle of the first of 40 pixels over places 10 to 30, centres at halves
    assert part[5, -1] == pytest.approx(29.25)


def test_lift_of_a_window_leaves_the_rest_empty():
    photo = np.full((60, 80, 3), 120, np.uint8)
    coarse = Coarse(*(np.ones(shape, np.float32) for shape in ((20, 20, 3), (20, 20), (20, 20, 3), (20, 20, 3))))
    alpha, foreground = lift(photo, coarse, window=(slice(10, 30), slice(20, 40)))
    assert (alpha[10:30, 20:40] == 255).all()
    assert alpha.sum() == 255 * 400
    assert np.array_equal(foreground, photo)


def test_map_of_doubt_stands_for_the_whole_photo():
    photo, truth = small_box()
    matte = studio_matte(photo)
    assert matte.unsure.shape[1] / matte.unsure.shape[0] == pytest.approx(SIZE[0] / SIZE[1], abs=0.03)
    assert matte.alpha.shape == truth.shape
    assert not matte.alpha[:60].any()
