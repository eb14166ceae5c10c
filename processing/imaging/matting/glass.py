"""Clear glass: the network cuts it out whole, with the paper inside, and a set then ends where the glass begins.

Where a product is known to be of glass, each of its pixels that the paper shines through gets the least coverage that explains
what is seen: 1 - t where it dims the paper to a share t, as at walls and in thick bases, and what a highlight adds to it.
Firm parts (lids, fillings, labels in colour) stay whole.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import steepness
from processing.imaging.matting.lift import Coarse
from processing.imaging.matting.light import decode, to_code

# What the clearest pane holds back and mirrors: with less, a glass on a dark set could not be seen.
_BODY = 0.15
# What glass holds back at most: its darkest line shows what the glass stands before, so nobody may compare colours by it.
_MOST = 0.96
# Walls seen at a grazing angle mirror more, on six path-traced vessels alike: so much more at the outline, fading over this
# share of the product's size.
_RIM, _RIM_WIDTH = 0.45, 0.018
# Coverage beyond which it has a colour of its own.
_COLOURED = 0.35
# Misfit of the paper, and how far a highlight must rise above paper that is nearly white already; in linear light.
_NOISE, _LEAST_HEADROOM = 0.04, 0.3
_FIRM, _CLEAR, _FLAT = 0.5, 0.35, 0.008  # of coverage; of steepness, sRGB units a pixel
# Lengths, as shares of the square root of the product's area.
_GAPS, _CLOSED, _FIRM_RADIUS, _FIRM_REACH, _FLAT_RADIUS, _SMOOTH = 0.05, 0.015, 0.06, 0.03, 0.02, 0.012
_SMALLEST, _MOST_LACKING = 0.02, 0.05  # of the product's area; of the convex hull's
# A pane is as bright and as neutral as the paper behind it: a white label is brighter. And as even: white china has shading. What
# is more shaded than the first, and less than the second, goes with the area around it.
_DIM, _BRIGHT, _TINT, _SHADED = 0.6, 1.08, 0.1, (0.2, 0.32)
_SOFT_PX, _SEAM_PX = 1.0, 4
_OUTSIDE, _IS_FIRM, _IS_GLASS = 1, 2, 3


@dataclass(frozen=True)
class _Seen:
    """Paper and product in linear light: `ratio` float32 (h, w, 3) of the two, `covered` float32 (h, w) the least coverage
    that explains the product, `within` bool (h, w) its outline with all that is open inside, `size_px` the root of its area."""

    ratio: np.ndarray
    covered: np.ndarray
    within: np.ndarray
    size_px: float

    def reach(self, share: float) -> np.ndarray:
        return disc(max(1, round(share * self.size_px)))


def with_glass(alpha: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """(coarse alpha float32 (h, w) of a product of clear glass, share of each pixel that is glass, or None where none is).

    `picture` float32 (h, w, 3) 0..1 and `backdrop` are the photo and the paper behind it.
    """
    seen = _seen(alpha, picture, backdrop)
    kinds = _kinds(seen, picture)
    if not (kinds == _IS_GLASS).any():
        return alpha, None
    firm = _rounded(kinds == _IS_FIRM, seen) & seen.within
    glass = _rounded((kinds == _IS_GLASS) & ~firm, seen, beside=firm) & ~firm
    share = cv2.blur((_grown(glass, disc(_SEAM_PX)) & ~firm).astype(np.float32), (5, 5))
    smooth = _smooth(glass, max(1.0, _SMOOTH * seen.size_px))
    clear = _held(seen, smooth | firm) * cv2.GaussianBlur(smooth.astype(np.float32), (0, 0), _SOFT_PX)
    return (alpha + share * (clear - alpha)).astype(np.float32), share


def glass_colours(coarse: Coarse, share: np.ndarray, backdrop: np.ndarray) -> Coarse:
    """The solution with the paper's own colour behind glass, and the glass in the colour that its coverage leaves for it, but in
    its brightness only where it hardly differs from the paper: there that colour would be the paper's, or its misfit."""
    light, paper, held = decode(coarse.picture), decode(backdrop), np.maximum(coarse.alpha, _BODY)[..., None]
    own = (light - (1 - held) * paper) / held
    grey = own.mean(axis=2, keepdims=True)
    own = grey + np.clip(_covered(light, paper)[..., None] / _COLOURED, 0, 1) * (own - grey)
    glass = share[..., None]
    product = coarse.product + glass * (to_code(own).astype(np.float32) / 255 - coarse.product)
    return replace(coarse, product=product, backdrop=coarse.backdrop + glass * (backdrop - coarse.backdrop))


