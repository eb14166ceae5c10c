"""Retouch: a hosted provider enhances the product; its light is taken over where it left the product as it is."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging import retouch
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.imaging.retouch import Gains, cut_back, gains_between, on_grey
from processing.providers.base import Capability, Request
from processing.scoring.composite import measure_fidelity
from processing.scoring.limits import judge, limits_for
from processing.steps.base import Result, Work, picture_file
from processing.steps.checks import kept

# With processing/hosted_keys.py, where it is part of the step's key.
VERSION = "1"
ROLES = ("gains",)
SENT_PX = 1024
PNG = EncodeSettings.named("png")
SOURCE_TYPE = "compositeWithTrainedAlgorithmicMedia"


def version(params: Mapping[str, Any]) -> str:
    return f"{VERSION}|{retouch.VERSION}"


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """There is no local way: PermanentStepError."""
    raise PermanentStepError(
        "no-such-capability", f"{params['provider']} does not enhance pictures: name another enhancer."
    )


def request_for(work: Work, params: Mapping[str, Any]) -> Request:
    """The product, in its batch's look, in the middle of a light grey square."""
    shown, _ = on_grey(work.looked.image, side_px=SENT_PX)
    image = encode(shown, EncodeSettings(format="jpeg", quality=94, subsampling="4:4:4"))
    options = dict(params.get("options", {}))
    return Request(Capability.ENHANCE, size=(SENT_PX, SENT_PX), image=image, options=options)


def result_of(work: Work, params: Mapping[str, Any], data: bytes, *, name: str) -> Result:
    """File "gains". A picture in which the product is another one changes nothing, and the note says so.

    Raises DecodeError, or ValueError for an answer of another shape.
    """
    product = work.looked.image
    _, box = on_grey(product, side_px=SENT_PX)
    answer = cut_back(decode(data), box, side_px=SENT_PX)
    placed = (
        product.convert("RGBa").resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS).convert("RGBA")
    )
    fidelity = measure_fidelity(answer.resize(placed.size, Image.Resampling.LANCZOS), placed)
    category = str(params.get("category", ""))
    is_faithful = judge(fidelity, limits_for(category).get("FIDELITY"))
    gains = gains_between(product, answer) if is_faithful else Gains.from_picture(Image.new("RGB", (2, 2), (120,) * 3))
    for late in ("finished", "levels"):
        work.__dict__.pop(late, None)
    file = picture_file(
        "gains", gains.picture(), PNG, is_used=is_faithful, provider=name, fidelity=round(fidelity.value, 4),
        source_type=SOURCE_TYPE if is_faithful else "", checks=kept([fidelity] if is_faithful else [], category=category),
    )  # fmt: skip
    return Result((file,), note=_note(name, fidelity.value, is_faithful=is_faithful, share=gains.share))


def _note(name: str, fidelity: float, *, is_faithful: bool, share: float) -> str:
    if not is_faithful:
        return f"The enhancement by {name} changed the product itself (fidelity {fidelity:.2f}): it was not used."
    weakened = "" if share == 1 else f", weakened to {share:.0%} to keep its colours"
    return (
        f"Light and colour enhanced by {name} (fidelity {fidelity:.2f}{weakened}); the product's own pixels were kept."
    )
