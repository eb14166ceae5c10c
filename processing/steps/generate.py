"""Generate: a picture from a prompt, or from a photo and a prompt. Only hosted providers do it; the engine fetches it."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging.codec import EncodeSettings, decode, encode, read_header
from processing.imaging.specs import Spec
from processing.prompts import RATIOS, full_prompt
from processing.providers.base import NEEDS, Capability, Request
from processing.scoring.rendition import Expected, measure_rendition
from processing.steps.base import File, Result, Work, thumb_file
from processing.steps.checks import kept, score_of

VERSION = "1"
ROLES = ("file", "thumb")
# What a photo is sent as.
SENT = EncodeSettings(format="jpeg", quality=92)


def version(params: Mapping[str, Any]) -> str:
    return VERSION


def run(work: Work, params: Mapping[str, Any]) -> Result:
    raise PermanentStepError("no-provider", f"{params.get('provider')} makes no pictures from prompts.")


def request_for(params: Mapping[str, Any], work: Work) -> Request:
    """What the provider is asked. The words of the style are added to a prompt for new pictures, not to one that edits."""
    capability = Capability(params["capability"])
    image = encode(work.photo, SENT) if "image" in NEEDS[capability].files else None
    prompt = full_prompt(params["prompt"], params["style"]) if image is None else str(params["prompt"])
    return Request(
        capability,
        prompt,
        int(params["seed"]),
        RATIOS[params["ratio"]],
        image=image,
        files={name: mask_of(work.photo_of(sha256)) for name, sha256 in params.get("files", {}).items()},
        options=dict(params.get("options", {})),
    )


def mask_of(data: bytes) -> bytes:
    """A mask as providers take it: L, white is what may be repainted."""
    return encode(decode(data).convert("L"), EncodeSettings.named("png"))


def result_of(params: Mapping[str, Any], data: bytes, *, engine: tuple[str, str]) -> Result:
    """Files "file" and "thumb" of the provider's picture, in sRGB. Raises DecodeError.

    What a model has made up cannot be measured: a check that always doubts sends it to a person.
    """
    picture = _whole(data)
    settings = EncodeSettings.named("png") if picture.mode == "RGBA" else EncodeSettings(format="jpeg", quality=95)
    file = encode(picture, settings)
    measurements = measure_rendition(file, expected=Expected(format=settings.format, centred=False))
    spec = Spec(name=params["spec"]["name"], size=picture.size, background="generated", encode=settings)
    meta = {
        "spec": spec.to_dict(),
        "checks": [_look_at_it(engine[0]), *kept(measurements, category="")],
        "score": score_of(measurements, category=""),
        "notes": [],
        "style": params["style"],
        "seed": params["seed"],
        "engine": engine[0],
        "engine_version": engine[1],
        "generated": {
            "prompt": params["prompt"],
            "told": full_prompt(params["prompt"], params["style"]),
            "capability": params["capability"],
            "ratio": params["ratio"],
            "options": dict(params.get("options", {})),
        },
        "source_type": "trainedAlgorithmicMedia",
    }
    return Result((File("file", file, settings.media_type, picture.size, meta), thumb_file(picture)))


def _whole(data: bytes) -> Image.Image:
    """The picture, RGB, or RGBA where the vendor's file has transparency."""
    return decode(data).convert("RGBA" if read_header(data).has_alpha else "RGB")


def _look_at_it(engine: str) -> dict[str, Any]:
    return {
        "code": "GENERATED", "value": 1.0, "unit": "", "limit": None, "passed": False, "hard": False, "box": None,
        "worst": None, "heat": None, "detail": f"{engine} made this picture; whether it shows what was asked, people see.",
    }  # fmt: skip
