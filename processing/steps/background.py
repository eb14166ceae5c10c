"""Background: a set for a style, from the local library. Hosted sets are fetched by the engine and end as the same files."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from processing.imaging.backplates import Backplate, from_json
from processing.imaging.codec import as_rgb, decode, decode_pixels
from processing.providers import provider
from processing.steps.base import File, Result, Work

VERSION = "1"
ROLES = ("background",)
# As many as a product of the usual recipe stands in, 12 MB each.
KEPT_SETS = 5


def version(params: Mapping[str, Any]) -> str:
    plate = chosen_plate(params)
    return f"{VERSION}|{plate.key}"


def key_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the result depends on besides the version: the seed has chosen the set already, products share the file."""
    return {"style": params["style"], "provider": params["provider"]}


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """File "background", the set's picture as it is, with its metadata."""
    plate = chosen_plate(params)
    data, media_type = plate.picture()
    meta = {"plate": plate.meta(), "note": plate.note}
    backplate = from_json(meta["plate"], as_rgb(decode(data)))
    return Result(
        (File("background", data, media_type, (backplate.side_px, backplate.side_px), meta),), note=plate.note
    )


def chosen_plate(params: Mapping[str, Any]) -> Any:
    """The set of the local library that the step of these parameters gets."""
    view = {"view": str(params["view"])} if "view" in params else {}
    return provider(str(params["provider"])).choose(str(params["style"]), seed=int(params["seed"]), **view)


def backplate_of(work: Work, step: str) -> Backplate:
    """The set that a background step got. Sets are shared by many products: the last few stay decoded in the worker."""
    stored = work.stored(step, "background")
    place = _decoded(stored.sha256, str(stored.meta["plate"]["name"]))
    if not place:
        place.append(from_json(stored.meta["plate"], decode_pixels(work.load(step, "background"))))
    return place[0]


@lru_cache(maxsize=KEPT_SETS)
def _decoded(sha256: str, name: str) -> list[Backplate]:
    """A place for one decoded set, filled by who can read the file. The same picture may serve two styles."""
    return []
