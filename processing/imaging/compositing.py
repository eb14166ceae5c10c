"""A cutout becomes a picture: on white, on nothing, or standing in a set. Bytes are the same for the same inputs and
the same seed."""

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from processing.imaging.backplates import Backplate, Light
from processing.imaging.blend import Layer, Product, put_over, reflect, shade
from processing.imaging.cutout import Cutout
from processing.imaging.framing import Placement, Window, place_centred, place_on_set
from processing.imaging.ground import Ground
from processing.imaging.linear import Bytes, Floats
from processing.imaging.lying import HANGING, LOW, LyingScene, lying_shadow, place_lying
from processing.imaging.matching import graded, grain_in, matched_gains, missing_grain, with_grain
from processing.imaging.reframe import view_of
from processing.imaging.resize import CutoutLevels, cutout_levels
from processing.imaging.shadows import STUDIO_LIGHT, Scene, on_ground, shadow_map
from processing.imaging.sizes import scaled
from processing.imaging.specs import Spec

VERSION = "10"
# Shadows on plain white are kept paler than in a set, where they have texture to fall on.
_PLAIN_STRENGTH = 0.72
# Below this neither the shading of a product (EV) nor the direction of a lamp (its sideways part) says left or right.
_SIDED = 0.35
# What hangs and begins so near to the upper edge of its photo goes on above it: a chain, a cable.
_AT_EDGE_PX = 2
HELD_ABOVE = "held-above"
# What lies low and is seen at an angle hides the shadow behind it: down to this share of its height there is none.
_HIDDEN_BEHIND = 0.2
# Views of a set in which a product has ground below it; else a surface behind it.
STOOD_ON = ("front", "floor")


@dataclass(frozen=True)
class Composed:
    """A finished picture before encoding.

    `image` RGB (RGBA for transparent); `placement.box_px` is where the whole cutout image lies; `product_mask` L, its
    alpha on the canvas; `background` (h, w, 3) the picture without product and shadow, `shaded` without the product alone (None on
    white and on nothing); `notes` codes such as "enlarged", "source-too-small", "set-continued".
    """

    image: Image.Image
    placement: Placement
    notes: tuple[str, ...]
    product_mask: Image.Image
    background: Bytes | None = None
    standing: "Standing | None" = None
    shaded: Bytes | None = None


@dataclass(frozen=True)
class Standing:
    """What the set allows, as shares of the canvas' height: rows a foot may stand on, heights of a product that look
    right; and the row at which the ground ends."""

    ground: tuple[float, float]
    product_height: tuple[float, float]
    light: Light
    horizon: float


def on_white(cutout: Cutout, spec: Spec, *, levels: CutoutLevels | None = None) -> Composed:
    """The cutout centred on pure white. Every pixel that neither product nor wished-for shadow covers is exactly 255.

    Hand over the same `levels` for all pictures of one cutout.
    """
    levels = levels or cutout_levels(cutout.image)
    placement, layer = _centred(levels, spec)
    ground = levels.ground
    pixels: Bytes = np.full((spec.size[1], spec.size[0], 3), 255, np.uint8)
    if spec.shadow != "none":
        pixels = shade(pixels, _plain_shadow(layer, ground, spec))
    if spec.reflection and ground is not None:
        pixels = reflect(pixels, layer, ground)
    image = Image.fromarray(put_over(pixels, layer))
    return Composed(image, placement, _notes(placement), _mask(layer, spec.size))


def on_transparent(cutout: Cutout, spec: Spec, *, levels: CutoutLevels | None = None) -> Composed:
    """The cutout centred on nothing, straight RGBA; a wished-for shadow is black of partial alpha below it."""
    levels = levels or cutout_levels(cutout.image)
    placement, layer = _centred(levels, spec)
    canvas = Image.new("RGBA", spec.size)
    if spec.shadow != "none":
        black = np.zeros((spec.size[1], spec.size[0], 4), np.uint8)
        black[..., 3] = np.rint(_plain_shadow(layer, levels.ground, spec) * 255).astype(np.uint8)
        canvas = Image.fromarray(black)
    canvas.alpha_composite(layer.image, (layer.left_px, layer.top_px))
    return Composed(canvas, placement, _notes(placement), _mask(layer, spec.size))


