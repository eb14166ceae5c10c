import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from processing.scoring.alignment import Landing, Reference, align
from processing.scoring.colour import difference
from processing.scoring.composite import Placed, SetFacts, measure_composite, measure_fidelity
from processing.scoring.drift import measure_drift, measure_exposure
from processing.scoring.output_defects import OUTPUT_DEFECTS, packshot, spoil
from processing.scoring.sharpness import measure_sharpness
from tests.scoring.scenes import scene


@pytest.fixture(scope="module")
def triple():
    return scene()


def brighter(image, factor):
    return image.point([min(255, round(code * factor)) for code in range(256)] * 3)


def test_measure_drift_is_zero_on_the_source_itself(triple):
    found = measure_drift(triple.photo, triple.alpha, triple.photo)
    assert (found.code, found.value, found.heat) == ("COLOUR_DRIFT", 0.0, None)


def test_measure_drift_gives_the_mean_of_a_known_shift(triple):
    output = brighter(triple.photo, 1.1)
    solid = np.asarray(triple.alpha) > 252
    truth = difference(np.asarray(triple.photo)[solid], np.asarray(output)[solid]).mean()
    assert measure_drift(triple.photo, triple.alpha, output).value == pytest.approx(truth, abs=0.05)


def test_measure_drift_by_stride_stays_near_the_whole_mean():
    large = scene(size=(960, 800))
    output = brighter(large.photo, 1.08)
    small = scene(size=(480, 400))
    whole = measure_drift(small.photo, small.alpha, brighter(small.photo, 1.08)).value
    assert measure_drift(large.photo, large.alpha, output).value == pytest.approx(whole, abs=0.1)


def test_measure_drift_points_at_the_changed_part(triple):
    output = triple.photo.copy()
    output.paste((60, 60, 200), (150, 250, 210, 300))
    found = measure_drift(triple.photo, triple.alpha, output)
    assert found.worst[0] == pytest.approx(180 / 480, abs=0.08)
    assert found.worst[1] == pytest.approx(275 / 400, abs=0.08)
    assert "95 %" in found.detail


def test_measure_drift_ignores_everything_but_the_product(triple):
    output = Image.new("RGB", triple.photo.size, "lime")
    output.paste(triple.photo, mask=triple.alpha.point([255 * (code > 0) for code in range(256)]))
    assert measure_drift(triple.photo, triple.alpha, output).value == 0


def test_measure_drift_follows_the_product_to_where_it_landed(triple):
    output = packshot(triple)
    found = measure_drift(triple.foreground, triple.alpha, output.canvas, landing=output.landing)
    assert found.value < 1.5
    shifted = spoil(triple, "hue shift", 3)
    moved = measure_drift(triple.foreground, triple.alpha, shifted.canvas, landing=shifted.landing)
    assert moved.value == pytest.approx(6, abs=0.8)


@pytest.mark.parametrize("frame_px", [170, 14])
def test_measure_drift_in_a_set_leaves_out_the_light_on_the_rim(frame_px):
    """Of something wide and of a frame as thin as that of glasses."""
    alpha = Image.new("L", (400, 400))
    pen = ImageDraw.Draw(alpha)
    pen.rectangle((20, 20, 379, 379), fill=255)
    pen.rectangle((20 + frame_px, 20 + frame_px, 379 - frame_px, 379 - frame_px), fill=0)
    source = Image.new("RGB", alpha.size, (120, 70, 40))
    inner = alpha.filter(ImageFilter.MinFilter(7))
    lit = Image.composite(source, brighter(source, 1.5), inner)
    whole, within = (measure_drift(source, alpha, lit, in_set=flag).value for flag in (False, True))
    assert within < 0.1 < whole
    assert measure_drift(source, alpha, brighter(source, 1.2), in_set=True).value > 2


def test_measure_drift_needs_a_landing_for_another_size(triple):
    with pytest.raises(ValueError, match="say where"):
        measure_drift(triple.photo, triple.alpha, triple.photo.resize((100, 100)))


def test_measure_drift_without_opaque_product_says_so(triple):
    found = measure_drift(triple.photo, Image.new("L", triple.photo.size, 100), triple.photo)
    assert found.value == 0
    assert "no opaque" in found.detail


def test_measure_exposure_counts_stops(triple):
    dark = triple.photo.point([round(255 * (code / 255) * 0.5 ** (1 / 2.2)) for code in range(256)] * 3)
    found = measure_exposure(triple.photo, triple.alpha, dark)
    assert found.value == pytest.approx(1.0, abs=0.12)
    assert found.detail.startswith("-")


