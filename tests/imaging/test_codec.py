import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from processing.imaging import heic
from processing.imaging.codec import (
    DecodeError,
    EncodeSettings,
    decode,
    decode_mask,
    decode_pixels,
    encode,
    inspect,
    read_header,
)
from processing.imaging.icc import adobe_rgb_profile, matrix_profile, srgb_profile
from processing.imaging.metadata import Metadata, read_metadata
from tests.images import file_of, halves, solid


def near(image, expected, tolerance=3):
    got = np.asarray(image.convert("RGB"), float).reshape(-1, 3).mean(axis=0)
    return bool(np.abs(got - expected).max() <= tolerance)


def refused(data, **options):
    with pytest.raises(DecodeError) as caught:
        inspect(data, **options)
    assert str(caught.value).endswith(".")
    return caught.value.code


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP"])
def test_decode_gives_rgb_for_every_format(format_name):
    image = decode(file_of(solid(), format_name))
    assert (image.mode, image.size) == ("RGB", (240, 220))
    assert near(image, (200, 100, 50), 4)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}])
def test_decode_pixels_reads_a_plain_jpeg_to_the_same_values(options):
    colours = np.random.default_rng(5).integers(0, 256, (31, 47, 3), np.uint8)
    data = file_of(Image.fromarray(np.kron(colours, np.ones((7, 5, 1), np.uint8))), "JPEG", **options)
    assert np.array_equal(decode_pixels(data), np.asarray(decode(data)))


def test_decode_pixels_follows_profiles_turns_and_transparency():
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [
        file_of(halves(), "JPEG", exif=exif),
        file_of(halves(), "JPEG", icc_profile=adobe_rgb_profile()),
        file_of(solid().convert("L"), "JPEG"),
        file_of(solid().convert("RGBA"), "WEBP"),
    ]
    for data in files:
        assert np.array_equal(decode_pixels(data), np.asarray(decode(data).convert("RGB")))


