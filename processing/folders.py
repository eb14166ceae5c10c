"""Pictures in folders, for commands that work on files alone."""

from collections.abc import Iterator
from pathlib import Path

PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".tif", ".tiff", ".bmp", ".gif")
# Truths and foregrounds that lie beside photos in a folder of test pictures.
BESIDE = (".alpha", ".alpha_t", ".fg", ".truth")


def photos_in(path: Path) -> list[Path]:
    """The file itself, or the photos of a folder and its folders, in order."""
    if path.is_file():
        return [path]
    return sorted(one for one in path.rglob("*") if is_photo(one))


def is_photo(path: Path) -> bool:
    """True for picture files that are no truth beside a photo."""
    return path.is_file() and path.suffix.lower() in PHOTOS and not path.stem.endswith(BESIDE)


def pairs(photos: Path, cutouts: Path) -> Iterator[tuple[Path, Path]]:
    """Photos with their cut-outs: two files, or two folders paired by file stem. ValueError when nothing pairs."""
    if photos.is_file():
        yield photos, cutouts
        return
    by_stem = {path.stem: path for path in cutouts.rglob("*.png")}
    found = [(photo, by_stem[photo.stem]) for photo in photos_in(photos) if photo.stem in by_stem]
    if not found:
        raise ValueError(f"no picture in {cutouts} is named like a photo in {photos}")
    yield from found
