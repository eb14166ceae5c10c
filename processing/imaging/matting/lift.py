"""From the coarse solution to the photo's own size: alpha along the photo's edges, colours freed from the backdrop.

The coarse alpha is written as a linear function of colour in small windows (the guided filter's model); applied to the
full photo, the edges fall where the photo has them. Only tiles that hold an edge are worked on, so 12 megapixels cost
little more than one.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from processing.imaging.matting.light import decode, to_code, to_light

_TILE = 256
_SURE = 0.012


@dataclass(frozen=True)
class Coarse:
    """A solution at reduced size: picture, alpha, backdrop and product colour, float32, sRGB-encoded 0..1."""

    picture: np.ndarray
    alpha: np.ndarray
    backdrop: np.ndarray
    product: np.ndarray


def lift(photo: np.ndarray, coarse: Coarse) -> tuple[np.ndarray, np.ndarray]:
    """(alpha uint8 (h, w), foreground uint8 (h, w, 3)) for a uint8 photo."""
    height, width = photo.shape[:2]
    alpha = np.empty((height, width), np.uint8)
    foreground = photo.copy()
    model = _colour_model(coarse)
    lowest, highest = _extremes(coarse.alpha)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = _Tile(top, left, min(_TILE, height - top), min(_TILE, width - left), photo.shape, coarse.alpha.shape)
            low, high = float(tile.coarse(lowest).min()), float(tile.coarse(highest).max())
            if high < _SURE or low > 1 - _SURE:
                alpha[tile.window] = 255 if low > 0.5 else 0
                continue
            alpha[tile.window], foreground[tile.window] = _solve_tile(photo[tile.window], tile, coarse, model)
    return alpha, foreground


class _Tile:
    """A window of the photo and the same window of the coarse planes."""

    def __init__(self, top: int, left: int, rows: int, columns: int, full: tuple[int, ...], small: tuple[int, ...]):
        self.window = (slice(top, top + rows), slice(left, left + columns))
        self._size = (columns, rows)
        step_x, step_y = small[1] / full[1], small[0] / full[0]
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


def _extremes(alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kernel = np.ones((5, 5), np.uint8)
    return cv2.erode(alpha, kernel), cv2.dilate(alpha, kernel)


def _colour_model(coarse: Coarse) -> np.ndarray:
    """Coefficients of alpha = a . colour + b in windows of 5 px, averaged over windows, float32 (h, w, 4)
    (He, Sun, Tang 2013, colour guide)."""
    guide, target = coarse.picture, coarse.alpha

    def mean(plane: np.ndarray) -> np.ndarray:
        averaged: np.ndarray = cv2.blur(plane, (5, 5), borderType=cv2.BORDER_REPLICATE)
        return averaged

    centre = mean(guide)
    level = mean(target)
    covariance = np.empty((*target.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            covariance[..., i, j] = mean(guide[..., i] * guide[..., j]) - centre[..., i] * centre[..., j]
            covariance[..., j, i] = covariance[..., i, j]
    covariance += np.eye(3, dtype=np.float32) * 4e-4
    joint = mean(guide * target[..., None]) - centre * level[..., None]
    slope = np.linalg.solve(covariance, joint[..., None])[..., 0]
    offset = level - (slope * centre).sum(axis=2)
    return mean(np.dstack([slope, offset]).astype(np.float32))


def _solve_tile(photo: np.ndarray, tile: _Tile, coarse: Coarse, model: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    smooth = np.clip(tile.fine(coarse.alpha, cubic=True), 0, 1)
    enlarged = photo.shape[0] / max(1, tile.coarse(coarse.alpha).shape[0])
    alpha = smooth
    if enlarged > 1.2:
        slope = tile.fine(model)
        guided = (slope[..., :3] * (photo.astype(np.float32) / 255)).sum(axis=2) + slope[..., 3]
        # The model may only choose inside what the neighbourhood of the coarse alpha allows.
        low, high = _extremes(coarse.alpha)
        guided = np.clip(guided, tile.fine(low), tile.fine(high))
        trust = min(1.0, (enlarged - 1.2) / 1.5)
        alpha = smooth + trust * (guided - smooth)
    alpha = np.where(alpha < _SURE, 0, np.where(alpha > 1 - _SURE, 1, alpha)).astype(np.float32)
    codes = (alpha * 255 + 0.5).astype(np.uint8)
    return codes, freed(photo, codes, tile.fine(coarse.backdrop), tile.fine(coarse.product))


def freed(photo: np.ndarray, alpha: np.ndarray, backdrop: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Straight colours without backdrop, uint8 (h, w, 3): the least-squares answer to photo = a F + (1 - a) B with F
    drawn towards the product colour nearby, in linear light; where alpha is 255 the photo itself."""
    result = photo.copy()
    mixed = alpha < 255
    if not mixed.any():
        return result
    share = (alpha[mixed].astype(np.float32) / 255)[:, None]
    ground, colour = decode(backdrop[mixed]), decode(product[mixed])
    rest = to_light(photo[mixed]) - share * colour - (1 - share) * ground
    result[mixed] = to_code(colour + rest * share / (share * share + 0.06))
    return result
