"""How far cut-outs are from true alphas: the figures of matting papers, for a folder of photos with their truths.

mae   mean alpha error over the picture, in percent
band  mean alpha error within 10 px of the true edge, in percent
sad   sum of alpha errors / 1000
grad  sum of squared differences of gradient magnitudes (Gaussian derivative, sigma 1.4) / 1000 (Rhemann et al. 2009)
fg    mean colour error 0..255 of the foreground in the band where true alpha is above 0.05, weighted by alpha
bad   share of pictures with band above 5 % or mae above 1 %: a retoucher would send them back
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Plane = npt.NDArray[np.float32]
BAND_PX = 10
FIGURES = ("mae", "band", "sad", "grad", "fg")


@dataclass(frozen=True)
class Case:
    """A photo with its truth. `clear` is a second truth that counts see-through parts as gone: anything between is right."""

    name: str
    photo: Path
    alpha: Path
    clear: Path | None = None
    foreground: Path | None = None


def cases(folder: Path) -> Iterator[Case]:
    """Cases of a folder: NAME.jpg with NAME.alpha.png, or NAME/raw.jpg with NAME/alpha.png."""
    for alpha in sorted(folder.glob("*.alpha.png")):
        name = alpha.name.removesuffix(".alpha.png")
        photos = [path for path in sorted(folder.glob(f"{name}.*")) if path.stem == name]
        if photos:
            clear, foreground = folder / f"{name}.alpha_t.png", folder / f"{name}.fg.png"
            yield Case(name, photos[0], alpha, _there(clear), _there(foreground))
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        photo, alpha = inner / "raw.jpg", inner / "alpha.png"
        if photo.exists() and alpha.exists():
            clear, foreground = inner / "alpha_t.png", inner / "foreground.png"
            yield Case(inner.name, photo, alpha, _there(clear), _there(foreground))


def _there(path: Path) -> Path | None:
    return path if path.exists() else None


def errors(case: Case, cutout: Image.Image | None) -> dict[str, Any]:
    """Figures of one cut-out (RGBA); one that is missing or of another size counts as empty."""
    full = _alpha(case.alpha)
    is_missing = cutout is None or cutout.size != (full.shape[1], full.shape[0])
    pixels: Plane = np.zeros((*full.shape, 4), np.float32)
    if cutout is not None and not is_missing:
        pixels = np.asarray(cutout.convert("RGBA"), np.float32)
    alpha = np.asarray(pixels[..., 3] / 255, np.float32)
    truth = _nearest_truth(alpha, full, case.clear)
    band = _band(full)
    error = np.abs(alpha - truth)
    row: dict[str, Any] = {
        "name": case.name,
        "missing": is_missing,
        "mae": 100 * float(error.mean()),
        "band": 100 * float(error[band].mean()),
        "sad": float(error.sum()) / 1000,
        "grad": float(((_gradient(alpha) - _gradient(truth)) ** 2).sum()) / 1000,
    }
    if case.foreground is not None and not is_missing:
        row["fg"] = _colour_error(pixels, alpha, truth, band, case.foreground)
    row["bad"] = is_missing or row["band"] > 5 or row["mae"] > 1
    return row


def _alpha(path: Path) -> Plane:
    with Image.open(path) as image:
        return np.asarray(np.asarray(image.convert("L")) / 255, np.float32)


def _nearest_truth(alpha: Plane, full: Plane, clear: Path | None) -> Plane:
    if clear is None:
        return full
    other = _alpha(clear)
    return np.asarray(np.clip(alpha, np.minimum(full, other), np.maximum(full, other)), np.float32)


def _band(truth: Plane) -> npt.NDArray[np.bool_]:
    """Pixels within 10 px of the true edge; all of them when there is no edge."""
    solid = truth > 0.5
    edge = (solid ^ ndimage.binary_erosion(solid)) | ((truth > 0.02) & (truth < 0.98))
    if not edge.any():
        return np.ones(truth.shape, bool)
    near: npt.NDArray[np.bool_] = ndimage.distance_transform_edt(~edge) <= BAND_PX
    return near


def _gradient(alpha: Plane) -> Plane:
    return np.asarray(ndimage.gaussian_gradient_magnitude(alpha, 1.4), np.float32)


def _colour_error(pixels: Plane, alpha: Plane, truth: Plane, band: npt.NDArray[np.bool_], path: Path) -> float:
    with Image.open(path) as image:
        wanted = np.asarray(image.convert("RGB"), np.float32)
    weight = band * (truth > 0.05) * np.minimum(truth, alpha)
    distance = np.abs(pixels[..., :3] - wanted).mean(axis=2)
    return float((distance * weight).sum() / max(float(weight.sum()), 1e-6))


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean, median and 90th percentile of each figure, and the share of bad pictures."""
    found: dict[str, Any] = {
        "n": len(rows),
        "missing": sum(row["missing"] for row in rows),
        "bad_share": float(np.mean([row["bad"] for row in rows])) if rows else 0.0,
    }
    for name in FIGURES:
        values = [row[name] for row in rows if name in row]
        if values:
            found[name] = {
                "mean": round(float(np.mean(values)), 4),
                "median": round(float(np.median(values)), 4),
                "p90": round(float(np.percentile(values, 90)), 4),
            }
    return found
