"""A still in a set becomes a short clip: the camera moves in slowly, and what is farther away moves less.

The picture is taken apart into the product and what lies behind it, shadow included. The ground is a plane that recedes:
between the product's base and the far end of the ground the scale falls as in perspective, so the product stays on its
shadow. What is behind the ground moves as one, slower. Nothing is made up: every frame shows the pixels of one picture.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from processing.imaging.clips import Clip
from processing.imaging.compositing import Composed
from processing.imaging.linear import Bytes, Floats

VERSION = "1"
Rows = npt.NDArray[np.float64]
# The picture is so much larger than a frame: room to move in, and no pixel is ever enlarged.
OVERSCAN = 1.16
# The first frame shows a little less than there is, then the product grows by so much and what is far by a share of that.
_INSIDE, _PUSH, _FAR_SHARE = 1.03, 0.11, 0.4
# How far the camera moves sideways, as a share of the frame's width: the ground shows it, what is far does not.
_SIDEWAYS = 0.022
# Where less ground than this (share of the picture's height) is seen behind the product, the two move more alike.
_FULL_DEPTH = 0.10
# Share of the way to the middle that a product off the middle is brought nearer to it.
_TO_MIDDLE = 0.15


@dataclass(frozen=True)
class Scene:
    """A composed picture of `size` taken apart: `behind` (h, w, 3), None for plain white, and the product (premultiplied RGB and
    alpha, uint8 (h, w, 4)) whose upper left pixel is `at`. `foot` is the row on which it stands; `ground` the rows where the
    ground ends and where the product's base begins, None for a product on one plane with what is behind it."""

    size: tuple[int, int]
    behind: Bytes | None
    product: Bytes
    at: tuple[int, int]
    ground: tuple[float, float] | None = None

    @property
    def foot(self) -> float:
        return float(self.at[1] + self.product.shape[0])

    @property
    def middle(self) -> tuple[float, float]:
        """That of the product."""
        return self.at[0] + self.product.shape[1] / 2, self.at[1] + self.product.shape[0] / 2


def canvas_for(frame: tuple[int, int]) -> tuple[int, int]:
    """Size of the picture that a clip of such frames is made from."""
    width, height = (round(side * OVERSCAN) for side in frame)
    return width, height


def padding_for(padding: float) -> float:
    """Padding on that picture with which the product midway has the padding asked for."""
    return padding * _INSIDE * (1 + _PUSH / 2)


def scene_of(composed: Composed, *, base_depth: float = 0.0) -> Scene:
    """The picture taken apart; `base_depth` is how far back the product's base reaches, as a share of its height."""
    left, top, width, height = composed.placement.box_px
    window = (slice(top, top + height), slice(left, left + width))
    whole, alpha = np.asarray(composed.image)[window], np.asarray(composed.product_mask)[window]
    under = np.full_like(whole, 255) if composed.shaded is None else composed.shaded[window]
    own = cv2.subtract(whole, cv2.multiply(under, cv2.merge([255 - alpha] * 3), scale=1 / 255))
    ground = None
    if composed.standing is not None:
        ground = (composed.standing.horizon * composed.image.height, top + height * (1 - base_depth))
    return Scene(composed.image.size, composed.shaded, cast(Bytes, np.dstack([own, alpha])), (left, top), ground)


