"""Turn shots with known alpha into what the network sees of them: NAME.npz with `x` and `a` per shot.

python -m samples.training.extract --shots out/shots --out out/planes

The planes come from the code that runs on real photos, so they cannot drift apart. `x` holds the planes' byte codes
(h, w, n), `p` the picture (h, w, 3), `a` the alpha (h, w), all uint8 at the size at which the engine thinks. With
--variants, photos are also mirrored, cropped and exposed differently: worth it for the few that were not composed. With
--closer, planes are those of the engine's second look, which sees what the first one found and little around it.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from processing.imaging.matting import looks
from processing.imaging.matting.network import PLANE_STEPS, PLANE_ZERO
from processing.imaging.matting.paper import fit_paper
from processing.imaging.matting.studio import StudioSettings
from samples.training.cutouts import Source, box, find_sources

PICTURE = slice(29, 32)  # the planes that hold the picture itself; they are read in full depth
_TOLD = 35  # planes that say something; what fills them up to `network.PLANES` does not
_MARGIN = (0.03, 0.12)  # of the photo's longer side, left around the product by a closer look
_MOST_ENLARGED = 1.4


def main() -> None:
    chosen = _arguments()
    cv2.setNumThreads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    sources = [source for source in find_sources(chosen.shots, chosen.alphas) if source.alpha]
    if not sources:
        raise SystemExit("no NAME.jpg with NAME.alpha.png found")
    for source in sources:
        for variant in range(chosen.variants + 1):
            rng = np.random.default_rng([len(source.name), *source.name.encode(), variant])
            path = chosen.out / (f"{source.name}--v{variant}.npz" if variant else f"{source.name}.npz")
            if not path.exists():
                pixels = int(rng.integers(chosen.pixels[0], chosen.pixels[1] + 1))
                pair = _pair(source, rng, changed=variant > 0)
                _write(path, *(_closer(rng, *pair, pixels) if chosen.closer else _seen(*pair, pixels)))
    sys.stdout.write(f"{len(sources) * (chosen.variants + 1)} sets of planes in {chosen.out}\n")


def planes(picture: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Byte codes uint8 (h, w, n) of what the network sees of a reduced picture on its paper, both float32 (h, w, 3)."""
    return looks.codes(picture, paper)[..., :_TOLD]


def field(codes: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """What the network reads, float32 (h, w, n): planes from byte codes, the picture float32 (h, w, 3) 0..1 in full depth."""
    values = (codes.astype(np.float32) - PLANE_ZERO) / PLANE_STEPS
    values[..., PICTURE] = picture
    return values


def _pair(source: Source, rng: np.random.Generator, *, changed: bool) -> tuple[np.ndarray, np.ndarray]:
    with Image.open(source.picture) as opened:
        photo = np.asarray(opened.convert("RGB"))
    with Image.open(source.alpha) as opened:
        alpha = np.asarray(opened.convert("L"))
    if photo.shape[:2] != alpha.shape:
        raise SystemExit(f"{source.alpha} is {alpha.shape[::-1]}, {source.picture} is {photo.shape[1::-1]}")
    return _changed(rng, photo, alpha) if changed else (photo, alpha)


def _changed(rng: np.random.Generator, photo: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cropped (never into the product), exposed and toned differently, noisier, half of them mirrored."""
    rows, columns = box(alpha / 255)
    height, width = alpha.shape
    top, left = int(rows.start * rng.uniform(0, 0.9)), int(columns.start * rng.uniform(0, 0.9))
    bottom = height - int((height - rows.stop) * rng.uniform(0, 0.9))
    right = width - int((width - columns.stop) * rng.uniform(0, 0.9))
    code = photo[top:bottom, left:right].astype(np.float32) / 255
    code = code ** rng.uniform(0.8, 1.3) * rng.uniform(0.75, 1.12) * (1 + rng.normal(0, 0.03, 3))
    code = np.clip(code + rng.normal(0, rng.uniform(0, 0.012), code.shape), 0, 1)
    flip = -1 if rng.random() < 0.5 else 1
    return (code[:, ::flip] * 255 + 0.5).astype(np.uint8), np.ascontiguousarray(
        alpha[top:bottom, left:right][:, ::flip]
    )


def _seen(photo: np.ndarray, alpha: np.ndarray, pixels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(planes, picture, alpha), uint8, of a look at the whole photo."""
    picture = looks.reduced(photo, pixels)
    small = cv2.resize(alpha, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    return planes(picture, fit_paper(picture).colour), np.rint(picture * 255).astype(np.uint8), small


def _closer(
    rng: np.random.Generator, photo: np.ndarray, alpha: np.ndarray, pixels: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(planes, picture, alpha), uint8, of the product and some of its paper, at a size that the whole photo may not have."""
    rows, columns = box(alpha / 255)
    margin = round(float(rng.uniform(*_MARGIN)) * max(alpha.shape)) + 2
    window = tuple(slice(max(0, side.start - margin), side.stop + margin) for side in (rows, columns))
    inside = alpha[window].size
    scale = min(_MOST_ENLARGED, (pixels / inside) ** 0.5)
    size = (round(alpha.shape[1] * scale), round(alpha.shape[0] * scale))
    sized = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    whole = looks.reduced(sized, sized.size)
    window = tuple(slice(round(side.start * scale), round(side.stop * scale)) for side in window)
    picture, paper = (np.ascontiguousarray(plane[window]) for plane in (whole, fit_paper(whole).colour))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)[window]
    return planes(picture, paper), np.rint(picture * 255).astype(np.uint8), small


def _write(path: Path, seen: np.ndarray, picture: np.ndarray, alpha: np.ndarray) -> None:
    unfinished = path.with_suffix(".part")  # a stopped run must not leave half a file that looks whole
    with unfinished.open("wb") as stream:
        np.savez(stream, x=seen, p=picture, a=alpha)
    unfinished.replace(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=Path, action="append", required=True, help="folder of shots; may be repeated")
    parser.add_argument("--alphas", type=Path, action="append", default=[], help="folder of NAME.alpha.png")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--variants", type=int, default=0, help="changed copies of each photo besides itself")
    parser.add_argument("--closer", action="store_true", help="planes of the second look, round the product")
    full = StudioSettings().coarse_pixels
    parser.add_argument(
        "--pixels", type=int, nargs=2, default=(full, full), metavar=("LOW", "HIGH"), help="size of the planes"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
