"""Where the product goes on a canvas, and which part of a set is seen behind it. Sizes in px, nothing drawn here."""

from dataclasses import dataclass

import numpy as np

from processing.imaging.backplates import Backplate
from processing.imaging.sizes import contain_scale, scaled

# Share of the long side that a product may take on upright or wide canvases: beyond it the picture looks stuffed.
_LONG_SIDE_SHARE = 0.56
# A set may be enlarged this much behind a product; sets are soft there, the eye does not miss the detail.
_MAX_PLATE_ENLARGEMENT = 1.3
# Air between product and canvas edge that placements on a set keep, as share of the short side.
_MIN_MARGIN = 0.035
# Where the best place of a set is near its edge, the product may leave the middle so far, and keeps so much air beside it,
# as shares of the canvas; what it may move down or up is a share of the air above and below it.
_OFF_MIDDLE, _SIDE_AIR, _VERTICAL_MOVE = 0.36, 0.06, 0.26


@dataclass(frozen=True)
class Placement:
    """Product on a canvas: `box_px` (x, y, w, h), `foot_px` the point where it stands, `scale` against its source.

    `enlarged`: scale is above 1. `limited`: it would have had to be enlarged, and was kept smaller instead.
    """

    box_px: tuple[int, int, int, int]
    foot_px: tuple[float, float]
    scale: float
    enlarged: bool = False
    limited: bool = False


@dataclass(frozen=True)
class Window:
    """Part of a set that the canvas shows: left, top in plate px (may lie outside: to be continued there) and the
    canvas px per plate px."""

    left_px: float
    top_px: float
    zoom: float


def place_centred(
    product: tuple[int, int], canvas: tuple[int, int], *, fill: float | None, padding: float, enlarge: bool
) -> Placement:
    """Product in the middle of a plain canvas. With `fill` its longer relative side takes that share of the canvas,
    otherwise the canvas' short side is `padding` times the product's longer side."""
    if fill is not None:
        wanted = contain_scale(product, (canvas[0] * fill, canvas[1] * fill))
    else:
        wanted = contain_scale(product, padded_box(canvas, padding))
    scale, limited = limited_scale(wanted, enlarge=enlarge)
    width, height = scaled(product, scale)
    left, top = (canvas[0] - width) // 2, (canvas[1] - height) // 2
    foot = (left + width / 2, float(top + height))
    return Placement((left, top, width, height), foot, scale, enlarged=scale > 1, limited=limited)


def fitting_side(product: tuple[int, int], *, fill: float, wanted_px: int) -> int:
    """Largest side of a square canvas, at most `wanted_px`, on which the product reaches `fill` without enlarging."""
    return min(wanted_px, int(max(product) / fill))


def place_on_set(
    product: tuple[int, int],
    canvas: tuple[int, int],
    *,
    plate: Backplate,
    padding: float,
    enlarge: bool,
    rng: np.random.Generator,
    base_depth: float = 0.0,
) -> tuple[Placement, Window]:
    """Product standing on the ground of a set, and the part of the set that is seen.

    `base_depth` is how far back its base reaches on the ground, as share of its height on the picture. The product's
    size follows the padding; the window is chosen so that the product's share of the set lies in
    `product_height` and the set need not be continued beyond its edges, in that order of importance.
    """
    scale, limited = limited_scale(contain_scale(product, padded_box(canvas, padding)), enlarge=enlarge)
    size = scaled(product, scale)
    zoom = _plate_zoom(size, canvas, plate=plate, closeness=float(rng.uniform(0.0, 1.0)))
    plate_px = plate.side_px
    foot_plate = _foot_on_plate(canvas, plate=plate, zoom=zoom, deep_px=base_depth * size[1], rng=rng)
    foot = _foot_on_canvas(size, canvas, plate=plate, rng=rng)
    left, top = foot_plate[0] * plate_px - foot[0] / zoom, foot_plate[1] * plate_px - foot[1] / zoom
    window = Window(
        _slide(left, canvas[0] / zoom, plate_px, room=_side_room(size[0], canvas[0], foot[0]) / zoom),
        _slide(top, canvas[1] / zoom, plate_px, room=_VERTICAL_MOVE * (canvas[1] - size[1]) / zoom),
        zoom,
    )
    foot = (foot[0] + (left - window.left_px) * zoom, foot[1] + (top - window.top_px) * zoom)
    box = inside_margins(foot, size, canvas)
    foot = (box[0] + size[0] / 2, float(box[1] + size[1]))
    return Placement(box, foot, scale, enlarged=scale > 1, limited=limited), window