class Camera:
    """Where everything of a scene is seen in a frame of `size`."""

    def __init__(self, scene: Scene, *, size: tuple[int, int], clip: Clip) -> None:
        self.scene, self.size, self.clip = scene, size, clip
        self.start = _INSIDE / OVERSCAN
        self.far_share = _far_share(scene)
        self.level = scene.ground[0] if scene.ground else scene.size[1] / 2
        self.pan = (0.0, 0.0)
        self.pan = self._to_keep_in_place()

    def frames(self) -> Iterator[Bytes]:
        """All frames one after the other, each made when it is asked for."""
        return (self.frame(number) for number in range(self.clip.frames))

    def frame(self, number: int) -> Bytes:
        """One frame (h, w, 3)."""
        way = self.clip.way(number)
        picture = self._behind(way)
        self._put(picture, way)
        return picture

    def _behind(self, way: float) -> Bytes:
        if self.scene.behind is None:
            return np.full((self.size[1], self.size[0], 3), 255, np.uint8)
        across, down = self.behind_at(way)
        picture = cv2.remap(self.scene.behind, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return cast(Bytes, picture)

    def _put(self, picture: Bytes, way: float) -> None:
        """The product laid over a frame."""
        affine = self.product_at(way)
        left, top = (max(0, math.floor(start) - 2) for start in affine[:, 2])
        size = [math.ceil(side * affine[0, 0]) + 4 for side in self.scene.product.shape[1::-1]]
        window = picture[top : top + size[1], left : left + size[0]]
        affine[:, 2] -= left, top
        product = cv2.warpAffine(self.scene.product, affine, window.shape[1::-1], flags=cv2.INTER_CUBIC)
        uncovered = cv2.merge([255 - cv2.extractChannel(product, 3)] * 3)
        seen = cv2.multiply(window, uncovered, scale=1 / 255)
        window[:] = cv2.add(seen, cv2.cvtColor(product, cv2.COLOR_RGBA2RGB))

    def product_at(self, way: float) -> Rows:
        """Affine map (2, 3) from the product's own pixels to the frame."""
        zoom = self._near(way)
        left, top = self.scene.at
        x, y = self._x(left, zoom, way, 1.0), self._y(self.scene.foot, zoom, way) - (self.scene.foot - top) * zoom
        # The library counts pixels from their middles.
        half = (zoom - 1) / 2
        return np.array([[zoom, 0, x + half], [0, zoom, y + half]])

    def box_at(self, number: int) -> tuple[int, int, int, int]:
        """Where the product's picture lies in a frame, in whole pixels."""
        affine = self.product_at(self.clip.way(number))
        left, top = (round(place) for place in affine[:, 2])
        width, height = (round(side * affine[0, 0]) for side in self.scene.product.shape[1::-1])
        return left, top, width, height

    def behind_at(self, way: float) -> tuple[Floats, Floats]:
        """For each pixel of the frame the place (x, y) of the picture that is seen there, float32 (h, w) each."""
        rows = np.arange(-2, self.scene.size[1] + 3, dtype=np.float64)
        zoom = self._zoom_of(rows, way)
        lines = np.arange(self.size[1]) + 0.5
        row = np.interp(lines, self._y(rows, zoom, way), rows)
        zoom = self._zoom_of(row, way)
        shift = self._x(0.0, zoom, way, self._nearness(row))
        columns = np.arange(self.size[0], dtype=np.float32) + np.float32(0.5)
        across: Floats = columns * (1 / zoom).astype(np.float32)[:, None]
        across -= (shift / zoom + 0.5).astype(np.float32)[:, None]
        down = np.broadcast_to((row - 0.5).astype(np.float32)[:, None], across.shape)
        return across, np.ascontiguousarray(down)

    def _near(self, way: float) -> float:
        return self.start * (1 + _PUSH * way)

    def _far(self, way: float) -> float:
        return self.start * (1 + _PUSH * self.far_share * way)

    def _nearness(self, rows: Rows) -> Rows:
        """0 for what is far, 1 under the product, more in front of its foot."""
        if self.scene.ground is None:
            return np.ones_like(rows)
        far, base = self.scene.ground
        behind = np.clip((rows - far) / max(base - far, 1.0), 0.0, 1.0)
        return behind + np.maximum(rows - self.scene.foot, 0.0) / max(self.scene.foot - far, 1.0)

    def _zoom_of(self, rows: Rows, way: float) -> Rows:
        """Scale of each row: on a plane that recedes its inverse changes evenly from row to row."""
        far, near = 1 / self._far(way), 1 / self._near(way)
        return 1 / (far + (near - far) * self._nearness(rows))

    def _x(self, x: float, zoom: Any, way: float, nearness: Any) -> Any:
        moved = self.clip.side * _SIDEWAYS * self.size[0] * way * (1 - self.far_share)
        return self.size[0] / 2 + (x - self.scene.size[0] / 2) * zoom + moved * nearness + self.pan[0] * way

    def _y(self, y: Any, zoom: Any, way: float) -> Any:
        """The far end of the ground stays where it is: what is below comes down as it comes nearer, what is above goes up."""
        begun = self.size[1] / 2 + (self.level - self.scene.size[1] / 2) * self.start
        return begun + (y - self.level) * zoom + self.pan[1] * way

    def _middle(self, way: float) -> tuple[float, float]:
        """Where the product's middle is seen."""
        zoom = self._near(way)
        return self._x(self.scene.middle[0], zoom, way, 1.0), self._y(self.scene.middle[1], zoom, way)

    def _to_keep_in_place(self) -> tuple[float, float]:
        """How far the view is turned by the end, so that the product stays about where it was: as far as the picture reaches."""
        begun, ended = self._middle(0.0), self._middle(1.0)
        wanted = [
            start + _TO_MIDDLE * (side / 2 - start) - end
            for start, end, side in zip(begun, ended, self.size, strict=True)
        ]
        across, down = (min(max(wish, low), high) for wish, (low, high) in zip(wanted, self._room(), strict=True))
        return across, down

    def _room(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Least and most turn, across and down, with which the picture still fills the frame at the end of the way."""
        rows = np.array([0.0, self.scene.size[1]])
        zoom, nearness = self._zoom_of(rows, 1.0), self._nearness(rows)
        left, right = (self._x(x, zoom, 1.0, nearness) for x in (0.0, float(self.scene.size[0])))
        top, bottom = self._y(rows, zoom, 1.0)
        return (
            (float((self.size[0] - right).max()), float((-left).min())),
            (float(self.size[1] - bottom), float(-top)),
        )


def _far_share(scene: Scene) -> float:
    """What is far grows by this share of what the product does: all of it where no ground lies between the two."""
    if scene.ground is None:
        return 1.0
    depth = (scene.ground[1] - scene.ground[0]) / scene.size[1]
    return 1 - (1 - _FAR_SHARE) * min(max(depth / _FULL_DEPTH, 0.0), 1.0)
