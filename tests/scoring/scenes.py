"""Made photos with a known cut-out for the scoring tests: a red bottle-like body with a handle on grey paper."""

import cv2
import numpy as np
from PIL import Image

from processing.scoring.defects import Triple


def scene(*, size: tuple[int, int] = (480, 400), product=(170, 50, 40), paper=(214, 214, 212), seed: int = 3) -> Triple:
    """Textured product with an opening, soft shadow and light falloff; alpha and foreground are exact."""
    width, height = size
    rng = np.random.default_rng(seed)
    scale = 4
    drawn = np.zeros((height * scale, width * scale), np.uint8)
    unit = height * scale // 20
    cv2.rectangle(drawn, (6 * unit, 3 * unit), (13 * unit, 17 * unit), 255, -1)
    cv2.circle(drawn, (14 * unit, 9 * unit), 4 * unit, 255, -1)
    cv2.circle(drawn, (15 * unit, 9 * unit), 2 * unit, 0, -1)
    alpha = cv2.GaussianBlur(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), (0, 0), 0.7)
    y, x = np.mgrid[0:height, 0:width]
    light = 1 - 0.12 * ((x / width - 0.4) ** 2 + (y / height - 0.3) ** 2)
    spot = np.exp(-(((x - 0.48 * width) / (0.25 * width)) ** 2) - ((y - 0.86 * height) / (0.05 * height)) ** 2)
    backdrop = np.array(paper, np.float32) * (light * (1 - 0.25 * spot))[..., None]
    grain = cv2.GaussianBlur(rng.normal(0, 16, (height, width)).astype(np.float32), (0, 0), 1.0)
    shade = 0.85 + 0.25 * x / width
    fore = np.clip(np.array(product, np.float32) * shade[..., None] + grain[..., None], 0, 255)
    cover = alpha[..., None].astype(np.float32) / 255
    photo = fore * cover + backdrop * (1 - cover) + rng.normal(0, 1.2, (height, width, 3))
    return Triple(
        "scene",
        "scene",
        Image.fromarray(np.clip(photo + 0.5, 0, 255).astype(np.uint8)),
        Image.fromarray(alpha),
        Image.fromarray(fore.astype(np.uint8)),
    )
