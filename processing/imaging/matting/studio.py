"""Cut-outs of products on plain backdrops, without any download."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from processing.imaging.bakedshadow import without_baked_shadow
from processing.imaging.codec import as_rgb
from processing.imaging.fringe import without_white
from processing.imaging.matting import network
from processing.imaging.matting.confidence import judge, where_mended
from processing.imaging.matting.edges import spread_colours
from processing.imaging.matting.eyewear import with_lenses
from processing.imaging.matting.faint import smooth_faint_edges
from processing.imaging.matting.gaps import settle
from processing.imaging.matting.glass import Glass, glass_at_size, with_glass
from processing.imaging.matting.hair import with_hair
from processing.imaging.matting.highkey import fill_white
from processing.imaging.matting.hue import without_cast_shadow
from processing.imaging.matting.leavings import without_leavings
from processing.imaging.matting.lenses import even_lenses
from processing.imaging.matting.lift import lift
from processing.imaging.matting.looks import Look, look
from processing.imaging.matting.matte import CLEAR_GLASS, Matte, SeeThrough
from processing.imaging.matting.parts import tidy, without_smears
from processing.imaging.matting.whitened import fill_whitened

VERSION = "14"
MIN_SIDE_PX = 32
_FALLBACK_PIXELS = 200_000


@dataclass(frozen=True)
class StudioSettings:
    """Sizes at which the photo is looked at: first all of it, then closely what was found. `keep_islands`: smallest separate
    part that is kept, as a share of the largest."""

    first_pixels: int = 45_000
    coarse_pixels: int = 260_000
    keep_islands: float = 0.004

    def key(self) -> str:
        sizes = f"{self.first_pixels}-{self.coarse_pixels}"
        return f"studio-{VERSION}-{network.VERSION}-{sizes}-{self.keep_islands:g}"


def studio_matte(image: Image.Image, *, settings: StudioSettings | None = None, see_through: SeeThrough = "") -> Matte:
    """Matte of the product on a plain backdrop. `see_through`: what of the product the paper is known to shine through, if it
    does; the matte is see-through there.

    Any RGB, RGBA or L picture of at least 32 px a side gives a matte; when nothing is found it is empty, with confidence
    0 and the note "nothing-found". A picture that comes with transparency keeps its own alpha ("already-cut"), less a
    shadow that was painted below the product, and its own colours, less white paper in its rim.
    Raises ValueError for other modes and smaller pictures.
    """
    chosen = settings or StudioSettings()
    if image.mode not in ("RGB", "RGBA", "L"):
        raise ValueError(f"picture is in mode {image.mode}, studio_matte takes RGB, RGBA or L")
    if min(image.size) < MIN_SIDE_PX:
        raise ValueError(f"picture is {image.width}x{image.height}, studio_matte needs {MIN_SIDE_PX} px a side")
    if image.mode == "RGBA" and bool((np.asarray(image.getchannel("A")) < 255).any()):
        return _already_cut(image)
    photo = np.asarray(as_rgb(image))
    seen = look(photo, first_pixels=chosen.first_pixels, pixels=chosen.coarse_pixels, fallback_pixels=_FALLBACK_PIXELS)
    raw = without_cast_shadow(seen.raw, seen.picture, seen.paper.colour)
    settled = fill_white(settle(raw, seen.picture, seen.paper.colour), seen.picture)
    settled = fill_whitened(settled, raw, seen.picture)
    settled = np.where(raw < seen.raw, np.minimum(raw, settled), settled)  # A gap in which a shadow lies is open.
    evened = even_lenses(settled, raw, seen.picture, seen.paper.colour)
    stranded, hair = with_hair(evened, raw, seen.picture)
    if hair is None:  # Strands have no edge that would hold anything back.
        stranded = without_leavings(stranded, seen.picture, seen.paper.colour)
    bounded = without_smears(stranded, seen.picture)
    alpha, notes = tidy(bounded, keep_islands=chosen.keep_islands)
    if float(alpha.max(initial=0)) < 0.5:
        return empty_matte(photo, seen.backdrop)
    alpha, glass = _with_panes(alpha, seen, see_through)
    coarse = replace(spread_colours(seen.picture, alpha), hair=hair)
    mended = where_mended(settled, bounded if glass is None else alpha, hair)
    confidence, unsure, doubts = judge(seen.raw, coarse, seen.paper, mended=mended)
    full, foreground = lift(photo, smooth_faint_edges(coarse), window=seen.window)
    if glass is not None:
        part, notes = seen.window, (*notes, CLEAR_GLASS)
        full[part], foreground[part] = glass_at_size(photo[part], full[part], foreground[part], glass)
    return Matte(
        alpha=full,
        foreground=foreground,
        backdrop=(seen.backdrop * 255 + 0.5).astype(np.uint8),
        confidence=confidence,
        unsure=_on_whole(unsure, seen, photo.shape),
        notes=(*notes, *doubts),
    )


def _with_panes(alpha: np.ndarray, seen: Look, kind: SeeThrough) -> tuple[np.ndarray, Glass | None]:
    if kind == "glass":
        return with_glass(alpha, seen.picture, seen.paper.colour)
    if kind == "lenses":
        return with_lenses(alpha, seen.raw, seen.picture, seen.paper.colour)
    return alpha, None


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


def _on_whole(unsure: np.ndarray, seen: Look, photo: tuple[int, ...]) -> np.ndarray:
    """The map of doubt of the part that was seen closely on one of the whole photo; around that part there is none."""
    rows, columns = seen.window
    height, width = unsure.shape
    down, across = height / (rows.stop - rows.start), width / (columns.stop - columns.start)
    whole = np.zeros((max(height, round(photo[0] * down)), max(width, round(photo[1] * across))), np.float32)
    top = min(round(rows.start * down), whole.shape[0] - height)
    left = min(round(columns.start * across), whole.shape[1] - width)
    whole[top : top + height, left : left + width] = unsure
    return whole


def _already_cut(image: Image.Image) -> Matte:
    pixels = np.asarray(image)
    alpha = without_baked_shadow(pixels)
    small = np.full((max(1, image.height // 8), max(1, image.width // 8)), 255, np.uint8)
    found = bool((alpha > 127).any())
    return Matte(
        alpha=alpha,
        foreground=without_white(pixels, alpha),
        backdrop=np.dstack([small] * 3),
        confidence=1.0 if found else 0.0,
        unsure=np.zeros(small.shape, np.float32),
        notes=("already-cut",) if found else ("nothing-found",),
    )
