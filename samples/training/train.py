"""Fit the network to extracted planes. Needs PyTorch (pip install torch); one core and no GPU are enough.

python -m samples.training.train --planes out/planes --out out/net.pt --steps 4000 --hold-out MUG-01 WALLET-01

A step shows one random crop of a few shots. Shots of held-out products are never shown and judged at the end. What is written
is the running average of the weights (`--out`) and, beside it, all that is needed to go on (`NAME.state.pt`, --resume).
"""

import argparse
import copy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as torch_functions
from torch import nn

from samples.training.net import STEP, Net

_BAND_PX = 6
_EDGE_WEIGHT, _BASE_WEIGHT = 1.5, 0.3
_WEIGHT_DECAY, _WARM_UP_STEPS = 1e-2, 150
_AVERAGED_OVER_STEPS = 250
_SAVE_EVERY_STEPS = 100


@dataclass(frozen=True)
class Shot:
    """`seen` uint8 (h, w, n) plane codes, `alpha` uint8 (h, w), `band` bool (h, w) near the true edge."""

    seen: np.ndarray
    alpha: np.ndarray
    band: np.ndarray


class Training:
    """The net that is being fitted, its average and its optimizer."""

    def __init__(self, planes: int, *, rate: float, decay_share: float, steps: int) -> None:
        self.net = Net(planes).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), rate, weight_decay=_WEIGHT_DECAY)
        self.rate, self.steps, self.decay_from = rate, steps, steps * (1 - decay_share)
        self.done = 0

    def improve(self, seen: torch.Tensor, alpha: torch.Tensor, band: torch.Tensor) -> float:
        """One step; the rate is level and falls to nothing over the last steps."""
        left = (self.steps - self.done) / max(1.0, self.steps - self.decay_from)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * min(1.0, (self.done + 1) / _WARM_UP_STEPS, left) + 1e-6
        self.net.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.net(seen.contiguous(memory_format=torch.channels_last))
        loss = _loss(logits.float(), alpha, band)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self._follow()
        self.done += 1
        return float(loss.item())

    @torch.no_grad()
    def _follow(self) -> None:
        share = max(1 / _AVERAGED_OVER_STEPS, 1 / (self.done + 2))
        for mean, now in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, share)

    def save(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        _write(out, self.average.state_dict())
        state = {"net": self.net.state_dict(), "average": self.average.state_dict(), "optimizer": self.optimizer.state_dict()}
        _write(out.with_suffix(".state.pt"), state)

    def resume(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.done = _WARM_UP_STEPS
        self.steps += _WARM_UP_STEPS
        self.decay_from += _WARM_UP_STEPS


def _loss(logits: torch.Tensor, alpha: torch.Tensor, band: torch.Tensor) -> torch.Tensor:
    """Cross-entropy and absolute error, six times as heavy near the edge, and the error of the gradient there."""
    weight = _BASE_WEIGHT + _EDGE_WEIGHT * band
    share = torch.sigmoid(logits)
    entropy = torch_functions.binary_cross_entropy_with_logits(logits, alpha, reduction="none")
    error = share - alpha
    slope = (error[..., 1:, :-1] - error[..., :-1, :-1]).abs() + (error[..., :-1, 1:] - error[..., :-1, :-1]).abs()
    return ((entropy + 2 * error.abs()) * weight).mean() + (slope * band[..., :-1, :-1]).mean()


def main() -> None:
    chosen = _arguments()
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(chosen.seed)
    shown = split(_found(chosen.planes), chosen.hold_out)[1]
    training = Training(load(shown[0]).seen.shape[2], rate=chosen.rate, decay_share=chosen.decay_share, steps=chosen.steps)
    if chosen.resume:
        training.resume(chosen.resume)
    fit(training, chosen, np.random.default_rng(chosen.seed))
    judge(training.average, split(_found(chosen.planes), chosen.hold_out)[0])


def _found(folders: list[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.glob("*.npz"))]


def split(paths: list[Path], hold_out: list[str]) -> tuple[list[Path], list[Path]]:
    """(held back, shown). A beginning of a name holds back all views of a product: one view would give the others away."""
    for name in hold_out:
        if not any(path.stem.startswith(name) for path in paths):
            raise SystemExit(f"--hold-out {name}: no shot's name begins with it")
    held = [path for path in paths if path.stem.startswith(tuple(hold_out))]
    shown = [path for path in paths if path not in set(held)]
    if not shown:
        raise SystemExit("no planes to train on")
    return held, shown


def load(path: Path) -> Shot:
    """One shot. It takes 4 MB, so they are read anew each time: quicker than a step by far, and memory stays flat."""
    with np.load(path) as stored:
        seen, alpha = stored["x"], stored["a"]
    inside, square = (alpha > 127).astype(np.uint8), np.ones((3, 3), np.uint8)
    edge = (alpha > 10) & (alpha < 245) | (cv2.dilate(inside, square) != cv2.erode(inside, square))
    # Where a picture has no edge at all, distanceTransform finds nothing near and the band stays empty.
    band = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3) < _BAND_PX
    return Shot(seen, alpha, band)


def fit(training: Training, chosen: argparse.Namespace, rng: np.random.Generator) -> None:
    """Train, and write the weights every so often; shots made meanwhile are taken in at the next round."""
    start, losses = time.monotonic(), []
    while training.done < training.steps:
        shots = split(_found(chosen.planes), chosen.hold_out)[1]
        for seen, alpha, band in _batches(rng, shots, size=chosen.batch, crop_px=chosen.crop_px):
            losses.append(training.improve(seen, alpha, band))
            if training.done % _SAVE_EVERY_STEPS == 0 or training.done >= training.steps:
                training.save(chosen.out)
                seconds = time.monotonic() - start
                _say(f"step {training.done} of {training.steps}: loss {np.mean(losses):.4f}, {len(shots)} shots, {seconds:.0f} s")
                losses = []
            if training.done >= training.steps:
                break


def _batches(rng: np.random.Generator, shots: list[Path], *, size: int, crop_px: int) -> Iterator[tuple[torch.Tensor, ...]]:
    order = rng.permutation(len(shots))
    for first in range(0, len(order) - size + 1, size):
        crops = [_crop(rng, load(shots[index]), crop_px) for index in order[first : first + size]]
        seen, alpha, band = (torch.from_numpy(np.stack(parts)) for parts in zip(*crops, strict=True))
        yield seen.permute(0, 3, 1, 2).float() / 64 - 2, alpha[:, None].float() / 255, band[:, None].float()


def _crop(rng: np.random.Generator, shot: Shot, crop_px: int) -> tuple[np.ndarray, ...]:
    """A square from the shot that holds some of its edge, mirrored half of the time; smaller shots are padded."""
    height, width = shot.alpha.shape
    side = (min(crop_px, height), min(crop_px, width))
    places = [(int(rng.integers(0, height - side[0] + 1)), int(rng.integers(0, width - side[1] + 1))) for _ in range(3)]
    held = [int(shot.band[top : top + side[0], left : left + side[1]].sum()) for top, left in places]
    top, left = places[int(np.argmax(held))] if rng.random() < 0.85 else places[0]
    across, down = (-1 if rng.random() < 0.5 else 1), (-1 if rng.random() < 0.08 else 1)
    parts = []
    for plane in (shot.seen, shot.alpha, shot.band):
        part = plane[top : top + side[0], left : left + side[1]][::down, ::across]
        border = [(0, crop_px - side[0]), (0, crop_px - side[1])] + [(0, 0)] * (part.ndim - 2)
        parts.append(np.pad(part, border, mode="edge"))
    return tuple(parts)


def judge(net: Net, shots: list[Path]) -> None:
    """Say the mean alpha error in the band and on whole pictures, percent, of shots the net has not been shown."""
    if not shots:
        _say("nothing held back, so the error on unknown products is not known")
        return
    rows = []
    for path in shots:
        shot = load(path)
        off = np.abs(_answer(net, shot) - shot.alpha / 255) * 100
        rows.append((float(off[shot.band].mean()) if shot.band.any() else 0.0, float(off.mean()), path.stem))
    for band, whole, name in sorted(rows, reverse=True)[:12]:
        _say(f"  {name}: band {band:.2f} %, whole {whole:.2f} %")
    bands = [row[0] for row in rows]
    _say(f"{len(rows)} held-out shots: band mean {np.mean(bands):.2f} %, median {np.median(bands):.2f} %")


@torch.no_grad()
def _answer(net: Net, shot: Shot) -> np.ndarray:
    height, width = shot.alpha.shape
    padded = np.pad(shot.seen, ((0, -height % STEP), (0, -width % STEP), (0, 0)), mode="edge")
    share = torch.sigmoid(net(torch.from_numpy(padded).permute(2, 0, 1).float()[None] / 64 - 2))
    return share[0, 0, :height, :width].numpy()


def _write(path: Path, content: dict) -> None:
    unfinished = path.with_name(f"{path.name}.part")  # a stopped run must not leave half a file that looks whole
    torch.save(content, unfinished)
    unfinished.replace(path)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=Path, action="append", required=True, help="folder of planes; may be repeated")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--crop-px", type=int, default=288, help=f"side of the crops, a multiple of {STEP}")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay-share", type=float, default=0.35, help="share of the steps over which the rate falls to nothing")
    parser.add_argument("--hold-out", nargs="*", default=[], metavar="NAME", help="products kept for judging")
    parser.add_argument("--resume", type=Path, help="NAME.state.pt of an earlier run to go on from")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
