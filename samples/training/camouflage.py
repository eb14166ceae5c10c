"""What makes products hard to tell from their paper: paint of its colour, prints of its colour, glints as white as it is,
and parts in the colour of its shadows, above all soles and rims that lie where a contact shadow would."""

import cv2
import numpy as np

from samples.training.scene import cloud, encode

_SHADED_SHARE = 0.3


def disguised(rng: np.random.Generator, code: np.ndarray, alpha: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Product colours float32 (h, w, 3) sRGB 0..1 before paper (light, (h, w, 3)), made harder in half of the shots."""
    kind, ground = rng.random(), encode(paper)
    if rng.random() < _SHADED_SHARE:
        code = _soled(rng, code, alpha, ground)
    if kind < 0.2:
        code = _matched(rng, code, alpha, ground)
    if kind < 0.12 or 0.2 < kind < 0.38:
        code = _printed(rng, code, alpha, ground)
    if 0.38 < kind < 0.5:
        glint = cloud(rng, alpha.shape, alpha.shape[1] / rng.uniform(4, 25)) > rng.uniform(1.2, 2.2)
        soft = cv2.GaussianBlur(glint.astype(np.float32), (0, 0), rng.uniform(0.6, 4))[..., None]
        code = code + (np.maximum(1, ground) - code) * soft * rng.uniform(0.6, 1)
    return np.clip(code, 0.003, 1).astype(np.float32)


def _matched(rng: np.random.Generator, code: np.ndarray, alpha: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The whole product in nearly the colour of the paper, its own shading kept."""
    inside = alpha > 0.5
    if not inside.any():
        return code
    middle = np.median(code[inside], axis=0)
    level = 1 + rng.normal(-0.03, 0.05) if rng.random() < 0.7 else rng.uniform(0.15, 0.9)
    wanted = np.median(ground[inside], axis=0) * level + rng.normal(0, 0.01, 3)
    shading = (code - middle) * rng.uniform(0.25, 0.9)
    if rng.random() < 0.7:
        shading = shading.mean(axis=2, keepdims=True) + 0.4 * (shading - shading.mean(axis=2, keepdims=True))
    return wanted + shading


def _printed(rng: np.random.Generator, code: np.ndarray, alpha: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Labels, letters, stripes and panels in the colour of the paper, framed by product."""
    rows, columns = np.nonzero(alpha > 0.9)
    if len(rows) < 50:
        return code
    area = np.zeros(alpha.shape, np.uint8)
    span = float(np.sqrt(len(rows)))
    for _ in range(int(rng.choice([1, 1, 2, 4, 12]))):
        pick = int(rng.integers(len(rows)))
        centre, reach = (float(columns[pick]), float(rows[pick])), span * rng.uniform(0.03, 0.6, 2)
        kind = rng.integers(0, 3)
        if kind == 0:
            turned = cv2.boxPoints((centre, reach.tolist(), float(rng.uniform(-20, 20))))
            cv2.fillPoly(area, [turned.astype(np.int32)], 255)
        elif kind == 1:
            whole = (round(centre[0]), round(centre[1])), (int(reach[0] / 2) + 1, int(reach[1] / 2) + 1)
            cv2.ellipse(area, *whole, float(rng.uniform(0, 180)), 0, 360, 255, -1)
        else:
            letters = "".join(rng.choice(list("ABEHKMNORSTUVXZ0123456789"), int(rng.integers(1, 9))))
            size = span * rng.uniform(0.003, 0.015)
            place = (round(centre[0] - span * 0.15), round(centre[1]))
            cv2.putText(area, letters, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, max(1, round(size * rng.uniform(1, 4))))
    share = (area > 0)[..., None] * rng.uniform(0.75, 1)
    level = rng.uniform(0.93, 1.04) if rng.random() < 0.7 else rng.uniform(0.1, 0.9)
    return code + (ground * level - code) * share


def _soled(rng: np.random.Generator, code: np.ndarray, alpha: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """A dark sole, a dark rim or dark feet: the lowest few pixels, or all that lie near the edge, in a colour that a shadow
    on this paper could have."""
    solid, span = (alpha > 0.02).astype(np.uint8), float(np.sqrt((alpha > 0.5).sum()))
    wide = max(1, round(span * np.exp(rng.uniform(np.log(0.008), np.log(0.12)))))
    if rng.random() < 0.7:
        lean = round(wide * rng.normal(0, 0.5))
        move = np.array([[1, 0, -lean], [0, 1, -wide]], np.float32)
        inner = cv2.warpAffine(solid, move, solid.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    else:
        inner = cv2.erode(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * wide + 1, 2 * wide + 1)))
    band = (inner == 0).astype(np.float32)
    if rng.random() < 0.4:  # in parts only
        band *= cloud(rng, alpha.shape, alpha.shape[1] / rng.uniform(3, 12)) > rng.uniform(-0.6, 0.6)
    share = cv2.GaussianBlur(band, (0, 0), rng.uniform(0.5, 2))[..., None]
    shading = code.mean(axis=2, keepdims=True) - float(code[alpha > 0.5].mean()) if span > 2 else 0
    dark = ground * rng.uniform(0.03, 0.75) + rng.normal(0, 0.01, 3) + shading * rng.uniform(0, 0.4)
    return code + (dark - code) * share
