"""The same product in two pictures, brought to one geometry and one size without changing either picture."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from processing.imaging.blend import OPAQUE
from processing.scoring.measurement import Box, as_mask

BoxPx = tuple[int, int, int, int]
# The light of a set wraps round the product so far, as a share of its longer side; of thin products the deepest quarter is compared.
_SET_LIGHT_REACH = 0.012
_THIN_PERCENTILE = 75


@dataclass(frozen=True)
class Landing:
    """Which box (x, y, w, h in px) of the source became which box of the output."""

    source_px: BoxPx
    output_px: BoxPx


@dataclass(frozen=True)
class Pair:
    """Product in source and output at the same size: uint8 (h, w, 3) twice, and where both are surely product.

    `frame` is the box of the crop in the output (shares), so that a place in the pair can be told in the output.
    """

    source: NDArray[np.uint8]
    output: NDArray[np.uint8]
    solid: NDArray[np.bool_]
    frame: Box


def align(
    source: Image.Image,
    source_alpha: Image.Image | NDArray[Any],
    output: Image.Image,
    *,
    landing: Landing | None = None,
    long_px: int = 1000,
) -> Pair | None:
    """Cut the product's box out of both pictures; None when there is no product.

    `landing` says which box of the source became which box of the output; without it both pictures have one size and
    the box of alpha above one half is used. Crops are shrunk to the smaller of the two and to `long_px` at most.
    """
    alpha = as_mask(source_alpha, size=source.size)
    box = product_box(alpha) if landing is None else _inside(landing.source_px, source.size)
    if box is None or min(box[2:]) < 2:
        return None
    output_box_px = None if landing is None else landing.output_px
    if output_box_px is None:
        if output.size != source.size:
            raise ValueError(f"output is {output.size}, source is {source.size}: say where the product landed")
        output_box_px = box
    target = _inside(output_box_px, output.size)
    size = _common_size(box, target, long_px)
    return None if size is None else _beside(output, target, *_seen(source, alpha, box, size))


class Reference:
    """A product that many outputs are compared with: straight RGBA, all of it the product's box. What it looks like at a size
    is made once."""

    def __init__(self, source: Image.Image) -> None:
        self.source = source
        self.alpha = np.asarray(source.getchannel("A"))
        self._seen: dict[tuple[int, int], tuple[NDArray[np.uint8], NDArray[np.bool_]]] = {}

    def beside(self, output: Image.Image, box_px: BoxPx, *, long_px: int = 1000) -> Pair | None:
        """What `align` gives for an output in which the product became `box_px`."""
        box, target = (0, 0, *self.source.size), _inside(box_px, output.size)
        size = _common_size(box, target, long_px)
        if size is None:
            return None
        if size not in self._seen:
            self._seen[size] = _seen(self.source, self.alpha, box, size)
        return _beside(output, target, *self._seen[size])


def _common_size(box: BoxPx, target: BoxPx, long_px: int) -> tuple[int, int] | None:
    """Size at which both boxes are compared; None where there is too little to see."""
    if min(box[2:]) < 2 or min(target[2:]) < 2:
        return None
    share = min(1.0, target[2] / box[2], long_px / max(box[2:]))
    size = (max(1, round(box[2] * share)), max(1, round(box[3] * share)))
    return size if min(size) >= 2 else None


def _seen(
    source: Image.Image, alpha: NDArray[np.uint8], box: BoxPx, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The source's box at the common size, and where it is surely product."""
    solid = _shrunk(_crop(alpha, box), size) >= OPAQUE
    solid = cv2.erode(solid.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return _shrunk(_cut(source, box, size), size), solid


def _beside(output: Image.Image, target: BoxPx, source: NDArray[np.uint8], solid: NDArray[np.bool_]) -> Pair:
    size = (source.shape[1], source.shape[0])
    frame = (
        target[0] / output.width,
        target[1] / output.height,
        target[2] / output.width,
        target[3] / output.height,
    )
    return Pair(source, _shrunk(_cut(output, target, size), size), solid, frame)


def within_rim(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of where a product surely is (h, w), what the light of a set does not reach round its edge."""
    if not solid.any():
        return solid
    # A crop ends where the product does: what lies beyond counts as outside.
    beyond = cv2.copyMakeBorder(solid.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(beyond, cv2.DIST_L2, 3)[1:-1, 1:-1]
    reach = _SET_LIGHT_REACH * max(cv2.boundingRect(solid.view(np.uint8))[2:])
    return solid & (depth >= min(reach, float(np.percentile(depth[solid], _THIN_PERCENTILE))))


def product_box(alpha: NDArray[np.uint8]) -> BoxPx | None:
    """Box (x, y, w, h) in pixels of everything above one half, or None."""
    solid = alpha > 127
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if rows.size == 0:
        return None
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _inside(box: BoxPx, size: tuple[int, int]) -> BoxPx:
    left, top = max(0, box[0]), max(0, box[1])
    right, bottom = min(size[0], box[0] + box[2]), min(size[1], box[1] + box[3])
    return left, top, max(0, right - left), max(0, bottom - top)


def _cut(image: Image.Image, box: BoxPx, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The box, averaged over whole blocks of pixels on the way to `size` where it is so much larger."""
    corners = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    block = min(box[2] // size[0], box[3] // size[1])
    cut = image.reduce(block, box=corners) if block > 1 else image.crop(corners)
    return np.asarray(cut if cut.mode == "RGB" else cut.convert("RGB"))


def _crop(plane: NDArray[np.uint8], box: BoxPx) -> NDArray[np.uint8]:
    return plane[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]


def _shrunk(plane: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
