"""Clear glass: the network cuts it out whole, with the paper inside, and a set then ends where the glass begins.

Where a product is known to be of glass, each of its pixels that the paper shines through gets the least coverage that explains
what is seen: 1 - t where it dims the paper to a share t, as at walls and in thick bases, and what a highlight adds to it.
Firm parts (lids, fillings, labels in colour) stay whole.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from processing.imaging.matting.discs import disc
from processing.imaging.matting.evidence import steepness
from processing.imaging.matting.light import LEAST_PAPER, decode, to_code, to_light
from processing.imaging.matting.matte import CLEAREST_PANE

# What glass holds back at most: its darkest line shows what the glass stands before, so nobody may compare colours by it.
_MOST = 0.96
# Walls seen at a grazing angle mirror more, on six path-traced vessels alike: so much more at the outline, fading over this
# share of the product's size.
_RIM, _RIM_WIDTH = 0.45, 0.018
# Coverage beyond which it has a colour of its own.
_COLOURED = 0.35
# Misfit of the paper, and how far a highlight must rise above paper that is nearly white already; in linear light.
_NOISE, _LEAST_HEADROOM = 0.04, 0.3
_BELIEVED, _FOOT_PX = 0.2, 3
_FIRM, _CLEAR, _FLAT = 0.5, 0.35, 0.008  # of coverage; of steepness, sRGB units a pixel
# Lengths, as shares of the square root of the product's area.
_GAPS, _CLOSED, _FIRM_RADIUS, _FIRM_REACH, _FLAT_RADIUS, _SMOOTH = 0.05, 0.015, 0.06, 0.03, 0.02, 0.012
_SMALLEST, _MOST_LACKING = 0.02, 0.05  # of the product's area; of the convex hull's
# A pane is as bright and as neutral as the paper behind it: a white label is brighter. And as even: white china has shading. What
# is more shaded than the first, and less than the second, goes with the area around it.
_DIM, _BRIGHT, _TINT, _SHADED = 0.6, 1.08, 0.1, (0.2, 0.32)
_SOFT_PX, _SEAM_PX, _STRIP_PX = 1.0, 4, 64
_OUTSIDE, _IS_FIRM, _IS_GLASS = 1, 2, 3


@dataclass(frozen=True)
class Glass:
    """Of each pixel, float32 (h, w) 0..1: `share` of it that is glass, coverage of its `outline`, the `least` that clear glass
    holds back of the `paper` (h, w, 3) behind it, and what the glass's own tint does (`base`)."""

    share: np.ndarray
    outline: np.ndarray
    least: np.ndarray
    paper: np.ndarray
    base: np.ndarray

    def planes(self) -> tuple[np.ndarray, ...]:
        return self.share, self.outline, self.least, self.paper, self.base


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


