"""Background: a set for a style, from the local library. Hosted sets are fetched by the engine and end as the same files."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from processing.imaging.backplates import Backplate, View, from_json
from processing.imaging.codec import as_rgb, decode, decode_pixels
from processing.imaging.posture import seen_as
from processing.providers import provider
from processing.steps.base import File, Result, Work

VERSION = "2"
ROLES = ("background",)
# As many as a product of the usual recipe stands in, 12 MB each.
KEPT_SETS = 5


def version(params: Mapping[str, Any]) -> str:
    return "|".join((VERSION, *(plate.key for plate in _plates(params))))


def key_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the result depends on besides the version: the seed has chosen the set already, products share the file."""
    return {"style": params["style"], "provider": params["provider"]}


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """File "background", the set's picture as it is, with its metadata."""
    views, plates = _views(params), _plates(params)
    view = views[0]
    if len(views) > 1:
        view = seen_as(work.levels.small_alpha, views, is_worn=bool(params.get("is_worn")))
    plate = plates[views.index(view)]
    data, media_type = plate.picture()
    meta = {"plate": plate.meta(), "note": plate.note}
    backplate = from_json(meta["plate"], as_rgb(decode(data)))
    return Result(
        (File("background", data, media_type, (backplate.side_px, backplate.side_px), meta),), note=plate.note
    )


def _plates(params: Mapping[str, Any]) -> list[Any]:
    """The sets of the local library that the step of these parameters may get: one for each view that comes into question."""
    library, style, seed = provider(str(params["provider"])), str(params["style"]), int(params["seed"])
    return [library.choose(style, seed=seed, view=view) for view in _views(params)]


def _views(params: Mapping[str, Any]) -> list[View]:
    """Views that come into question. Steps planned by earlier versions name one as "view"."""
    return list(params.get("views") or [params.get("view", "front")])


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
