"""Cut-outs to compose with: found in folders, freed from their old backdrop, and varied."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from processing.imaging.matting.edges import decontaminate
from samples.training.scene import encode

_LONG_PX = 900
_PICTURES = (".png", ".webp")
_PHOTOS = (".jpg", ".jpeg")


@dataclass(frozen=True)
class CutOut:
    """`code` float32 (h, w, 3) straight sRGB colours 0..1, `alpha` float32 (h, w) 0..1, both cropped to the product.
    `ends` says at which sides (top, bottom, left, right) the product runs out of its picture."""

    name: str
    code: np.ndarray
    alpha: np.ndarray
    ends: tuple[bool, bool, bool, bool] = (False, False, False, False)


@dataclass(frozen=True)
class Source:
    """A cut-out on disk: a picture with transparency, or a photo and its alpha."""

    name: str
    picture: Path
    alpha: Path | None


def find_sources(folders: list[Path], alpha_folders: list[Path]) -> list[Source]:
    """NAME.png (or .webp) with transparency, NAME.jpg with NAME.alpha.png beside it or in an alpha folder, and the
    passes NAME.npz of a traced shot."""
    sources = []
    for folder in folders:
        if not folder.is_dir():
            raise SystemExit(f"{folder} is not a folder")
        for path in sorted(folder.iterdir()):
            if path.suffix == ".npz" or path.suffix.lower() in _PICTURES and ".alpha" not in path.name:
                sources.append(Source(path.stem, path, None))
            elif path.suffix.lower() in _PHOTOS:
                places = [place / f"{path.stem}.alpha.png" for place in (folder, *alpha_folders)]
                sources += [Source(path.stem, path, found) for found in places if found.exists()][:1]
    return sources


def load(source: Source) -> CutOut:
    """The cut-out at no more than 900 px. ValueError where nothing is transparent, nothing is there, or sizes differ."""
    if source.picture.suffix == ".npz":
        return _traced(source)
    with Image.open(source.picture) as opened:
        picture = np.asarray(opened.convert("RGB" if source.alpha else "RGBA"))
    code, alpha = picture[..., :3], picture[..., -1]
    if source.alpha:
        with Image.open(source.alpha) as opened:
            alpha = np.asarray(opened.convert("L"))
        # A photo's edge holds its old backdrop, which would betray the product on the new one.
        code = decontaminate(np.ascontiguousarray(code), alpha)
    if alpha.min() > 250 or alpha.max() < 128:
        raise ValueError(f"{source.picture}: alpha is all {'opaque' if alpha.min() > 250 else 'empty'}")
    return _cropped(source.name, code.astype(np.float32) / 255, alpha.astype(np.float32) / 255)


def _traced(source: Source) -> CutOut:
    """The product of a traced shot without its studio, exposed for itself. ValueError where one looks through it."""
    with np.load(source.picture) as passes:
        product, cover = passes["product"].astype(np.float32), passes["cover"].astype(np.float32) / 255
        if (passes["solid"] != passes["cover"]).any():
            raise ValueError(f"{source.picture}: glass shows the studio it was traced in")
    light = product[..., :3] / np.maximum(product[..., 3:], 0.05)
    near = cv2.GaussianBlur(product, (0, 0), 1.2)
    rim = (cover < 0.97)[..., None]  # few samples met the product there
    light = np.where(rim, near[..., :3] / np.maximum(near[..., 3:], 1e-3), light)
    bright = float(np.quantile(light.max(axis=2)[cover > 0.5], 0.9))
    # Clipped white and lost black are part of the trade, so the gain is only a guess at a good one.
    return _cropped(source.name, encode(light / max(bright, 1e-4) * 0.75), cover)


def _cropped(name: str, code: np.ndarray, alpha: np.ndarray) -> CutOut:
    window = box(alpha)
    rows, columns = window
    ends = (rows.start == 0, rows.stop == alpha.shape[0], columns.start == 0, columns.stop == alpha.shape[1])
    if alpha.shape == alpha[window].shape:  # cropped tightly by whoever made it, not by a camera
        ends = (False, False, False, False)
    code, alpha = code[window], alpha[window]
    scale = min(1.0, _LONG_PX / max(alpha.shape))
    size = (max(8, round(alpha.shape[1] * scale)), max(8, round(alpha.shape[0] * scale)))
    area = cv2.INTER_AREA
    return CutOut(name, cv2.resize(code, size, interpolation=area), cv2.resize(alpha, size, interpolation=area), ends)


def box(alpha: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold the product."""
    rows, columns = np.nonzero(alpha.max(axis=1) > 0.02)[0], np.nonzero(alpha.max(axis=0) > 0.02)[0]
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def varied(rng: np.random.Generator, cutout: CutOut) -> CutOut:
    """The same product bleached, greyed, recoloured, darkened, turned or mirrored: few cut-outs have to teach many."""
    code, alpha, ends = _recoloured(rng, cutout.code), cutout.alpha, cutout.ends
    if not any(ends) and rng.random() < 0.5:
        degrees = rng.uniform(-35, 35) if rng.random() < 0.7 else rng.uniform(0, 360)
        code, alpha = _turned(code, alpha, degrees)
    if rng.random() < 0.5:
        code, alpha, ends = code[:, ::-1], alpha[:, ::-1], (ends[0], ends[1], ends[3], ends[2])
    return CutOut(cutout.name, np.clip(code, 0.003, 1).astype(np.float32), np.clip(alpha, 0, 1), ends)


def _recoloured(rng: np.random.Generator, code: np.ndarray) -> np.ndarray:
    grey = code.mean(axis=2, keepdims=True)
    kind = rng.random()
    if kind < 0.3:
        return code
    if kind < 0.5:  # nearly white
        low = rng.uniform(0.55, 0.88)
        return low + (0.985 - low) * (grey + (code - grey) * rng.uniform(0, 0.5))
    if kind < 0.65:  # greyish, low contrast
        return rng.uniform(0.25, 0.75) + (grey + (code - grey) * rng.uniform(0, 0.4) - code.mean()) * rng.uniform(0.2, 0.7)
    if kind < 0.75:
        return code[..., rng.permutation(3)]
    if kind < 0.85:
        return code * rng.uniform(0.15, 0.7)
    return code * rng.uniform(0.6, 1.3, 3).astype(np.float32)


def _turned(code: np.ndarray, alpha: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    height, width = alpha.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    across, along = abs(turn[0, 0]), abs(turn[0, 1])
    size = (int(height * along + width * across) + 4, int(height * across + width * along) + 4)
    turn[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    code = cv2.warpAffine(code.astype(np.float32), turn, size, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(alpha, turn, size)
    window = box(alpha)
    return code[window], alpha[window]