def test_decode_pixels_refuses_what_decode_refuses():
    data = file_of(halves(), "JPEG")
    for broken in (data[:-200], data[: len(data) // 2], b"no picture"):
        with pytest.raises(DecodeError) as caught:
            decode_pixels(broken)
        with pytest.raises(DecodeError, match=str(caught.value)):
            decode(broken)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_decode_turns_the_picture_upright(orientation):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = halves().transpose(turns[orientation]) if orientation > 1 else halves()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file_of(stored, "JPEG", exif=exif)
    image, info = decode(data), inspect(data)
    assert image.size == (info.width, info.height) == (240, 220)
    assert info.orientation == orientation
    assert image.getpixel((10, 10))[0] > 200
    assert image.getpixel((230, 10))[2] > 200


# Drawn, 320 x 240 in Display P3, blue above orange, with the mark that it was held upright, as a phone writes it.
PHONE = Path(__file__).with_name("phone.heic").read_bytes()


def test_decode_reads_what_phones_write():
    info, image = inspect(PHONE), decode(PHONE)
    assert (info.format, info.width, info.height, info.profile) == ("HEIF", 240, 320, "Display P3")
    assert (image.mode, image.size) == ("RGB", (240, 320))
    assert near(image.crop((0, 0, 110, 320)), (215, 93, 31))
    assert image.getpixel((200, 160))[2] > 150
    assert refused(PHONE, min_side=241) == "too-small"
    assert refused(PHONE, max_pixels=70_000) == "too-large"
    assert refused(PHONE[:-200]) == "unreadable"


def test_a_crash_of_the_decoder_of_phones_refuses_one_file(monkeypatch, tmp_path):
    crash = tmp_path / "crash"
    crash.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crash.chmod(0o755)
    monkeypatch.setattr(heic.sys, "executable", str(crash))
    assert refused(PHONE) == "unreadable"


def display_p3_profile():
    """DCI-P3 primaries with a D65 white and the sRGB curve."""
    curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return matrix_profile("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), curve)


def test_decode_reads_adobe_rgb_and_display_p3_by_their_profiles():
    # 200, 100, 50 in these spaces is a stronger colour in sRGB; values from the published matrices.
    assert near(decode(file_of(solid(), "PNG", icc_profile=adobe_rgb_profile())), (227, 100, 42))
    assert near(decode(file_of(solid(), "PNG", icc_profile=display_p3_profile())), (215, 93, 31))
    assert inspect(file_of(solid(), "PNG", icc_profile=display_p3_profile())).profile == "Display P3"


def test_decode_follows_the_camera_mark_for_adobe_rgb():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    data = file_of(solid(), "JPEG", exif=exif, quality=98)
    assert inspect(data).profile == "Adobe RGB (1998)"
    assert near(decode(data), (227, 100, 42), 4)


def test_decode_reads_inverted_cmyk_jpeg():
    ink = Image.new("CMYK", (240, 220), (0, 200, 200, 20))
    image = decode(file_of(ink, "JPEG", quality=98))
    red, green, blue = np.asarray(image)[100, 100].tolist()
    assert red > 190
    assert max(green, blue) < 110


def test_decode_mixes_plain_cmyk_like_a_press():
    half_black = Image.new("CMYK", (240, 220), (0, 0, 0, 128))
    assert near(decode(file_of(half_black, "TIFF")), (145, 144, 144), 4)
    assert near(decode(file_of(Image.new("CMYK", (240, 220), 0), "TIFF")), (255, 255, 255), 0)


def test_decode_ignores_a_profile_of_another_colour_space():
    ink = Image.new("CMYK", (240, 220), (0, 0, 0, 128))
    assert near(decode(file_of(ink, "TIFF", icc_profile=srgb_profile())), (145, 144, 144), 4)
    assert near(decode(file_of(solid(), "PNG", icc_profile=b"not a profile at all")), (200, 100, 50), 0)


def test_decode_reads_lab():
    lab = Image.new("LAB", (240, 220), (255, 128, 128))
    assert near(decode(file_of(lab, "TIFF")), (255, 255, 255), 2)


def test_decode_keeps_real_transparency_of_a_palette():
    picture = halves().quantize(4)
    data = file_of(picture, "PNG", transparency=picture.getpixel((0, 0)))
    image = decode(data)
    assert image.mode == "RGBA"
    assert image.getpixel((5, 5))[3] == 0
    assert image.getpixel((230, 5))[3] == 255
    assert inspect(data).has_alpha


def test_decode_drops_an_alpha_that_hides_nothing():
    assert decode(file_of(solid(colour=(1, 2, 3, 255), mode="RGBA"))).mode == "RGB"


def test_decode_scales_sixteen_bits():
    deep = Image.fromarray(np.full((220, 240), 128 * 257, np.uint16))
    for format_name in ("PNG", "TIFF"):
        data = file_of(deep, format_name)
        assert near(decode(data), (128, 128, 128), 1)
        assert inspect(data).bits == 16


def test_decode_takes_grey_with_a_colour_profile():
    image = decode(file_of(solid(colour=120, mode="L"), "JPEG", icc_profile=srgb_profile()))
    assert image.mode == "RGB"
    assert near(image, (120, 120, 120), 1)


def test_decode_draft_is_never_below_the_target():
    data = file_of(halves((1200, 900)), "JPEG")
    assert decode(data, target_long_px=500).size == (600, 450)
    assert decode(data, target_long_px=601).size == (1200, 900)
    assert decode(data, target_long_px=9000).size == (1200, 900)


@pytest.mark.parametrize("format_name", ["GIF", "PNG", "WEBP", "AVIF"])
def test_inspect_refuses_animations(format_name):
    frames = [halves(), solid()]
    assert refused(file_of(frames[0], format_name, save_all=True, append_images=frames[1:])) == "animated"


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP"])
def test_inspect_refuses_truncated_files(format_name):
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 255, (220, 240, 3), dtype=np.uint8))
    data = file_of(noise, format_name)
    assert refused(data[: len(data) * 6 // 10]) in ("truncated", "unreadable")


def test_inspect_refuses_too_many_pixels_before_decoding():
    wide = file_of(Image.new("1", (12_000, 9_000)), "PNG")
    assert refused(wide) == "too-large"
    assert refused(file_of(solid()), max_pixels=10_000) == "too-large"


def test_cutouts_of_the_largest_photos_can_be_read_again():
    assert read_header(file_of(Image.new("1", (9400, 9000)), "PNG")).size == (9400, 9000)


def test_inspect_refuses_small_strips_and_strangers():
    assert refused(file_of(solid((199, 900)))) == "too-small"
    assert refused(file_of(solid((9000, 210)))) == "unsupported"
    assert refused(b"") == "not-an-image"
    assert refused(b"<html>no photo here</html>" * 40) == "not-an-image"
    assert refused(b"\0\0\0\x18ftypheic" + bytes(400)) == "unreadable"
    assert refused(b"%PDF-1.7" + bytes(400)) == "unsupported"
    assert refused(b"\x89PNG\r\n\x1a\n" + bytes(60)) in ("unreadable", "truncated")


@pytest.mark.parametrize("format_name", ["EPS", "PPM", "ICNS", "PCX"])
def test_formats_of_other_programs_are_not_opened(format_name):
    data = file_of(solid(), format_name)
    for read in (inspect, decode, decode_mask, read_header):
        with pytest.raises(DecodeError):
            read(data)


def test_decode_mask_reads_alpha_or_light():
    clear = Image.new("RGBA", (8, 6), (250, 250, 250, 0))
    clear.putpixel((1, 2), (0, 0, 0, 90))
    assert decode_mask(file_of(clear, "PNG")).getpixel((1, 2)) == 90
    whole = Image.new("RGBA", (8, 6), (9, 9, 9, 255))
    assert decode_mask(file_of(whole, "PNG")).getextrema() == (255, 255)
    deep = Image.fromarray(np.full((6, 8), 32896, np.uint16))
    mask = decode_mask(file_of(deep, "PNG"))
    assert (mask.mode, mask.size, mask.getpixel((0, 0))) == ("L", (8, 6), 128)
    with pytest.raises(DecodeError, match="more pixels than are allowed"):
        decode_mask(file_of(Image.new("1", (12_000, 9_000)), "PNG"))


def test_read_header_gives_the_size_of_the_upright_picture():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file_of(solid((240, 220)), "JPEG", exif=exif)
    assert read_header(data).size == decode(data).size == (220, 240)
    assert read_header(data[: len(data) // 2]).size == (220, 240)


def test_inspect_survives_random_damage():
    rng = np.random.default_rng(11)
    for format_name in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF"):
        whole = file_of(halves(), format_name)
        for _ in range(30):
            broken = bytearray(whole)
            for place in rng.integers(0, len(whole), 6):
                broken[place] = int(rng.integers(0, 256))
            with contextlib.suppress(DecodeError):  # anything else that is raised fails the test
                assert inspect(bytes(broken)).width > 0
                assert decode(bytes(broken)).mode in ("RGB", "RGBA")


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif"])
def test_encode_embeds_srgb_and_metadata_only(name):
    image = halves()
    image.info["exif"] = b"Exif\0\0secret"
    settings = EncodeSettings.named(name)
    data = encode(
        image, settings, metadata=Metadata(title="Mug & <cup>", sku="A-1", digital_source_type="compositeCapture")
    )
    again = Image.open(io.BytesIO(data))
    assert again.size == image.size
    assert ImageCms.ImageCmsProfile(io.BytesIO(again.info["icc_profile"])).profile.xcolor_space == "RGB "
    assert "exif" not in again.info or not again.info["exif"]
    found = read_metadata(data)
    assert found["title"] == "Mug & <cup>"
    assert found["digital_source_type"].endswith("/compositeCapture")
    assert image.info["exif"] == b"Exif\0\0secret"
    assert data == encode(
        image, settings, metadata=Metadata(title="Mug & <cup>", sku="A-1", digital_source_type="compositeCapture")
    )


def test_encode_keeps_alpha_where_the_format_can():
    image = solid(colour=(10, 20, 30, 77), mode="RGBA")
    for name in ("png", "webp", "avif"):
        again = decode(encode(image, EncodeSettings.named(name)))
        assert again.mode == "RGBA"
        assert abs(again.getpixel((50, 50))[3] - 77) <= 2
    with pytest.raises(ValueError, match="flatten"):
        encode(image, EncodeSettings.named("jpeg"))
    with pytest.raises(ValueError, match="mode CMYK"):
        encode(Image.new("CMYK", (9, 9)), EncodeSettings.named("png"))


def test_encode_settings_refuse_nonsense_and_describe_themselves():
    assert EncodeSettings.named("webp").key() == "webp-q90-standard-420"
    assert EncodeSettings.named("jpeg").suffix == ".jpg"
    assert EncodeSettings.for_ending("jpg") == EncodeSettings.named("jpeg")
    assert EncodeSettings.named("avif").media_type == "image/avif"
    with pytest.raises(ValueError, match="quality"):
        EncodeSettings(format="jpeg", quality=0)
    with pytest.raises(ValueError, match="format"):
        EncodeSettings(format="bmp", quality=50)


def test_encode_writes_pure_noise_in_full_colour_resolution():
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    settings = EncodeSettings(format="jpeg", quality=94, subsampling="4:4:4")
    data = encode(Image.fromarray(noise), settings)
    assert decode(data).size == (300, 300)
    assert data == encode(Image.fromarray(noise), settings)


def test_a_fast_webp_keeps_alpha_to_one_code():
    down, across = np.mgrid[:240, :320]
    pixels = np.full((240, 320, 4), (180, 90, 40, 255), np.uint8)
    pixels[..., 3] = np.clip(3 * (110 - np.hypot(down - 120, across - 160)), 0, 255).astype(np.uint8)
    data = encode(Image.fromarray(pixels), EncodeSettings(format="webp", quality=86, effort="fast"))
    read = np.asarray(decode(data).convert("RGBA"))
    assert np.abs(read[..., 3].astype(int) - pixels[..., 3]).max() <= 1
