"""Recording: a video, a sound or a text from a prompt. Only hosted providers make them; the engine fetches them."""

import io
from collections.abc import Mapping
from typing import Any

from processing.errors import PermanentStepError
from processing.imaging.codec import encode
from processing.prompts import RATIOS
from processing.providers.base import NEEDS, Capability, Request
from processing.providers.calls import media_type_of
from processing.steps.base import File, Result, Work
from processing.steps.generate import SENT

VERSION = "1"
ROLES = ("recording",)
MAX_TEXT_BYTES = 100_000


def version(params: Mapping[str, Any]) -> str:
    return VERSION


def run(work: Work, params: Mapping[str, Any]) -> Result:
    raise PermanentStepError("no-provider", f"{params.get('provider')} makes no videos, sounds or texts.")


def request_for(params: Mapping[str, Any], work: Work) -> Request:
    """What the provider is asked: the words as they are, and the files by their names."""
    capability = Capability(params["capability"])
    image = encode(work.photo, SENT) if "image" in NEEDS[capability].files else None
    return Request(
        capability,
        str(params["prompt"]),
        int(params["seed"]),
        RATIOS[params["ratio"]],
        image=image,
        files={name: work.photo_of(sha256) for name, sha256 in params.get("files", {}).items()},
        options=dict(params.get("options", {})),
    )


def result_of(params: Mapping[str, Any], data: bytes, *, engine: tuple[str, str]) -> Result:
    """File "recording", as the provider made it. Raises ValueError for one that cannot be played or read."""
    answers = NEEDS[Capability(params["capability"])].answers
    facts = _text(data) if answers == "text" else _playable(data, answers)
    meta = {
        "engine": engine[0],
        "engine_version": engine[1],
        "generated": {"prompt": params["prompt"], "capability": params["capability"]},
        "source_type": "trainedAlgorithmicMedia",
        **facts,
    }
    media_type = "text/plain" if answers == "text" else media_type_of(data)
    return Result((File("recording", data, media_type, facts.get("size", (0, 0)), meta),))


def _text(data: bytes) -> dict[str, Any]:
    if not 0 < len(data) <= MAX_TEXT_BYTES:
        raise ValueError(f"the text has {len(data)} bytes; there must be 1 to {MAX_TEXT_BYTES:,}")
    return {"characters": len(data.decode())}


def _playable(data: bytes, kind: str) -> dict[str, Any]:
    """Length in seconds, and the size of a video. The first frame is decoded: a file that was cut shows there."""
    import av  # heavy, and only needed here

    try:
        with av.open(io.BytesIO(data), "r") as container:
            seconds = float(container.duration or 0) / 1_000_000
            size = (0, 0)
            if kind == "video":
                shown = next(container.decode(container.streams.video[0]))
                size = (shown.width, shown.height)
            else:
                next(container.decode(container.streams.audio[0]))
    except (av.FFmpegError, StopIteration, IndexError) as error:
        raise ValueError(f"the {kind} cannot be played") from error
    return {"seconds": round(seconds, 2), "size": size}
