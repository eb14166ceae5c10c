"""Cut-outs of products on plain backdrops, without any download."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from processing.imaging.matting import network
from processing.imaging.matting.confidence import judge
from processing.imaging.matting.evidence import evidence
from processing.imaging.matting.fill import spread
from processing.imaging.matting.lift import Coarse, lift
from processing.imaging.matting.matte import Matte
from processing.imaging.matting.paper import Paper, fit_paper
from processing.imaging.matting.parts import tidy

VERSION = "1"
MIN_SIDE_PX = 32


@dataclass(frozen=True)
class StudioSettings:
    """`coarse_pixels`: size at which regions are told apart. `keep_islands`: smallest separate part that is kept, as a
    share of the largest."""

    coarse_pixels: int = 200_000
    keep_islands: float = 0.004

    def key(self) -> str:
        return f"studio-{VERSION}-{network.VERSION}-{self.coarse_pixels}-{self.keep_islands:g}"


def studio_matte(image: Image.Image, *, settings: StudioSettings | None = None) -> Matte:
    """Matte of the product on a plain backdrop.

    Any RGB, RGBA or L picture of at least 32 px a side gives a matte; when nothing is found it is empty, with confidence
    0 and the note "nothing-found". A picture that comes with transparency keeps its own alpha ("already-cut").
    Raises ValueError for other modes and smaller pictures.
    """
    chosen = settings or StudioSettings()
    if image.mode not in ("RGB", "RGBA", "L"):
        raise ValueError(f"picture is in mode {image.mode}, studio_matte takes RGB, RGBA or L")
    if min(image.size) < MIN_SIDE_PX:
        raise ValueError(f"picture is {image.width}x{image.height}, studio_matte needs {MIN_SIDE_PX} px a side")
    if image.mode == "RGBA" and bool((np.asarray(image.getchannel("A")) < 255).any()):
        return _already_cut(image)
    photo = np.asarray(image.convert("RGB"))
    picture = reduced(photo, chosen.coarse_pixels)
    paper = fit_paper(picture)
    raw = network.coverage(_planes(picture, paper), network.weights())
    alpha, notes = tidy(raw, keep_islands=chosen.keep_islands)
    if float(alpha.max(initial=0)) < 0.5:
        return empty_matte(photo, paper.colour)
    coarse = Coarse(picture, alpha, _local_backdrop(picture, paper, raw), _product_colour(picture, alpha))
    confidence, unsure, doubts = judge(raw, coarse, paper)
    full, foreground = lift(photo, coarse)
    return Matte(
        alpha=full,
        foreground=foreground,
        backdrop=(paper.colour * 255 + 0.5).astype(np.uint8),
        confidence=confidence,
        unsure=unsure,
        notes=(*notes, *doubts),
    )


def reduced(photo: np.ndarray, pixels: int) -> np.ndarray:
    """The photo as float32 0..1, averaged down to about so many pixels; never enlarged."""
    height, width = photo.shape[:2]
    scale = min(1.0, (pixels / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA) if scale < 1 else photo
    return small.astype(np.float32) / 255


def empty_matte(photo: np.ndarray, backdrop: np.ndarray) -> Matte:
    """A matte that holds nothing."""
    return Matte(
        alpha=np.zeros(photo.shape[:2], np.uint8),
        foreground=photo.copy(),
        backdrop=(backdrop * 255 + 0.5).astype(np.uint8),
        confidence=0.0,
        unsure=np.ones(backdrop.shape[:2], np.float32),
        notes=("nothing-found",),
    )


def _planes(picture: np.ndarray, paper: Paper) -> np.ndarray:
    planes = evidence(picture, paper.colour)
    stacked = np.concatenate([planes, picture, picture / paper.colour * 0.5], axis=-1)
    # The weights were fitted on planes stored in bytes; the same rounding keeps them on known ground.
    codes = np.clip(stacked * 64 + 128, 0, 255).astype(np.uint8)
    rounded: np.ndarray = codes.astype(np.float32) / 64 - 2
    return rounded


def _local_backdrop(picture: np.ndarray, paper: Paper, alpha: np.ndarray) -> np.ndarray:
    """Backdrop under the product as the paper right beside it has it, shadow included: the smooth fit times the ratio
    seen on sure backdrop, spread inwards."""
    sure = cv2.erode((alpha < 0.03).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    if float(sure.sum()) < 0.01 * sure.size:
        return paper.colour
    local: np.ndarray = np.clip(paper.colour * spread(picture / paper.colour, sure), 0, 1)
    return local


def _product_colour(picture: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colour of the product spread outwards over its edge; thin parts without a core speak faintly for themselves."""
    core = cv2.erode((alpha > 0.97).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    return spread(picture, np.maximum(core, 0.02 * np.clip(alpha - 0.5, 0, 1)))


def _already_cut(image: Image.Image) -> Matte:
    pixels = np.asarray(image)
    alpha = pixels[..., 3].copy()
    small = np.full((max(1, image.height // 8), max(1, image.width // 8)), 255, np.uint8)
    found = bool((alpha > 127).any())
    return Matte(
        alpha=alpha,
        foreground=pixels[..., :3].copy(),
        backdrop=np.dstack([small] * 3),
        confidence=1.0 if found else 0.0,
        unsure=np.zeros(small.shape, np.float32),
        notes=("already-cut",) if found else ("nothing-found",),
    )
