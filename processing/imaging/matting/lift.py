"""From the coarse solution to the photo's own size: alpha along the photo's edges, colours freed from the backdrop.

The coarse alpha is written as a linear function of colour in small windows (the guided filter's model); applied to the
full photo, the edges fall where the photo has them. Only tiles that hold an edge are worked on, so 12 megapixels cost
little more than one.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from processing.imaging.matting.guided import colour_model
from processing.imaging.matting.light import decode, to_code, to_light

_TILE = 128
_SURE = 0.012
# Averaging down widens an edge by the scale; these two, found on shots of 1 to 6 MP with known alpha, bring the error in
# the 10 px beside the edge from 2.5 % (cubic enlargement alone) to 0.9 %.
_GUIDED = 0.25
_STEEPER = 0.2
# Share that is taken back of what a freed colour has more of than the product nearby has, away from the backdrop: an alpha that is
# a little low turns brown fur before blue paper orange. Only where the two colours are unlike each other. Found on 70 shots with
# known colours: the error falls by 1 to 10 %.
_OVERSHOT, _UNLIKE = 0.7, (0.1, 0.35)
# Where the photo's own edge is taken: change of the coarse alpha beside a pixel, how undecided that is (twice its distance from
# 0 or 1), contrast in sRGB units, distance from the line between the two colours as a share of its length. Found on 124 shots with
# known alpha: the error of the edge and of its colours fall by 2 to 7 %.
_FIRM_EDGE, _SOFT, _CLEAR, _MISFIT = (0.5, 0.9), (0.1, 0.5), (0.05, 0.2), 0.2


@dataclass(frozen=True)
class Coarse:
    """A solution at reduced size: picture, alpha, backdrop and product colour, float32, sRGB-encoded 0..1. `hair`, where
    there is some: share of each pixel whose alpha is its place between the two colours."""

    picture: np.ndarray
    alpha: np.ndarray
    backdrop: np.ndarray
    product: np.ndarray
    hair: np.ndarray | None = None


def lift(
    photo: np.ndarray, coarse: Coarse, *, window: tuple[slice, slice] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(alpha uint8 (h, w), foreground uint8 (h, w, 3)) for a uint8 photo. `window`: the part of the photo that `coarse`
    stands for; nothing outside of it is product."""
    alpha = np.zeros(photo.shape[:2], np.uint8)
    foreground = photo.copy()
    part = window or (slice(None), slice(None))
    _lift(photo[part], coarse, alpha[part], foreground[part])
    return alpha, foreground


def _lift(photo: np.ndarray, coarse: Coarse, alpha: np.ndarray, foreground: np.ndarray) -> None:
    """The same for a whole photo, written into the two last."""
    height, width = photo.shape[:2]
    guide = _Guide(
        colour_model(coarse.picture, coarse.alpha, radius_px=1, softness=1e-5),
        _lowest(coarse.alpha),
        _highest(coarse.alpha),
    )
    lowest, highest = _lowest(coarse.alpha, 5), _highest(coarse.alpha, 5)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = _Tile(top, left, min(_TILE, height - top), min(_TILE, width - left), photo.shape, coarse.alpha.shape)
            # Found by OpenCV: numpy takes ten times as long for planes as small as these.
            low, high = cv2.minMaxLoc(tile.coarse(lowest))[0], cv2.minMaxLoc(tile.coarse(highest))[1]
            if high < _SURE or low > 1 - _SURE:
                alpha[tile.window] = 255 if low > 0.5 else 0
                continue
            alpha[tile.window], foreground[tile.window] = _solve_tile(photo[tile.window], tile, coarse, guide)


@dataclass(frozen=True)
class _Guide:
    """Of a coarse alpha: the coefficients of the colours that it follows, and the least and the most that it is nearby."""

    model: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray


