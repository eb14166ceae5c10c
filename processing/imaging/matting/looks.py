"""Looking twice: at the whole photo to learn where the product is and what the paper is, then at the product alone.

What decides the quality of an edge is how many pixels of the network's answer it gets. A product fills two fifths of its
photo as a rule, so a second look at its surroundings only shows it at two to three times the size for the same work.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from processing.imaging.matting import network
from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import coded, evidence
from processing.imaging.matting.fill import spread
from processing.imaging.matting.paper import Paper, fit_paper

Window = tuple[slice, slice]

_UNEVEN = 0.01  # misfit of the paper, sRGB units, above which the backdrop beside the product is better than the fit
_BESIDE_PX = (6.0, 15.0, 38.0, 100.0)  # at the size of the first look
_FOUND, _MARGIN = 0.2, 0.06  # of coverage; of the longer side
_TOUCHED = 0.5
# Share of the product, away from its edge, that the close look no longer believes: lenses, tents and other wide panes
# hold together only when seen small.
_LOST, _DEEP_PX = 0.06, 8
_SURE, _OPEN = 0.8, 0.01


@dataclass(frozen=True)
class Look:
    """Part of a photo as the network sees it: `window` of the photo, its `picture` float32 (h, w, 3) 0..1 averaged down, its
    `paper`, and the answer `raw` float32 (h, w). `backdrop` float32 is the paper of the whole photo, at reduced size."""

    window: Window
    picture: np.ndarray
    paper: Paper
    raw: np.ndarray
    backdrop: np.ndarray


def look(photo: np.ndarray, *, first_pixels: int, pixels: int, fallback_pixels: int) -> Look:
    """What is product in a photo uint8 (h, w, 3): a look at all of it, then a close one at what was found.

    Where the close one loses what the first saw, or finds more than it shows, the whole is looked at once more. What the first was
    sure of stays either way."""
    picture = reduced(photo, first_pixels)
    paper = fit_paper(picture)
    first = network.coverage(codes(picture, paper.colour), picture)
    local = _local(first, picture, paper)
    window = _around(first, photo.shape)
    if window:
        close = _look(photo, window, pixels, paper, local)
        before = _part(first, window, photo.shape, close.raw.shape[:2])
        if not _is_at_odds(before, close, photo.shape):
            return replace(close, raw=_without_doubt_inside(before, close.raw))
        del close, before
    whole = _look(photo, (slice(0, photo.shape[0]), slice(0, photo.shape[1])), fallback_pixels, paper, local)
    before = _part(first, whole.window, photo.shape, whole.raw.shape[:2])
    return replace(whole, raw=_without_doubt_inside(before, whole.raw))


def reduced(photo: np.ndarray, pixels: int) -> np.ndarray:
    """The photo as float32 0..1, averaged down to about so many pixels; never enlarged."""
    height, width = photo.shape[:2]
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA) if scale < 1 else photo
    return small.astype(np.float32) / 255


def codes(picture: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """What the network reads, uint8 (h, w, n), of a picture and the backdrop predicted for it, both float32 (h, w, 3)."""
    planes = evidence(picture, backdrop)
    planes += [coded(band, network.PICTURE_STEPS) for band in cv2.split(picture)]
    planes += [coded(band) for band in cv2.split(picture / backdrop * 0.5)]
    planes += [np.full_like(planes[0], network.PLANE_ZERO)] * (network.PLANES - len(planes))
    merged: np.ndarray = cv2.merge(planes)
    return merged


def _local(first: np.ndarray, picture: np.ndarray, paper: Paper) -> np.ndarray:
    """The backdrop that the network is shown: the fitted one, or where paper is uneven the one right beside the product."""
    if paper.spread < _UNEVEN:
        return paper.colour
    beside = cv2.erode((first < 0.1).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    if float(beside.mean()) < 0.05:
        return paper.colour
    ratio = spread(picture / paper.colour, beside, sigmas_px=_BESIDE_PX)
    local: np.ndarray = np.clip(paper.colour * ratio, 0.012, 1).astype(np.float32)
    return local


def _around(first: np.ndarray, photo: tuple[int, ...]) -> Window | None:
    """The part of the photo that holds what was found, with a margin; None when nothing was."""
    found = first > _FOUND
    margin = _MARGIN * max(found.shape) + 2
    sides = []
    for axis in (1, 0):
        places = np.flatnonzero(found.any(axis=axis))
        if not places.size:
            return None
        step = photo[1 - axis] / found.shape[1 - axis]
        start, stop = (float(places[0]) - margin) * step, (float(places[-1]) + 1 + margin) * step
        sides.append(slice(max(0, int(start)), min(photo[1 - axis], int(np.ceil(stop)))))
    return sides[0], sides[1]


def _look(photo: np.ndarray, window: Window, pixels: int, paper: Paper, local: np.ndarray) -> Look:
    picture = reduced(photo[window], pixels)
    shape = picture.shape[:2]
    colour = _part(paper.colour, window, photo.shape, shape)
    backdrop = colour if local is paper.colour else _part(local, window, photo.shape, shape)
    raw = network.coverage(codes(picture, backdrop), picture)
    return Look(window, picture, Paper(colour, paper.spread, paper.share), raw, paper.colour)


def _part(plane: np.ndarray, window: Window, photo: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
    """A window, given in the photo's pixels, of a plane that stands for the whole photo, brought to a shape."""
    moved = np.zeros((2, 3), np.float64)
    for row, axis in ((0, 1), (1, 0)):
        start, length = window[axis].start, window[axis].stop - window[axis].start
        scale = plane.shape[axis] / photo[axis]
        step = scale * length / shape[axis]
        moved[row, row] = step
        moved[row, 2] = start * scale + 0.5 * step - 0.5  # pixel centres lie at half numbers
    brought: np.ndarray = cv2.warpAffine(
        plane,
        moved,
        shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return brought


def _is_at_odds(before: np.ndarray, close: Look, photo: tuple[int, ...]) -> bool:
    """Whether the close look reaches beyond what it shows, or lost wide parts of what the first saw."""
    if _touches_inner_side(close, photo):
        return True
    lost = float(np.clip(before - close.raw, 0, 1)[_deep(before > 0.6)].sum())
    return lost > _LOST * max(1.0, float((before > 0.5).sum()))


def _without_doubt_inside(before: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """What the first look was sure of, away from any edge it saw, stays whole: seen closely, a wide even side gives the network
    nothing to tell it by, and the answer gets blotches. What is wholly open in its middle is no blotch but an opening."""
    count, labels = cv2.connectedComponents((raw < 0.5).astype(np.uint8))
    least = np.ones(count, np.float32)
    np.minimum.at(least, labels.ravel().astype(np.intp), raw.ravel())
    openings = cv2.dilate(((least < _OPEN)[labels]).astype(np.uint8), disc(_DEEP_PX)) > 0
    kept: np.ndarray = np.where(_deep(before > _SURE) & ~openings, np.maximum(raw, before), raw)
    return kept


def _deep(inside: np.ndarray) -> np.ndarray:
    deep: np.ndarray = cv2.erode(inside.astype(np.uint8), disc(_DEEP_PX)) > 0
    return deep


def _touches_inner_side(close: Look, photo: tuple[int, ...]) -> bool:
    rows, columns = close.window
    ends = ((rows.start > 0, 0), (rows.stop < photo[0], -1))
    sides = ((columns.start > 0, 0), (columns.stop < photo[1], -1))
    lines = [close.raw[place] for inside, place in ends if inside]
    lines += [close.raw[:, place] for inside, place in sides if inside]
    return any(float(line.max()) > _TOUCHED for line in lines)
