"""What Adobe's calls are told: one row for each capability with its address, its headers and its body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from processing.providers.base import Capability, Request
from processing.providers.options import Choice, Number, Rule, Switch, Text, Whole

MAX_PROMPT = 1024
# Sizes that the models of version 3 and 4 offer.
SIZES = ((2048, 2048), (2304, 1792), (1792, 2304), (2688, 1536), (1344, 768), (1152, 896), (896, 1152))
UPSCALER = "precise_upsampler_v1"
# An upload's id, or a signed link, by our name of the file.
Sources = Mapping[str, dict[str, str]]
Body = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`kind` is its model in the price list; `options` those that recipes and people may set."""

    kind: str
    path: str
    body: Callable[[Request, Sources], Body]
    options: Mapping[str, Rule] = field(default_factory=dict)
    is_photoshop: bool = False
    # Fixed by the call; empty: the configured one where the call takes a model at all.
    model_version: str | None = None


def _seeds(request: Request) -> list[int]:
    return [request.seed % 2**31]


def _size(request: Request) -> dict[str, int]:
    wanted = request.size[0] / request.size[1]
    width, height = min(SIZES, key=lambda size: abs(size[0] / size[1] - wanted))
    return {"width": width, "height": height}


def _words(request: Request) -> Body:
    return {"prompt": request.prompt[:MAX_PROMPT]} if request.prompt else {}


def _generate(request: Request, sources: Sources) -> Body:
    made = {"numVariations": 1, "seeds": _seeds(request), "size": _size(request), "contentClass": "photo"}
    return {**_words(request), **made, **request.options}


def _remove(request: Request, sources: Sources) -> Body:
    made = {"image": {"source": sources["image"]}, "mode": "cutout", "output": {"mediaType": "image/png"}}
    return {**made, **request.options}


def _expand(request: Request, sources: Sources) -> Body:
    made = {"image": {"source": sources["image"]}, "size": _size(request), "numVariations": 1, "seeds": _seeds(request)}
    middle = {"placement": {"alignment": {"horizontal": "center", "vertical": "center"}}}
    return {**_words(request), **made, **middle, **request.options}


def _fill(request: Request, sources: Sources) -> Body:
    files = {name: {"source": sources[name]} for name in ("image", "mask")}
    return {**_words(request), **files, "numVariations": 1, "seeds": _seeds(request), **request.options}


def _composite(request: Request, sources: Sources) -> Body:
    """The product's own pixels stay: only light and edges are matched to the set."""
    made: Body = {"object": {"image": {"source": sources["image"]}}, "numVariations": 1, "seeds": _seeds(request)}
    background: Body = {"image": {"source": sources["background"]}}
    if "mask" in sources:
        background["fillAreaMask"] = {"source": sources["mask"]}
    return {**made, "background": background, **request.options}


def _upscale(request: Request, sources: Sources) -> Body:
    made = {"image": {"source": sources["image"]}, "seeds": _seeds(request), "upscaleFactor": 2}
    return {**made, **request.options}


CALLS: dict[Capability, Call] = {
    Capability.GENERATE_BACKGROUND: Call(
        "generate",
        "/v3/images/generate-async",
        _generate,
        {"negativePrompt": Text(), "contentClass": Choice(("photo", "art")), "visualIntensity": Whole(2, 10)},
        model_version="",
    ),
    Capability.REMOVE_BACKGROUND: Call(
        "remove-background",
        "/v2/remove-background",
        _remove,
        {"colorDecontamination": Number(0, 1), "trim": Switch()},
        is_photoshop=True,
    ),
    Capability.EXPAND: Call("expand", "/v3/images/expand-async", _expand),
    Capability.INPAINT: Call("fill", "/v3/images/fill-async", _fill, {"negativePrompt": Text()}),
    Capability.IMAGE_TO_IMAGE: Call(
        "precise-composite", "/v3/images/precise-composite", _composite, {"blend": Number(0, 1)}
    ),
    Capability.UPSCALE: Call(
        "upscale", "/v3/images/upscale", _upscale, {"upscaleFactor": Choice((2, 3, 4, 6))}, model_version=UPSCALER
    ),
}