def on_backplate(
    cutout: Cutout,
    spec: Spec,
    backplate: Backplate,
    *,
    rng: np.random.Generator,
    levels: CutoutLevels | None = None,
    shading_ev: float = 0.0,
    near: bool = False,
) -> Composed:
    """The cutout standing in a set, or lying on a surface seen from above. The rng decides flip (where the set allows it),
    crop and a slight grade; give the same seed for all sizes of one picture and they show the same set the same way
    round. `shading_ev`: stops by which the product is brighter on its right; from a third on the set is turned to agree.
    `near`: the product is small, and so is the part of the set that is seen behind it."""
    levels = levels or cutout_levels(cutout.image)
    plate = _turned(_seen_as_asked(backplate, near=near), shading_ev=shading_ev, rng=rng)
    ground = levels.ground if plate.view in STOOD_ON else None
    depth = ground.base_depth if ground else 0.0
    held = plate.view == "wall" and _is_held_above(cutout)
    placement, window = _placed(levels.solid_box[2:], spec, plate, base_depth=depth, is_held_above=held, rng=rng)
    placement, layer = _layer(placement, levels, spec.size)
    pixels = graded(view_of(plate.pixels, window, canvas=spec.size), rng=rng)
    pixels = with_grain(pixels, sigma=missing_grain(levels.at(layer.image.size, grain_in), pixels), rng=rng)
    background = pixels
    if plate.view not in STOOD_ON:
        scene = LyingScene(spec.size, placement.box_px, plate.light)
        scene = replace(scene, thickness=HANGING) if plate.view == "wall" else scene
        pixels = shade(pixels, lying_shadow(layer.product.alpha, scene, style=spec.shadow), tint=plate.tint)
    elif ground is not None:
        pixels = shade(pixels, _set_shadow(ground, layer, plate, window, spec), tint=plate.tint)
        pixels = reflect(pixels, layer, ground) if spec.reflection else pixels
    image = put_over(pixels, layer, gains=matched_gains(layer.image, plate), wrap=True)
    overhang = window.left_px < 0 or window.left_px + spec.size[0] / window.zoom > plate.side_px + 1
    notes = (*_notes(placement), *(("set-continued",) if overhang else ()), *((HELD_ABOVE,) if held else ()))
    standing = _standing(plate, window, spec.size) if plate.view in STOOD_ON else None
    mask = _mask(layer, spec.size)
    return Composed(Image.fromarray(image), placement, notes, mask, background, standing, shaded=pixels)


def _seen_as_asked(plate: Backplate, *, near: bool) -> Backplate:
    if plate.view == "wall":
        return plate.wall()
    return plate.from_near() if near else plate


def _turned(plate: Backplate, *, shading_ev: float, rng: np.random.Generator) -> Backplate:
    """The set or its mirror image: as the rng says, unless both the product and the lamp have a side that is lit."""
    mirrored = rng.random() < 0.5
    side = math.cos(math.radians(plate.light.azimuth_deg))
    if min(abs(shading_ev), abs(side)) >= _SIDED:
        mirrored = shading_ev * side < 0
    return plate.mirrored() if plate.flip and mirrored else plate


def _is_held_above(cutout: Cutout) -> bool:
    """True where the photo's upper edge alone cuts it: a picture trimmed all round says nothing."""
    left, top, width, height = cutout.box_px
    others = min(left, cutout.source_size[0] - left - width, cutout.source_size[1] - top - height)
    return top <= _AT_EDGE_PX < others