def padded_box(canvas: tuple[int, int], padding: float) -> tuple[float, float]:
    """Room for the product (width, height): the short side over the padding, and a little more along the long side."""
    short = min(canvas) / padding
    width, height = (max(short, min(side / padding, side * _LONG_SIDE_SHARE)) for side in canvas)
    if canvas[0] == canvas[1]:
        return short, short
    return min(width, canvas[0] * 0.9), min(height, canvas[1] * 0.9)


def limited_scale(wanted: float, *, enlarge: bool) -> tuple[float, bool]:
    """The scale, never above 1 unless it may enlarge; and whether it had to be held back."""
    return (wanted, False) if enlarge or wanted <= 1 else (1.0, True)


def apparent_height(size: tuple[float, float]) -> float:
    """What counts as the height of a product of this (width, height) in a set: its height, or three quarters of its width if that
    is more. A pair of glasses is no taller than a thumb, yet not to be blown up to a chair's height."""
    return max(size[1], 0.75 * size[0])


def _plate_zoom(size: tuple[int, int], canvas: tuple[int, int], *, plate: Backplate, closeness: float) -> float:
    """Canvas px per plate px."""
    apparent = apparent_height(size)
    low, high = (apparent / (share * plate.side_px) for share in reversed(plate.product_height))
    whole = max(canvas) / plate.side_px
    # A bit closer than the whole set: the crop varies and the product may stand off the middle.
    aside = 0.16 * min(max(canvas[0] / canvas[1] - 1, 0.0), 1.0)
    wish = max(whole * (1.04 + aside + 0.14 * closeness), low * (1.0 + 0.26 * closeness))
    zoom = min(wish, max(high * 1.35, low))
    return max(min(zoom, max(_MAX_PLATE_ENLARGEMENT, whole * 1.3)), low * 0.85)


def _foot_on_plate(
    canvas: tuple[int, int], *, plate: Backplate, zoom: float, deep_px: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Foot point on the set: the stand, moved a little; farther back where a low canvas would otherwise show nothing
    but ground, nearer to the viewer where the base would otherwise reach beyond the far end of the ground."""
    y = plate.stand[1] + float(rng.uniform(-0.012, 0.03))
    x = plate.stand[0] + float(rng.uniform(-0.06, 0.06))
    shown = canvas[1] / zoom / plate.side_px
    y = min(y, plate.horizon + 0.66 * shown)
    y = max(y, plate.horizon + 0.02 + deep_px / zoom / plate.side_px)
    return x, min(max(y, plate.ground[0]), plate.ground[1])


def _foot_on_canvas(
    size: tuple[int, int], canvas: tuple[int, int], *, plate: Backplate, rng: np.random.Generator
) -> tuple[float, float]:
    """Wanted foot point on the canvas: on wide canvases off the middle towards the light, so that the shadow falls
    into the free space; a little more room above than below."""
    spare_x, spare_y = canvas[0] - size[0], canvas[1] - size[1]
    wide = min(max(canvas[0] / canvas[1] - 1, 0.0), 1.0)
    lit_from_right = np.cos(np.radians(plate.light.azimuth_deg)) > 0
    sway = 0.06 if wide == 0 else 0.02
    offset = wide * (0.16 if lit_from_right else -0.16) + float(rng.uniform(-sway, sway))
    x = canvas[0] / 2 + offset * spare_x
    below = (0.36 if canvas[1] > 1.2 * canvas[0] else 0.40) + float(rng.uniform(-0.05, 0.04))
    return x, canvas[1] - below * spare_y


def _side_room(size: float, side: float, foot: float) -> float:
    """How far the product may slide sideways from where it was wanted before the picture loses its balance."""
    free = min((side - size) / 2 - _SIDE_AIR * side, _OFF_MIDDLE * side)
    return max(0.0, free - abs(foot - side / 2))


def _slide(start: float, length: float, limit: float, *, room: float) -> float:
    """Start of the window moved into the set, by no more than `room`; what still sticks out is continued."""
    inside = (limit - length) / 2 if length > limit else min(max(start, 0.0), limit - length)
    return min(max(inside, start - room), start + room)


def inside_margins(
    foot: tuple[float, float], size: tuple[int, int], canvas: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Box standing on the foot point, moved inside the canvas margins where needed."""
    wish = (foot[0] - size[0] / 2, foot[1] - size[1])
    start = []
    for axis in (0, 1):
        spare = canvas[axis] - size[axis]
        margin = min(round(_MIN_MARGIN * min(canvas)), spare // 2)
        start.append(min(max(round(wish[axis]), margin), spare - margin))
    return start[0], start[1], *size
