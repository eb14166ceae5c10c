"""One 12-megapixel photo to the six named sizes as WebP: our pyramid against libvips, and how true the sizes are."""

import gc
import io
import logging
import resource
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

from processing.imaging.codec import EncodeSettings, decode, encode
from processing.imaging.resize import cutout_levels
from processing.imaging.sizes import NAMED_SIZES, contain_scale, scaled

ROUNDS = 3
QUALITY = 90
METHOD = 4
# What the largest of the sizes is made from.
_READ_PX = 1600
ABSENT = "pyvips is not installed here: pip install 'pyvips[binary]' beside Firstpass to compare with it"


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(photos: Sequence[bytes], say: Callable[[str], None]) -> dict[str, Any]:
    """Ratio of CPU seconds and the lowest luma SSIM against Lanczos from the full picture, large and small sizes apart."""
    rivals: dict[str, Callable[[bytes], None]] = {"firstpass": _ours}
    theirs = _vips()
    if theirs is None:
        say(ABSENT)
    else:
        rivals["pyvips"] = theirs
    spent: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(ROUNDS):  # in turn, so that a noisy machine moves all alike
        for data in photos:
            for name, work in rivals.items():
                spent[name].append(_timed(partial(work, data)))
    median = {name: float(np.median(values)) for name, values in spent.items()}
    ratio = median["firstpass"] / median["pyvips"] if theirs else None
    truth = fidelity(photos[0])
    if ratio is not None:
        say(f"six WebP sizes from 12 MP: {ratio:.2f} x pyvips with one decode (aim 1.1)")
    say(
        f"luma SSIM against Lanczos from full: large {truth['large']:.4f}, small {truth['small']:.4f} (lowest; aims 0.997 and 0.995)"
    )
    return {"cpu_s": median, "ratio_pyvips": ratio, "ssim": truth}


def fidelity(data: bytes) -> dict[str, float]:
    """Lowest luma SSIM (Wang et al. 2004) of our sizes against Lanczos from the full picture."""
    photo = decode(data).convert("RGB")
    levels = cutout_levels(decode(data, target_long_px=_READ_PX).convert("RGB"))
    found: dict[str, list[float]] = {"large": [], "small": []}
    for size in _sizes(photo.size):
        truth = np.asarray(photo.resize(size, Image.Resampling.LANCZOS).convert("L"))
        ours = np.asarray(Image.fromarray(levels.premultiplied(size)).convert("L"))
        kind = "large" if max(size) > 400 else "small"
        found[kind].append(float(structural_similarity(truth, ours, gaussian_weights=True, sigma=1.5)))  # type: ignore[no-untyped-call]
    return {kind: min(values) for kind, values in found.items()}


def _timed(work: Callable[[], None]) -> float:
    gc.collect()
    began = cpu()
    work()
    return cpu() - began


def _sizes(photo: tuple[int, int]) -> list[tuple[int, int]]:
    return [scaled(photo, contain_scale(photo, size)) for size in NAMED_SIZES.values()]


def _ours(data: bytes) -> None:
    # As far as a JPEG can be read smaller: the largest size wants a level a third larger than itself.
    photo = decode(data, target_long_px=_READ_PX).convert("RGB")
    levels = cutout_levels(photo)
    for size in _sizes(photo.size):
        encode(Image.fromarray(levels.premultiplied(size)), EncodeSettings.named("webp"))


def _vips() -> Callable[[bytes], None] | None:
    """The same with libvips on one thread; None where it is not installed."""
    try:
        import pyvips
    except (ImportError, OSError):
        return None
    # It tells every act of its own.
    logging.getLogger("pyvips").setLevel(logging.WARNING)

    def work(data: bytes) -> None:
        photo = pyvips.Image.new_from_buffer(data, "").copy_memory()
        for width, height in _sizes((photo.width, photo.height)):
            small = photo.thumbnail_image(width, height=height)
            small.write_to_buffer(".webp", Q=QUALITY, effort=METHOD, profile="srgb")

    pyvips.cache_set_max(0)
    work(_tiny())
    return work


def _tiny() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 64)).save(target, "JPEG")
    return target.getvalue()
