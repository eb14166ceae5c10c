"""Photos with known alphas: NAME.jpg and NAME.alpha.png side by side, or the samples' photos/ and truth/."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Pair:
    name: str
    photo: Path
    alpha: Path
    foreground: Path | None


def pairs(folders: Sequence[Path]) -> Iterator[Pair]:
    """Of the folders; of the samples where none is given."""
    samples = settings.BASE_DIR / "samples"
    for photos, truth in [(folder, folder) for folder in folders] or [(samples / "photos", samples / "truth")]:
        for alpha in sorted(truth.glob("*.alpha.png")):
            name = alpha.name.removesuffix(".alpha.png")
            photo = photos / f"{name}.jpg"
            foreground = truth / f"{name}.fg.png"
            if photo.exists():
                yield Pair(name, photo, alpha, foreground if foreground.exists() else None)
