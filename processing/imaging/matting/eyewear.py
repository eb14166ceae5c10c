"""Lenses of what is known to be eyewear: also those that the network believes whole, as it does most tinted ones.

Two smooth, rounded areas of like size are the lenses. Where their tint fades on light paper they hold back what they dim of it,
more at the top than at the foot; of even tint they have at least the coverage that `lenses` gives to those that the network doubts.
What stands out of that with a sharp outline (temples and pads behind a lens, prints on it) is solid, and what is soft (shadows and
mirror images on the paper behind) only dims.
"""

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import steepness
from processing.imaging.matting.glass import Glass, covered_by, held_by
from processing.imaging.matting.lenses import LIGHT_PAPER, light_passed, product_with_openings, smooth_areas, tinted_by
from processing.imaging.matting.lift import ramp
from processing.imaging.matting.light import LEAST_PAPER, decode

# Found on 13 photos and 15 path-traced shots. Of the product's area; of the convex hull; long by wide; larger by smaller.
_SMALLEST, _MOST_LACKING, _MOST_LONG, _MOST_UNLIKE = 0.06, 0.3, 2.6, 3.0
_LEAST_BELIEVED = 0.3
# What the clearest lens holds back, and what any lens mirrors, linear light. Of the rest that is seen in a dark lens most is its
# own, which keeps its colour on dark sets.
_CLEAREST, _MIRRORED, _OWN = 0.04, 0.04, 0.7
# Coverage by which a tint fades at least: two faded ones have 0.5 and 0.8, tinted ones that mirror the room up to 0.35.
_FADES = 0.42
# Coverage from which on a lens counts as tinted.
_TINTED = 0.5
# Distance from the lens's own gradient, sRGB units, where the rim may begin and where it surely has; and the same for what is seen
# in the midst of the lens.
_RIM, _WITHIN = (0.06, 0.16), (0.15, 0.3)
_REACH, _SEAM_PX, _SHARP, _SMALLEST_PX = 0.15, 3, 0.03, 6
_ROUNDS, _OUTLIER = 6, 2.5


def with_lenses(
    alpha: np.ndarray, raw: np.ndarray, picture: np.ndarray, backdrop: np.ndarray
) -> tuple[np.ndarray, Glass | None]:
    """(coarse alpha float32 (h, w) of eyewear, its lenses, or None where none is seen that dims the paper).

    `raw` is the network's own answer, `picture` float32 (h, w, 3) 0..1 and `backdrop` are the photo and the paper behind it.
    """
    within = product_with_openings(raw)
    areas = [area for area in smooth_areas(within, picture, least_share=_SMALLEST) if _is_rounded(area)]
    cleared = _without_haze(alpha, [area for area in areas if float(raw[area].mean()) <= _LEAST_BELIEVED], picture)
    lenses = _twins([area for area in areas if float(raw[area].mean()) > _LEAST_BELIEVED])
    if not lenses:
        return cleared, None
    light, paper = decode(picture), decode(backdrop)
    covered = covered_by(light, paper)
    dimmed = 1 - np.maximum(light.min(axis=2) - _MIRRORED, 0) / np.maximum(paper.min(axis=2), LEAST_PAPER)
    ends = _ends(lenses, dimmed, picture, backdrop)
    share, base = np.zeros_like(alpha), np.zeros_like(alpha)
    for inside in lenses:
        hull = _hull(inside)
        near = cv2.dilate(hull.astype(np.uint8), disc(max(5, round(_REACH * float(inside.sum()) ** 0.5)))) > 0
        reached = near & within
        away = np.abs(picture - _gradient(picture, inside, near)).max(axis=2)
        solid = _sharp(ramp(away, _WITHIN) * reached, picture)
        share = np.maximum(share, np.where(hull, 1, (1 - ramp(away, _RIM)) * reached))
        own = np.clip(_held_back(_gradient(dimmed[..., None], inside, near)[..., 0]), *ends)
        base = np.where(reached, np.maximum(base, own + (1 - own) * solid), base)
    glass = Glass(
        share=cv2.blur(share.astype(np.float32), (_SEAM_PX, _SEAM_PX)),
        outline=np.maximum(alpha, cv2.erode(within.astype(np.float32), disc(1))),
        least=np.full_like(alpha, _CLEAREST),
        paper=backdrop,
        base=base.astype(np.float32),
    )
    return cleared + glass.share * (held_by(covered, glass) - cleared), glass


