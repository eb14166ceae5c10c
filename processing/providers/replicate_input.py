"""What Replicate's models are told: our request in their words, checked before it is paid for."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from processing.providers import options
from processing.providers.base import Request, check_request
from processing.providers.calls import nearest_ratio
from processing.providers.replicate_models import Model


def input_of(model: Model, request: Request, *, urls: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Input of a prediction; `urls` are the addresses of the request's files, by our names of them.

    PermanentStepError for an option that the model does not have, or out of its range. go_fast is off by default: with it
    the same seed gives another picture each time.
    """
    check_options(model, request.options)
    made: dict[str, Any] = {theirs: (urls or {}).get(ours, "") for ours, theirs in _files(model, request).items()}
    if model.prompt and request.prompt:
        made[model.prompt] = request.prompt
    if model.has_seed:
        made["seed"] = request.seed % 2**31
    if model.ratio:
        made[model.ratio] = nearest_ratio(request.size, model.ratios)
    made |= model.fixed
    if "go_fast" in made:
        made["go_fast"] = settings.REPLICATE_GO_FAST
    made |= request.options
    if "output_quality" in model.options and made.get("output_format") != "png":
        made.setdefault("output_quality", 95)
    return made


def checked_input(model: Model, request: Request, *, urls: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The same, for a request that has to be complete."""
    check_request(request)
    return input_of(model, request, urls=urls)


def check_options(model: Model, given: Mapping[str, Any]) -> None:
    options.check(given, model.options, of=f"Replicate's {model.name}")


def _files(model: Model, request: Request) -> dict[str, str]:
    return {ours: theirs for ours, theirs in model.files.items() if ours in request.all_files}


def is_same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """True when a listed prediction was made from our input; what the vendor adds by itself does not count."""
    return all(theirs.get(name) == value for name, value in ours.items())
