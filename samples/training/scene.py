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


def backdrop(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Paper without a product, light (h, w, 3)."""
    low, high, stray = BACKDROPS[str(rng.choice(_OFTEN))]
    code = rng.uniform(low, high) * (1 + rng.normal(0, stray, 3))
    paper = np.ones((*shape, 3), np.float32) * decode(code)
    paper *= _lamps(rng, shape)[..., None]
    kind = rng.random()
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
    """Share of light that still reaches the paper, (h, w). Nothing, a contact shadow, up to three cast ones."""
    through = np.ones_like(alpha)
    if rng.random() < 0.1:
        return through
    size_px = float(np.sqrt(alpha.sum()))
    standing = rng.random() < 0.6
    for _ in range(int(rng.integers(1, 4))):
        caster = _leaning(rng, alpha) if standing and rng.random() < 0.5 else _shifted(rng, alpha, size_px)
        shade = _blur(caster, size_px * float(np.exp(rng.uniform(np.log(0.006), np.log(0.2)))))
        through *= 1 - rng.uniform(0.08, 0.75) * shade
    if standing and rng.random() < 0.8:
        through *= 1 - rng.uniform(0.3, 0.9) * _contact(rng, alpha, size_px)
    return np.clip(through, 0.02, 1)


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


def _contact(rng: np.random.Generator, alpha: np.ndarray, size_px: float) -> np.ndarray:
    """The dark seam under a standing product, made from its lowest part alone."""
    top, foot = _rows(alpha)
    start = foot - rng.uniform(0.03, 0.15) * (foot - top)
    low = alpha * (np.arange(alpha.shape[0])[:, None] > start)
    return np.clip(1.6 * _blur(low.astype(np.float32), size_px * rng.uniform(0.008, 0.04)), 0, 1)


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


def photograph(
    rng: np.random.Generator, product: np.ndarray, alpha: np.ndarray, paper: np.ndarray
) -> tuple[bytes, np.ndarray]:
    """(JPEG, true alpha uint8) of a product (light, (h, w, 3)) before paper that is already in shadow.

    The lens blurs the mixed light and the alpha alike, so the truth stays the share of each pixel that is product. The
    sensor adds noise that grows with the root of light, the camera curve bends, the JPEG does what it does.
    """
    mixed = alpha[..., None] * product + (1 - alpha[..., None]) * paper
    if rng.random() < 0.4:
        mixed = mixed + rng.uniform(0, 0.02) * paper.mean(axis=(0, 1))  # veiling glare
    lens_px = rng.uniform(0.3, 0.9)
    mixed, alpha = cv2.GaussianBlur(mixed, (0, 0), lens_px), cv2.GaussianBlur(alpha, (0, 0), lens_px)
    mixed = mixed * rng.uniform(0.85, 1.1) * (1 + rng.normal(0, 0.015, 3))
    deviation = np.sqrt(np.maximum(mixed, 0)) * rng.uniform(0, 0.012) + rng.uniform(0, 0.002)
    code = encode(mixed + deviation * rng.standard_normal(mixed.shape))
    code = code ** rng.uniform(0.9, 1.12)
    stream = io.BytesIO()
    photo = Image.fromarray((code * 255 + 0.5).astype(np.uint8))
    photo.save(stream, "JPEG", quality=int(rng.choice(_QUALITIES)))
    return stream.getvalue(), (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8)
