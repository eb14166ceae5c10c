"""Contact sheets for the eye: source, cut-out on magenta, white and black, a composite of each style, every size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from config.photo_lists import listed
from processing.imaging.backplates import from_json
from processing.imaging.codec import decode
from processing.imaging.compositing import on_backplate, on_white
from processing.imaging.cutout import Cutout, cutout_from_matte
from processing.imaging.matting.studio import studio_matte
from processing.imaging.posture import levelled, seen_as
from processing.imaging.resize import CutoutLevels, cutout_levels
from processing.imaging.sizes import NAMED_SIZES
from processing.imaging.specs import Spec
from processing.materials import seen_through
from processing.placing import is_on_sole, is_small, views_of
from processing.providers.backplates import Backplates
from processing.scoring.light import shading_ev
from processing.styles import CATEGORY_PROFILES, CLOTHING, STYLES, preferred_styles, profile_of

TILE = 360
COMPARED_PX = 400
BASES = {"magenta": (255, 0, 255), "white": (255, 255, 255), "black": (0, 0, 0)}
PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".tif", ".tiff"}


SEED = 1


@dataclass(frozen=True)
class Cell:
    caption: str
    image: Image.Image


@dataclass(frozen=True)
class Named:
    """What a photo shows, as far as a catalogue beside it says."""

    title: str
    category: str = "default"


@dataclass(frozen=True)
class Subject:
    """A product ready to be put into pictures; `lit` stops by which it is brighter on its right."""

    cutout: Cutout
    levels: CutoutLevels
    named: Named
    lit: float


def photos_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PHOTOS and ".alpha" not in path.name and ".fg" not in path.name
    )


def names_of(folder: Path) -> dict[str, Named]:
    """Titles and categories by file name, from a `catalogue.csv` in the folder or above it; none without one."""
    return {
        Path(row["file"]).name: Named(row.get("name") or Path(row["file"]).stem, row.get("category") or "default")
        for row in listed(folder)
    }


def named_by_folders(path: Path) -> Named:
    """What a file and the folders above it are called, where no catalogue tells."""
    category = next((part for part in reversed(path.parts[:-1]) if part in CATEGORY_PROFILES), "default")
    return Named(path.stem, category)


def cells_of(path: Path, named: Named | None = None) -> Iterator[Cell]:
    """Everything one photo becomes, in the order of the sheet. A photo that is cut out already keeps its own alpha."""
    photo, named = decode(path.read_bytes()), named or named_by_folders(path)
    matte = studio_matte(photo, see_through=seen_through(named.title, named.category))
    white = Image.new("RGBA", photo.size, "white")
    white.alpha_composite(photo.convert("RGBA"))
    shown = white.convert("RGB")
    yield Cell(f"{path.stem}  confidence {matte.confidence:.2f}", shown)
    whole = Image.fromarray(np.dstack([matte.foreground, matte.alpha]))
    for name, colour in BASES.items():
        base = Image.new("RGBA", photo.size, (*colour, 255))
        base.alpha_composite(whole)
        yield Cell(name, base.convert("RGB"))
    cutout = cutout_from_matte(shown, matte)
    if cutout.image.width > 8 and matte.alpha.any():
        levels = cutout_levels(cutout.image)
        seen = np.asarray(levels.reduced(COMPARED_PX))
        lit = shading_ev(seen[..., :3], seen[..., 3])
        subject = Subject(cutout, levels, named, lit)
        yield from composites_of(subject)
        yield from sizes_of(subject)


def composites_of(subject: Subject) -> Iterator[Cell]:
    for style in STYLES:
        yield in_set(subject, style, style, (1200, 1200))


def sizes_of(subject: Subject) -> Iterator[Cell]:
    """The wide and the upright one in the style that suits the category best, the square ones on white."""
    style = preferred_styles(subject.named.category)[0]
    padding = profile_of(subject.named.category).padding
    for name, size in NAMED_SIZES.items():
        if size[0] != size[1]:
            yield in_set(subject, name, style, size, turn=1)
            continue
        spec = Spec(name=name, size=size, background="white", padding=padding, enlarge=True)
        yield Cell(name, on_white(subject.cutout, spec, levels=subject.levels).image)


def in_set(subject: Subject, caption: str, style: str, size: tuple[int, int], *, turn: int = 0) -> Cell:
    """The product in one of a style's sets as its category and title say; `turn` for another set of the style."""
    named, profile = subject.named, profile_of(subject.named.category)
    views = views_of(named.title, named.category)
    view = seen_as(subject.levels.small_alpha, views, is_worn=named.category == CLOTHING)
    plate = Backplates().choose(style, seed=SEED + turn, view=view)
    backplate = from_json(plate.meta(), decode(plate.picture()[0]).convert("RGB"))
    spec = Spec(name=style, size=size, background=style, padding=profile.padding, shadow=profile.shadow, enlarge=True)
    cutout, levels = subject.cutout, subject.levels
    if is_on_sole(named.title):
        cutout, levels = levelled(cutout, levels)
    image = on_backplate(
        cutout,
        spec,
        backplate,
        rng=np.random.default_rng(SEED),
        levels=levels,
        shading_ev=subject.lit,
        near=is_small(named.title),
    ).image
    return Cell(caption, image)


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
