"""Enhance: the look of a picture is measured on its backdrop and kept as numbers; renders apply it."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from processing.imaging import batchlook, enhance
from processing.imaging.batchlook import in_batch
from processing.imaging.enhance import Look, apply_look, look_of, seen_light, tilt_of
from processing.scoring.drift import measure_drift, measure_exposure
from processing.scoring.limits import judge, limits_for
from processing.scoring.measurement import Measurement
from processing.steps.base import File, Result, Try, Work
from processing.steps.checks import kept, limits_key

VERSION = "3"
ROLES = ("look",)
# Pixels of the photo by which light is seen, and of the product by which a look is measured.
LIGHT_SAMPLES, MEASURED_SAMPLES = 100_000, 400_000
NOTES = {"own-light-in-batch": "Taken in other light than the rest of its batch: corrected by itself."}


def version(params: Mapping[str, Any]) -> str:
    return f"{VERSION}|{enhance.VERSION}|{batchlook.VERSION}|{limits_key(params)}"


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """File "look". A look that moves the product's colours beyond the limit is weakened step by step, at last to none."""
    category = str(params.get("category", ""))
    wanted = _wanted(work, params)
    look, measurements, tries = _kept_within_limits(work.cutout.image, wanted, category=category)
    work.__dict__.pop("look", None)
    # From here on the cut-out is all that is needed.
    work.forget_photo()
    data = json.dumps(look.to_dict(), sort_keys=True).encode()
    meta = {"look": look.to_dict(), "checks": kept(measurements, category=category)}
    return Result((File("look", data, "application/json", meta=meta),), note=_note(look, tries), tries=tries)


def _note(look: Look, tries: tuple[Try, ...]) -> str:
    notes = ["The photo's own colours were kept: correcting them would have changed the product."] if tries else []
    notes += [NOTES[code] for code in look.notes if code in NOTES]
    return " ".join([*notes, *([f"Straightened by {abs(look.tilt_deg):.1f} degrees."] if look.tilt_deg else [])])


def _wanted(work: Work, params: Mapping[str, Any]) -> Look:
    """The look within its batch where the recipe says so, weakened where a person asked for it."""
    if not params.get("is_on", True):
        return Look()
    tilt = tilt_of(np.asarray(work.cutout.image.getchannel("A"))) if params.get("straighten", True) else 0.0
    photo, alpha = _sampled(work)
    seen = seen_light(photo, alpha=np.asarray(alpha), backdrop=work.backdrop)
    look = look_of(seen, tilt_deg=tilt)
    if params.get("batch"):
        look = in_batch(look, work.batch_look(params["batch"]), paper=seen.grey_card, product=seen.product)
    strength = float(params.get("strength", 1.0))
    return look if strength == 1.0 else weakened(look, strength)


def _sampled(work: Work) -> tuple[Image.Image, Image.Image]:
    """The photo and its alpha by every so-many-th pixel, never averaged: light is judged by no more than these."""
    left, top = work.cutout.box_px[:2]
    step = _step(work.photo, most=LIGHT_SAMPLES)
    size = tuple(-(-side // step) for side in work.photo.size)
    alpha = _strided(work.cutout.image, step, size=size, at=(-left, -top)).getchannel("A")
    return _strided(work.photo, step, size=size), alpha


def _step(image: Image.Image, *, most: int) -> int:
    return max(1, math.isqrt(image.width * image.height // most))


def _strided(image: Image.Image, step: int, *, size: tuple[int, ...], at: tuple[int, int] = (0, 0)) -> Image.Image:
    """The pixels (0, 0), (step, 0) ... of a plane on which the picture lies with its corner `at`; black where it does not."""
    # Pixel centres lie at half numbers, hence the halves.
    first = [0.5 - step / 2 + place for place in at]
    steps = (step, 0, first[0], 0, step, first[1])
    return image.transform((size[0], size[1]), Image.Transform.AFFINE, steps, Image.Resampling.NEAREST)


def weakened(look: Look, strength: float) -> Look:
    """The look at a share 0..1 of its strength."""
    red, green, blue = (gain**strength for gain in look.white_balance)
    return replace(
        look,
        exposure_gain=look.exposure_gain**strength,
        white_balance=(red, green, blue),
        contrast=look.contrast**strength,
    )


def _kept_within_limits(
    image: Image.Image, wanted: Look, *, category: str
) -> tuple[Look, list[Measurement], tuple[Try, ...]]:
    tries: list[Try] = []
    look, measurements = wanted, measure(image, wanted)
    for name, weaker in _weaker(wanted):
        doubt = _first_doubt(measurements, category=category)
        if doubt is None:
            break
        again = measure(image, weaker)
        after = next(one.value for one in again if one.code == doubt.code)
        tries.append(Try(name, doubt.code, doubt.value, after, is_kept=after < doubt.value))
        look, measurements = weaker, again
    return look, measurements, tuple(tries)


def _weaker(look: Look) -> Iterator[tuple[str, Look]]:
    yield "half the look", weakened(look, 0.5)
    yield "keep the photo's white balance", replace(look, white_balance=(1.0, 1.0, 1.0))
    yield "keep source colour", Look(tilt_deg=look.tilt_deg, notes=(*look.notes, "kept-source-colour"))


def _first_doubt(measurements: list[Measurement], *, category: str) -> Measurement | None:
    limits = limits_for(category)
    return next((one for one in measurements if not judge(one, limits.get(one.code))), None)


def measure(image: Image.Image, look: Look) -> list[Measurement]:
    """COLOUR_DRIFT and EXPOSURE of a look on a cut-out (RGBA), both by strided pixels. The drift leaves the wanted exposure out: that has a
    check and a limit of its own, and would hide a change of hue."""
    step = _step(image, most=MEASURED_SAMPLES)
    image = _strided(image, step, size=tuple(-(-side // step) for side in image.size))
    alpha, source = np.asarray(image.getchannel("A")), image.convert("RGB")
    if look.is_identity:
        return [measure_drift(source, alpha, source), measure_exposure(source, alpha, source)]
    output = apply_look(source, look)
    exposed = apply_look(source, replace(look, white_balance=(1.0, 1.0, 1.0)))
    return [measure_drift(exposed, alpha, output), measure_exposure(source, alpha, output)]
