import io

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from processing.scoring.compression import measure_compression
from processing.scoring.rendition import Expected, measure_rendition

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SIZE = (400, 400)
BOX = (60, 100, 340, 300)


def canvas(*, background="white", box=BOX, size=SIZE):
    image = Image.new("RGB", size, background)
    ImageDraw.Draw(image).rectangle(box, fill=(120, 40, 30))
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return image, mask


def encoded(image, name="JPEG", **options):
    target = io.BytesIO()
    image.save(target, name, **{"icc_profile": SRGB, "quality": 92, **options})
    return target.getvalue()


def by_code(data, mask=None, **expected):
    found = measure_rendition(data, expected=Expected(**expected), product_mask=mask)
    return {one.code: one for one in found}


def test_measure_rendition_passes_a_right_packshot():
    image, mask = canvas()
    found = by_code(
        encoded(image), mask, size=SIZE, format="jpeg", background="white", fill=0.7, max_bytes=100_000, centred=True
    )
    assert {code: found[code].value for code in ("SIZE", "FORMAT", "BG_NOT_WHITE")} == {
        "SIZE": 0,
        "FORMAT": 0,
        "BG_NOT_WHITE": 0,
    }
    assert all(found[code].hard for code in ("SIZE", "FORMAT", "BG_NOT_WHITE", "BYTES"))
    assert found["FILL"].value == pytest.approx(1.0, abs=0.01)
    assert found["CENTRE"].value < 0.005
    assert found["MARGIN"].value == pytest.approx(59 / 400, abs=0.003)
    assert 0 < found["BYTES"].value < 1


def test_measure_rendition_tells_a_wrong_size():
    image, mask = canvas()
    found = by_code(encoded(image), mask, size=(500, 400))
    assert found["SIZE"].value == 100
    assert "400 x 400" in found["SIZE"].detail


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda image: encoded(image, "PNG", quality=None), "ordered jpeg"),
        (lambda image: encoded(image.convert("L"), icc_profile=None), "colour mode"),
        (lambda image: encoded(image, icc_profile=None), "profile"),
        (lambda image: encoded(image.convert("CMYK"), icc_profile=None), "CMYK"),
    ],
)
def test_measure_rendition_lists_format_faults(make, word):
    found = by_code(make(canvas()[0]), format="jpeg", background="white")
    assert found["FORMAT"].value >= 1
    assert word in found["FORMAT"].detail


def test_measure_rendition_wants_transparency_only_where_ordered():
    image, mask = canvas()
    image.putalpha(mask)
    data = encoded(image, "PNG", quality=None)
    assert by_code(data, format="png", background="transparent")["FORMAT"].value == 0
    assert by_code(data, format="png", background="white")["FORMAT"].value == 1


def test_measure_rendition_takes_the_product_from_a_transparent_file():
    image, mask = canvas()
    image.putalpha(mask)
    found = by_code(encoded(image, "PNG", quality=None), background="transparent", fill=0.7)
    assert found["FILL"].value == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("background", ["white", "transparent"])
def test_measure_rendition_of_a_lossless_file_may_use_the_picture_that_was_written(background):
    image, mask = canvas()
    if background == "transparent":
        image.putalpha(mask)
    data = encoded(image, "PNG", quality=None)
    asked = Expected(size=SIZE, format="png", background=background, fill=0.7)
    read = measure_rendition(data, expected=asked, product_mask=mask)
    assert measure_rendition(data, expected=asked, product_mask=mask, pixels=image) == read


def test_measure_rendition_reads_the_file_where_the_picture_has_another_size():
    image, mask = canvas()
    found = measure_rendition(
        encoded(image), expected=Expected(size=SIZE), product_mask=mask, pixels=Image.new("RGB", (10, 10))
    )
    assert next(one.value for one in found if one.code == "SIZE") == 0


def test_measure_rendition_calls_broken_bytes_a_format_fault():
    found = by_code(encoded(canvas()[0])[:200], format="jpeg")
    assert found["FORMAT"].value == 1
    assert "cannot be decoded" in found["FORMAT"].detail
    assert by_code(b"", format="jpeg")["FORMAT"].hard


def test_measure_rendition_finds_an_off_white_floor_and_says_where():
    image, mask = canvas()
    image.paste((253, 253, 253), (0, 0, 400, 30))
    white = by_code(encoded(image, "PNG", quality=None), mask, background="white")["BG_NOT_WHITE"]
    assert white.value == pytest.approx(30 / 400, abs=0.001)
    assert white.worst[1] < 0.1
    assert "253" in white.detail