def test_measure_sharpness_falls_with_blur_and_not_with_colour(triple):
    values = [
        measure_sharpness(triple.photo, triple.alpha, triple.photo.filter(ImageFilter.GaussianBlur(sigma))).value
        for sigma in (0, 0.8, 2)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1)
    assert values[2] < 0.5
    assert measure_sharpness(triple.photo, triple.alpha, brighter(triple.photo, 0.95)).value > 0.9


def test_align_brings_both_products_to_the_smaller_size(triple):
    output = triple.photo.resize((240, 200))
    pair = align(triple.photo, triple.alpha, output, landing=Landing((100, 40, 200, 320), (50, 20, 100, 160)))
    assert pair.source.shape == pair.output.shape == (160, 100, 3)
    assert pair.frame == pytest.approx((50 / 240, 0.1, 100 / 240, 0.8))


def test_reference_gives_what_align_gives_for_each_of_its_outputs(triple):
    cutout = triple.photo.convert("RGBA")
    cutout.putalpha(Image.fromarray(np.asarray(triple.alpha)) if isinstance(triple.alpha, np.ndarray) else triple.alpha)
    reference = Reference(cutout)
    for shift in (0, 12):
        output = Image.new("RGB", (260, 230), "white")
        output.paste(triple.photo.resize((200, 160)), (shift, 20))
        landing = Landing((0, 0, *cutout.size), (shift, 20, 200, 160))
        wanted = align(cutout, cutout.getchannel("A"), output, landing=landing, long_px=150)
        found = reference.beside(output, (shift, 20, 200, 160), long_px=150)
        assert found.frame == wanted.frame
        for name in ("source", "output", "solid"):
            assert (getattr(found, name) == getattr(wanted, name)).all()
    assert reference.beside(output, (259, 229, 200, 160)) is None


def test_align_without_product_gives_nothing(triple):
    assert align(triple.photo, Image.new("L", triple.photo.size), triple.photo) is None


@pytest.mark.parametrize("defect", list(OUTPUT_DEFECTS))
def test_spoil_keeps_the_canvas_and_changes_the_file(triple, defect):
    spoilt = spoil(triple, defect, 3)
    assert spoilt.canvas.size == packshot(triple).canvas.size
    assert spoilt.encoded() != packshot(triple).encoded()


