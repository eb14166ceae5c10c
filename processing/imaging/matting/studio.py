"""Cut-outs of products on plain backdrops, without any download."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from processing.imaging.matting import network
from processing.imaging.matting.confidence import judge
from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.evidence import evidence
from processing.imaging.matting.fill import spread
from processing.imaging.matting.gaps import settle
from processing.imaging.matting.highkey import fill_white
from processing.imaging.matting.lift import lift
from processing.imaging.matting.matte import Matte
from processing.imaging.matting.paper import Paper, fit_paper
from processing.imaging.matting.parts import tidy

VERSION = "3"
MIN_SIDE_PX = 32
_LARGE = 15_000_000  # values, of a photo of 5 megapixels
_UNEVEN = 0.01  # misfit of the paper, sRGB units, above which a second look pays


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
    raw = _coverage(picture, paper)
    if photo.size > _LARGE:
        network.forget()  # its activations would stand beside the copies that the lift makes of a large photo
    settled = fill_white(settle(raw, picture, paper.colour), picture)
    alpha, notes = tidy(settled, keep_islands=chosen.keep_islands)
    if float(alpha.max(initial=0)) < 0.5:
        return empty_matte(photo, paper.colour)
    coarse = spread_colours(picture, alpha)
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


def _coverage(picture: np.ndarray, paper: Paper) -> np.ndarray:
    """The network's answer; asked again against the backdrop seen beside the product where the paper is uneven."""
    raw = network.coverage(_planes(picture, paper.colour))
    if paper.spread < _UNEVEN:
        return raw
    beside = cv2.erode((raw < 0.1).astype(np.uint8), np.ones((7, 7), np.uint8)).astype(np.float32)
    if float(beside.mean()) < 0.05:
        return raw
    ratio = spread(picture / paper.colour, beside, sigmas_px=(14.0, 36.0, 90.0, 240.0))
    local = np.clip(paper.colour * ratio, 0.012, 1).astype(np.float32)
    return network.coverage(_planes(picture, local))


def _planes(picture: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    planes = evidence(picture, backdrop)
    rounded: np.ndarray = np.concatenate([planes, picture, picture / backdrop * 0.5], axis=-1)
    # The weights were fitted on planes stored in bytes; the same rounding, in place, keeps them on known ground.
    rounded *= 64
    rounded += 128
    np.floor(np.clip(rounded, 0, 255, out=rounded), out=rounded)
    rounded /= 64
    rounded -= 2
    # The part of the network that was pretrained on photographs sees the picture in full depth.
    count = planes.shape[-1]
    rounded[..., count : count + 3] = picture
    return rounded


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
