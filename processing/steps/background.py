"""Background: a set for a style, from the local library. Hosted sets are fetched by the engine and end as the same files."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from processing.imaging.backplates import Backplate, from_json
from processing.imaging.codec import decode
from processing.providers import provider
from processing.steps.base import File, Result, Work

VERSION = "1"
ROLES = ("background",)


def version(params: Mapping[str, Any]) -> str:
    plate = _chosen(params)
    return f"{VERSION}|{plate.key}"


def key_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the result depends on besides the version: the seed has chosen the set already, products share the file."""
    return {"style": params["style"], "provider": params["provider"]}


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """File "background", the set's picture as it is, with its metadata."""
    plate = _chosen(params)
    data, media_type = plate.picture()
    meta = {"plate": plate.meta(), "note": plate.note}
    backplate = from_json(meta["plate"], decode(data).convert("RGB"))
    return Result((File("background", data, media_type, backplate.image.size, meta),), note=plate.note)


def _chosen(params: Mapping[str, Any]) -> Any:
    return provider(str(params["provider"])).choose(str(params["style"]), seed=int(params["seed"]))


def backplate_of(work: Work, step: str) -> Backplate:
    """The set that a background step got. Sets are shared by many products: the last few stay decoded in the worker."""
    stored = work.stored(step, "background")
    cached = _decoded(stored.sha256, str(stored.meta["plate"]["name"]))
    if not cached:
        cached.append(from_json(stored.meta["plate"], decode(work.load(step, "background")).convert("RGB")))
    return cached[0]


@lru_cache(maxsize=4)
def _decoded(sha256: str, name: str) -> list[Backplate]:
    """A place for one decoded set; filled by the caller, who can read the file. The same picture may serve two styles."""
    return []
