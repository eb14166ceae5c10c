"""Render: one final file from the cut-out, measured on its encoded bytes and repaired where that helps."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from processing.imaging import compositing, halfglass, swatches
from processing.imaging.compositing import HELD_ABOVE, Composed, on_backplate, on_transparent, on_white
from processing.imaging.cutout import Cutout
from processing.imaging.framing import Placement, fitting_side, place_centred
from processing.imaging.halfglass import NotSuitable, half_glass
from processing.imaging.posture import levelled
from processing.imaging.resize import CutoutLevels, cutout_levels
from processing.imaging.specs import Spec
from processing.imaging.swatches import NoSwatch, swatch_of
from processing.scoring.alignment import Landing, Reference
from processing.scoring.composite import Placed, SetFacts, measure_composite
from processing.scoring.drift import measure_drift
from processing.scoring.light import SetLight, shading_ev
from processing.scoring.measurement import Measurement
from processing.scoring.rendition import Expected
from processing.scoring.sharpness import SCALE_LONG_PX, measure_sharpness
from processing.steps.background import backplate_of
from processing.steps.base import File, Result, Try, Work, thumb_file, thumb_size
from processing.steps.checks import kept, limits_key, score_of
from processing.steps.encoding import UNFRAMED, Drawn, encoded
from processing.steps.repairs import best_of_seeds

VERSION = "4"
ROLES = ("file", "thumb")
# Lossy WebP and AVIF cannot hold an exact 255; this is what they keep of it.
LOSSY_WHITE_FLOOR = 250
MIN_FIT_PX = 500
# Smaller pictures of the product are soft by their size, which is no fault; enlarged ones are, and their note says so.
SHARPNESS_FROM_PX = 400
COMPARED_LONG_PX = 1000
# In thumbnails fine patterns melt together, which changes colours without any fault.
DRIFT_FROM_PX = 240
# A web size may show the product so much larger than its photo; beyond that it would look soft.
MAX_GROWTH = 1.5
# The smallest that any marketplace takes for a swatch.
LEAST_SWATCH_PX = 100
# A product in a set that a model has made, or whose light one has changed; and in a set that was drawn.
PARTLY_GENERATED = "compositeWithTrainedAlgorithmicMedia"
DRAWN_SCENE = "compositeSynthetic"


def version(params: Mapping[str, Any]) -> str:
    own = (swatches.VERSION,) if params["layout"] == "swatch" else ()
    return "|".join((VERSION, compositing.VERSION, halfglass.VERSION, *own, limits_key(params)))


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """Files "file" and "thumb"; none, with a note, for a half-glass of a picture that shows no two lenses, and for a swatch of
    a product too small or too open for one."""
    spec = Spec.from_dict(params["spec"])
    try:
        drawn, tries = (
            (_unframed(work, params, spec), ()) if params["layout"] in UNFRAMED else best_drawn(work, params, spec)
        )
        drawn = replace(drawn, source_type=source_type_of(work, params))
    except NotSuitable as reason:
        return Result(note=f"No half-glass: {reason}")
    except NoSwatch as reason:
        return Result(note=f"No swatch: {reason}.")
    made = encoded(drawn, params)
    drawn = made.drawn
    meta = {
        "spec": made.spec.to_dict(),
        "checks": [*_inherited(work, params), *kept(made.measurements, category=params["category"])],
        "notes": list(drawn.composed.notes),
        "box_px": list(drawn.composed.placement.box_px),
        "layout": params["layout"],
        **(drawn.meta or {}),
    }
    meta["score"] = _score(work, params, made.measurements)
    file = File("file", made.data, spec.encode.media_type, drawn.composed.image.size, meta)
    return Result((file, thumb_file(_to_show(work, params, drawn.composed.image))), tries=(*tries, *made.tries))


def _to_show(work: Work, params: Mapping[str, Any], image: Image.Image) -> Image.Image:
    """What the small view is made of: the cut-out's own twelve megapixels were averaged down before."""
    return work.levels.straight(thumb_size(image.size)) if params["layout"] == "cropped" else image


# ---------------------------------------------------------------- drawing


def best_drawn(work: Work, params: Mapping[str, Any], spec: Spec) -> tuple[Drawn, tuple[Try, ...]]:
    """The picture; in a set with a few more seeds while its standing or its light is doubted. Campaigns keep to their one
    seed, so that all their sizes show the same."""
    if spec.is_plain or params["kind"] not in ("style", "video") or not params.get("repair", True):
        return _drawn(work, params, spec), ()
    seed = int(params["seed"])
    return best_of_seeds(
        lambda more: _drawn(work, {**params, "seed": seed + more}, spec), category=str(params["category"])
    )