def _placed(
    product: tuple[int, int],
    spec: Spec,
    plate: Backplate,
    *,
    base_depth: float,
    is_held_above: bool,
    rng: np.random.Generator,
) -> tuple[Placement, Window]:
    if plate.view not in STOOD_ON:
        return place_lying(
            product,
            spec.size,
            plate=plate,
            padding=spec.padding,
            enlarge=spec.enlarge,
            rng=rng,
            is_held_above=is_held_above,
        )
    return place_on_set(
        product, spec.size, plate=plate, padding=spec.padding, enlarge=spec.enlarge, rng=rng, base_depth=base_depth
    )


def _set_shadow(ground: Ground, layer: Layer, plate: Backplate, window: Window, spec: Spec) -> Floats:
    """Shadow of what stands there; what lies low on one base throws its outline, as it does on a surface seen from above."""
    box = (layer.left_px, layer.top_px, *layer.image.size)
    horizon = (plate.horizon * plate.side_px - window.top_px) * window.zoom
    if ground.is_low:
        lying = LyingScene(spec.size, box, plate.light, thickness=LOW)
        behind = box[1] + _HIDDEN_BEHIND * box[3]
        return on_ground(lying_shadow(layer.product.alpha, lying, style=spec.shadow), far_px=max(horizon, behind))
    scene = Scene(spec.size, box, plate.light, flatness=_flatness(plate), horizon_px=horizon)
    return shadow_map(ground, scene, style=spec.shadow)


def _standing(plate: Backplate, window: Window, canvas: tuple[int, int]) -> Standing:
    tall = plate.side_px * window.zoom / canvas[1]
    above = window.top_px * window.zoom / canvas[1]
    near, far = (share * tall - above for share in plate.ground)
    low, high = (share * tall for share in plate.product_height)
    return Standing((near, far), (low, high), plate.light, plate.horizon * tall - above)


def _centred(levels: CutoutLevels, spec: Spec) -> tuple[Placement, Layer]:
    product = levels.solid_box[2:]
    placement = place_centred(product, spec.size, fill=spec.fill, padding=spec.padding, enlarge=spec.enlarge)
    return _layer(placement, levels, spec.size)


def _layer(placement: Placement, levels: CutoutLevels, canvas: tuple[int, int]) -> tuple[Placement, Layer]:
    """The whole cutout (soft fringe and all) laid so that its solid part fills the placement's box; then the placement
    of the whole. Where the fringe would leave the canvas the whole is moved back in, at need made smaller."""
    solid = levels.solid_box
    scale = min(placement.scale, canvas[0] / levels.size[0], canvas[1] / levels.size[1])
    size = scaled(levels.size, scale)
    left = placement.box_px[0] + round((placement.box_px[2] - solid[2] * scale) / 2 - solid[0] * scale)
    top = placement.box_px[1] + round(placement.box_px[3] - solid[3] * scale - solid[1] * scale)
    left, top = min(max(left, 0), canvas[0] - size[0]), min(max(top, 0), canvas[1] - size[1])
    whole = Placement((left, top, *size), placement.foot_px, scale, placement.enlarged, placement.limited)
    return whole, Layer(levels.at(size, Product), left, top)


def _plain_shadow(layer: Layer, ground: Ground | None, spec: Spec) -> Floats:
    if ground is None or spec.shadow == "none":
        return np.zeros(spec.size[::-1], np.float32)
    box = (layer.left_px, layer.top_px, *layer.image.size)
    scene = Scene(spec.size, box, STUDIO_LIGHT, strength=_PLAIN_STRENGTH, closed=True)
    return shadow_map(ground, scene, style=spec.shadow)


def _flatness(plate: Backplate) -> float:
    """How open the ground is seen: the more ground there is below its far end, the higher the camera stood."""
    return float(np.clip(0.20 + 0.55 * (plate.stand[1] - plate.horizon), 0.2, 0.55))


def _mask(layer: Layer, canvas: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", canvas)
    mask.paste(Image.fromarray(layer.product.alpha), (layer.left_px, layer.top_px))
    return mask


def _notes(placement: Placement) -> tuple[str, ...]:
    notes = ("enlarged",) if placement.enlarged else ()
    return (*notes, "source-too-small") if placement.limited else notes