def test_measure_rendition_forgives_ringing_near_the_product_only():
    image, mask = canvas()
    pixels = np.array(image)
    pixels[95, 100:200] = 250
    near = by_code(encoded(Image.fromarray(pixels), "PNG", quality=None), mask, background="white")
    assert near["BG_NOT_WHITE"].value == 0
    pixels[70, 100:200] = 250
    far = by_code(encoded(Image.fromarray(pixels), "PNG", quality=None), mask, background="white")
    assert far["BG_NOT_WHITE"].value == pytest.approx(100 / 160_000)


def test_measure_rendition_takes_a_lower_floor_for_lossy_shop_files():
    image, mask = canvas(background=(253, 253, 253))
    data = encoded(image, "PNG", quality=None)
    assert by_code(data, mask, background="white")["BG_NOT_WHITE"].value > 0
    assert by_code(data, mask, background="white", white_floor=252)["BG_NOT_WHITE"].value == 0


def test_measure_rendition_checks_the_frame_without_a_mask():
    image, _ = canvas(box=(60, 100, 399, 300))
    white = by_code(encoded(image, "PNG", quality=None), background="white")["BG_NOT_WHITE"]
    assert white.value > 0
    assert white.worst[0] > 0.95


def test_measure_rendition_notices_an_off_centre_product_at_the_margin():
    image, mask = canvas(box=(2, 100, 282, 300))
    found = by_code(encoded(image), mask, fill=0.7)
    assert found["CENTRE"].value == pytest.approx(0.145, abs=0.005)
    assert found["MARGIN"].value == pytest.approx(2 / 400)
    assert "left" in found["MARGIN"].detail
    assert found["MARGIN"].worst[0] == pytest.approx(2 / 400)


def test_measure_rendition_asks_no_air_above_what_hangs_from_there():
    image, mask = canvas(box=(100, 0, 300, 330))
    assert by_code(encoded(image), mask, centred=False)["MARGIN"].value == 0
    found = by_code(encoded(image), mask, centred=False, held_above=True)
    assert found["MARGIN"].value == pytest.approx(70 / 400, abs=0.003)


def test_measure_rendition_leaves_centre_out_where_it_is_not_asked():
    image, mask = canvas()
    assert "CENTRE" not in by_code(encoded(image), mask, centred=False)


def test_measure_rendition_measures_too_many_bytes():
    image, mask = canvas()
    data = encoded(image)
    assert by_code(data, mask, max_bytes=len(data) // 2)["BYTES"].value == pytest.approx(2, abs=0.01)


def test_measure_rendition_ignores_a_mask_of_another_size():
    found = by_code(encoded(canvas()[0]), Image.new("L", (10, 10), 255), size=SIZE)
    assert "FILL" not in found


def test_measure_rendition_sees_compression_blocks_grow():
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:400, 0:400]
    waves = 120 + 50 * np.sin(x / 17) * np.cos(y / 23) + rng.normal(0, 3, (400, 400))
    image = Image.fromarray(np.repeat(np.clip(waves, 0, 255)[..., None], 3, axis=2).astype(np.uint8))
    steps = [by_code(encoded(image, quality=quality))["COMPRESSION"].value for quality in (95, 60, 20)]
    assert steps == sorted(steps)
    assert steps[0] < 1.3 < steps[2]


def test_straight_edges_on_the_grid_are_no_blocks():
    """The bars of a frame, drawn where blocks of a file would have their seams."""
    luma = np.random.default_rng(3).normal(170, 1.5, (320, 400))
    for row in (40, 48, 240, 248):
        luma[row:, :] += 30 if row in (40, 240) else -30
    pixels = np.repeat(np.clip(luma, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    assert measure_compression(pixels).value < 1.2


def test_compression_that_nobody_can_see_does_not_count():
    """A smooth white product: one step of one code in 64 columns, each of them on the grid."""
    luma = np.broadcast_to((200 + np.arange(400) // 64).astype(np.uint8), (400, 400))
    assert measure_compression(np.repeat(luma[..., None], 3, axis=2)).value < 1.5


@pytest.mark.parametrize(("name", "is_there"), [("JPEG", True), ("PNG", False), ("WEBP", False)])
def test_compression_is_measured_of_jpegs_only(name, is_there):
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(target, name)
    found = measure_rendition(target.getvalue(), expected=Expected())
    assert ("COMPRESSION" in {one.code for one in found}) is is_there


def test_place_in_the_frame_is_not_measured_of_a_picture_that_is_all_product():
    target, mask = io.BytesIO(), np.full((64, 64), 255, np.uint8)
    Image.new("RGB", (64, 64), "white").save(target, "PNG")
    codes = [
        {one.code for one in measure_rendition(target.getvalue(), expected=Expected(framed=framed), product_mask=mask)}
        for framed in (True, False)
    ]
    assert codes[0] - codes[1] == {"MARGIN", "CENTRE"}
