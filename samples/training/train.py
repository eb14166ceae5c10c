"""Fit the network to extracted planes. Needs PyTorch (pip install torch); one core and no GPU are enough.

python -m samples.training.train --planes out/planes --out out/net.pt --steps 4000 --hold-out MUG-01 WALLET-01

The net begins with the pretrained weights of `--sight` (see sight.py) and, where given, with those of an earlier net. A step
shows one random crop of a few shots. Shots of held-out products are never shown and judged at the end. What is written
is the running average of the weights (`--out`) and, beside it, all that is needed to go on (`NAME.state.pt`, --resume).
"""

import argparse
import copy
import dataclasses
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

from samples.training.extract import field
from samples.training.net import STEP, Net

_BAND_PX = 6
_EDGE_WEIGHT, _BASE_WEIGHT = 1.5, 0.3
_WEIGHT_DECAY, _WARM_UP_STEPS, _LEAST_RATE = 1e-2, 150, 1e-6
_AVERAGED_OVER_STEPS = 250
_SIGHT_SHARE = 0.12  # of the rate, for the pretrained part
_STILL_STAGES = 2  # its first stages are taken as they are
_TINTED_SHARE = 0.5
_SAVE_EVERY_STEPS = 100


@dataclass(frozen=True)
class Shot:
    """`seen` uint8 (h, w, n) plane codes, `picture` uint8 (h, w, 3), `alpha` uint8 (h, w), `band` bool (h, w) near the true edge."""

    seen: np.ndarray
    picture: np.ndarray
    alpha: np.ndarray
    band: np.ndarray


@dataclass(frozen=True)
class Schedule:
    """How fast is learned when: level, then falling to nothing over the last share of the steps, or of the minutes where
    those end sooner."""

    rate: float
    steps: int
    decay_share: float
    minutes: float
    begun: float = dataclasses.field(default_factory=time.monotonic)

    def left(self, done: int) -> float:
        """Share of the way that is still to go."""
        by_clock = 1 - (time.monotonic() - self.begun) / 60 / self.minutes if self.minutes else 1.0
        return max(0.0, min(1 - done / self.steps, by_clock))

    def rate_after(self, done: int) -> float:
        return self.rate * min(1.0, self.left(done) / self.decay_share) + _LEAST_RATE