def with_glass(alpha: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> tuple[np.ndarray, Glass | None]:
    """(coarse alpha float32 (h, w) of a product of clear glass, its glass, or None where none is).

    `picture` float32 (h, w, 3) 0..1 and `backdrop` are the photo and the paper behind it.
    """
    seen = _seen(alpha, picture, backdrop)
    kinds = _kinds(seen, picture)
    if not (kinds == _IS_GLASS).any():
        return alpha, None
    firm = _rounded(kinds == _IS_FIRM, seen) & seen.within
    area = _rounded((kinds == _IS_GLASS) & ~firm, seen, beside=firm) & ~firm
    smooth = _smooth(area, max(1.0, _SMOOTH * seen.size_px))
    glass = Glass(
        share=cv2.blur((_grown(area, disc(_SEAM_PX)) & ~firm).astype(np.float32), (5, 5)),
        outline=cv2.GaussianBlur(smooth.astype(np.float32), (0, 0), _SOFT_PX),
        least=_least(smooth | firm, seen.size_px),
        paper=backdrop,
        base=np.zeros_like(alpha),
    )
    return alpha + glass.share * (held_by(seen.covered, glass) - alpha), glass


def glass_at_size(
    photo: np.ndarray, alpha: np.ndarray, foreground: np.ndarray, glass: Glass
) -> tuple[np.ndarray, np.ndarray]:
    """(alpha uint8 (h, w), foreground uint8 (h, w, 3)) at the photo's own size, in which glass has the coverage and the colour
    that each of its pixels asks for. `photo` uint8 (h, w, 3) is what the planes of `glass` stand for."""
    alpha, foreground = alpha.copy(), foreground.copy()
    for top in range(0, alpha.shape[0], _STRIP_PX):
        rows = slice(top, top + _STRIP_PX)
        strip = Glass(*(_brought(plane, top, photo[rows].shape, alpha.shape) for plane in glass.planes()))
        if not strip.share.any():
            continue
        light, paper = to_light(photo[rows]), decode(strip.paper)
        covered = covered_by(light, paper)
        held = held_by(covered, strip)
        before = alpha[rows].astype(np.float32) / 255
        alpha[rows] = ((before + strip.share * (held - before)) * 255 + 0.5).astype(np.uint8)
        own, glassy = to_code(_own_light(light, paper, covered, held)), strip.share[..., None]
        mixed = foreground[rows] + glassy * (own.astype(np.float32) - foreground[rows])
        foreground[rows] = (mixed + 0.5).astype(np.uint8)
    return alpha, foreground


def _own_light(light: np.ndarray, paper: np.ndarray, covered: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Light of the glass itself, which its coverage leaves for it; in its brightness only where it hardly differs from the
    paper: there that colour would be the paper's, or its misfit."""
    share = np.maximum(held, CLEAREST_PANE)[..., None]
    own = (light - (1 - share) * paper) / share
    grey = own.mean(axis=2, keepdims=True)
    coloured: np.ndarray = grey + np.clip(covered[..., None] / _COLOURED, 0, 1) * (own - grey)
    return coloured


def _brought(plane: np.ndarray, top: int, strip: tuple[int, ...], whole: tuple[int, ...]) -> np.ndarray:
    """The rows from `top` on of a coarse plane that stands for a `whole` picture, at that picture's size."""
    across, down = plane.shape[1] / whole[1], plane.shape[0] / whole[0]
    # Pixel centres lie at half numbers.
    moved = np.array([[across, 0, 0.5 * across - 0.5], [0, down, (top + 0.5) * down - 0.5]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    brought: np.ndarray = cv2.warpAffine(plane, moved, strip[1::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
    return brought


def held_by(covered: np.ndarray, glass: Glass) -> np.ndarray:
    """Coverage float32 of glass: what it dims and mirrors, but no less than clear glass and its own tint do."""
    more = np.clip((covered - _NOISE) / (1 - _NOISE), 0, 1)
    held: np.ndarray = glass.outline * np.maximum(glass.base, glass.least + (_MOST - glass.least) * more)
    return held


def _least(product: np.ndarray, size_px: float) -> np.ndarray:
    """What clear glass holds back of all that is behind it, float32: more towards its outline."""
    inwards = cv2.distanceTransform(np.pad(product, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    least: np.ndarray = CLEAREST_PANE + _RIM * np.exp(-inwards / (_RIM_WIDTH * size_px))
    return least


def _seen(alpha: np.ndarray, picture: np.ndarray, backdrop: np.ndarray) -> _Seen:
    light, paper = decode(picture), decode(backdrop)
    size_px = max(1.0, float((alpha > 0.5).sum()) ** 0.5)
    solid = alpha > 0.5
    # Thin stems are hardly seen by the network; beside what it does see, the little it believes is the foot of an edge.
    solid |= (alpha > _BELIEVED) & ~_grown(solid, disc(_FOOT_PX))
    within = _filled(solid, disc(max(3, round(_GAPS * size_px))))
    return _Seen(light / np.maximum(paper, LEAST_PAPER), covered_by(light, paper), within, size_px)


def covered_by(light: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """The least coverage float32 (h, w) by which anything in front of the paper explains what is seen, both in linear light."""
    darker = 1 - (light / np.maximum(paper, LEAST_PAPER)).min(axis=2)
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


def _smooth(shape: np.ndarray, sigma_px: float) -> np.ndarray:
    """A shape with a smooth outline."""
    smooth: np.ndarray = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), sigma_px) > 0.5
    return smooth


def _grown(shape: np.ndarray, by: np.ndarray) -> np.ndarray:
    grown: np.ndarray = cv2.dilate(shape.astype(np.uint8), by) > 0
    return grown
