"""What the key of a hosted step depends on. Apart from the step itself, whose code brings the imaging libraries along: pages
look for results by their keys, too."""

from collections.abc import Mapping
from typing import Any

from processing.models import Step
from processing.providers import provider
from processing.styles import STYLES

VERSION = "1"
# Of the code that makes files of an answer, where it does more than keep it. Raise it with processing/steps/retouch.py.
_CODE = {"retouch": "1"}


def version(step: Step) -> str:
    """Part of the step's key."""
    return f"{VERSION}|{provider(step.provider).version()}"


def params_of(step: Step) -> dict[str, object]:
    """What the result depends on besides the version."""
    return key_params(step.kind, step.params)


def key_params(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, and what they stand for."""
    extra = {"prompt": STYLES[params["style"]].prompt} if kind == "background" else {}
    if kind in _CODE:
        extra = {"code": _CODE[kind]}
    return {**params, **extra}
