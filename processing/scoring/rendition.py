"""Hard rules, measured on the encoded file as a marketplace will read it.

White is tested after encoding because a perfect canvas does not survive it: JPEG rings up to 16 px from the product and
lossy WebP shifts the whole floor. So the frame and everything farther than 16 px from the product must be white.
"""

import io
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.colour import profile_name
from processing.scoring.compression import measure_compression
from processing.scoring.measurement import Box, Heat, Measurement, as_mask, heat_of, place_of

FRAME_PX = 10
RINGING_PX = 16
# Ringing of a product that stands close to the frame; anything darker in the frame is not an encoder's work.
RINGING_FLOOR = 240
MAGIC: dict[str, tuple[bytes, ...]] = {
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "webp": (b"RIFF",),
    "avif": (b"\x00\x00\x00",),
}
Background = Literal["white", "transparent"]


@dataclass(frozen=True)
class Expected:
    """What a rendition was ordered to be. None means: not asked, not measured.

    `fill` is the share of the longer relative side the product's box should take. `white_floor` below 255 is for
    lossy WebP and AVIF of the shop's own pages, which cannot hold an exact white. `framed` False is for a picture that is all
    product, where a place in a frame says nothing; `held_above` is for one that hangs from beyond the upper edge.
    """

    size: tuple[int, int] | None = None
    format: str | None = None
    background: Background | None = None
    fill: float | None = None
    max_bytes: int | None = None
    centred: bool = True
    white_floor: int = 255
    framed: bool = True
    held_above: bool = False


def measure_rendition(
    encoded: bytes,
    *,
    expected: Expected,
    product_mask: Image.Image | NDArray[Any] | None = None,
    pixels: Image.Image | None = None,
) -> list[Measurement]:
    """SIZE, FORMAT, BYTES, BG_NOT_WHITE, FILL, CENTRE, MARGIN and COMPRESSION of one encoded file, as far as asked.

    `product_mask` is L (or an array) of the canvas' size, product above 127; a transparent file brings its own. `pixels` is the
    picture that was written, where nothing is asked that writing could have changed: then only the file's header is read.
    COMPRESSION is a JPEG's: the other formats have no grid of 8 px or filter it. An undecodable file gives FORMAT only.
    About 25 ms for 1600 x 1600, most of it decoding.
    """
    results = [] if expected.max_bytes is None else [_bytes(encoded, limit=expected.max_bytes)]
    try:
        image, shown, rgb = _opened(encoded, pixels)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return [*results, Measurement("FORMAT", 1.0, "faults", hard=True, detail=f"cannot be decoded: {error}")]
    results.append(_format(encoded, image, expected))
    if expected.size is not None:
        results.append(_size(image.size, expected.size))
    has_blocks = image.format == "JPEG"
    if not (has_blocks or expected.framed or expected.background == "white"):
        return results
    mask = _product(shown, expected, product_mask)
    if rgb is None and (has_blocks or expected.background == "white"):
        rgb = _rgb(shown)
    if rgb is not None and expected.background == "white":
        results.append(_white(rgb, mask, floor=expected.white_floor))
    if expected.framed and mask is not None:
        results.extend(_framing(mask, expected))
    if rgb is not None and has_blocks:
        results.append(measure_compression(rgb, mask))
    return results


def _opened(encoded: bytes, written: Image.Image | None) -> tuple[Image.Image, Image.Image, NDArray[np.uint8] | None]:
    """The file's header, the picture that holds its pixels, and those as an array where reading them gave one."""
    image = Image.open(io.BytesIO(encoded))
    if written is not None and image.size == written.size:
        return image, written, None
    return image, image, _decoded(encoded, image)


def measure_frame(rgb: NDArray[np.uint8], mask: NDArray[np.uint8], *, expected: Expected) -> list[Measurement]:
    """BG_NOT_WHITE, FILL, CENTRE and MARGIN, as far as asked, of pixels (h, w, 3) whose file is judged apart: a frame of a clip.
    `mask` (h, w) is where the product is."""
    white = [_white(rgb, mask, floor=expected.white_floor)] if expected.background == "white" else []
    return [*white, *_framing(mask, expected)]