def _unframed(work: Work, params: Mapping[str, Any], spec: Spec) -> Drawn:
    return _cropped(work, spec) if params["layout"] == "cropped" else _swatch(work, spec)


def _swatch(work: Work, spec: Spec) -> Drawn:
    """A square of the material, filled by it to its edges."""
    image = swatch_of(work.finished.image, most_px=spec.size[0], least_px=LEAST_SWATCH_PX)
    whole = Placement((0, 0, *image.size), (0.0, 0.0), 1.0)
    composed = Composed(image, whole, (), Image.new("L", image.size, 255))
    spec = replace(spec, size=image.size)
    return Drawn(composed, spec, Expected(size=image.size, format=spec.encode.format, framed=False))


def _cropped(work: Work, spec: Spec) -> Drawn:
    """The cut-out itself, as large as it is."""
    cutout = work.finished
    spec = replace(spec, size=(max(16, cutout.image.width), max(16, cutout.image.height)))
    whole = Placement((0, 0, *cutout.image.size), (0.0, 0.0), 1.0)
    composed = Composed(cutout.image, whole, cutout.notes, cutout.image.getchannel("A"))
    return Drawn(composed, spec, Expected(format=spec.encode.format, background="transparent", framed=False))


def _drawn(work: Work, params: Mapping[str, Any], spec: Spec) -> Drawn:
    cutout, levels, meta = product_of(work, params)
    if params["layout"] in ("fit", "half-glass"):
        side = max(MIN_FIT_PX, fitting_side(_solid_size(levels), fill=spec.fill or 0.88, wanted_px=spec.size[0]))
        spec = replace(spec, size=(side, side))
    if spec.is_plain:
        composed, spec = _on_plain(cutout, spec, levels, may_grow=params["kind"] in ("size", "erp", "video"))
    else:
        composed, meta = _in_set(work, params, spec, cutout, levels)
    # What a smaller size of the main picture could show of colour and sharpness was measured on that.
    measured = () if params.get("parent") == "main" else _on_pixels(work, composed, spec, levels)
    expected = replace(_expected(spec, params), held_above=HELD_ABOVE in composed.notes)
    return Drawn(composed, spec, expected, measured, meta)


def _on_plain(cutout: Cutout, spec: Spec, levels: CutoutLevels, *, may_grow: bool) -> tuple[Composed, Spec]:
    """On white or on nothing. A web size may enlarge the product a little, and says so, before it leaves the frame empty."""
    compose = on_white if spec.background == "white" else on_transparent
    composed = compose(cutout, spec, levels=levels)
    if not (may_grow and composed.placement.limited):
        return composed, spec
    wanted = place_centred(_solid_size(levels), spec.size, fill=spec.fill, padding=spec.padding, enlarge=True)
    if wanted.scale > MAX_GROWTH:
        return composed, spec
    spec = replace(spec, enlarge=True)
    return compose(cutout, spec, levels=levels), spec


def product_of(work: Work, params: Mapping[str, Any]) -> tuple[Cutout, CutoutLevels, dict[str, Any]]:
    """What is to be placed: the cut-out, or the half-glass cut from it."""
    if params["layout"] != "half-glass":
        return (*_level(work), {}) if params.get("level") else (work.finished, work.levels, {})
    if "half-glass" not in work.made:
        work.made["half-glass"] = half_glass(work.finished)
    half = work.made["half-glass"]
    cutout = replace(work.finished, image=half.image)
    meta = {"half_glass": {"confidence": half.confidence, "view": half.view, "bridge_x": half.bridge_x}}
    return cutout, cutout_levels(half.image), meta


def _level(work: Work) -> tuple[Cutout, CutoutLevels]:
    """The product as it stands level, the same for all its sets."""
    if "level" not in work.made:
        work.made["level"] = levelled(work.finished, work.levels)
    found: tuple[Cutout, CutoutLevels] = work.made["level"]
    return found


def _solid_size(levels: CutoutLevels) -> tuple[int, int]:
    return levels.solid_box[2], levels.solid_box[3]


def _in_set(
    work: Work, params: Mapping[str, Any], spec: Spec, cutout: Cutout, levels: CutoutLevels
) -> tuple[Composed, dict[str, Any]]:
    """The product in the set of its style. One seed for all sizes: they show the same set the same way round."""
    step = f"background:{params['style']}"
    plate = backplate_of(work, step)
    rng = np.random.default_rng(int(params["seed"]))
    near = bool(params.get("near", False))
    composed = on_backplate(cutout, spec, plate, rng=rng, levels=levels, shading_ev=_shading(work), near=near)
    note = work.stored(step, "background").meta.get("note", "")
    meta = {"style": params["style"], "backplate": plate.name, "seed": int(params["seed"]), "set_note": note}
    return composed, meta