class Training:
    """The net that is being fitted, its average and its optimizer."""

    def __init__(self, planes: int, schedule: Schedule) -> None:
        self.net = Net(planes).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        self.optimizer = torch.optim.AdamW(_groups(self.net), schedule.rate, weight_decay=_WEIGHT_DECAY)
        self.schedule, self.done, self.done_before = schedule, 0, 0

    def improve(self, seen: torch.Tensor, alpha: torch.Tensor, band: torch.Tensor) -> float:
        rate = self.schedule.rate_after(self.done) * min(1.0, (self.done + self.done_before + 1) / _WARM_UP_STEPS)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
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
        share = max(1 / _AVERAGED_OVER_STEPS, 1 / (self.done + self.done_before + 2))
        for mean, now in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, share)

    def save(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        _write(out, self.average.state_dict())
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        _write(out.with_suffix(".state.pt"), state)

    def start(self, *, sight: Path | None, net: Path | None) -> None:
        """Take pretrained sight, and the weights of an earlier net where names agree."""
        if sight:
            self.net.sight.take(sight)
        if net:
            self.net.load_state_dict(torch.load(net, weights_only=True), strict=False)
        self.average.load_state_dict(self.net.state_dict())

    def resume(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.done_before = _WARM_UP_STEPS


def _groups(net: Net) -> list[dict]:
    """Weights by how fast they may move: the first stages of the sight not at all, the others of it gently."""
    for still in (net.sight.stem, *net.sight.stages[:_STILL_STAGES]):
        still.requires_grad_(False)
    gentle = set(net.sight.parameters())
    others = [weights for weights in net.parameters() if weights not in gentle]
    moving = [weights for weights in net.sight.parameters() if weights.requires_grad]
    return [{"params": others, "share": 1.0}, {"params": moving, "share": _SIGHT_SHARE, "weight_decay": 0.0}]


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
    schedule = Schedule(chosen.rate, chosen.steps, chosen.decay_share, chosen.minutes)
    training = Training(load(shown[0]).seen.shape[2], schedule)
    training.start(sight=chosen.sight, net=chosen.start)
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
        seen, picture, alpha = stored["x"], stored["p"], stored["a"]
    inside, square = (alpha > 127).astype(np.uint8), np.ones((3, 3), np.uint8)
    edge = (alpha > 10) & (alpha < 245) | (cv2.dilate(inside, square) != cv2.erode(inside, square))
    # Where a picture has no edge at all, distanceTransform finds nothing near and the band stays empty.
    band = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3) < _BAND_PX
    return Shot(seen, picture, alpha, band)


def fit(training: Training, chosen: argparse.Namespace, rng: np.random.Generator) -> None:
    """Train, and write the weights every so often; shots made meanwhile are taken in at the next round."""
    start, losses = time.monotonic(), []
    while training.schedule.left(training.done) > 0:
        shots = split(_found(chosen.planes), chosen.hold_out)[1]
        for seen, alpha, band in _batches(rng, shots, size=chosen.batch, crop_px=chosen.crop_px):
            losses.append(training.improve(seen, alpha, band))
            is_done = training.schedule.left(training.done) <= 0
            if training.done % _SAVE_EVERY_STEPS == 0 or is_done:
                training.save(chosen.out)
                seconds = time.monotonic() - start
                _say(
                    f"step {training.done} of {chosen.steps}: loss {np.mean(losses):.4f}, {len(shots)} shots, {seconds:.0f} s"
                )
                losses = []
            if is_done:
                break


def _batches(
    rng: np.random.Generator, shots: list[Path], *, size: int, crop_px: int
) -> Iterator[tuple[torch.Tensor, ...]]:
    order = rng.permutation(len(shots))
    for first in range(0, len(order) - size + 1, size):
        crops = [_crop(rng, load(shots[index]), crop_px) for index in order[first : first + size]]
        seen, alpha, band = (torch.from_numpy(np.stack(parts)) for parts in zip(*crops, strict=True))
        yield seen.permute(0, 3, 1, 2), alpha[:, None].float() / 255, band[:, None].float()


def _crop(rng: np.random.Generator, shot: Shot, crop_px: int) -> tuple[np.ndarray, ...]:
    """A square from the shot that holds some of its edge, mirrored half of the time; smaller shots are padded."""
    height, width = shot.alpha.shape
    side = (min(crop_px, height), min(crop_px, width))
    places = [(int(rng.integers(0, height - side[0] + 1)), int(rng.integers(0, width - side[1] + 1))) for _ in range(3)]
    held = [int(shot.band[top : top + side[0], left : left + side[1]].sum()) for top, left in places]
    top, left = places[int(np.argmax(held))] if rng.random() < 0.85 else places[0]
    across, down = (-1 if rng.random() < 0.5 else 1), (-1 if rng.random() < 0.08 else 1)
    parts = []
    for plane in (shot.seen, shot.picture, shot.alpha, shot.band):
        part = plane[top : top + side[0], left : left + side[1]][::down, ::across]
        border = [(0, crop_px - side[0]), (0, crop_px - side[1])] + [(0, 0)] * (part.ndim - 2)
        parts.append(np.pad(part, border, mode="edge"))
    picture = parts[1] / np.float32(255)
    return field(parts[0], _tinted(rng, picture) if rng.random() < _TINTED_SHARE else picture), *parts[2:]


def _tinted(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Another exposure, tone and white balance for the eye; the evidence stays."""
    gain = np.exp(rng.normal(0, 0.08) + rng.normal(0, 0.04, 3)).astype(np.float32)
    tinted = (picture * gain) ** np.float32(np.exp(rng.normal(0, 0.15)))
    return np.clip(tinted + rng.normal(0, rng.uniform(0, 0.02), picture.shape), 0, 1).astype(np.float32)


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
    padded = np.pad(
        field(shot.seen, shot.picture / np.float32(255)), ((0, -height % STEP), (0, -width % STEP), (0, 0)), mode="edge"
    )
    share = torch.sigmoid(net(torch.from_numpy(padded).permute(2, 0, 1).float()[None]))
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
    parser.add_argument("--minutes", type=float, default=0, help="end after so long, whatever --steps says")
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--crop-px", type=int, default=288, help=f"side of the crops, a multiple of {STEP}")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument(
        "--decay-share", type=float, default=0.35, help="share of the steps over which the rate falls to nothing"
    )
    parser.add_argument("--hold-out", nargs="*", default=[], metavar="NAME", help="products kept for judging")
    parser.add_argument("--resume", type=Path, help="NAME.state.pt of an earlier run to go on from")
    parser.add_argument("--sight", type=Path, help="pretrained weights of EfficientNet-Lite0 to begin with")
    parser.add_argument("--start", type=Path, help="NAME.pt of a net whose weights are taken where names agree")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
