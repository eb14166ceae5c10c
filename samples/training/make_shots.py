"""Compose training shots with known alpha: NAME.jpg and NAME.alpha.png per shot.

python -m samples.training.make_shots --cutouts samples/photos --alphas samples/truth --passes out/passes --out out/shots

Cut-outs (from folders and from traced passes) and drawn shapes are put on made paper; traced passes are also developed as
they are, with their own shadows and bounce, in other exposures and paints.
"""

import argparse
import sys
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from samples.training.camouflage import disguised
from samples.training.cutouts import CutOut, Source, box, find_sources, load, varied
from samples.training.scene import backdrop, decode, photograph, shadow
from samples.training.shapes import drawn

_SHORTEST_PX = 420
_load = lru_cache(300)(load)


def main() -> None:
    chosen = _arguments()
    cv2.setNumThreads(1)
    sources = [s for s in find_sources(chosen.cutouts, chosen.alphas) if not s.name.startswith(tuple(chosen.leave_out))]
    passes = [path for folder in chosen.passes for path in sorted(folder.glob("*.npz"))]
    traced = [source for source in find_sources(chosen.passes, []) if _is_usable(source)]
    if not sources and not traced and chosen.drawn < 1:
        raise SystemExit("nothing to compose: name folders with --cutouts or --passes, or take drawn shapes with --drawn 1")
    chosen.out.mkdir(parents=True, exist_ok=True)
    for index in range(chosen.first, chosen.first + chosen.count):
        # Each shot has its own generator, so that a part of the series can be made again or elsewhere.
        rng = np.random.default_rng([chosen.seed, index])
        name, jpeg, alpha = _shot(rng, chosen, sources, traced, passes)
        name = f"{name}--{chosen.seed}-{index:05d}"
        (chosen.out / f"{name}.jpg").write_bytes(jpeg)
        Image.fromarray(alpha).save(chosen.out / f"{name}.alpha.png", compress_level=1)
    sys.stdout.write(
        f"{chosen.count} shots from {len(sources)} cut-outs, {len(passes)} passes and drawn shapes in {chosen.out}\n"
    )


def _shot(rng, chosen, sources, traced, passes) -> tuple[str, bytes, np.ndarray]:
    kind = rng.random()
    if passes and kind < chosen.developed:
        path = passes[int(rng.integers(len(passes)))]
        return path.stem, *develop(rng, path)
    if kind < chosen.developed + chosen.drawn or not (sources or traced):
        cutout = drawn(rng)
    else:
        pool = sources if sources and (not traced or rng.random() < 0.2) else traced
        cutout = _load(pool[int(rng.integers(len(pool)))])
        if rng.random() < chosen.ordinary:
            return cutout.name, *compose(rng, cutout, long_px=int(rng.integers(_SHORTEST_PX, chosen.long_px + 1)), ordinary=True)
        cutout = varied(rng, cutout)
    return cutout.name, *compose(rng, cutout, long_px=int(rng.integers(_SHORTEST_PX, chosen.long_px + 1)))


def _is_usable(source: Source) -> bool:
    with np.load(source.picture) as stored:
        return bool((stored["solid"] == stored["cover"]).all())


def compose(rng: np.random.Generator, cutout: CutOut, *, long_px: int, ordinary: bool = False) -> tuple[bytes, np.ndarray]:
    """(JPEG, alpha uint8) of the cut-out on made paper, its longer side `long_px`; ordinary ones are not made harder."""
    aspect = float(rng.choice([0.67, 0.75, 0.8, 1, 1, 1, 1.25, 1.33]))
    shape = (round(long_px / max(1, aspect)), round(long_px * min(1, aspect)))
    code, alpha = _placed(rng, cutout, shape)
    bare = backdrop(rng, shape, ordinary=ordinary)
    if not ordinary:
        code = disguised(rng, code, alpha, bare)
    paper = bare * shadow(rng, alpha) ** (rng.uniform(0.3, 0.8) if ordinary else 1)
    return photograph(rng, alpha[..., None] * decode(code) + (1 - alpha[..., None]) * paper, alpha)


def develop(rng: np.random.Generator, path: Path) -> tuple[bytes, np.ndarray]:
    """(JPEG, alpha uint8) of a traced shot: framed, mirrored, exposed and painted anew."""
    with np.load(path) as stored:
        product, plate = stored["product"].astype(np.float32)[..., :3], stored["plate"].astype(np.float32)
        cover, solid = stored["cover"].astype(np.float32) / 255, stored["solid"].astype(np.float32) / 255
    seen = _framed(rng, cover)
    step = -1 if rng.random() < 0.5 else 1
    product, plate, cover, solid = (np.ascontiguousarray(part[seen][:, ::step]) for part in (product, plate, cover, solid))
    level = float(np.percentile(plate.mean(axis=2), 60))
    kind = rng.random()
    target = rng.uniform(0.7, 1.25) if kind < 0.5 else rng.uniform(0.2, 0.7) if kind < 0.8 else rng.uniform(0.03, 0.2)
    gain = target / max(level, 1e-4)
    is_clear = bool((cover != solid).any())
    if not is_clear and rng.random() < 0.6:
        product = product * np.exp(rng.normal(0, 0.35)) * np.exp(rng.normal(0, 0.12, 3))
        plate = plate * np.exp(rng.normal(0, 0.06, 3))
        if rng.random() < 0.4:  # paper of another colour, its shadows kept
            plate = plate.mean(axis=2, keepdims=True) * np.exp(rng.normal(0, 0.25, 3))
    light = (product + (1 - solid[..., None]) * plate) * gain
    scale = rng.uniform(1, 1.6)
    if scale > 1.05:
        size = (round(cover.shape[1] * scale), round(cover.shape[0] * scale))
        light, cover = cv2.resize(light, size, interpolation=cv2.INTER_CUBIC), cv2.resize(cover, size)
    return photograph(rng, np.maximum(light, 0).astype(np.float32), np.clip(cover, 0, 1))


def _framed(rng: np.random.Generator, cover: np.ndarray) -> tuple[slice, slice]:
    """A tighter frame, which cuts into the product only where the old one did."""
    rows, columns = box(cover)
    height, width = cover.shape
    top, left = int(rows.start * rng.uniform(0, 0.9)), int(columns.start * rng.uniform(0, 0.9))
    return (
        slice(top, height - int((height - rows.stop) * rng.uniform(0, 0.9))),
        slice(left, width - int((width - columns.stop) * rng.uniform(0, 0.9))),
    )


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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cutouts", type=Path, action="append", default=[], help="folder of cut-outs; may be repeated")
    parser.add_argument("--alphas", type=Path, action="append", default=[], help="folder of NAME.alpha.png for photos")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="NAME", help="beginnings of names kept for judging")
    parser.add_argument("--passes", type=Path, action="append", default=[], help="folder of render_shots.py; may be repeated")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--first", type=int, default=0, help="number of the first shot")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drawn", type=float, default=0.25, help="share of drawn shapes, 0..1")
    parser.add_argument("--developed", type=float, default=0.35, help="share of traced shots developed as they are, 0..1")
    parser.add_argument("--ordinary", type=float, default=0.3, help="share of cut-outs shot without any difficulty, 0..1")
    parser.add_argument("--long-px", type=int, default=800, help=f"longest side of the largest shots, {_SHORTEST_PX} or more")
    chosen = parser.parse_args()
    if chosen.long_px < _SHORTEST_PX:
        parser.error(f"--long-px {chosen.long_px}: shots are {_SHORTEST_PX} px or longer")
    return chosen


if __name__ == "__main__":
    main()
