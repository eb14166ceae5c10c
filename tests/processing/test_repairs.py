from dataclasses import replace

import numpy as np
import pytest

from processing.imaging.codec import EncodeSettings
from processing.imaging.enhance import Look
from processing.imaging.matting.matte import Matte
from processing.scoring.measurement import Measurement
from processing.steps import enhance, render, repairs
from processing.steps.checks import doubts, kept
from tests.images import box_shot


@pytest.fixture
def case():
    photo, alpha = box_shot(size=(200, 160))
    pixels = np.asarray(photo)
    matte = Matte(alpha, pixels.copy(), np.full((20, 25, 3), 225, np.uint8), 0.9, np.zeros((20, 25), np.float32))
    return pixels, matte


def halo_by_area(best: int):
    """A measure whose halo is the distance of the matte's area from the best one."""

    def measure(matte):
        off = abs(int((matte.alpha > 127).sum()) - best) / 100
        return [Measurement("EDGE_HALO", off, "px")]

    return measure


def test_halo_is_repaired_and_each_try_is_told(case):
    pixels, matte = case
    wide = repairs.loosen(pixels, matte, 1)
    best, found, tries = repairs.repaired(pixels, wide, halo_by_area(int((matte.alpha > 127).sum())), category="")
    assert (best.alpha > 127).sum() < (wide.alpha > 127).sum()
    assert found[0].value < 2
    assert 1 <= len(tries) <= repairs.MAX_TRIES
    assert any(one.is_kept for one in tries)
    assert tries[0].to_dict()["doubt"] == "EDGE_HALO"


def test_what_does_not_help_is_not_kept(case):
    pixels, matte = case
    measure = lambda _: [Measurement("EDGE_HALO", 9.0, "px")]  # noqa: E731
    best, _, tries = repairs.repaired(pixels, matte, measure, category="")
    assert best is matte
    assert len(tries) == 3
    assert not any(one.is_kept for one in tries)


def test_doubt_without_a_ladder_is_left_to_people(case):
    pixels, matte = case
    best, _, tries = repairs.repaired(pixels, matte, lambda _: [Measurement("PART_MISSING", 0.9, "share")], category="")
    assert (best, tries) == (matte, ())


@pytest.mark.parametrize("name", repairs.EDITS)
def test_edit_returns_a_new_matte(case, name):
    pixels, matte = case
    before = matte.alpha.copy()
    made = repairs.edited(pixels, matte, [{"edit": name, "px": 1}])
    assert made.alpha.shape == before.shape
    assert np.array_equal(matte.alpha, before)


def test_unknown_edit_is_refused(case):
    with pytest.raises(ValueError, match="no edit 'melt'"):
        repairs.edited(*case, [{"edit": "melt"}])


# ---------------------------------------------------------------- look


def cutout_of(case):
    from PIL import Image

    pixels, matte = case
    return Image.fromarray(np.dstack([pixels, matte.alpha]))


def test_look_that_changes_the_product_is_weakened(case):
    strong = Look(white_balance=(1.5, 1.0, 0.7), confidence=1)
    look, found, tries = enhance._kept_within_limits(cutout_of(case), strong, category="")
    assert look.white_balance != strong.white_balance
    assert not doubts(found, category="")
    assert tries[-1].is_kept


def test_look_within_limits_is_kept(case):
    gentle = Look(exposure_gain=1.05, confidence=1)
    look, _, tries = enhance._kept_within_limits(cutout_of(case), gentle, category="")
    assert (look, tries) == (gentle, ())


def test_half_a_look_is_between():
    half = enhance.weakened(Look(exposure_gain=1.21, white_balance=(1.44, 1, 1)), 0.5)
    assert half.exposure_gain == pytest.approx(1.1)
    assert half.white_balance[0] == pytest.approx(1.2)


# ---------------------------------------------------------------- file


def test_broken_white_is_encoded_again(monkeypatch):
    values = iter([0.4, 0.1, 0.0])
    monkeypatch.setattr(render, "encode", lambda *_, **__: b"")
    monkeypatch.setattr(
        render, "measure_rendition", lambda *_, **__: [Measurement("BG_NOT_WHITE", next(values), "share", hard=True)]
    )
    from PIL import Image

    from processing.imaging.compositing import Composed
    from processing.imaging.framing import Placement
    from processing.imaging.specs import Spec
    from processing.scoring.rendition import Expected

    white = Image.new("RGB", (64, 64), "white")
    composed = Composed(white, Placement((0, 0, 64, 64), (32, 64), 1), (), Image.new("L", (64, 64)))
    spec = Spec("size-x", (64, 64), "white", encode=EncodeSettings.named("webp"))
    drawn = render.Drawn(composed, spec, Expected())
    encoded = render._encoded(drawn, {"title": "", "sku": "", "category": "", "layout": ""})
    assert [one.repair for one in encoded.tries] == ["full colour resolution", "higher quality"]
    assert (encoded.spec.encode.quality, encoded.measurements[0].value) == (95, 0.0)
    assert render._ladder(EncodeSettings.named("png")) == []


def test_measurements_are_kept_with_their_limits():
    from processing.scoring.measurement import located

    plane = np.zeros((80, 80))
    plane[10, 20] = 5
    (row,) = kept([located("EDGE_HALO", 9.0, "px", plane)], category="fashion")
    assert (row["passed"], row["limit"]) == (False, row["limit"])
    assert row["heat"]
    assert row["worst"]
    (calm,) = kept([replace(located("EDGE_HALO", 0.01, "px", plane), detail="x" * 500)], category="")
    assert (calm["heat"], len(calm["detail"])) == (None, 200)