def _ends(
    lenses: list[np.ndarray], dimmed: np.ndarray, picture: np.ndarray, backdrop: np.ndarray
) -> tuple[float, float]:
    """The least and the most that the lenses hold back by their tint: all that is seen of one that fades, at least that of even
    tints, or only what clear ones dim."""
    seen = np.concatenate([_held_back(dimmed[inside]) for inside in lenses])
    behind = np.concatenate([backdrop[inside] for inside in lenses])
    if float(behind.mean()) > LIGHT_PAPER and float(np.ptp(np.quantile(seen, (0.05, 0.95)))) > _FADES:
        return _CLEAREST, 1
    passed = float(np.mean([light_passed(inside, picture, backdrop) for inside in lenses]))
    even, clear = tinted_by(passed), max(_CLEAREST, 1 - passed)
    return (even, 1) if even > _TINTED else (clear, clear)


def _held_back(dimmed: np.ndarray) -> np.ndarray:
    """Coverage of a lens that dims the paper so much: of what is seen in dark ones less is the paper than in clear ones."""
    covered = np.clip(dimmed, 0, 1)
    held: np.ndarray = np.maximum(1 - (1 - covered) * (1 - _OWN * covered), _CLEAREST)
    return held


def _without_haze(alpha: np.ndarray, open_areas: list[np.ndarray], picture: np.ndarray) -> np.ndarray:
    """Alpha without patches that the network saw in panes too clear to be seen."""
    cleared = alpha
    for inside in open_areas:
        hull = _hull(inside)
        away = np.abs(picture - _gradient(picture, inside, hull)).max(axis=2)
        cleared = np.where(hull, np.minimum(cleared, ramp(away, _RIM)), cleared)
    return cleared


def _twins(areas: list[np.ndarray]) -> list[np.ndarray]:
    """The areas that are not the only one of their size."""
    sizes = [int(area.sum()) for area in areas]
    return [
        area
        for place, area in enumerate(areas)
        if any(other != place and _alike(sizes[place], size) for other, size in enumerate(sizes))
    ]


def _alike(one: int, other: int) -> bool:
    return max(one, other) < _MOST_UNLIKE * min(one, other)


def _is_rounded(area: np.ndarray) -> bool:
    hull = cv2.findContours(_hull(area).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
    sides = cv2.minAreaRect(hull)[1]
    filled = cv2.morphologyEx(area.astype(np.uint8), cv2.MORPH_CLOSE, disc(4))
    is_whole = float(filled.sum()) > (1 - _MOST_LACKING) * max(1.0, cv2.contourArea(hull))
    return is_whole and max(sides) < _MOST_LONG * max(1.0, min(sides))


def _hull(area: np.ndarray) -> np.ndarray:
    outlines = cv2.findContours(area.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    corners = cv2.convexHull(np.vstack(outlines))
    hull: np.ndarray = cv2.fillConvexPoly(np.zeros(area.shape, np.uint8), corners, 1) > 0
    return hull


def _gradient(values: np.ndarray, own: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Values float32 (h, w, n) as a polynomial fit over `own` continues them where it is `near`; what strays, such as mirror
    images, does not count."""
    fitted = np.zeros_like(values)
    terms, asked = _terms(own), _terms(near)
    for band in range(values.shape[2]):
        seen = values[..., band][own]
        weight = np.ones(len(seen), np.float32)
        for _ in range(_ROUNDS):
            found = np.linalg.lstsq(terms * weight[:, None], seen * weight, rcond=None)[0]
            misfit = np.abs(seen - terms @ found)
            weight = (misfit < _OUTLIER * max(0.01, 1.5 * float(np.median(misfit)))).astype(np.float32)
        fitted[..., band][near] = asked @ found
    return fitted


def _terms(where: np.ndarray) -> np.ndarray:
    down, across = (axis / size for axis, size in zip(np.nonzero(where), where.shape, strict=True))
    # Tints fade downwards, faster than a parabola does.
    powers = (np.ones_like(down), down, across, down**2, across**2, down * across, down**3)
    terms: np.ndarray = np.stack(powers, 1)
    return terms


def _sharp(away: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Of what leaves the gradient, 0..1 (h, w), the areas with a sharp outline."""
    steep = steepness(picture, 1.0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((away > 0.5).astype(np.uint8))
    sharp = np.zeros(away.shape, bool)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < _SMALLEST_PX:
            continue
        area = (labels == label).astype(np.uint8)
        rim = (cv2.dilate(area, disc(1)) > 0) & (cv2.erode(area, disc(1)) == 0)
        sharp |= (area > 0) & (float(np.median(steep[rim])) > _SHARP)
    firm: np.ndarray = away * cv2.dilate(sharp.astype(np.uint8), disc(1))
    return firm
