"""Cut-out: the product is freed from its backdrop, measured, and repaired where that helps."""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
from PIL import Image

from processing.errors import ArtifactGone, PermanentStepError
from processing.imaging import brush
from processing.imaging.codec import EncodeSettings, decode
from processing.imaging.cutout import Cutout, Planes, cutout_from_matte, full_size, planes
from processing.imaging.matting.matte import CLEAR_GLASS, Matte, SeeThrough
from processing.imaging.strokes import strokes_from
from processing.providers import provider
from processing.scoring.cutout import measured
from processing.scoring.glass import LEFT_IN, counted_as_there, kinder, without_glass
from processing.scoring.measurement import Measurement
from processing.scoring.view import View, area_of
from processing.steps import repairs
from processing.steps.base import PROXY_PX, File, Result, Work, decode_rgba, picture_file
from processing.steps.checks import doubts, kept, limits_key, score_of
from processing.steps.repairs import Repaired

VERSION = "4"
ROLES = ("alpha", "cutout", "backdrop", "overlay")
DEFAULT_ENGINE = "studio"
# Below this confidence of the studio engine a neural network is asked as well, if there is one.
SURE = 0.6
NEURAL = "rembg"
NO_NEURAL = "The studio engine was unsure and there is no neural model on this machine."
PNG = EncodeSettings.named("png")


@dataclass(frozen=True)
class Cut:
    """A matte, who made it, and what has to be said about that."""

    matte: Matte
    engine: str
    engine_version: str
    fallbacks: tuple[str, ...] = ()
    reason: str = ""


def version(params: Mapping[str, Any]) -> str:
    """Of this code and of the engines it may ask; the limits count because repairs are aimed at them."""
    if "painted" in params:
        return "|".join((VERSION, f"brush {brush.VERSION}", limits_key(params)))
    if "on" in params:
        return "|".join((VERSION, limits_key(params)))
    return "|".join((VERSION, *(_version_of(name) for name in _engines(params)), limits_key(params)))