def _expected(spec: Spec, params: Mapping[str, Any]) -> Expected:
    is_lossy = spec.encode.format in ("webp", "avif") and not spec.encode.lossless
    is_square = spec.size[0] == spec.size[1]
    return Expected(
        size=spec.size,
        format=spec.encode.format,
        background=spec.background if spec.is_plain else None,  # type: ignore[arg-type]
        fill=(spec.fill or 1 / spec.padding) if spec.is_plain and is_square else None,
        max_bytes=params.get("max_bytes"),
        centred=spec.is_plain,
        white_floor=LOSSY_WHITE_FLOOR if is_lossy else 255,
    )


def source_type_of(work: Work, params: Mapping[str, Any]) -> str | None:
    """IPTC digital source type of the file: None for a photo's own pixels on white or on nothing."""
    if "retouch" in work.steps and work.stored("retouch", "gains").meta["source_type"]:
        return PARTLY_GENERATED
    if "style" not in params:
        return None
    generated = work.stored(f"background:{params['style']}", "background").meta.get("source_type")
    return PARTLY_GENERATED if generated else DRAWN_SCENE


# ---------------------------------------------------------------- measuring


def _on_pixels(work: Work, composed: Composed, spec: Spec, levels: CutoutLevels) -> tuple[Measurement, ...]:
    """Colour drift of the product, and in a set the background and the product's structure."""
    box = composed.placement.box_px
    reference = reference_of(work, levels)
    source, alpha, output = reference.source, reference.alpha, composed.image
    has_drift = not spec.is_plain or min(box[2:]) >= DRIFT_FROM_PX
    has_blur = min(box[2:]) >= SHARPNESS_FROM_PX and not composed.placement.enlarged
    pair = None
    if has_drift or has_blur:
        pair = reference.beside(output, box, long_px=SCALE_LONG_PX)
    landing = Landing((0, 0, *source.size), box)
    found = []
    if has_drift:
        found.append(measure_drift(source, alpha, output, landing=landing, pair=pair, in_set=not spec.is_plain))
    if has_blur:
        found.append(measure_sharpness(source, alpha, output, landing=landing, pair=pair))
    if composed.background is not None and not spec.is_plain:
        found += measure_composite(
            composed.image,
            composed.product_mask,
            facts=_facts(composed, spec),
            expected_background=composed.background,
            placed=Placed(levels.straight((box[2], box[3])), (box[0], box[1])),
        )
    return tuple(found)


def reference_of(work: Work, levels: CutoutLevels) -> Reference:
    """What the pictures of a cut-out are measured against, at no larger size than is looked at: reading twelve megapixels for
    each picture would cost more than making it."""
    last = work.made.get("reference")
    if last is None or last[0] is not levels:
        last = work.made["reference"] = (levels, Reference(levels.reduced(COMPARED_LONG_PX)))
    found: Reference = last[1]
    return found


def _shading(work: Work) -> float:
    """Stops by which the product is brighter on its right, the same for all of its sets."""
    if "shading" not in work.made:
        reference = reference_of(work, work.levels)
        work.made["shading"] = shading_ev(np.asarray(reference.source)[..., :3], reference.alpha)
    return float(work.made["shading"])


def _facts(composed: Composed, spec: Spec) -> SetFacts | None:
    """What the set allows."""
    if composed.standing is None:
        return None
    standing, lamp = composed.standing, composed.standing.light
    light = SetLight(lamp.azimuth_deg, lamp.elevation_deg, lamp.softness)
    return SetFacts(standing.ground, standing.product_height, shadow=spec.shadow != "none", light=light)


def _inherited(work: Work, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cut-out's file carries the checks of the matte and of the look: they are judged once, there."""
    if params["layout"] != "cropped":
        return []
    sources = [("cutout", "cutout"), ("enhance", "look")]
    sources += [(step, role) for step, role in (("ghost", "joined"), ("retouch", "gains")) if step in work.steps]
    checks = [check for step, role in sources for check in work.stored(step, role).meta["checks"]]
    # One of each code, a failed one before others: cut-out and neck joint both have a confidence.
    return list({check["code"]: check for check in sorted(checks, key=lambda one: bool(not one["passed"]))}.values())


def _score(work: Work, params: Mapping[str, Any], measurements: list[Measurement]) -> float:
    own = score_of(measurements, category=params["category"])
    if params["layout"] != "cropped":
        return own
    return min(own, float(work.stored("cutout", "cutout").meta["score"]))
