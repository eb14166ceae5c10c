"""White products on blown-out white: where the paper is one code value, whatever is not that value is there for a reason."""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import enclosed

_BLOWN_OUT = 0.985
_FRAME_SHARE = 0.55
_FIRM = 0.6
_THICK_PX = 3
_BELIEVED = 0.2  # mean coverage below which the network knows better: glow of the product on the paper


def fill_white(alpha: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Coarse alpha float32 (h, w) with pale areas made solid that differ from a blown-out paper and have firm product in
    at least seven of eight directions; a shadow or a reflection on the floor has none below it. Only broad areas that the
    network half believes: narrow ones are the soft rims of real openings, others the product's glow on the paper. Pictures
    on other paper come back as they are."""
    plain = picture.min(axis=2) > _BLOWN_OUT
    frame = np.concatenate([plain[0], plain[-1], plain[:, 0], plain[:, -1]])
    if float(frame.mean()) < _FRAME_SHARE:
        return alpha
    within = enclosed((alpha > _FIRM).astype(np.uint8))[1] > 0
    doubted = (within & ~plain & (alpha < 0.9)).astype(np.uint8)
    thick = disc(_THICK_PX)
    broad = _believed(cv2.morphologyEx(doubted, cv2.MORPH_OPEN, thick), alpha)
    # The rays leave streaks; what lies between two of them belongs to them.
    broad = cv2.morphologyEx(broad, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    grown = cv2.dilate(broad, thick) & ~_beside_paper(plain) & ~_openings(plain, alpha)
    filled: np.ndarray = np.maximum(alpha, cv2.blur(grown.astype(np.float32), (3, 3)))
    return filled


def _believed(areas: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The separate areas, uint8 (h, w), of which the network believes at least a little."""
    count, labels = cv2.connectedComponents(areas, connectivity=8)
    sizes = np.bincount(labels.ravel(), minlength=count)
    means = np.bincount(labels.ravel(), weights=alpha.ravel(), minlength=count) / np.maximum(sizes, 1)
    kept: np.ndarray = ((means >= _BELIEVED)[labels] & (areas > 0)).astype(np.uint8)
    return kept


def _openings(plain: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Broad areas, uint8 (h, w), that show the paper itself and that the network believes nothing of."""
    shown = (plain & (alpha < _BELIEVED)).astype(np.uint8)
    openings: np.ndarray = cv2.morphologyEx(shown, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return openings


def _beside_paper(plain: np.ndarray) -> np.ndarray:
    """Paper outside and its first pixel, where the product's own soft edge lies."""
    _, labels = cv2.connectedComponents(cv2.erode(plain.astype(np.uint8), np.ones((3, 3), np.uint8)), connectivity=4)
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    beyond = np.isin(labels, outside) & (labels > 0)
    beside: np.ndarray = cv2.dilate(beyond.astype(np.uint8), np.ones((5, 5), np.uint8))
    return beside
