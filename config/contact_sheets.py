"""Contact sheets for the eye: source, cut-out on magenta, white and black, composites, sizes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from processing.imaging.backplates import from_json
from processing.imaging.codec import decode
from processing.imaging.compositing import on_backplate, on_white
from processing.imaging.cutout import Cutout, cutout_from_matte
from processing.imaging.matting.studio import studio_matte
from processing.imaging.resize import CutoutLevels, cutout_levels
from processing.imaging.sizes import NAMED_SIZES
from processing.imaging.specs import Spec
from processing.placing import view_of
from processing.providers.backplates import Backplates
from processing.scoring.light import shading_ev
from processing.styles import STYLES

TILE = 360
COMPARED_PX = 400
BASES = {"magenta": (255, 0, 255), "white": (255, 255, 255), "black": (0, 0, 0)}
PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".tif", ".tiff"}


@dataclass(frozen=True)
class Cell:
    caption: str
    image: Image.Image


def photos_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PHOTOS and ".alpha" not in path.name and ".fg" not in path.name
    )


def cells_of(path: Path, *, seed: int = 1) -> Iterator[Cell]:
    """Everything one photo becomes, in the order of the sheet."""
    photo = decode(path.read_bytes()).convert("RGB")
    matte = studio_matte(photo)
    cutout = cutout_from_matte(photo, matte)
    yield Cell(f"{path.stem}  confidence {matte.confidence:.2f}", photo)
    whole = Image.fromarray(np.dstack([matte.foreground, matte.alpha]))
    for name, colour in BASES.items():
        base = Image.new("RGBA", photo.size, (*colour, 255))
        base.alpha_composite(whole)
        yield Cell(name, base.convert("RGB"))
    if cutout.image.width > 8 and matte.alpha.any():
        yield from composites_of(cutout, seed=seed, view=view_of(path.stem, "fashion"))


def composites_of(cutout: Cutout, *, seed: int, view: str) -> Iterator[Cell]:
    levels = cutout_levels(cutout.image)
    seen = np.asarray(levels.reduced(COMPARED_PX))
    lit = shading_ev(seen[..., :3], seen[..., 3])
    plates = Backplates()
    for style in STYLES:
        plate = plates.choose(style, seed=seed, view=view)
        backplate = from_json(plate.meta(), decode(plate.picture()[0]).convert("RGB"))
        spec = Spec(name=style, size=(1200, 1200), background=style, shadow="natural", enlarge=True)
        rng = np.random.default_rng(seed)
        yield Cell(style, on_backplate(cutout, spec, backplate, rng=rng, levels=levels, shading_ev=lit).image)
    yield from sizes_of(cutout, levels, seed=seed, view=view)


def sizes_of(cutout: Cutout, levels: CutoutLevels, *, seed: int, view: str) -> Iterator[Cell]:
    plate = Backplates().choose("lifestyle-home", seed=seed + 1, view=view)
    backplate = from_json(plate.meta(), decode(plate.picture()[0]).convert("RGB"))
    for name in ("social-story", "banner"):
        spec = Spec(name=name, size=NAMED_SIZES[name], background="lifestyle-home", shadow="natural", enlarge=True)
        yield Cell(name, on_backplate(cutout, spec, backplate, rng=np.random.default_rng(seed), levels=levels).image)
    spec = Spec(name="hero", size=NAMED_SIZES["hero"], background="white", fill=0.88, enlarge=True)
    yield Cell("hero", on_white(cutout, spec, levels=levels).image)


def sheet(rows: Sequence[Sequence[Cell]]) -> Image.Image:
    """One row a photo, captions below the pictures."""
    columns = max(len(row) for row in rows)
    page = Image.new("RGB", (columns * (TILE + 8) + 8, len(rows) * (TILE + 26) + 8), (60, 60, 60))
    draw = ImageDraw.Draw(page)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            small = cell.image.copy()
            small.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
            left, top = 8 + x * (TILE + 8), 8 + y * (TILE + 26)
            page.paste(small, (left + (TILE - small.width) // 2, top + (TILE - small.height) // 2))
            draw.text((left, top + TILE + 4), cell.caption[:60], fill=(235, 235, 235))
    return page
