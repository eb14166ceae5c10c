"""What a pixel and its surroundings say for "product" and for "backdrop, perhaps in shadow".

All measures are relative to a predicted backdrop. sRGB encoding is close to a power of light, and a shadow multiplies
light, so a shadow multiplies encoded values too: the line from the backdrop's colour to black is the shadow line.
"""

import cv2
import numpy as np

from processing.imaging.matting.network import PLANE_STEPS, PLANE_ZERO

_REACH_STEPS = np.geomspace(0.004, 0.35, 12).astype(np.float32)
_DARK = 0.03


def evidence(picture: np.ndarray, backdrop: np.ndarray) -> list[np.ndarray]:
    """Measures as the network reads them, uint8 (h, w) each. Both pictures float32 (h, w, 3) in 0..1, sRGB encoded."""
    ratio, off_line, chroma, signed = shadow_line(picture, backdrop)
    fine, broad = steepness(picture, 0.7), steepness(picture, 2.0)
    odd = np.clip(off_line * 14, 0, 1) + np.clip(ratio - 1.03, 0, 0.2) * 5 + np.clip(0.35 - ratio, 0, 0.35) * 2
    lift = np.maximum(odd, np.clip(fine * 6, 0, 1))
    measures = [
        np.clip(ratio, 0, 1.5),
        np.clip(ratio - 1, 0, 0.3) * 5,
        np.clip(off_line * 10, 0, 2),
        np.clip(chroma * 3, 0, 2),
        np.clip(signed[..., 0] * 10, -2, 2),
        np.clip(signed[..., 1] * 10, -2, 2),
        np.clip(fine * 8, 0, 2),
        np.clip(broad * 16, 0, 2),
        reach(fine),
        reach(broad),
        reach(np.maximum(off_line * 2, fine)),
        *_ripple(picture, ratio),
        *[_blur(odd, s) for s in (3, 9, 27)],
        *[_blur(fine * 8, s) for s in (3, 9)],
        # Largest and smallest are the same of codes and four times as fast.
        *enclosed(coded(lift)),
        *enclosed(coded(np.clip(odd, 0, 1))),
        *_place(picture.shape[:2]),
        _grey(backdrop),
        _grey(picture),
    ]
    return [plane if plane.dtype == np.uint8 else coded(plane) for plane in measures]


def coded(plane: np.ndarray, steps: int = PLANE_STEPS) -> np.ndarray:
    """Bytes that stand for a plane's values."""
    values = plane * np.float32(steps)
    values += PLANE_ZERO
    codes: np.ndarray = np.clip(values, 0, 255, out=values).astype(np.uint8)
    return codes


def shadow_line(picture: np.ndarray, backdrop: np.ndarray) -> tuple[np.ndarray, ...]:
    """(ratio along the shadow line, distance from it, chroma difference, signed opponent differences)."""
    ratio, rest = off_shadow_line(picture, backdrop)
    off_line = np.sqrt(_dot(rest, rest))
    chroma = off_line / (_grey(picture) + _DARK)
    signed = cv2.transform(rest, np.array([[1, 0, -1], [-0.5, 1, -0.5]], np.float32))
    return ratio, off_line, chroma, signed


def off_shadow_line(colour: np.ndarray, backdrop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(ratio (h, w) along the line from the backdrop's colour to black, what of the colour (h, w, 3) lies beside that line)."""
    ratio = _dot(colour, backdrop) / _dot(backdrop, backdrop)
    return ratio, colour - ratio[..., None] * backdrop


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    product: np.ndarray = cv2.transform(one * other, np.ones((1, 3), np.float32))
    return product


def _grey(picture: np.ndarray) -> np.ndarray:
    grey: np.ndarray = cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32))
    return grey


def _blur(plane: np.ndarray, sigma: float) -> np.ndarray:
    if sigma < 4:
        return cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    factor = sigma / 2.5
    height, width = plane.shape[:2]
    size = (max(2, round(width / factor)), max(2, round(height / factor)))
    small = cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), 2.5)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def steepness(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Largest gradient of the three bands per pixel, sRGB units."""
    smooth = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    squared = cv2.split(across * across + down * down)
    return np.sqrt(np.maximum(np.maximum(squared[0], squared[1]), squared[2]))


def reach(cost: np.ndarray) -> np.ndarray:
    """Lowest barrier that a path from the frame must cross, 0..1: what is flooded from the frame at falling thresholds."""
    barred = np.zeros(cost.shape, np.uint8)
    for step in _REACH_STEPS:
        passable = cv2.copyMakeBorder((cost < step).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
        cv2.floodFill(passable, None, (0, 0), 2)
        barred += passable[1:-1, 1:-1] != 2
    return barred.astype(np.float32) / len(_REACH_STEPS)


def _ripple(picture: np.ndarray, ratio: np.ndarray) -> list[np.ndarray]:
    """Local unrest at two scales: deviation of brightness inside small windows."""
    grey = _grey(picture)
    planes = []
    for side in (5, 13):
        mean = cv2.blur(grey, (side, side))
        square = cv2.blur(grey * grey, (side, side))
        planes.append(np.clip(np.sqrt(np.maximum(square - mean * mean, 0)) * 10, 0, 2))
    planes.append(np.clip(np.abs(ratio - _blur(ratio, 6)) * 5, 0, 2))
    return planes


def enclosed(lift: np.ndarray) -> list[np.ndarray]:
    """How much evidence lies towards the frame in the directions where it is weakest: minimum, second and third of the
    highest evidence met along eight rays. High inside a shape even where its own area looks like paper."""
    rays = _axis_rays(lift)
    rays += _diagonal_rays(lift)
    lows = [rays[0]]
    for ray in rays[1:]:  # the four smallest, by insertion: far cheaper than sorting whole planes
        for place, low in enumerate(lows):
            lows[place], ray = np.minimum(low, ray), np.maximum(low, ray)
        if len(lows) < 4:
            lows.append(ray)
    return [lows[0], lows[1], lows[3]]


def _axis_rays(lift: np.ndarray) -> list[np.ndarray]:
    turned = np.ascontiguousarray(lift.T)  # running along rows is several times as slow as running down columns
    return [*_down_and_up(lift), *[np.ascontiguousarray(ray.T) for ray in _down_and_up(turned)]]


def _down_and_up(lift: np.ndarray) -> list[np.ndarray]:
    return [np.maximum.accumulate(lift, axis=0), np.maximum.accumulate(lift[::-1], axis=0)[::-1]]


def _diagonal_rays(lift: np.ndarray) -> list[np.ndarray]:
    """The same along the diagonals: rows are shifted by their number, so that diagonals become columns."""
    found = []
    for plane, back in ((lift, 1), (lift[::-1], -1)):
        skewed = np.zeros((lift.shape[0], sum(lift.shape)), lift.dtype)
        _unskewed(skewed, lift.shape)[...] = plane
        found += [_unskewed(rays, lift.shape)[::back] for rays in map(np.ascontiguousarray, _down_and_up(skewed))]
    return found


def _unskewed(skewed: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The rectangle (h, w) inside a contiguous (h, h + w) whose row r begins r places to the right: a view."""
    row, value = skewed.strides
    return np.lib.stride_tricks.as_strided(skewed, shape, (row + value, value))


def _place(shape: tuple[int, int]) -> list[np.ndarray]:
    height, width = shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    edge = np.minimum(1 - np.abs(x), 1 - np.abs(y))
    return [edge.astype(np.float32), np.clip(y, -1, 1).astype(np.float32)]
