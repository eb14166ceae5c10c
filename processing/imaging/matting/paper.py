"""The smooth part of a studio backdrop: paper colour, illumination gradient and vignette as one low polynomial."""

from dataclasses import dataclass

import cv2
import numpy as np

_SMALL_LONG_PX = 112
_RING = 0.06
_ROUNDS = (1, 1, 1, 2, 2, 2, 3, 3)
_FLOOR, _CEILING = 0.004, 0.035


@dataclass(frozen=True)
class Paper:
    """Fit of a backdrop. `colour` float32 (h, w, 3) sRGB-encoded 0..1; `spread` its robust misfit on the frame;
    `share` of the frame that agrees with it (low where the scene is cluttered)."""

    colour: np.ndarray
    spread: float
    share: float


def fit_paper(picture: np.ndarray) -> Paper:
    """Fit colour polynomials in x and y to the paper of a float32 (h, w, 3) picture 0..1.

    Reweighted least squares (Tukey's biweight), started on the outer ring, where a product rarely has the majority, and
    then given every pixel that agrees. The degree grows with the support: a cubic on a ring alone would run wild inside.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _SMALL_LONG_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    ring = _ring(small.shape[:2])
    weight = ring.astype(np.float32)
    basis = _basis(small.shape[:2])
    fitted = small
    start = np.median(small[ring], axis=0)
    spread = _CEILING
    weight *= _biweight(np.abs(small - start).max(axis=2), 0.22)
    coefficients = np.zeros((basis.shape[-1], 3))
    for degree in _ROUNDS:
        terms = (degree + 1) * (degree + 2) // 2
        coefficients = _solve(basis[..., :terms], small, weight)
        fitted = basis[..., :terms] @ coefficients
        misfit = np.abs(small - fitted).max(axis=2)
        spread = _spread(misfit[ring])
        weight = _biweight(misfit, 6 * spread)
        weight *= 1.0 if degree > 1 else ring
    share = float((np.abs(small - fitted).max(axis=2)[ring] < 6 * spread).mean())
    full = _evaluate(coefficients, (height, width))
    return Paper(colour=np.clip(full, 0.012, 1.0), spread=spread, share=share)


def _evaluate(coefficients: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The polynomial on a whole picture, as powers of y times a small matrix times powers of x."""
    across = np.vander(np.linspace(-1, 1, shape[1]), 4, increasing=True)
    down = np.vander(np.linspace(-1, 1, shape[0]), 4, increasing=True)
    square = np.zeros((4, 4, 3))
    for term, (power_x, power_y) in enumerate((i, d - i) for d in range(4) for i in range(d + 1)):
        if term < len(coefficients):
            square[power_y, power_x] = coefficients[term]
    return cv2.merge([(down @ square[..., band] @ across.T).astype(np.float32) for band in range(3)])


def _ring(shape: tuple[int, int]) -> np.ndarray:
    ring = np.ones(shape, bool)
    inner = max(2, round(_RING * min(shape)))
    ring[inner:-inner, inner:-inner] = False
    return ring


def _basis(shape: tuple[int, int]) -> np.ndarray:
    """Monomials up to degree 3 by rising degree, (h, w, 10), of coordinates in -1..1."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return np.stack([x**i * y ** (d - i) for d in range(4) for i in range(d + 1)], axis=-1).astype(np.float32)


def _solve(basis: np.ndarray, values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    flat, w = basis.reshape(-1, basis.shape[-1]).astype(np.float64), weight.reshape(-1, 1)
    normal = flat.T @ (flat * w)
    # A little stiffness on all but the mean keeps bends small where nothing was seen.
    stiffness = np.full(len(normal), 2e-3 * float(w.sum()) + 1e-6)
    stiffness[0] = 1e-9
    right = flat.T @ (values.reshape(-1, 3) * w)
    solved: np.ndarray = np.linalg.solve(normal + np.diag(stiffness), right)
    return solved


def _spread(misfit: np.ndarray) -> float:
    return float(np.clip(1.4826 * np.median(misfit), _FLOOR, _CEILING))


def _biweight(misfit: np.ndarray, limit: float) -> np.ndarray:
    weight: np.ndarray = np.square(np.clip(1 - np.square(misfit / limit), 0, None)).astype(np.float32)
    return weight
