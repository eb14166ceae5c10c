"""Photos whose paper has already been made pure white: there whatever is not white, up to an abrupt border, is product.

Retouchers and marketplaces deliver such pictures. No shadow is left in them that a pale panel or a black rim could be taken for,
so what the network doubts, as it would on paper that may lie in shadow, is answered by the picture.
"""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.lift import mixture

_WHITE, _FRAME_SHARE = 0.97, 0.9
# How much darker than the paper the picture gets within a few pixels of it. Shadows that were left fade out: of the border of 62
# whitened pictures 84 to 100 % is sharp, of that of 7 with a shadow or a mirror image 27 to 94 %.
_RISE, _REACH_PX, _SHARP_SHARE = 0.06, 3, 0.88
# What is doubted is product when belief and abruptness of its border come to this together, less where the rest of the border is
# all sharp. A border is abrupt where the picture gets half as dark in those few pixels as it does further in.
_ENOUGH, _SHARP_COUNTS, _ABRUPT_COUNTS, _FURTHER_PX, _ENCLOSED = 0.38, 2.0, 0.3, 8, 0.25
_DOUBTED, _BELIEVED = 0.9, 0.5
_EDGE_PX, _MIXED_PX, _LEAST_PX, _COLOURS_PX = 2, 4, 12, 24


def fill_whitened(alpha: np.ndarray, raw: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Coarse alpha float32 (h, w) with what the network doubts made solid where it ends abruptly in a paper that is pure white.
    Pictures on other paper, or with shadows on it, come back as they are. `raw`: the network's own answer."""
    depth = 1 - picture.min(axis=2)
    white = depth < 1 - _WHITE
    frame = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    if float(frame.mean()) < _FRAME_SHARE:
        return alpha
    paper = _paper(white, alpha)
    border = paper & (cv2.dilate((~paper).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    codes = (depth * 255).astype(np.uint8)  # the largest of bytes is found ten times as fast
    near = cv2.dilate(codes, disc(_REACH_PX)) / np.float32(255)
    sharp = float((near[border] > _RISE).mean()) if border.any() else 0.0
    if sharp < _SHARP_SHARE:
        return alpha
    beside = cv2.dilate(paper.astype(np.uint8), disc(_EDGE_PX)) > 0
    doubted = ~white & (alpha < _DOUBTED)
    further = cv2.dilate(codes, disc(_FURTHER_PX)) / np.float32(255)
    abrupt = near > np.maximum(_RISE, 0.5 * further)
    least = _ENOUGH + _SHARP_COUNTS * (1 - sharp)
    cores = _product((doubted & ~beside).astype(np.uint8), raw, border, abrupt, least)
    if not cores.any():
        return alpha
    found = doubted & (cv2.dilate(cores, disc(_EDGE_PX + 1)) > 0)
    window = _around(found)
    solid = np.where(cores > 0, 1, alpha).astype(np.float32)[window]
    seen = np.ascontiguousarray(picture[window])
    place = np.zeros_like(alpha)
    place[window] = np.clip(mixture(seen, np.ones_like(seen), spread_colours(seen, solid).product), 0, 1)
    mixed = cv2.dilate(paper.astype(np.uint8), disc(_MIXED_PX)) > 0
    filled: np.ndarray = np.where(found, np.maximum(alpha, np.where(mixed, place, 1)), alpha).astype(np.float32)
    return filled


def _around(found: np.ndarray) -> tuple[slice, slice]:
    """The part of a plane bool (h, w) that holds what is true in it, with the neighbours that colours are taken from."""
    left, top, width, height = cv2.boundingRect(found.astype(np.uint8))
    rows = slice(max(0, top - _COLOURS_PX), top + height + _COLOURS_PX)
    return rows, slice(max(0, left - _COLOURS_PX), left + width + _COLOURS_PX)


def _paper(white: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """White areas, bool (h, w), that reach the frame or that the network takes for openings."""
    count, labels = cv2.connectedComponents(white.astype(np.uint8), connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)
    means = np.bincount(labels.ravel(), weights=alpha.ravel(), minlength=count) / np.maximum(sizes, 1)
    is_paper = means < _BELIEVED
    is_paper[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    is_paper[0] = False
    paper: np.ndarray = is_paper[labels]
    return paper


def _product(areas: np.ndarray, raw: np.ndarray, border: np.ndarray, abrupt: np.ndarray, least: float) -> np.ndarray:
    """Those separate areas, uint8 (h, w), that are believed enough for how they end in the paper. `least`: belief that is asked
    of one whose border is not abrupt at all."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(areas, connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA]
    belief = np.bincount(labels.ravel(), weights=raw.ravel(), minlength=count) / np.maximum(sizes, 1)
    around = cv2.dilate(labels.astype(np.float32), disc(_EDGE_PX + 2)).astype(np.intp)[border]
    lengths = np.bincount(around, minlength=count)
    abruptness = np.bincount(around, weights=abrupt[border], minlength=count) / np.maximum(lengths, 1)
    enough = np.where(lengths > 0, least - _ABRUPT_COUNTS * abruptness, _ENCLOSED)
    is_product = (belief >= enough) & (sizes >= _LEAST_PX)
    is_product[0] = False
    product: np.ndarray = is_product[labels].astype(np.uint8)
    return product