def _seen(alpha: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> _Seen:
    light, paper = decode(picture), decode(backdrop)
    size_px = max(1.0, float((alpha > 0.5).sum()) ** 0.5)
    within = _filled(alpha > 0.5, disc(max(3, round(_GAPS * size_px))))
    return _Seen(light / np.maximum(paper, 1e-3), _covered(light, paper), within, size_px)


def _covered(light: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """The least coverage float32 (h, w) by which anything in front of the paper explains what is seen, both in linear light."""
    darker = 1 - (light / np.maximum(paper, 1e-3)).min(axis=2)
    brighter = ((light - paper) / np.maximum(1 - paper, _LEAST_HEADROOM)).max(axis=2)
    covered: np.ndarray = np.clip(np.maximum(darker, brighter), 0, 1)
    return covered


def _filled(shape: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """A shape without openings, also without such as reach its outline and are no wider than `gaps`."""
    margin = gaps.shape[0]
    around = np.pad(shape.astype(np.uint8), margin)
    closed = cv2.morphologyEx(around, cv2.MORPH_CLOSE, gaps)
    cv2.floodFill(closed, None, (0, 0), 2)
    filled: np.ndarray = closed[margin:-margin, margin:-margin] != 2
    return filled


def _kinds(seen: _Seen, picture: np.ndarray) -> np.ndarray:
    """For each pixel whether it is glass, firm or outside, int32 (h, w): what is neither for sure goes with the area from which
    no edge parts it."""
    kinds = np.where(seen.within, 0, _OUTSIDE).astype(np.int32)
    firm = _firm(seen)
    kinds[firm] = _IS_FIRM
    flat = seen.within & ~firm & (seen.covered < _CLEAR) & (steepness(picture, 1.0) < _FLAT)
    wide = cv2.morphologyEx(flat.astype(np.uint8), cv2.MORPH_OPEN, seen.reach(_FLAT_RADIUS))
    for area in _parts(wide, seen):
        kinds[area] = _kind(seen.ratio[area])
    if (kinds == _IS_GLASS).any():
        # The outside is made black, so that it floods no pale side of the product.
        cv2.watershed((picture * seen.within[..., None] * 255 + 0.5).astype(np.uint8), kinds)
        # The lines between areas, and dark walls, which the outside has taken.
        to_glass, to_firm = (_distance(kinds == kind) for kind in (_IS_GLASS, _IS_FIRM))
        left = seen.within & (kinds < _IS_FIRM)
        kinds[left] = np.where(to_glass <= to_firm, _IS_GLASS, _IS_FIRM)[left]
    return kinds


def _distance(shape: np.ndarray) -> np.ndarray:
    """Of each pixel to a shape, px; far where there is none."""
    distance: np.ndarray = cv2.distanceTransform((~shape).astype(np.uint8), cv2.DIST_L2, 3)
    return distance


def _firm(seen: _Seen) -> np.ndarray:
    """Broad parts that no paper shines through: lids and fillings, but not the dark lines at the walls of a glass."""
    solid = (seen.within & (seen.covered > _FIRM)).astype(np.uint8)
    joined = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, seen.reach(_CLOSED)) * seen.within
    core = cv2.morphologyEx(joined, cv2.MORPH_OPEN, seen.reach(_FIRM_RADIUS)) > 0
    firm: np.ndarray = core | ((joined > 0) & _grown(core, seen.reach(_FIRM_REACH)))
    return firm


def _parts(shape: np.ndarray, seen: _Seen) -> list[np.ndarray]:
    """The separate areas of a shape, bool (h, w) each, less the small ones."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(shape.astype(np.uint8))
    least = _SMALLEST * float(seen.within.sum())
    return [labels == label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= least]


def _kind(ratio: np.ndarray) -> int:
    """What an even area is, by its pixels, (n, 3) of the paper's light: the paper behind a pane, firm, or 0 for either."""
    lowest, highest = ratio.min(axis=1), ratio.max(axis=1)
    dark, light = np.quantile(lowest, (0.1, 0.9))
    is_paper = float(np.median(lowest)) > _DIM and float(np.median(highest)) < _BRIGHT
    shaded = float(light - dark)
    if not is_paper or float(np.median(highest - lowest)) > _TINT or shaded > _SHADED[1]:
        return _IS_FIRM
    return _IS_GLASS if shaded < _SHADED[0] else 0


def _rounded(shape: np.ndarray, seen: _Seen, *, beside: np.ndarray | None = None) -> np.ndarray:
    """Parts that are nearly convex, as glasses and lids are, made so; what lies `beside` them is nothing they lack."""
    rounded = shape.copy()
    for part in _parts(shape, seen):
        outlines = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        hull = cv2.fillConvexPoly(np.zeros(shape.shape, np.uint8), cv2.convexHull(np.vstack(outlines)), 1) > 0
        whole = part if beside is None else part | beside
        if float(whole[hull].mean()) > 1 - _MOST_LACKING:
            rounded |= hull
    return rounded


def _held(seen: _Seen, product: np.ndarray) -> np.ndarray:
    """Coverage float32 of glass: what it dims and mirrors, but no less than clear glass has, which is more towards its outline."""
    inwards = cv2.distanceTransform(np.pad(product, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    least = _BODY + _RIM * np.exp(-inwards / (_RIM_WIDTH * seen.size_px))
    held: np.ndarray = least + (_MOST - least) * np.clip((seen.covered - _NOISE) / (1 - _NOISE), 0, 1)
    return held


def _smooth(shape: np.ndarray, sigma_px: float) -> np.ndarray:
    """A shape with a smooth outline."""
    smooth: np.ndarray = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), sigma_px) > 0.5
    return smooth


def _grown(shape: np.ndarray, by: np.ndarray) -> np.ndarray:
    grown: np.ndarray = cv2.dilate(shape.astype(np.uint8), by) > 0
    return grown
