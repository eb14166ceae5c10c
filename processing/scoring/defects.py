"""Faults put into correct cut-outs on purpose, so that the gate can be measured against a known answer."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.scoring.colour import LINEAR, encode_srgb

Bytes = NDArray[Any]
Strength = int
STRENGTHS: tuple[Strength, ...] = (1, 2, 3)
# The picture sides of the table below are meant for this long side; faults scale with larger pictures.
BASE_LONG_PX = 1600
# At least so much of a bite is backdrop; so many places are tried, and the best one is taken.
BITE_BACKDROP, BITE_TRIES = 0.25, 20


@dataclass(frozen=True)
class Triple:
    """A photo with its truth: RGB photo, L alpha, RGB foreground (straight colour), all of one size; the category picks the limits."""

    name: str
    product: str
    photo: Image.Image
    alpha: Image.Image
    foreground: Image.Image
    category: str = ""


@dataclass(frozen=True)
class Case:
    """One labelled example: the photo that is looked at and the cut-out that is judged."""

    photo: Image.Image
    cutout: Image.Image


@dataclass(frozen=True)
class _Planes:
    photo: Bytes
    alpha: Bytes
    fore: Bytes
    rng: np.random.Generator

    @property
    def unit(self) -> float:
        """Pixels that one pixel of a 1600 px picture is, never below one."""
        return max(1.0, float(max(self.alpha.shape)) / BASE_LONG_PX)

    @property
    def side(self) -> float:
        """Side of a square with the product's area."""
        return math.sqrt(float((self.alpha > 127).sum()))


def good(triple: Triple) -> Case:
    """The faultless cut-out: true alpha and true foreground."""
    planes = _planes(triple, 0, "good")
    return _case(planes.photo, planes.alpha, planes.fore)


def inject(triple: Triple, defect: str, strength: Strength) -> Case:
    """The same with one fault at strength 1, 2 or 3. The same arguments give the same pixels."""
    if strength not in STRENGTHS:
        raise ValueError(f"strength is {strength}, expected 1, 2 or 3")
    return CUTOUT_DEFECTS[defect](_planes(triple, strength, defect), strength)


def _planes(triple: Triple, strength: int, defect: str) -> _Planes:
    seed = [strength, *(triple.name + "/" + defect).encode()]
    return _Planes(
        np.asarray(triple.photo.convert("RGB")),
        np.asarray(triple.alpha.convert("L")),
        np.asarray(triple.foreground.convert("RGB")),
        np.random.default_rng(seed),
    )


def _case(photo: Bytes, alpha: Bytes, fore: Bytes) -> Case:
    rgba = np.dstack([fore, alpha])
    rgba[alpha == 0] = 0
    return Case(Image.fromarray(photo), Image.fromarray(rgba))


def _disc(radius_px: float) -> Bytes:
    size = 2 * round(radius_px) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(size, 3), max(size, 3))), np.uint8)


def _halo(planes: _Planes, strength: Strength) -> Case:
    """Alpha grown by 1, 2, 3 px; what comes in keeps the photo's colour."""
    grown = cv2.dilate(planes.alpha, _disc(strength * planes.unit))
    fresh = (planes.alpha < 250)[..., None]
    return _case(planes.photo, grown, np.where(fresh, planes.photo, planes.fore))


def _erosion(planes: _Planes, strength: Strength) -> Case:
    """Alpha eaten by 1, 2, 3 px."""
    return _case(planes.photo, cv2.erode(planes.alpha, _disc(strength * planes.unit)), planes.fore)


def _spot(planes: _Planes, where: NDArray[np.bool_]) -> tuple[int, int]:
    rows, columns = np.nonzero(where)
    if rows.size == 0:
        rows, columns = np.nonzero(np.ones_like(where))
    pick = int(planes.rng.integers(rows.size))
    return int(columns[pick]), int(rows[pick])


def _blob(planes: _Planes, centre: tuple[int, int], radius_px: float) -> Bytes:
    """A soft-edged ellipse, 0..255."""
    axes = (max(2, round(radius_px)), max(2, round(radius_px * planes.rng.uniform(0.6, 1.0))))
    canvas = np.zeros(planes.alpha.shape, np.uint8)
    cv2.ellipse(canvas, centre, axes, float(planes.rng.uniform(0, 180)), 0, 360, 255, -1)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 1.0), np.uint8)


