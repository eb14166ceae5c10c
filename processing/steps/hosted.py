"""What a hosted provider is asked for a step, and what its answer becomes: the same files as the local step makes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from processing.imaging.backplates import from_json
from processing.imaging.codec import EncodeSettings, decode, decode_mask, encode, read_header
from processing.imaging.hints import suggest_values
from processing.providers.base import Capability, Request
from processing.steps import cutout, generate, recording, retouch
from processing.steps.base import File, Result, Work
from processing.styles import STYLES

BACKGROUND_PX = 1024
# Where things usually are in a generated set that was asked for an empty table in the foreground.
GENERATED = {
    "horizon": 0.55,
    "ground": [0.68, 0.92],
    "stand": [0.5, 0.82],
    "product_height": [0.2, 0.62],
    "light": {"azimuth_deg": 135.0, "elevation_deg": 45.0, "softness": 0.7},
    "temperature_k": 5200,
    "credit": "",
}
GENERATED_HORIZONS = (0.45, 0.66)


def request_for(kind: str, params: Mapping[str, Any], work: Work) -> Request:
    """The request of a step. ValueError for a kind that no provider does."""
    if kind == "generate":
        return generate.request_for(params, work)
    if kind == "recording":
        return recording.request_for(params, work)
    if kind == "background":
        size = (BACKGROUND_PX, BACKGROUND_PX)
        prompt = STYLES[params["style"]].prompt
        options = dict(params.get("options", {}))
        return Request(Capability.GENERATE_BACKGROUND, prompt, int(params["seed"]), size, options=options)
    if kind == "cutout":
        photo = work.photo
        image = encode(photo, EncodeSettings(format="jpeg", quality=92))
        return Request(
            Capability.REMOVE_BACKGROUND, size=photo.size, image=image, options=dict(params.get("options", {}))
        )
    if kind == "retouch":
        return retouch.request_for(work, params)
    raise ValueError(f"no provider does steps of kind {kind}")


def result_of(kind: str, params: Mapping[str, Any], work: Work, data: bytes, *, engine: tuple[str, str]) -> Result:
    """Files of the step from the provider's picture. Raises DecodeError."""
    if kind == "recording":
        return recording.result_of(params, data, engine=engine)
    read_header(data, max_pixels=work.max_pixels)  # refuses what is larger than photos may be before it is unpacked
    if kind == "generate":
        return generate.result_of(params, data, engine=engine)
    if kind == "cutout":
        return _cutout(work, params, data, engine=engine)
    if kind == "retouch":
        return retouch.result_of(work, params, data, name=engine[0])
    return _background(params, data, name=engine[0])


def _background(params: Mapping[str, Any], data: bytes, *, name: str) -> Result:
    picture = decode(data).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    plate = {**_facts(square), "name": f"{name}-{params['style']}", "style": params["style"]}
    # Refused here, where the provider can be asked again, and not by the pictures made from it.
    from_json(plate, square)
    file = encode(square, EncodeSettings(format="webp", quality=95))
    meta = {"plate": plate, "note": "", "source_type": "trainedAlgorithmicMedia"}
    return Result((File("background", file, "image/webp", square.size, meta),))


def _facts(square: Image.Image) -> dict[str, Any]:
    """Where things are in a generated set: light and colours as seen on it, the far end of the ground too where it is found
    about where it was asked for."""
    seen = suggest_values(square)
    facts = {**GENERATED, **{key: seen[key] for key in ("light", "temperature_k", "tint")}}
    if GENERATED_HORIZONS[0] <= seen["horizon"] <= GENERATED_HORIZONS[1]:
        facts["horizon"] = seen["horizon"]
    return facts


def _cutout(work: Work, params: Mapping[str, Any], data: bytes, *, engine: tuple[str, str]) -> Result:
    """Only the provider's alpha is used: edges and colours are refined on the photo itself, at its full size."""
    from processing.imaging.matting.refine import refine_mask

    matte = refine_mask(work.photo, np.asarray(decode_mask(data), np.float32) / 255)
    return cutout.result_of(work, params, cutout.Cut(matte, *engine))
