import io
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging.codec import EncodeSettings
from processing.imaging.compositing import Composed
from processing.imaging.enhance import Look
from processing.imaging.framing import Placement
from processing.imaging.matting.matte import Matte
from processing.imaging.specs import Spec
from processing.modes import Subject, steps_of
from processing.recipes import RecipeError, from_dict
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import Triple, inject
from processing.scoring.measurement import Measurement
from processing.scoring.rendition import Expected
from processing.steps import encoding, enhance, repair_edits, repairs
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
    wide = repair_edits.loosen(pixels, matte, 1)
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


def test_hole_is_not_closed_at_the_price_of_shade_left_in(case):
    pixels, matte = case

    def measure(one):
        is_first = one is matte
        hole = Measurement("HOLE", 0.02 if is_first else 0.0, "of product")
        return [hole, Measurement("SHADOW_LEFT", 0.002 if is_first else 0.01, "of product")]

    done = repairs.repaired(pixels, matte, measure, category="")
    assert done.matte is matte
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


def test_what_an_engine_is_unsure_of_is_left_to_others_and_not_edited(case):
    pixels, matte = case
    unsure = replace(matte, confidence=0.1)

    def measure(one):
        # Every edit seems to help: the checks believe in the engine's backdrop.
        halo = Measurement("EDGE_HALO", 9.0 if one is unsure else 0.0, "px")
        return [halo, Measurement("CONFIDENCE", one.confidence, "0..1")]

    alone = repairs.repaired(pixels, unsure, measure, category="")
    assert (alone.matte, alone.tries) == (unsure, ())
    asked = repairs.repaired(pixels, unsure, measure, category="", others={"rembg": lambda: matte})
    assert (asked.matte, asked.engine) == (matte, "rembg")


def test_engine_that_fails_costs_a_try_and_nothing_else(case):
    pixels, matte = case

    def refuse():
        raise PermanentStepError("model-missing", "There is no model.")

    unsure = replace(matte, confidence=0.1)
    measure = lambda one: [Measurement("CONFIDENCE", one.confidence, "0..1")]  # noqa: E731
    done = repairs.repaired(pixels, unsure, measure, category="", others={"rembg": refuse})
    assert (done.matte, done.engine, [one.is_kept for one in done.tries]) == (unsure, "", [False])


@pytest.mark.parametrize(("confidence", "told"), [(0.9, ["REPAIRED"]), (0.97, [])])
def test_what_was_edited_goes_past_a_person_only_where_the_engine_was_certain(case, confidence, told):
    pixels, matte = case
    wide = replace(repair_edits.loosen(pixels, matte, 1), confidence=confidence)
    done = repairs.repaired(pixels, wide, halo_by_area(int((matte.alpha > 127).sum())), category="")
    assert any(one.is_kept for one in done.tries)
    assert [one.code for one in doubts(done.measurements, category="")] == told
    (repair,) = (one for one in done.measurements if one.code == "REPAIRED")
    x, y = (round(share * side) for share, side in zip(repair.worst, matte.alpha.shape[::-1], strict=True))
    assert (done.matte.alpha != wide.alpha)[y - 4 : y + 5, x - 4 : x + 5].any()


def test_what_no_edit_changed_is_not_told_as_repaired(case):
    pixels, matte = case
    poor = replace(matte, confidence=0.1)
    measure = lambda one: [Measurement("CONFIDENCE", one.confidence, "0..1")]  # noqa: E731
    for others in ({}, {"rembg": lambda: matte}):
        done = repairs.repaired(pixels, poor, measure, category="", others=others)
        assert "REPAIRED" not in [one.code for one in done.measurements]


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


def test_shadow_behind_the_products_own_edge_is_not_brought_back():
    photo, alpha = box_shot(size=(480, 360))
    rows, columns = np.nonzero(alpha > 127)
    left, right, foot = columns.min(), columns.max(), rows.max()
    pixels = np.asarray(photo).copy()
    pixels[foot + 3 : foot + 22, left + 10 : right - 10] = (30, 26, 24)
    matte = Matte(alpha, pixels.copy(), np.full((45, 60, 3), 225, np.uint8), 0.9, np.zeros((1, 1), np.float32))
    measure = measured(Image.fromarray(pixels))
    assert "PART_MISSING" in [one.code for one in doubts(measure(matte), category="")]
    assert repair_edits.MENDS["bring-back"](pixels, matte, 0.0) is matte


