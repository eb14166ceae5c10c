"""Colours of any file to 8 bit sRGB: profiles, CMYK, palettes, 16 bit and grey."""

import io

import numpy as np
from PIL import Image, ImageCms, ImageFilter

from processing.imaging.icc import adobe_rgb_profile

_MAX_PROFILE_BYTES = 8_000_000
_SPACES = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK", "L": "GRAY", "LAB": "Lab"}

# sRGB of the full-tone overprints of a coated offset press (SWOP characterisation) without and with full black;
# cyan changes fastest, yellow slowest.
_PRESS = (255, 255, 255, 0, 174, 239, 236, 0, 140, 46, 49, 146, 255, 242, 0, 0, 166, 81, 237, 28, 36, 54, 54, 57)
_PRESS_BLACK = (35, 31, 32, 0, 18, 25, 30, 0, 10, 6, 4, 18, 28, 26, 0, 0, 19, 8, 24, 4, 2, 0, 0, 0)


def source_profile(image: Image.Image) -> bytes | None:
    """ICC bytes to read the colours of an opened file with, or None for sRGB."""
    embedded = image.info.get("icc_profile")
    if isinstance(embedded, bytes) and 0 < len(embedded) <= _MAX_PROFILE_BYTES:
        return embedded
    # Cameras mark Adobe RGB by the interoperability index R03 instead of a profile.
    try:
        marked = image.getexif().get_ifd(0xA005).get(1) if image.mode in ("RGB", "RGBA") else None
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, AttributeError):
        return None
    return adobe_rgb_profile() if str(marked).strip("\0 ") == "R03" else None


def profile_name(profile: bytes | None) -> str:
    """Plain name of a profile, "none" where there is none, "unreadable" where it is broken."""
    if profile is None:
        return "none"
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
    except (ImageCms.PyCMSError, OSError, ValueError):
        return "unreadable"
    return "sRGB" if _is_srgb(name) else name[:80] or "unnamed"


def to_srgb(image: Image.Image, *, profile: bytes | None) -> Image.Image:
    """RGB picture in sRGB, RGBA where at least one pixel is not opaque. Takes any mode Pillow decodes.

    Pixels that need no change are shared with `image`, not copied: it is not to be painted on afterwards.
    """
    alpha = _alpha(image)
    plain = _eight_bit(image, has_alpha=alpha is not None)
    rgb = _convert(plain, profile)
    if alpha is not None:
        rgb = rgb.copy() if plain is image else rgb
        rgb.putalpha(alpha)
    rgb.info = {}
    return rgb


def _alpha(image: Image.Image) -> Image.Image | None:
    if not image.has_transparency_data:
        return None
    alpha = image.convert("RGBA").getchannel("A")
    lowest, _ = alpha.getextrema()
    return alpha if isinstance(lowest, int | float) and lowest < 255 else None


def _eight_bit(image: Image.Image, *, has_alpha: bool) -> Image.Image:
    """The picture without alpha in RGB, L, CMYK or LAB, 8 bit."""
    if image.mode in ("RGB", "CMYK", "L", "LAB"):
        return image
    if image.mode.startswith(("I", "F")):
        return _from_deep(np.asarray(image))
    if image.mode in ("LA", "La", "1"):
        return image.convert("LA").getchannel("L") if has_alpha else image.convert("L")
    return image.convert("RGBA").convert("RGB") if image.mode == "P" else image.convert("RGB")


def _from_deep(values: np.ndarray) -> Image.Image:
    """16 bit integers by their range, floating point by 0..1 (or its own top where it is higher)."""
    deep = np.nan_to_num(values.astype(np.float32))
    top = 65535.0 if values.dtype.kind in "iu" else max(1.0, float(deep.max()))
    return Image.fromarray((np.clip(deep / top, 0, 1) * 255 + 0.5).astype(np.uint8))


def _convert(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is not None:
        converted = _by_profile(image, profile)
        if converted is not None:
            return converted
    if image.mode == "CMYK":
        return _press_to_rgb(image)
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        space = ImageCms.buildTransform(lab, ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return ImageCms.applyTransform(image, space) or image.convert("RGB")
    # A plain picture over the same pixels, without the file's own ways.
    return image._new(image.im) if image.mode == "RGB" else image.convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Through LittleCMS, or None where the profile is broken, belongs to another colour space, or is sRGB already."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = str(source.profile.xcolor_space).strip()
        if space == "RGB" and image.mode == "L":  # a colour profile on a grey file: same tone curve for each band
            image = image.convert("RGB")
        if space != _SPACES.get(image.mode):
            return None
        if _is_srgb(ImageCms.getProfileDescription(source)):
            return None
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_srgb(name: str) -> bool:
    lowered = name.lower()
    return "srgb" in lowered and "linear" not in lowered


def _press_to_rgb(image: Image.Image) -> Image.Image:
    """CMYK without a profile: the Neugebauer model, each pixel a mix of the sixteen overprints by the ink areas,
    mixed in gamma-encoded sRGB, where dot gain about cancels the curve (half black gives 145, a press 148)."""
    cyan, magenta, yellow, black = image.split()
    inks = Image.merge("RGB", (cyan, magenta, yellow))
    without, full = (
        inks.filter(ImageFilter.Color3DLUT(2, [v / 255 for v in table])) for table in (_PRESS, _PRESS_BLACK)
    )
    return Image.composite(full, without, black)