def _hole(planes: _Planes, strength: Strength) -> Case:
    """A hole of 4, 7, 12 % of the product's side, away from the outline; a smaller one in a product that is too thin for that."""
    radius = planes.side * (0.02, 0.035, 0.06)[strength - 1]
    deep = cv2.erode(planes.alpha, _disc(radius + 4)) > 250
    if not deep.any():
        # Nowhere opaque so far inwards: as far from the outline as there is room, and no larger than leaves a rim.
        room = cv2.distanceTransform((planes.alpha > 127).astype(np.uint8), cv2.DIST_L2, 5)
        deep = room >= min(radius + 4, 0.95 * float(room.max()))
        radius = max(2.0, min(radius, 0.95 * float(room.max()) - 4))
    hole = _blob(planes, _spot(planes, deep), radius)
    return _case(planes.photo, np.minimum(planes.alpha, 255 - hole), planes.fore)


def _island(planes: _Planes, strength: Strength) -> Case:
    """A piece of backdrop of 4, 6, 10 % of the product's side that stands apart."""
    radius = planes.side * (0.02, 0.03, 0.05)[strength - 1]
    clear = cv2.dilate(planes.alpha, _disc(radius + 6)) == 0
    rim = round(radius) + 2
    clear[:rim] = clear[-rim:] = False
    clear[:, :rim] = clear[:, -rim:] = False
    island = _blob(planes, _spot(planes, clear), radius)
    fresh = (planes.alpha < 3)[..., None]
    return _case(planes.photo, np.maximum(planes.alpha, island), np.where(fresh, planes.photo, planes.fore))


def _cut_off(planes: _Planes, strength: Strength) -> Case:
    """A straight cut that takes 3, 6, 12 % of the product at one end."""
    rows, columns = np.nonzero(planes.alpha > 127)
    angle = planes.rng.uniform(0, 2 * np.pi)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    edge = float(np.quantile(along, 1 - (0.03, 0.06, 0.12)[strength - 1]))
    y, x = np.mgrid[0 : planes.alpha.shape[0], 0 : planes.alpha.shape[1]]
    keep = np.clip(edge - (x * np.cos(angle) + y * np.sin(angle)) + 0.5, 0, 1)
    return _case(planes.photo, np.asarray(planes.alpha * keep, np.uint8), planes.fore)


def _shadow(planes: _Planes, strength: Strength) -> Case:
    """A soft shadow on the floor beside the foot, in the photo, and left in the cut-out with 40, 70, 100 %."""
    rows, columns = np.nonzero(planes.alpha > 127)
    bottom, middle = int(rows.max()), int(np.median(columns))
    wide, high = planes.side * 0.45, max(6.0, planes.side * 0.07)
    spot: Bytes = np.zeros(planes.alpha.shape, np.float32)
    centre = (round(middle + planes.rng.uniform(-0.3, 0.3) * wide), round(bottom - high * 0.4))
    cv2.ellipse(spot, centre, (round(wide), round(high)), 0.0, 0, 360, 1.0, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), high * 0.4)
    cover = planes.alpha.astype(np.float32) / 255
    light = 1 - 0.45 * spot * (1 - cover)
    photo = np.asarray(encode_srgb(LINEAR[planes.photo] * light[..., None]) + 0.5, np.uint8)
    left = np.clip((spot - 0.15) / 0.5, 0, 1) * (0.4, 0.7, 1.0)[strength - 1]
    alpha = np.asarray(np.maximum(cover, left) * 255, np.uint8)
    return _case(photo, alpha, np.where((cover < 0.98)[..., None], photo, planes.fore))


def _soft(planes: _Planes, strength: Strength) -> Case:
    """Alpha blurred with sigma 1.5, 2.5, 4 px; the colour beyond the edge comes from the nearest product."""
    sigma = (1.5, 2.5, 4.0)[strength - 1] * planes.unit
    alpha = cv2.GaussianBlur(planes.alpha, (0, 0), sigma)
    return _case(planes.photo, alpha, _spread(planes.fore, planes.alpha, 4 * sigma))


def _spread(fore: Bytes, alpha: Bytes, reach_px: float) -> Bytes:
    """Product colour continued beyond the edge, so that a soft edge is soft and nothing else."""
    weight = (alpha.astype(np.float32) / 255) ** 4
    mass = cv2.GaussianBlur(weight, (0, 0), reach_px / 2)
    carried = cv2.GaussianBlur(fore.astype(np.float32) * weight[..., None], (0, 0), reach_px / 2)
    beyond = carried / np.maximum(mass, 1e-4)[..., None]
    share = weight[..., None]
    return np.asarray(np.clip(fore * share + beyond * (1 - share), 0, 255), np.uint8)


