"""A plain studio in linear light: paper, lamps, shadows and a camera. Enough to teach edges and shadows, nothing more.

Light is float32, 1.0 is the camera's white; alpha is float32 (h, w) 0..1; every function takes its own generator.
"""

import io

import cv2
import numpy as np
from PIL import Image

# Encoded paper level, low and high, and how far its hue may stray. "blown" paper is brighter than the camera's white.
BACKDROPS = {
    "white": (0.86, 0.99, 0.012),
    "light": (0.68, 0.88, 0.015),
    "grey": (0.40, 0.68, 0.02),
    "dark": (0.06, 0.35, 0.01),
    "coloured": (0.35, 0.92, 0.16),
    "blown": (1.00, 1.15, 0.008),
}
_OFTEN = ("white", "white", "light", "light", "grey", "coloured", "coloured", "blown", "dark")
_QUALITIES = (75, 85, 92, 97)


def decode(code: np.ndarray) -> np.ndarray:
    """sRGB code values 0..1 (and a little beyond) to light."""
    return np.where(code <= 0.04045, code / 12.92, ((np.maximum(code, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode(light: np.ndarray) -> np.ndarray:
    """Light to sRGB code values 0..1."""
    clipped = np.clip(light, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055).astype(np.float32)


def cloud(rng: np.random.Generator, shape: tuple[int, int], period_px: float) -> np.ndarray:
    """Smooth noise of mean about 0 and deviation 1, whose bumps are about so wide."""
    height, width = shape
    coarse = rng.standard_normal((max(2, int(height / period_px) + 2), max(2, int(width / period_px) + 2)))
    field = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return field / (field.std() + 1e-6)


def backdrop(rng: np.random.Generator, shape: tuple[int, int], *, ordinary: bool = False) -> np.ndarray:
    """Paper without a product, light (h, w, 3); ordinary paper is never dark, has no floor edge and no end."""
    low, high, stray = BACKDROPS[str(rng.choice(_OFTEN[:-1] if ordinary else _OFTEN))]
    code = rng.uniform(low, high) * (1 + rng.normal(0, stray, 3))
    paper = np.ones((*shape, 3), np.float32) * decode(code)
    paper *= _lamps(rng, shape)[..., None]
    kind = 1.0 if ordinary else rng.random()
    if kind < 0.15:
        paper *= _floor(rng, shape)
    elif kind < 0.22:
        paper *= _paper_end(rng, shape)[..., None]
    if rng.random() < 0.3:
        grain = rng.uniform(0.002, 0.012) * cloud(rng, shape, rng.uniform(1.5, 6))
        paper *= 1 + grain[..., None]
    return np.clip(paper, 0.001, 1.6)


def _grid(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) in -0.5..0.5."""
    y, x = np.meshgrid(np.linspace(-0.5, 0.5, shape[0]), np.linspace(-0.5, 0.5, shape[1]), indexing="ij")
    return x.astype(np.float32), y.astype(np.float32)


def _lamps(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A gradient, and often a vignette or a pool of light; strong in one shot of four."""
    x, y = _grid(shape)
    strength = rng.uniform(0.1, 0.5) if rng.random() < 0.25 else rng.uniform(0, 0.1)
    angle = rng.uniform(0, 2 * np.pi)
    field = 1 + strength * (np.cos(angle) * x + np.sin(angle) * y)
    if rng.random() < 0.6:
        away = np.hypot(x - rng.uniform(-0.25, 0.25), y - rng.uniform(-0.25, 0.25))
        field *= 1 - strength * np.clip(away, 0, 1) ** 1.6
    return field.astype(np.float32)


def _step(distance: np.ndarray, softness: float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(distance / softness, -40, 40)))


def _floor(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Gain where wall meets table: a nearly level line, hard to soft, sometimes with a change of hue."""
    x, y = _grid(shape)
    line = y - rng.uniform(-0.05, 0.4) - rng.normal(0, 0.02) * x
    below = _step(line, rng.choice([0.0008, 0.002, 0.008, 0.03]))[..., None]
    hue = rng.normal(0, 0.06, 3) if rng.random() < 0.4 else np.zeros(3)
    return (1 + below * (rng.uniform(-0.45, 0.45) + hue)).astype(np.float32)


def _paper_end(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Gain where the sheet ends just inside the frame and the dark room begins."""
    x, y = _grid(shape)
    angle = rng.uniform(0, 2 * np.pi)
    beyond = _step(np.cos(angle) * x + np.sin(angle) * y - rng.uniform(0.44, 0.6), rng.choice([0.0008, 0.003]))
    return (1 + (rng.uniform(0.03, 0.6) - 1) * beyond).astype(np.float32)


def shadow(rng: np.random.Generator, alpha: np.ndarray) -> np.ndarray:
    """Share of light that still reaches the paper, (h, w, 3). Nothing, a contact shadow, up to four cast ones, soft to hard."""
    through = np.ones_like(alpha)
    if rng.random() < 0.08:
        return through[..., None] * np.ones(3, np.float32)
    size_px = float(np.sqrt(alpha.sum())) + 1
    kind = rng.random()
    if kind < 0.3:  # it lies on the paper: a dark rim on one side, and wider, fainter ones
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.9)
        for reach, share in ((0.006, 0.6), (0.015, 0.5), (0.04, 0.35)):
            reach_px = size_px * reach * rng.uniform(0.5, 1.8)
            moved = _moved(alpha, reach_px * np.cos(angle), reach_px * np.sin(angle))
            through *= 1 - strength * share * _blur(moved, max(0.6, reach_px * rng.uniform(0.4, 1.6)))
    else:
        for _ in range(int(rng.choice([1, 1, 2, 2, 3, 4]))):
            caster = _leaning(rng, alpha) if rng.random() < 0.65 else _shifted(rng, alpha, size_px)
            sigma_px = size_px * float(np.exp(rng.uniform(np.log(0.002), np.log(0.2))))
            shade = _blur(caster, sigma_px)
            if rng.random() < 0.5:  # the farther from the foot, the softer
                far = _away(alpha)
                shade = shade * (1 - far) + _blur(caster, sigma_px * rng.uniform(2, 6)) * far
            through *= 1 - rng.uniform(0.06, 0.75) * shade
        if rng.random() < 0.75:
            strength = rng.uniform(0.1, 0.9)  # always a dark one, and black soles would be taken for seams
            through *= 1 - strength * _seam(rng, alpha, size_px)
    hue = 1 + rng.normal(0, 0.05, 3) if rng.random() < 0.35 else np.ones(3)
    return (np.clip(through, 0.02, 1)[..., None] ** np.clip(hue, 0.8, 1.2)).astype(np.float32)


def _moved(alpha: np.ndarray, right_px: float, down_px: float) -> np.ndarray:
    return cv2.warpAffine(alpha, np.array([[1, 0, right_px], [0, 1, down_px]]), alpha.shape[::-1])


def _away(alpha: np.ndarray) -> np.ndarray:
    """0 at the foot of the product to 1 at the height of its top."""
    top, foot = _rows(alpha)
    rows = (foot - np.arange(alpha.shape[0], dtype=np.float32)) / max(1, foot - top)
    return np.clip(rows, 0, 1)[:, None] * np.ones((1, alpha.shape[1]), np.float32)


def _shifted(rng: np.random.Generator, alpha: np.ndarray, size_px: float) -> np.ndarray:
    """A product that lies flat: its own shape, moved away from the lamp."""
    move = np.array([[1, 0, rng.normal(0, 0.06) * size_px], [0, 1, abs(rng.normal(0, 0.05)) * size_px]])
    return cv2.warpAffine(alpha, move, alpha.shape[::-1])


def _leaning(rng: np.random.Generator, alpha: np.ndarray) -> np.ndarray:
    """A product that stands: its shape laid down on the floor, sheared about its foot."""
    foot = float(_rows(alpha)[1])
    flatten, lean = rng.uniform(0.1, 0.5) * rng.choice([1, -1], p=[0.7, 0.3]), rng.uniform(-1.2, 1.2)
    move = np.array([[1, lean * flatten, -lean * flatten * foot], [0, flatten, foot * (1 - flatten)]])
    return cv2.warpAffine(alpha, move, alpha.shape[::-1])


def _seam(rng: np.random.Generator, alpha: np.ndarray, size_px: float) -> np.ndarray:
    """The dark seam under a standing product: tight and wide, along the part of its lower outline that meets the floor.

    Seen from above the floor line slants, so it is the lower hull of the outline, not its lowest row.
    """
    height, width = alpha.shape
    columns = np.flatnonzero((alpha > 0.35).any(axis=0))
    if len(columns) < 4:
        return np.zeros_like(alpha)
    bottom = height - 1 - np.argmax(alpha[::-1, columns] > 0.35, axis=0)
    hull = cv2.convexHull(np.stack([columns, bottom], axis=1).astype(np.float32))[:, 0]
    middle = np.interp(hull[:, 0], columns[[0, -1]], bottom[[0, -1]])
    low = hull[hull[:, 1] >= middle]
    low = low[np.argsort(low[:, 0])]
    floor = np.interp(columns, low[:, 0], low[:, 1])
    near = np.exp(-((np.maximum(floor - bottom, 0) / (size_px * rng.uniform(0.02, 0.1) + 2)) ** 1.5))
    line = np.zeros_like(alpha)
    thick_px = max(1, round(size_px * 0.008))
    for step in range(thick_px):
        line[np.clip(bottom + step, 0, height - 1), columns] = near
    dark = np.zeros_like(alpha)
    for sigma, share in ((0.006, 0.8), (0.02, 0.5), (0.06, 0.35)):
        wide_px = max(0.8, size_px * sigma * rng.uniform(0.5, 1.5))
        blurred = _blur(line, wide_px)
        dark = np.maximum(dark, share * blurred / max(1e-6, float(blurred.max())))
    return np.clip(dark, 0, 1)


def _rows(alpha: np.ndarray) -> tuple[int, int]:
    rows = np.nonzero(alpha.max(axis=1) > 0.3)[0]
    return (int(rows[0]), int(rows[-1])) if len(rows) else (0, alpha.shape[0] - 1)


def _blur(plane: np.ndarray, sigma_px: float) -> np.ndarray:
    """Gaussian blur; wide ones at reduced size."""
    factor = max(1.0, sigma_px / 4)
    height, width = plane.shape
    size = (max(4, int(width / factor)), max(4, int(height / factor)))
    small = cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), max(0.3, sigma_px / factor))
    return cv2.resize(small, (width, height))


def photograph(rng: np.random.Generator, light: np.ndarray, alpha: np.ndarray) -> tuple[bytes, np.ndarray]:
    """(JPEG, true alpha uint8) of a lit scene (h, w, 3) whose product covers `alpha` of each pixel.

    The lens blurs the light and the alpha alike, so the truth stays the share of each pixel that is product. The
    sensor adds noise that grows with the root of light, the camera curve bends, the JPEG does what it does.
    """
    mixed = light
    if rng.random() < 0.4:
        mixed = mixed + rng.uniform(0, 0.02) * light.mean(axis=(0, 1))  # veiling glare
    lens_px = rng.uniform(0.3, 0.9)
    mixed, alpha = cv2.GaussianBlur(mixed, (0, 0), lens_px), cv2.GaussianBlur(alpha, (0, 0), lens_px)
    mixed = mixed * rng.uniform(0.85, 1.1) * (1 + rng.normal(0, 0.015, 3))
    deviation = np.sqrt(np.maximum(mixed, 0)) * rng.uniform(0, 0.012) + rng.uniform(0, 0.002)
    mixed = mixed + deviation * rng.standard_normal(mixed.shape)
    if rng.random() < 0.4:  # a shoulder instead of hard clipping
        knee = rng.uniform(0.5, 0.85)
        mixed = np.where(mixed > knee, knee + (1 - knee) * (1 - np.exp(-(mixed - knee) / (1 - knee))), mixed)
    code = encode(mixed) ** rng.uniform(0.9, 1.12)
    if rng.random() < 0.35:  # sharpened in the camera
        code = np.clip(code + rng.uniform(0.1, 0.6) * (code - cv2.GaussianBlur(code, (0, 0), 1.0)), 0, 1)
    stream = io.BytesIO()
    photo = Image.fromarray((code * 255 + 0.5).astype(np.uint8))
    photo.save(stream, "JPEG", quality=int(rng.choice(_QUALITIES)))
    return stream.getvalue(), (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8)
