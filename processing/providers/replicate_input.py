"""What Replicate's models are told: our request in their words, checked before it is paid for."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from processing.errors import PermanentStepError
from processing.providers.base import Capability, Request
from processing.providers.calls import nearest_ratio

RATIOS = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")
FORMATS = ("webp", "jpg", "png")
NUMBERS = {"num_outputs": (1, 4), "num_inference_steps": (1, 4), "output_quality": (0, 100)}
CHOICES = {"aspect_ratio": RATIOS, "output_format": FORMATS, "megapixels": ("1", "0.25")}
SWITCHES = ("go_fast", "disable_safety_checker")


def background_input(request: Request) -> dict[str, Any]:
    """Input of flux-schnell. PermanentStepError for an option that it does not have, or out of its range.

    go_fast is off by default: with it the same seed gives another picture each time.
    """
    made: dict[str, Any] = {
        "prompt": request.prompt,
        "seed": request.seed % 2**31,
        "aspect_ratio": nearest_ratio(request.size, RATIOS),
        "num_outputs": 1,
        "num_inference_steps": 4,
        "output_format": "png",
        "go_fast": settings.REPLICATE_GO_FAST,
        "megapixels": "1",
    }
    for name, value in request.options.items():
        made[name] = _checked(name, value)
    if made["output_format"] != "png":
        made.setdefault("output_quality", 95)
    return made


def cutout_input(request: Request, *, image_url: str) -> dict[str, Any]:
    """Input of a background remover."""
    return {"image": image_url, **request.options}


def input_of(request: Request, *, image_url: str = "") -> dict[str, Any]:
    """Input for the request's capability."""
    if request.capability is Capability.GENERATE_BACKGROUND:
        return background_input(request)
    return cutout_input(request, image_url=image_url)


def is_same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """True when a listed prediction was made from our input; what the vendor adds by itself does not count."""
    return all(theirs.get(name) == value for name, value in ours.items())


def _checked(name: str, value: Any) -> Any:
    if name in SWITCHES:
        return _require(name, value, isinstance(value, bool), "true or false")
    if name in CHOICES:
        return _require(name, value, value in CHOICES[name], f"one of {', '.join(CHOICES[name])}")
    if name in NUMBERS:
        least, most = NUMBERS[name]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return _require(name, value, is_number and least <= value <= most, f"a whole number from {least} to {most}")
    known = ", ".join(sorted((*SWITCHES, *CHOICES, *NUMBERS)))
    raise PermanentStepError("bad-option", f"Replicate's backgrounds have no option {name}; known are {known}.")


def _require(name: str, value: Any, condition: bool, what: str) -> Any:
    if not condition:
        raise PermanentStepError("bad-option", f"{name} must be {what}, not {value!r}.")
    return value
