"""Compose training shots with known alpha: NAME.jpg and NAME.alpha.png per shot.

python -m samples.training.make_shots --cutouts samples/photos --alphas samples/truth --out out/shots --count 600
"""

import argparse
import sys
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from samples.training.cutouts import CutOut, Source, find_sources, load, varied
from samples.training.scene import backdrop, decode, photograph, shadow
from samples.training.shapes import drawn

_SHORTEST_PX = 560
_load = cache(load)


def main() -> None:
    chosen = _arguments()
    cv2.setNumThreads(1)
    sources = find_sources(chosen.cutouts, chosen.alphas)
    if not sources and chosen.drawn < 1:
        raise SystemExit("no cut-outs found: name folders with --cutouts, or take drawn shapes alone with --drawn 1")
    chosen.out.mkdir(parents=True, exist_ok=True)
    for index in range(chosen.first, chosen.first + chosen.count):
        # Each shot has its own generator, so that a part of the series can be made again or elsewhere.
        rng = np.random.default_rng([chosen.seed, index])
        cutout = drawn(rng) if rng.random() < chosen.drawn else varied(rng, _any(rng, sources))
        jpeg, alpha = compose(rng, cutout, long_px=int(rng.integers(_SHORTEST_PX, chosen.long_px + 1)))
        name = f"{cutout.name}--{chosen.seed}-{index:05d}"
        (chosen.out / f"{name}.jpg").write_bytes(jpeg)
        Image.fromarray(alpha).save(chosen.out / f"{name}.alpha.png")
    sys.stdout.write(f"{chosen.count} shots from {len(sources)} cut-outs and drawn shapes in {chosen.out}\n")


def compose(rng: np.random.Generator, cutout: CutOut, *, long_px: int) -> tuple[bytes, np.ndarray]:
    """(JPEG, alpha uint8) of the cut-out on made paper, its longer side `long_px`."""
    aspect = float(rng.choice([0.75, 0.8, 1, 1, 1.25, 1.33]))
    shape = (round(long_px / max(1, aspect)), round(long_px * min(1, aspect)))
    code, alpha = _placed(rng, cutout, shape)
    paper = backdrop(rng, shape) * shadow(rng, alpha)[..., None]
    return photograph(rng, decode(code), alpha, paper)


def _placed(rng: np.random.Generator, cutout: CutOut, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Colours (h, w, 3) and alpha (h, w) on the whole frame; sides where the product ends touch the frame."""
    height, width = cutout.alpha.shape
    scale = rng.uniform(0.4, 0.92) * min(shape[0] / height, shape[1] / width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    free_y, free_x = shape[0] - size[1], shape[1] - size[0]
    top, bottom, left, right = cutout.ends
    y = 0 if top else free_y if bottom else round(free_y * rng.uniform(0.3, 0.8))
    x = 0 if left else free_x if right else round(free_x * rng.uniform(0.25, 0.75))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    border = (y, free_y - y, x, free_x - x)
    code = cv2.copyMakeBorder(cv2.resize(cutout.code, size, interpolation=method), *border, cv2.BORDER_REPLICATE)
    alpha = cv2.copyMakeBorder(cv2.resize(cutout.alpha, size, interpolation=method), *border, cv2.BORDER_CONSTANT)
    return np.clip(code, 0, 1), np.clip(alpha, 0, 1)


def _any(rng: np.random.Generator, sources: list[Source]) -> CutOut:
    return _load(sources[int(rng.integers(len(sources)))])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cutouts", type=Path, action="append", default=[], help="folder of cut-outs; may be repeated")
    parser.add_argument("--alphas", type=Path, action="append", default=[], help="folder of NAME.alpha.png for photos")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--first", type=int, default=0, help="number of the first shot")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drawn", type=float, default=0.5, help="share of drawn shapes, 0..1")
    parser.add_argument(
        "--long-px", type=int, default=1000, help=f"longest side of the largest shots, {_SHORTEST_PX} or more"
    )
    chosen = parser.parse_args()
    if chosen.long_px < _SHORTEST_PX:
        parser.error(f"--long-px {chosen.long_px}: shots are {_SHORTEST_PX} px or longer")
    return chosen


if __name__ == "__main__":
    main()