@pytest.mark.parametrize(("penumbra_px", "comes_back"), [(0.5, True), (3.0, False)])
def test_what_is_as_dark_as_the_sole_comes_back_only_with_an_edge_of_its_own(penumbra_px, comes_back):
    """Below a sole as dark as itself a shadow goes on without a seam; that it ends in a penumbra tells it from a part."""
    photo, alpha = box_shot(size=(480, 360))
    rows, columns = np.nonzero(alpha > 127)
    left, right, foot = columns.min(), columns.max(), rows.max()
    dark = np.array((30, 26, 24))
    pixels = np.asarray(photo).copy()
    pixels[foot - 30 : foot + 1, left : right + 1] = dark
    deep = np.zeros(alpha.shape, np.float32)
    deep[foot - 60 : foot + 22, left + 10 : right - 10] = 1
    share = (cv2.GaussianBlur(deep, (0, 0), penumbra_px) * (alpha < 128))[..., None]
    shot = (pixels * (1 - share) + dark * share).astype(np.uint8)
    matte = Matte(alpha, shot.copy(), np.full((45, 60, 3), 225, np.uint8), 0.9, np.zeros((1, 1), np.float32))
    assert "PART_MISSING" in [one.code for one in doubts(measured(Image.fromarray(shot))(matte), category="")]
    assert (repair_edits.MENDS["bring-back"](shot, matte, 0.0) is not matte) == comes_back


@pytest.mark.parametrize("name", repair_edits.EDITS)
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


def drawn_of(size=(64, 64), *, ordered=None, format_name="webp", image=None, **expected) -> encoding.Drawn:
    image = image or Image.new("RGB", size, "white")
    composed = Composed(image, Placement((0, 0, *size), (32, 64), 1), (), Image.new("L", size))
    spec = Spec("size-x", ordered or size, "white", encode=EncodeSettings.named(format_name))
    return encoding.Drawn(composed, spec, Expected(size=ordered, **expected))


PARAMS = {"title": "", "sku": "", "category": "", "layout": ""}


def test_broken_white_is_encoded_again(monkeypatch):
    values = iter([0.4, 0.1, 0.0])
    monkeypatch.setattr(encoding, "encode", lambda *_, **__: b"")
    monkeypatch.setattr(
        encoding, "measure_rendition", lambda *_, **__: [Measurement("BG_NOT_WHITE", next(values), "share", hard=True)]
    )
    made = encoding.encoded(drawn_of(), PARAMS)
    assert [one.repair for one in made.tries] == ["full colour resolution", "higher quality"]
    assert (made.spec.encode.quality, made.measurements[0].value) == (95, 0.0)


def test_canvas_of_another_size_is_brought_to_what_was_ordered():
    red = Image.new("RGB", (300, 220), (200, 30, 30))
    made = encoding.encoded(drawn_of((300, 220), ordered=(400, 400), format_name="png", image=red), PARAMS)
    picture = Image.open(io.BytesIO(made.data))
    assert picture.size == (400, 400)
    assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    assert [(one.repair, one.is_kept) for one in made.tries] == [("canvas as ordered", True)]
    assert not [one for one in made.measurements if one.code == "SIZE" and one.value]


def noisy() -> Image.Image:
    return Image.fromarray(np.random.default_rng(4).integers(0, 255, (400, 400, 3), np.uint8))


def test_file_that_is_too_large_is_written_smaller_as_far_as_quality_allows():
    large = encoding.encoded(drawn_of((400, 400), format_name="jpeg", image=noisy()), PARAMS)
    allowed = int(0.8 * len(large.data))
    made = encoding.encoded(drawn_of((400, 400), format_name="jpeg", image=noisy(), max_bytes=allowed), PARAMS)
    assert len(made.data) <= allowed
    assert encoding.LEAST_QUALITY <= made.spec.encode.quality < 90
    assert {one.doubt for one in made.tries} == {"BYTES"}
    hopeless = encoding.encoded(drawn_of((400, 400), format_name="jpeg", image=noisy(), max_bytes=2000), PARAMS)
    assert hopeless.spec.encode.quality == encoding.LEAST_QUALITY
    assert "BYTES" in [one.code for one in doubts(hopeless.measurements, category="")]


def test_remedy_that_breaks_a_harder_rule_is_none(monkeypatch):
    """Full colour resolution would make the background white and the file too large."""
    values = iter([(0.4, 0.9), (0.1, 1.2), (0.1, 1.3)])
    monkeypatch.setattr(encoding, "encode", lambda *_, **__: b"")

    def measured(*_, **__):
        ratio, share = next(values)
        return [Measurement("COMPRESSION", 5 * ratio, "ratio"), Measurement("BYTES", share, "of allowed", hard=True)]

    monkeypatch.setattr(encoding, "measure_rendition", measured)
    made = encoding.encoded(drawn_of(), PARAMS)
    assert not any(one.is_kept for one in made.tries)
    assert made.spec.encode.quality == 90


def test_recipe_bounds_the_bytes_of_every_file_but_the_cutout():
    subject = Subject("A", "A", "default", 1, "0" * 64, "packshot", 1)
    steps = steps_of("packshot", subject, from_dict({"main": True, "sizes": ["cart"], "max_kb": 200}))
    told = {step.name: step.params.get("max_bytes") for step in steps if step.kind == "render"}
    assert told == {"render:cutout": None, "render:main": 200_000, "render:size-cart": 200_000}
    with pytest.raises(RecipeError, match="max_kb"):
        from_dict({"main": True, "max_kb": 3})


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
