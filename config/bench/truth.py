"""Photos with known alphas: NAME.jpg and NAME.alpha.png side by side, the samples' photos/ and truth/, or NAME/raw.jpg with alpha.png."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from config.photo_lists import CATALOGUE, listed

# Lists that name a photo's file and its category, in the folder or beside it.
LISTS = (CATALOGUE, "truth.csv", "index.csv")


@dataclass(frozen=True)
class Pair:
    name: str
    photo: Path
    alpha: Path
    foreground: Path | None
    category: str = ""


def pairs(folders: Sequence[Path], *, is_glass_clear: bool = False) -> Iterator[Pair]:
    """Of the folders; of the samples where none is given. `is_glass_clear` takes the alpha that lets light through glass and lenses
    (NAME.alpha_t.png) where there is one, under a name of its own."""
    samples = settings.BASE_DIR / "samples"
    for photos, truth in [(folder, folder) for folder in folders] or [(samples / "photos", samples / "truth")]:
        categories = _categories(photos)
        for name, photo, alpha, foreground in [*_side_by_side(photos, truth, is_glass_clear), *_in_folders(photos)]:
            product = name.removesuffix("_t").split("--")[0]
            category = categories.get(product, "")
            yield Pair(name, photo, alpha, foreground if foreground.exists() else None, category)


def _side_by_side(photos: Path, truth: Path, is_glass_clear: bool) -> Iterator[tuple[str, Path, Path, Path]]:
    for alpha in sorted(truth.glob("*.alpha.png")):
        stem = alpha.name.removesuffix(".alpha.png")
        photo, clear = photos / f"{stem}.jpg", truth / f"{stem}.alpha_t.png"
        if not photo.exists():
            continue
        if is_glass_clear and clear.exists():
            yield f"{stem}_t", photo, clear, truth / f"{stem}.fg_t.png"
        else:
            yield stem, photo, alpha, truth / f"{stem}.fg.png"


def _in_folders(folder: Path) -> Iterator[tuple[str, Path, Path, Path]]:
    for photo in sorted(folder.glob("*/raw.jpg")):
        alpha = photo.with_name("alpha.png")
        if alpha.exists():
            yield photo.parent.name, photo, alpha, photo.with_name("foreground.png")


def _categories(folder: Path) -> dict[str, str]:
    """Category by the stem of a photo's file, from the lists that are there."""
    rows = listed(folder, names=LISTS)
    return {Path(row["file"]).stem: row["category"] for row in rows if row.get("category")}