def _engines(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Every engine that may have a say: the one asked for, and those that repairs may ask besides."""
    engine = str(params["engine"])
    first = (DEFAULT_ENGINE, NEURAL) if engine == "auto" else (engine,)
    return (*first, *_others(first[0])) if params.get("repair", True) and len(first) == 1 else first


def _others(engine: str) -> tuple[str, ...]:
    """The engines of this machine besides one."""
    return tuple(
        name for name in (DEFAULT_ENGINE, NEURAL) if name != engine and not provider(name).unavailable_reason()
    )


def _version_of(engine: str) -> str:
    version: str = provider(engine).version()
    return version


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """Files "alpha" (L, full size), "cutout" (RGBA, cropped), "backdrop" (small) and "overlay" (the proxy's frame).

    PermanentStepError when nothing was found.
    """
    if "painted" in params:
        return result_of(work, params, _painted(work, params["painted"]))
    if "on" in params:
        return result_of(work, params, _made(work, str(params["on"])))
    return result_of(work, params, _cut(work, params))


def result_of(work: Work, params: Mapping[str, Any], cut: Cut) -> Result:
    """The step's files of a matte, measured. PermanentStepError when it holds nothing."""
    if "nothing-found" in cut.matte.notes or not (cut.matte.alpha > 127).any():
        raise PermanentStepError(
            "nothing-found", "No product could be told from the backdrop. Try another engine, or a plainer backdrop."
        )
    done = _finished(work, cut, params)
    matte, tries = done.matte, done.tries
    if done.engine:
        reason = f"{done.engine} did better than {cut.engine}."
        cut = replace(
            cut, engine=done.engine, engine_version=_version_of(done.engine), fallbacks=(*cut.fallbacks, reason)
        )
    cutout = cutout_from_matte(work.photo, matte)
    work.made["cutout"], work.made["backdrop"] = cutout, matte.backdrop
    files = (
        picture_file("alpha", Image.fromarray(matte.alpha), PNG),
        _cutout_file(work, cut, done.measurements, params),
        picture_file("backdrop", Image.fromarray(np.ascontiguousarray(matte.backdrop)), PNG),
        _overlay(work, matte),
    )
    del work.made["at-proxy"]
    kept_repairs = [one.repair for one in tries if one.is_kept]
    note = f"Repaired: {', '.join(kept_repairs)}." if kept_repairs else ""
    return Result(files, note=" ".join([*cut.fallbacks, *([note] if note else [])]), tries=tries)


def _finished(work: Work, cut: Cut, params: Mapping[str, Any]) -> Repaired:
    """The matte after a person's edits, or else after the automatic repairs; measured."""
    matte, measure = cut.matte, partial(_measured, work)
    edits = params.get("edits") or ()
    # Repairs would take glass for a fault, and fill or lose it.
    if edits or "painted" in params or not params.get("repair", True) or CLEAR_GLASS in matte.notes:
        matte = repairs.edited(np.asarray(work.photo), matte, edits) if edits else matte
        return Repaired(matte, measure(matte))
    first, category = measure(matte), _category(params)
    if not doubts(first, category=category):
        return Repaired(matte, first)
    names = _others(cut.engine) if cut.engine in _engines(params) else ()
    others = {name: partial(provider(name).matte, work.original, see_through=_see_through(params)) for name in names}
    tries = int(params.get("repair_tries", repairs.MAX_TRIES))
    return repairs.repaired(
        np.asarray(work.photo), matte, measure, category=category, max_tries=tries, others=others, first=first
    )


def _category(params: Mapping[str, Any]) -> str:
    return str(params.get("category", ""))


def _see_through(params: Mapping[str, Any]) -> SeeThrough:
    kind: SeeThrough = params.get("see_through", "")
    return kind


def _measured(work: Work, matte: Matte) -> list[Measurement]:
    """Checks of a matte; those of clear glass in the kinder of two readings, and of what was left in on what is solid alone."""
    if CLEAR_GLASS not in matte.notes:
        return _read(work, matte)
    solid = _read(work, replace(matte, alpha=counted_as_there(matte.alpha)))
    rest = _read(work, replace(matte, alpha=without_glass(matte.alpha)))
    return kinder(kinder(_read(work, matte), solid), [one for one in rest if one.code in LEFT_IN])


def _read(work: Work, matte: Matte) -> list[Measurement]:
    """What a matte measures at the proxy's size: nothing is read from twelve megapixels but the two planes themselves."""
    seen = _at_proxy(work, matte)
    view = View(work.proxy, seen.colour, seen.alpha, area_of(work.proxy, seen.alpha, matte.backdrop))
    return measured(view, confidence=matte.confidence)


def _at_proxy(work: Work, matte: Matte) -> Planes:
    """A matte's cut-out in the proxy's frame; that of the last one asked for is kept, but not the matte: a repair that was not
    better must not stand beside the next."""
    last = work.made.get("at-proxy")
    if last is None or last[0]() is not matte:
        last = work.made["at-proxy"] = (weakref.ref(matte), planes(matte, long_px=PROXY_PX))
    found: Planes = last[1]
    return found


def _cut(work: Work, params: Mapping[str, Any]) -> Cut:
    """By the named engine; "auto" asks a neural network as well where the studio engine is unsure, and says why."""
    engine, by = str(params["engine"]), partial(_by, image=work.original, see_through=_see_through(params))
    if engine != "auto":
        return by(engine)
    first = by(DEFAULT_ENGINE)
    sure = f"confidence {first.matte.confidence:.2f}, {SURE:.2f} is enough"
    if first.matte.confidence >= SURE:
        return replace(first, reason=f"The studio engine was sure: {sure}.")
    if provider(NEURAL).unavailable_reason():
        return replace(first, fallbacks=(NO_NEURAL,), reason=f"The only engine here, though unsure: {sure}.")
    second = by(NEURAL)
    # By what the gate measures: each engine's own confidence is on a scale of its own.
    scores = [score_of(_measured(work, one.matte), category=_category(params)) for one in (first, second)]
    best, other = (second, first) if scores[1] > scores[0] else (first, second)
    reason = (
        f"The studio engine was unsure ({first.matte.confidence:.2f}). Measured on the picture, {best.engine} scores "
        f"{max(scores):.2f}, {other.engine} {min(scores):.2f}."
    )
    return replace(best, reason=reason)


def _painted(work: Work, painted: Mapping[str, Any]) -> Cut:
    """The cut-out that somebody painted on, with the strokes. No engine is asked again."""
    cut = _made(work, str(painted["on"]))
    done = brush.paint(np.asarray(work.photo), cut.matte, strokes_from(painted["strokes"]))
    said = f"Matte fixed by hand by {painted['by']}."
    earlier = [note for note in cut.fallbacks if note != said]
    # Whoever painted is sure.
    return replace(cut, matte=replace(done, confidence=1.0), fallbacks=(*earlier, said))


def _made(work: Work, key: str) -> Cut:
    """A cut-out that is there, found by its step's key: what somebody edits. PermanentStepError when it is not kept."""
    try:
        meta, before = work.stored(key, "cutout").meta, decode_rgba(work.load(key, "cutout"))
        alpha = np.asarray(decode(work.load(key, "alpha")).convert("L"))
        backdrop = np.asarray(decode(work.load(key, "backdrop")).convert("RGB"))
    except ArtifactGone as error:
        raise PermanentStepError(
            "edited-gone", "The attempt that was edited is not kept any more: make the cut-out again."
        ) from error
    notes, confidence = tuple(meta["notes"]), float(meta["confidence"])
    straight = np.asarray(full_size(Cutout(before, tuple(meta["box_px"]), tuple(meta["source_size"]), 1.0, notes)))
    foreground = np.where(straight[..., 3:] > 0, straight[..., :3], np.asarray(work.photo))
    matte = Matte(alpha, foreground, backdrop, confidence, np.zeros((1, 1), np.float32), notes)
    return Cut(matte, meta["engine"], meta["engine_version"], tuple(meta["fallbacks"]))


def _hand_edited(params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who painted and how much, for the receipt; the strokes themselves stay with the step and its attempt."""
    painted = params.get("painted")
    if painted is None:
        return None
    return {"by": painted["by"], "ref": painted["ref"], "on": painted["on"], "strokes": len(painted["strokes"])}


def _by(engine: str, image: Image.Image, *, see_through: SeeThrough) -> Cut:
    chosen = provider(engine)
    return Cut(chosen.matte(image, see_through=see_through), chosen.name, chosen.version())


def _cutout_file(work: Work, cut: Cut, measurements: list[Measurement], params: Mapping[str, Any]) -> File:
    cutout, category = work.cutout, _category(params)
    return picture_file(
        "cutout",
        cutout.image,
        PNG,
        box_px=list(cutout.box_px),
        source_size=list(cutout.source_size),
        confidence=float(cutout.confidence),
        notes=list(cutout.notes),
        engine=cut.engine,
        engine_version=cut.engine_version,
        engine_reason=cut.reason,
        fallbacks=list(cut.fallbacks),
        hand_edited=_hand_edited(params),
        checks=kept(measurements, category=category),
        score=score_of(measurements, category=category),
    )


def _overlay(work: Work, matte: Matte) -> File:
    """The cut-out in the frame and at the size of the photo's proxy, for comparing the two."""
    made = _at_proxy(work, matte)
    # The colour is averaged with nothing where the alpha is 0: divided by its share it is as bright as it was.
    bright = cv2.divide(made.colour, cv2.merge([made.seen] * 3), scale=255)
    small = cv2.merge([*cv2.split(bright), made.alpha])
    return picture_file("overlay", Image.fromarray(small), EncodeSettings(format="webp", quality=86, effort="fast"))
