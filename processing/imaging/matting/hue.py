"""Thin things with a colour of their own, as gold chains: a hard shadow lies all along them, and the network believes half of it.

A shadow multiplies the paper's colour, so what of a pixel lies beside the line from that colour to black is the product's alone,
and grows with its coverage.
"""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.evidence import off_shadow_line, shadow_line

# Distance from the shadow line, sRGB units: a colour of its own, none; share of the product that has to have one.
_OWN, _NONE, _OWN_SHARE = 0.04, 0.025, 0.95
_SURE, _DOUBTED, _HALF_BELIEVED, _OPEN = 0.9, 0.95, 0.8, 0.05
# Share of the paper's light: what is darker may be a dark part of the product.
_SHADED = (0.3, 1.04)
# Wider areas that no open paper reaches may be lenses.
_BROAD_PX, _SOFT_PX, _WIDE_PX = 1, 3, 8
# Shadow as a share of the product: 0.38 for a chain, up to 0.05 for other products of one hue, where it may as well be the product's
# own grey parts.
_LEAST_SHARE = 0.1


def without_cast_shadow(raw: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """The network's answer float32 (h, w) with what it took from a shadow brought down to the coverage that the hue says, of a
    photo and its paper, both float32 (h, w, 3) 0..1. Products of other kinds come back as they are."""
    ratio, off_line = shadow_line(picture, backdrop)[:2]
    sure = cv2.erode((raw > _SURE).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not sure.any() or float((off_line[sure] > _OWN).mean()) < _OWN_SHARE:
        return raw
    hueless = (off_line < _NONE) & (ratio > _SHADED[0]) & (ratio < _SHADED[1]) & (raw < _HALF_BELIEVED)
    core = cv2.morphologyEx(_shadow(hueless, raw < _OPEN), cv2.MORPH_OPEN, disc(_BROAD_PX))
    if float(core.sum()) < _LEAST_SHARE * float((raw > 0.5).sum()):
        return raw
    own, seen = (off_shadow_line(colour, backdrop)[1] for colour in (spread_colours(picture, raw).product, picture))
    covered = np.clip((own * seen).sum(axis=2) / np.maximum((own * own).sum(axis=2), _OWN * _OWN), 0, 1)
    doubted = (cv2.dilate(core, disc(_SOFT_PX)) > 0) & (raw < _DOUBTED)
    lowered: np.ndarray = np.where(doubted, np.minimum(raw, covered), raw).astype(np.float32)
    return lowered


def _shadow(hueless: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """What has no hue and reaches open paper, or is narrow, uint8 (h, w)."""
    passable = (outside | hueless).astype(np.uint8)
    _, labels = cv2.connectedComponents(passable, connectivity=4)
    wide = cv2.morphologyEx(passable, cv2.MORPH_OPEN, disc(_WIDE_PX)) > 0
    reached = np.isin(labels, np.unique(labels[outside])) | ~np.isin(labels, np.unique(labels[wide]))
    shadow: np.ndarray = (hueless & ~outside & reached).astype(np.uint8)
    return shadow