def _decoded(encoded: bytes, image: Image.Image) -> NDArray[np.uint8] | None:
    """The pixels of a plain JPEG or WebP, which OpenCV reads to the same values without Pillow's copies; of all else None, and
    the opened picture holds them. Raises what Pillow raises on broken files."""
    if image.format in ("JPEG", "WEBP") and image.mode == "RGB":
        flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)
        if pixels is not None and pixels.shape[1::-1] == image.size:
            return np.asarray(pixels, np.uint8)
    image.load()
    return None


def _rgb(pixels: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(pixels if pixels.mode == "RGB" else pixels.convert("RGB"))


def _bytes(encoded: bytes, *, limit: int) -> Measurement:
    """BYTES: file size as a share of the most that is allowed; blind to what is in the file.

    Unit share of what is allowed. Range above 0. Source: own measure; below 1 ms.
    """
    detail = f"{len(encoded):,} bytes of {limit:,} allowed"
    return Measurement("BYTES", len(encoded) / max(limit, 1), "of allowed", hard=True, detail=detail)


def _size(actual: tuple[int, int], wanted: tuple[int, int]) -> Measurement:
    """SIZE: sum of the pixels by which width and height miss the order.

    Unit px. Range 0 up. Source: own measure; below 1 ms.
    """
    off_px = abs(actual[0] - wanted[0]) + abs(actual[1] - wanted[1])
    detail = "" if off_px == 0 else f"{actual[0]} x {actual[1]}, ordered {wanted[0]} x {wanted[1]}"
    return Measurement("SIZE", float(off_px), "px", hard=True, detail=detail)


def _format(encoded: bytes, image: Image.Image, expected: Expected) -> Measurement:
    """FORMAT: number of faults in container, colour mode, transparency, frames and colour profile.

    Unit faults. Range 0 to 5. Source: magic numbers of the formats, ICC profile description; 1 ms.
    """
    faults = []
    actual = (image.format or "unknown").lower()
    if expected.format is not None and (actual != expected.format or not _has_magic(encoded, expected.format)):
        faults.append(f"file is {actual}, ordered {expected.format}")
    if getattr(image, "n_frames", 1) != 1:
        faults.append("file is animated")
    if image.mode not in {"RGB", "RGBA"}:
        faults.append(f"colour mode is {image.mode}, not RGB")
    if expected.background == "white" and image.has_transparency_data:
        faults.append("file has transparency")
    if expected.background == "transparent" and not image.has_transparency_data:
        faults.append("file has no transparency")
    # No profile at all means sRGB by convention of every shop front, but ours are always embedded, so it is a fault.
    if profile_name(image.info.get("icc_profile")) != "sRGB":
        faults.append("colour profile is not sRGB")
    return Measurement("FORMAT", float(len(faults)), "faults", hard=True, detail="; ".join(faults))


def _has_magic(encoded: bytes, name: str) -> bool:
    if name == "avif":
        return encoded[4:8] == b"ftyp"
    if name == "webp":
        return encoded[:4] == b"RIFF" and encoded[8:12] == b"WEBP"
    return encoded.startswith(MAGIC.get(name, (b"",)))


def _product(
    image: Image.Image, expected: Expected, mask: Image.Image | NDArray[Any] | None
) -> NDArray[np.uint8] | None:
    """Where the product is on the canvas; a mask of another size cannot be trusted once SIZE has failed."""
    if expected.background == "transparent" and image.has_transparency_data:
        return np.asarray((image if image.mode == "RGBA" else image.convert("RGBA")).getchannel("A"))
    if mask is None:
        return None
    given = mask.size if isinstance(mask, Image.Image) else (mask.shape[1], mask.shape[0])
    return as_mask(mask, size=image.size) if given == image.size else None


def _white(rgb: NDArray[np.uint8], mask: NDArray[np.uint8] | None, *, floor: int) -> Measurement:
    """BG_NOT_WHITE: share of background pixels below the floor, in the frame and beyond 16 px from the product.

    The frame is 10 px, less on canvases below 1000 px. Frame pixels near the product only have to be ringing (>= 240).
    Unit share of the canvas. Range 0 to 1. Source: own measure on the rules of the marketplaces; 2 ms a megapixel, after
    decoding.
    """
    bad = np.zeros(rgb.shape[:2], bool)
    if mask is not None:
        reach = np.ones((2 * RINGING_PX + 1, 2 * RINGING_PX + 1), np.uint8)
        bad = (cv2.dilate(mask, reach) == 0) & _below(rgb, floor)
    least = floor if mask is None else min(RINGING_FLOOR, floor)
    for strip in _frame(bad.shape):
        bad[strip] |= _below(rgb[strip], least)
    count = int(np.count_nonzero(bad))
    if count == 0:
        return Measurement("BG_NOT_WHITE", 0.0, "share", hard=True)
    darkest = rgb.min(axis=2)
    heat, worst, box = _placed(np.where(bad, 256.0 - darkest, 0.0))
    detail = f"{count:,} pixels, darkest {int(darkest[bad].min())}"
    return Measurement("BG_NOT_WHITE", count / bad.size, "share", True, worst, box, heat, detail)


def _below(rgb: NDArray[np.uint8], floor: int) -> NDArray[np.bool_]:
    """Where any band is darker; in one go, a sixth of what taking the bands apart costs."""
    light = np.asarray(cv2.inRange(rgb, (floor, floor, floor), (255, 255, 255)), np.uint8)
    return np.asarray(light == 0, np.bool_)


def _frame(shape: tuple[int, ...]) -> tuple[tuple[slice, slice], ...]:
    """The four sides of a picture (h, w), `FRAME_PX` wide, less on canvases below 1000 px."""
    edge = max(1, min(FRAME_PX, round(min(shape) / 100)))
    whole, first, last = slice(None), slice(edge), slice(-edge, None)
    return (first, whole), (last, whole), (whole, first), (whole, last)


def _placed(strength: NDArray[Any]) -> tuple[Heat, tuple[float, float] | None, Box | None]:
    heat = heat_of(strength)
    worst, box = place_of(heat)
    return heat, worst, box


def _framing(mask: NDArray[np.uint8], expected: Expected) -> list[Measurement]:
    """FILL, CENTRE and MARGIN from the box of the product (mask above one half)."""
    solid = mask > 127
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if rows.size == 0:
        return [Measurement("FILL", 0.0, "of target", detail="no product on the canvas")]
    height, width = mask.shape
    left, right, top, bottom = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    above = height if expected.held_above else top
    results = [_margin((left, width - right, above, height - bottom), min(height, width), box)]
    if expected.fill is not None:
        results.append(_fill(box, expected.fill))
    if expected.centred:
        results.append(_centre(box))
    return results


def _fill(box: Box, target: float) -> Measurement:
    """FILL: longer relative side of the product's box over what was ordered; above 1 is MARGIN's business.

    Unit share of the order. Range 0 up. Source: own measure; below 1 ms.
    """
    fill = max(box[2], box[3])
    detail = f"product fills {fill:.0%} of the frame, ordered {target:.0%}"
    return Measurement("FILL", fill / max(target, 1e-6), "of target", box=box, detail=detail)


def _centre(box: Box) -> Measurement:
    """CENTRE: larger of the two distances between the box' centre and the canvas' centre, as a share of that side.

    Unit share. Range 0 to 0.5. Source: own measure; below 1 ms.
    """
    across, down = box[0] + box[2] / 2 - 0.5, box[1] + box[3] / 2 - 0.5
    point = (box[0] + box[2] / 2, box[1] + box[3] / 2)
    detail = f"{across:+.1%} across, {down:+.1%} down"
    return Measurement("CENTRE", max(abs(across), abs(down)), "share", worst=point, box=box, detail=detail)


def _margin(gaps_px: tuple[int, int, int, int], short_side_px: int, box: Box) -> Measurement:
    """MARGIN: smallest distance from the product to the frame, as a share of the short side.

    Unit share. Range 0 to 0.5. Source: own measure; below 1 ms.
    """
    names = ("left", "right", "top", "bottom")
    smallest = min(range(4), key=gaps_px.__getitem__)
    points = ((box[0], 0.5), (box[0] + box[2], 0.5), (0.5, box[1]), (0.5, box[1] + box[3]))
    detail = f"{gaps_px[smallest]} px at the {names[smallest]}"
    return Measurement(
        "MARGIN", gaps_px[smallest] / short_side_px, "share", worst=points[smallest], box=box, detail=detail
    )