def room(foot=300, shadow=True):
    background = Image.linear_gradient("L").resize((400, 400)).convert("RGB")
    composed = background.copy()
    if shadow:
        dark = Image.new("L", composed.size)
        ImageDraw.Draw(dark).ellipse((120, foot - 15, 280, foot + 20), fill=150)
        composed = Image.composite(Image.new("RGB", composed.size), composed, dark.filter(ImageFilter.GaussianBlur(6)))
    rng = np.random.default_rng(4)
    body = Image.fromarray(rng.integers(60, 200, (160, 120, 3), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(1))
    placed = Image.new("RGBA", composed.size)
    placed.paste(body, (140, foot - 160))
    composed.paste(body, (140, foot - 160))
    return composed, placed, background


ROOMY = SetFacts((0.7, 0.9), (0.3, 0.6))


def composite(foot=300, shadow=True, facts=ROOMY, **changes):
    composed, placed, background = room(foot, shadow)
    reference = changes.get("background", background)
    found = measure_composite(
        changes.get("composed", composed),
        placed.getchannel("A"),
        facts=facts,
        expected_background=reference,
        placed=placed,
    )
    return {one.code: one for one in found}


def test_measure_composite_passes_a_standing_product():
    found = composite()
    assert found["CONTACT"].value == 0
    assert found["SCALE"].value == 1
    assert found["FIDELITY"].value > 0.99
    assert found["BG_MATCH"].value < 1


def test_measure_composite_tells_a_floating_product():
    assert composite(foot=220)["CONTACT"].value == pytest.approx(0.7 - 220 / 400, abs=0.01)


def test_measure_composite_misses_the_contact_shadow():
    found = composite(shadow=False)["CONTACT"]
    assert found.value == pytest.approx(0.05)
    assert "no shadow" in found.detail


def test_measure_composite_tells_a_giant():
    assert composite(facts=SetFacts((0.7, 0.9), (0.1, 0.2)))["SCALE"].value == pytest.approx(2, abs=0.02)


def test_measure_composite_takes_a_flat_product_as_it_is_placed():
    mask = np.zeros((400, 400), np.uint8)
    mask[280:300, 100:300] = 255
    picture = Image.new("RGB", (400, 400), (200, 200, 200))
    found = {one.code: one for one in measure_composite(picture, mask, facts=SetFacts((0.7, 0.9), (0.3, 0.6)))}
    assert found["SCALE"].value == 1, "three quarters of half the canvas"


def test_measure_composite_tells_another_background():
    assert composite(background=Image.new("RGB", (400, 400), (200, 120, 90)))["BG_MATCH"].value > 5


def test_measure_composite_leaves_out_what_has_no_reference():
    composed, placed, _ = room()
    assert measure_composite(composed, placed.getchannel("A")) == []


@pytest.mark.parametrize(("canvas", "box"), [((1500, 1500), (301, 77, 640, 901)), ((1979, 239), (121, 20, 1858, 219))])
def test_measure_composite_takes_the_cut_out_with_its_corner(canvas, box):
    rng = np.random.default_rng(3)
    pixels = np.kron(rng.integers(0, 256, (40, 40, 4), np.uint8), np.ones((60, 60, 1), np.uint8))
    pixels[..., 3] |= 252
    cutout = Image.fromarray(pixels).crop((0, 0, *box[2:]))
    whole = Image.new("RGBA", canvas)
    whole.paste(cutout, box[:2])
    composed = Image.fromarray(rng.integers(0, 256, (canvas[1], canvas[0], 3), np.uint8))
    mask = whole.getchannel("A")
    wanted = measure_composite(composed, mask, placed=whole)
    assert measure_composite(composed, mask, placed=Placed(cutout, box[:2])) == wanted


def test_measure_fidelity_falls_when_the_product_is_drawn_anew():
    composed, placed, _ = room()
    changed = composed.copy()
    changed.paste(changed.crop((140, 140, 260, 300)).rotate(180), (140, 140))
    found = measure_fidelity(changed, placed)
    assert found.value < 0.6
    assert 0.3 < found.worst[0] < 0.7
    assert measure_fidelity(brighter(composed, 0.9), placed).value > 0.95


def test_measure_fidelity_leaves_out_the_light_on_the_rim():
    """Of a dark frame as thin as that of glasses."""
    frame = Image.new("L", (480, 480))
    pen = ImageDraw.Draw(frame)
    pen.rectangle((80, 80, 400, 400), fill=255)
    pen.rectangle((94, 94, 386, 386), fill=0)
    placed = Image.new("RGBA", frame.size, (20, 20, 22, 0))
    placed.putalpha(frame)
    inner = frame.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.BoxBlur(1))
    lit = Image.composite(placed.convert("RGB"), Image.new("RGB", frame.size, (60, 60, 60)), inner)
    assert measure_fidelity(lit, placed).value > 0.95
    noise = np.random.default_rng(1).integers(0, 120, (480, 480, 3), dtype=np.uint8)
    assert measure_fidelity(Image.fromarray(noise), placed).value < 0.3


def test_measure_drift_leaves_out_what_is_seen_through():
    """A black lens that lets some light of a white set through, in an opaque frame."""
    cover = np.full((300, 300), 250, np.uint8)
    cover[:100] = 255
    source, alpha = Image.new("RGB", (300, 300), (25, 25, 28)), Image.fromarray(cover)
    output = Image.composite(
        source, Image.new("RGB", source.size, (50, 50, 52)), alpha.point(lambda code: code // 255 * 255)
    )
    assert measure_drift(source, alpha, output, in_set=True).value < 0.3
    assert measure_drift(source, alpha, output).value < 0.3
    assert measure_drift(source, alpha, brighter(source, 1.8), in_set=True).value > 2


def test_measure_fidelity_refuses_another_size():
    composed, placed, _ = room()
    with pytest.raises(ValueError, match="placed cut-out"):
        measure_fidelity(composed, placed.resize((10, 10)))


def test_measure_drift_of_resized_fur_sees_colour_alone():
    """Two resizings of one picture differ in every hair and in no colour."""
    rng = np.random.default_rng(4)
    fur = np.clip(rng.normal((120, 80, 60), 45, (400, 400, 3)), 0, 255).astype(np.uint8)
    image, alpha = Image.fromarray(fur), Image.new("L", (400, 400), 255)
    landing = Landing((0, 0, 400, 400), (0, 0, 200, 200))
    soft = image.resize((200, 200), Image.Resampling.LANCZOS)
    plain = measure_drift(image, alpha, soft, landing=landing).value
    assert plain < 1.5
    assert measure_drift(image, alpha, brighter(soft, 1.15), landing=landing).value > plain + 1.5