class _Tile:
    """A window of the photo and the same window of the coarse planes."""

    def __init__(self, top: int, left: int, rows: int, columns: int, full: tuple[int, ...], small: tuple[int, ...]):
        self.window = (slice(top, top + rows), slice(left, left + columns))
        self._size = (columns, rows)
        step_x, step_y = small[1] / full[1], small[0] / full[0]
        self.enlarged = (step_x * step_y) ** -0.5
        # Pixel centres lie at half numbers, hence the halves.
        self._map = np.array(
            [
                [step_x, 0, (left + 0.5) * step_x - 0.5],
                [0, step_y, (top + 0.5) * step_y - 0.5],
            ],
            np.float64,
        )
        rows_seen = slice(max(0, int(top * step_y) - 2), int((top + rows) * step_y) + 3)
        self._seen = (rows_seen, slice(max(0, int(left * step_x) - 2), int((left + columns) * step_x) + 3))

    def coarse(self, plane: np.ndarray) -> np.ndarray:
        """Part of a coarse plane under this tile, with a margin."""
        return plane[self._seen]

    def fine(self, plane: np.ndarray, *, cubic: bool = False) -> np.ndarray:
        """Coarse plane brought to the photo's size inside this tile."""
        how = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
        moved = self._map.copy()
        moved[:, 2] -= (self._seen[1].start, self._seen[0].start)
        brought: np.ndarray = cv2.warpAffine(
            np.ascontiguousarray(plane[self._seen]),
            moved,
            self._size,
            flags=how | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return brought


def _lowest(alpha: np.ndarray, side: int = 3) -> np.ndarray:
    lowest: np.ndarray = cv2.erode(alpha, np.ones((side, side), np.uint8))
    return lowest


def _highest(alpha: np.ndarray, side: int = 3) -> np.ndarray:
    highest: np.ndarray = cv2.dilate(alpha, np.ones((side, side), np.uint8))
    return highest


@dataclass(frozen=True)
class _Edge:
    """The pixels of a tile that are not, with all that is around them, product or backdrop: `places` counted row by row, the
    least and the most that the coarse alpha is nearby, (n,); the photo's codes and the colours they are mixed of, (3, n)."""

    places: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seen: np.ndarray
    backdrop: np.ndarray
    product: np.ndarray

    def of(self, plane: np.ndarray) -> np.ndarray:
        """Values (n,) of a plane (h, w) of the tile."""
        values: np.ndarray = np.take(plane, self.places)
        return values


def _bands_at(places: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Bands (b, n) of a plane (h, w, b): what goes for all bands is then reckoned with along whole rows, not three by three."""
    return np.ascontiguousarray(np.take(plane.reshape(-1, plane.shape[2]), places, axis=0).T)


def _solve_tile(photo: np.ndarray, tile: _Tile, coarse: Coarse, guide: _Guide) -> tuple[np.ndarray, np.ndarray]:
    low, high = tile.fine(guide.lowest), tile.fine(guide.highest)
    backdrop, product = tile.fine(coarse.backdrop), tile.fine(coarse.product)
    places = np.flatnonzero((high > 0) & (low < 1))
    colours = (_bands_at(places, plane) for plane in (photo, backdrop, product))
    edge = _Edge(places, np.take(low, places), np.take(high, places), *colours)
    codes = (low >= 1).view(np.uint8) * np.uint8(255)
    alpha = _edge_alpha(edge, tile, coarse, guide)
    codes.ravel()[places] = alpha
    foreground = _without_edge(photo, codes, product)
    mixed = np.flatnonzero((alpha > 0) & (alpha < 255))
    free = (np.take(plane, mixed, axis=1) for plane in (edge.seen, edge.backdrop, edge.product))
    foreground.reshape(-1, 3)[places[mixed]] = _freed(alpha[mixed], *free).T
    return codes, foreground


def _edge_alpha(edge: _Edge, tile: _Tile, coarse: Coarse, guide: _Guide) -> np.ndarray:
    """Alpha uint8 (n,)."""
    alpha = np.clip(edge.of(tile.fine(coarse.alpha, cubic=True)), 0, 1)
    if tile.enlarged > 1.1:
        slope = _bands_at(edge.places, tile.fine(guide.model))
        guided = (slope[:3] * edge.seen * np.float32(1 / 255)).sum(axis=0) + slope[3]
        # The model may only choose inside what the neighbourhood of the coarse alpha allows.
        alpha += _GUIDED * (np.clip(guided, edge.low, edge.high) - alpha)
        # Edges only: an even half-transparent pane must keep its value.
        steep = 1 + _STEEPER * (tile.enlarged - 1) * np.clip(2 * (edge.high - edge.low), 0, 1)
        alpha = np.clip((alpha - 0.5) * steep + 0.5, 0, 1)
    alpha = _with_own_edge(edge, alpha, soft=1 - np.abs(2 * edge.of(tile.fine(coarse.alpha)) - 1))
    if coarse.hair is not None:
        alpha += edge.of(tile.fine(coarse.hair)) * (_strands(edge) - alpha)
    alpha = np.where(alpha < _SURE, 0, np.where(alpha > 1 - _SURE, 1, alpha)).astype(np.float32)
    codes: np.ndarray = (alpha * 255 + 0.5).astype(np.uint8)
    return codes


def _with_own_edge(edge: _Edge, alpha: np.ndarray, *, soft: np.ndarray) -> np.ndarray:
    """Alpha where the edge is a firm one (the coarse alpha changes much beside the pixel) and product and backdrop
    differ clearly: there each pixel's place between the two, in linear light, as a lens has mixed them."""
    steep = edge.high - edge.low
    firm = np.flatnonzero((steep > _FIRM_EDGE[0]) & (soft > _SOFT[0]))
    share = ramp(steep[firm], _FIRM_EDGE) * ramp(soft[firm], _SOFT)
    seen, ground, colour = (np.take(plane, firm, axis=1) for plane in (edge.seen, edge.backdrop, edge.product))
    share *= ramp(np.abs(colour - ground).max(axis=0), _CLEAR)
    light, ground, colour = to_light(seen), decode(ground), decode(colour)
    way = colour - ground
    place = ((light - ground) * way).sum(axis=0) / np.maximum((way * way).sum(axis=0), 1e-4)
    off = np.abs(light - ground - place * way).max(axis=0) / np.maximum(np.abs(way).max(axis=0), 0.05)
    share *= np.clip(1 - off / _MISFIT, 0, 1)
    drawn = alpha.copy()
    drawn[firm] += share * (np.clip(place, 0, 1) - drawn[firm])
    return drawn


def ramp(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    risen: np.ndarray = np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1)
    return risen


def _strands(edge: _Edge) -> np.ndarray:
    """Alpha of hair at the photo's own size, where single strands show that the coarse alpha has averaged; what is solid or
    empty all around there stays so."""
    place = mixture(edge.seen.astype(np.float32) / 255, edge.backdrop, edge.product, axis=0)
    strands: np.ndarray = np.clip(np.minimum(np.maximum(place, (edge.low - 0.7) / 0.25), edge.high / 0.1), 0, 1)
    return strands


def mixture(picture: np.ndarray, backdrop: np.ndarray, product: np.ndarray, *, axis: int = 2) -> np.ndarray:
    """How far each pixel lies on the line from the backdrop's colour, 0, to the product's, 1, float32 (h, w), a little over
    both ends. All three float32 (h, w, 3) 0..1; `axis`: that of the bands."""
    way = product - backdrop
    length = np.maximum((way * way).sum(axis=axis), 1e-4)
    place: np.ndarray = np.clip(((picture - backdrop) * way).sum(axis=axis) / length, -0.5, 1.5)
    return place


def free_colours(photo: np.ndarray, alpha: np.ndarray, coarse: Coarse) -> np.ndarray:
    """Foreground uint8 (h, w, 3) for an alpha that is already final, uint8 (h, w)."""
    height, width = alpha.shape
    foreground = photo.copy()
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = _Tile(top, left, min(_TILE, height - top), min(_TILE, width - left), photo.shape, coarse.alpha.shape)
            shares = alpha[tile.window]
            mixed = np.flatnonzero((shares > 0) & (shares < 255))
            if mixed.size:
                product = tile.fine(coarse.product)
                part = _without_edge(photo[tile.window], shares, product)
                planes = (photo[tile.window], tile.fine(coarse.backdrop), product)
                free = (_bands_at(mixed, plane) for plane in planes)
                part.reshape(-1, 3)[mixed] = _freed(np.take(shares, mixed), *free).T
                foreground[tile.window] = part
    return foreground


def _without_edge(photo: np.ndarray, alpha: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Colours uint8 (h, w, 3): the photo's where alpha is 255; elsewhere, where nothing of the product is seen or only a part,
    the product's colour nearby, float32 (h, w, 3)."""
    colours = (product * 255 + 0.5).astype(np.uint8)
    cv2.copyTo(photo, cv2.inRange(alpha, 255, 255), colours)
    return colours


def _freed(alpha: np.ndarray, seen: np.ndarray, backdrop: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Straight colours without backdrop, uint8 (3, n): the least-squares answer to photo = a F + (1 - a) B with F
    drawn towards the product colour nearby, in linear light; the more so beyond it, as seen from the backdrop. Alpha uint8 (n,),
    photo uint8 and colours float32 (3, n)."""
    share = alpha.astype(np.float32) / 255
    ground, colour = decode(backdrop), decode(product)
    rest = to_light(seen) - share * colour - (1 - share) * ground
    rest *= share / (share * share + 0.06)
    way = colour - ground
    beyond = np.maximum((rest * way).sum(axis=0), 0) / np.maximum((way * way).sum(axis=0), 1e-4)
    share_back = _OVERSHOT * ramp(np.abs(product - backdrop).max(axis=0), _UNLIKE)
    return to_code(colour + rest - share_back * beyond * way)
