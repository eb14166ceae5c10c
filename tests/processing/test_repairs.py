from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging.codec import EncodeSettings
from processing.imaging.enhance import Look
from processing.imaging.matting.matte import Matte
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import Triple, inject
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
    done = repairs.repaired(pixels, wide, halo_by_area(int((matte.alpha > 127).sum())), category="")
    assert (done.matte.alpha > 127).sum() < (wide.alpha > 127).sum()
    assert done.measurements[0].value < 2
    assert 1 <= len(done.tries) <= repairs.MAX_TRIES
    assert any(one.is_kept for one in done.tries)
    assert done.tries[0].to_dict()["doubt"] == "EDGE_HALO"


def test_what_does_not_help_is_not_kept(case):
    pixels, matte = case
    measure = lambda _: [Measurement("EDGE_HALO", 9.0, "px")]  # noqa: E731
    done = repairs.repaired(pixels, matte, measure, category="")
    assert done.matte is matte
    assert len(done.tries) == 4
    assert not any(one.is_kept for one in done.tries)


def test_doubt_without_a_ladder_is_left_to_people(case):
    pixels, matte = case
    done = repairs.repaired(pixels, matte, lambda _: [Measurement("FRAME_CONTACT", 0.9, "share")], category="")
    assert (done.matte, done.tries) == (matte, ())


def test_tries_are_bounded(case):
    pixels, matte = case
    measure = lambda _: [Measurement(code, 9.0, "px") for code in ("EDGE_HALO", "EDGE_SOFT", "EDGE_ROUGH")]  # noqa: E731
    assert len(repairs.repaired(pixels, matte, measure, category="", max_tries=2).tries) == 2


def test_another_engine_is_asked_last_and_named(case):
    pixels, matte = case
    bad = replace(matte, alpha=np.roll(matte.alpha, 9, axis=1))
    measure = lambda one: [Measurement("CONFIDENCE", one.confidence, "0..1")]  # noqa: E731
    done = repairs.repaired(pixels, replace(bad, confidence=0.1), measure, category="", others={"rembg": lambda: matte})
    assert (done.engine, done.matte, done.tries[-1].repair) == ("rembg", matte, "cut out with rembg")


def test_engine_that_fails_costs_a_try_and_nothing_else(case):
    pixels, matte = case

    def refuse():
        raise PermanentStepError("model-missing", "There is no model.")

    unsure = replace(matte, confidence=0.1)
    measure = lambda one: [Measurement("CONFIDENCE", one.confidence, "0..1")]  # noqa: E731
    done = repairs.repaired(pixels, unsure, measure, category="", others={"rembg": refuse})
    assert (done.matte, done.engine, [one.is_kept for one in done.tries]) == (unsure, "", [False])


# ---------------------------------------------------------------- mending on the photo's own evidence


def measured(photo):
    def measure(matte):
        return measure_cutout(photo, Image.fromarray(np.dstack([matte.foreground, matte.alpha])))

    return measure


@pytest.mark.parametrize(
    ("defect", "code"),
    [
        ("hole", "HOLE"),
        ("cut-off part", "PART_MISSING"),
        ("island", "ISLAND"),
        ("jaggies", "EDGE_ROUGH"),
        ("erosion", "EDGE_TIGHT"),
    ],
)
def test_injected_fault_is_repaired_from_the_photo(defect, code):
    photo, alpha = box_shot(size=(480, 360))
    faulty = inject(Triple("box", "box", photo, Image.fromarray(alpha), photo), defect, 2)
    pixels = np.asarray(faulty.cutout)
    matte = Matte(
        pixels[..., 3], np.asarray(photo), np.full((45, 60, 3), 225, np.uint8), 0.9, np.zeros((1, 1), np.float32)
    )
    measure = measured(photo)
    assert code in [one.code for one in doubts(measure(matte), category="")]
    done = repairs.repaired(np.asarray(photo), matte, measure, category="")
    assert code not in [one.code for one in doubts(done.measurements, category="")]
    off = [np.abs(one.alpha.astype(float) - alpha).mean() for one in (matte, done.matte)]
    assert off[1] < 0.5 * off[0]


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


# ---------------------------------------------------------------- in a set


def drawn(*values):
    """Pictures whose light is off by so much, seed by seed."""
    return lambda more: SimpleNamespace(seed=more, measurements=[Measurement("LIGHT_SIDE", values[more], "EV")])


def test_next_seed_is_drawn_while_the_light_is_wrong():
    best, tries = repairs.best_of_seeds(drawn(1.5, 1.4, 0.1, 0.0), category="")
    assert best.seed == 2
    assert [one.is_kept for one in tries] == [True, True]
    assert (tries[-1].repair, tries[-1].doubt) == ("next seed (2)", "LIGHT_SIDE")


def test_worse_seeds_are_not_kept():
    best, tries = repairs.best_of_seeds(drawn(0.9, 1.4, 1.6, 2.0), category="")
    assert (best.seed, len(tries)) == (0, repairs.MAX_SEEDS)


def test_picture_without_doubt_is_drawn_once():
    best, tries = repairs.best_of_seeds(drawn(0.1), category="")
    assert (best.seed, tries) == (0, ())