def _jaggies(planes: _Planes, strength: Strength) -> Case:
    """Alpha cut hard on a grid of 3, 5, 8 px, tilted by 20 degrees so that upright edges get their steps too."""
    cell = (3, 5, 8)[strength - 1] * planes.unit
    height, width = planes.alpha.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 1 / cell)
    reach = int((width + height) / cell)
    turn[:, 2] += (reach - width) / 2, (reach - height) / 2
    soft = cv2.blur(planes.alpha, (round(cell), round(cell)))
    small = cv2.warpAffine(soft, turn, (reach, reach), flags=cv2.INTER_LINEAR)
    hard = np.asarray((small > 127) * 255, np.uint8)
    back = cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST
    alpha = cv2.warpAffine(hard, turn, (width, height), flags=back)
    return _case(planes.photo, alpha, _spread(planes.fore, planes.alpha, 3 * cell))


def _filled(planes: _Planes, strength: Strength) -> Case:
    """A bite of backdrop of 10, 16, 24 % of the product's side left at the outline."""
    radius = planes.side * (0.05, 0.08, 0.12)[strength - 1]
    solid = planes.alpha > 127
    rim = solid & (cv2.erode(solid.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    bite, most = np.zeros_like(planes.alpha), -1.0
    # In a gap of wicker a bite is nearly all product, and no fault that anybody would see: another place is taken then.
    for _ in range(BITE_TRIES):
        tried = _blob(planes, _spot(planes, rim), radius)
        share = float(cv2.subtract(tried, planes.alpha).sum()) / max(float(tried.sum()), 1.0)
        bite, most = (tried, share) if share > most else (bite, most)
        if most >= BITE_BACKDROP:
            break
    fresh = (planes.alpha < 250)[..., None]
    return _case(planes.photo, np.maximum(planes.alpha, bite), np.where(fresh, planes.photo, planes.fore))


def _smudge(planes: _Planes, strength: Strength) -> Case:
    """30, 45, 60 % of the product's width along its lowest edge fade over a blur of sigma 3, 5, 8 px, as into a contact shadow."""
    sigma = (3.0, 5.0, 8.0)[strength - 1] * planes.unit
    place = cv2.dilate(_lowest_line(planes, (0.3, 0.45, 0.6)[strength - 1]), _disc(3 * sigma))
    share = cv2.GaussianBlur(place, (0, 0), sigma)
    faded = cv2.GaussianBlur(planes.alpha, (0, 0), sigma).astype(np.float32)
    alpha = planes.alpha * (1 - share) + faded * share
    return _case(planes.photo, np.asarray(alpha + 0.5, np.uint8), _spread(planes.fore, planes.alpha, 4 * sigma))


def _lowest_line(planes: _Planes, share: float) -> Bytes:
    """float32 (h, w), 1 on the product's lowest pixel of each column in the run of columns, so wide, that lies lowest."""
    solid = planes.alpha > 127
    columns = np.flatnonzero(solid.any(axis=0))
    line = np.zeros(solid.shape, np.float32)
    if not columns.size:
        return line
    lowest = solid.shape[0] - 1 - solid[::-1].argmax(axis=0)
    span = max(1, round(columns.size * share))
    begin = int(np.convolve(lowest[columns], np.ones(span), "valid").argmax())
    chosen = columns[begin : begin + span]
    line[lowest[chosen], chosen] = 1
    return line


def _blotch(planes: _Planes, strength: Strength) -> Case:
    """Two patches of 12, 18, 26 % of the product's side in its solid part lose up to 18, 30, 50 % of alpha, fading in; smaller in a
    product that is too thin for that."""
    solid = cv2.copyMakeBorder((planes.alpha >= 250).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    room = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
    radius = max(3.0, min(planes.side * (0.06, 0.09, 0.13)[strength - 1], 0.8 * float(room.max())))
    deep = room >= min(1.2 * radius, 0.9 * float(room.max()))
    patches = np.maximum(*(_blob(planes, _spot(planes, deep), radius) for _ in range(2))).astype(np.float32) / 255
    lost = (0.18, 0.3, 0.5)[strength - 1] * cv2.GaussianBlur(patches, (0, 0), max(1.0, 0.25 * radius))
    return _case(planes.photo, np.asarray(planes.alpha * (1 - lost) + 0.5, np.uint8), planes.fore)


CUTOUT_DEFECTS: dict[str, Callable[[_Planes, Strength], Case]] = {
    "halo": _halo,
    "erosion": _erosion,
    "hole": _hole,
    "island": _island,
    "cut-off part": _cut_off,
    "leftover shadow": _shadow,
    "backdrop left": _filled,
    "soft edge": _soft,
    "jaggies": _jaggies,
    "smudge": _smudge,
    "blotch": _blotch,
}
