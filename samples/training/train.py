"""Fit the network to extracted planes. Needs PyTorch (pip install torch); one core and no GPU are enough.

python -m samples.training.train --planes out/planes --out out/net.pt --epochs 20 --hold-out MUG-01 WALLET-01

An epoch shows one random crop of each shot. Shots of held-out products are never shown and judged at the end.
"""

import argparse
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

CHANNELS = (24, 40, 56, 64)
_FINE = 16
_CROP_PX = 224
_BATCH = 5
_BAND_PX = 8
_EDGE_WEIGHT, _BASE_WEIGHT = 1.5, 0.3
_LEARNING_RATE, _WEIGHT_DECAY, _WARM_UP_STEPS = 2e-3, 1e-4, 100


class Net(nn.Module):
    """The same layers, by the same names, as processing/imaging/matting/network.py runs them."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        sizes = (planes, *CHANNELS)
        self.down = nn.ModuleList([nn.Conv2d(sizes[i], sizes[i + 1], 3, 2, 1) for i in range(4)])
        self.keep = nn.ModuleList([nn.Conv2d(CHANNELS[i], CHANNELS[i], 3, 1, 1) for i in range(4)])
        self.lift = nn.ModuleList([nn.Conv2d(CHANNELS[i + 1], CHANNELS[i], 1) for i in range(3)])
        self.join = nn.ModuleList([nn.Conv2d(CHANNELS[i], CHANNELS[i], 3, 1, 1) for i in range(3)])
        self.up = nn.Conv2d(CHANNELS[0], _FINE, 1)
        self.raw = nn.Conv2d(planes, _FINE, 1)
        self.mix = nn.Conv2d(_FINE, 8, 3, 1, 1)
        self.out = nn.Conv2d(8, 1, 1)
        # PyTorch's own start is too faint for so many layers without normalisation: by some seeds half of them die.
        for layer in (layer for layer in self.modules() if isinstance(layer, nn.Conv2d)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, field: torch.Tensor) -> torch.Tensor:
        """Logits (n, 1, h, w) of planes (n, planes, h, w); sides are multiples of 16."""
        kept, level = [], field
        for down, keep in zip(self.down, self.keep, strict=True):
            level = torch.relu(keep(torch.relu(down(level))))
            kept.append(level)
        for scale in (2, 1, 0):
            level = torch.relu(_double(self.lift[scale](level)) + kept[scale])
            level = torch.relu(self.join[scale](level))
        level = torch.relu(_double(self.up(level)) + self.raw(field))
        return self.out(torch.relu(self.mix(level)))


def _double(values: torch.Tensor) -> torch.Tensor:
    return torch_functions.interpolate(values, scale_factor=2, mode="nearest")


@dataclass(frozen=True)
class Shot:
    """`seen` uint8 (n, h, w) plane codes, `alpha` uint8 (h, w), `band` bool (h, w) near the true edge."""

    seen: np.ndarray
    alpha: np.ndarray
    band: np.ndarray


def main() -> None:
    chosen = _arguments()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)
    paths = [path for folder in chosen.planes for path in sorted(folder.glob("*.npz"))]
    held, shown = split(paths, chosen.hold_out)
    net = Net(load(shown[0]).seen.shape[0]).to(memory_format=torch.channels_last)
    if chosen.init:
        net.load_state_dict(torch.load(chosen.init, weights_only=True))
    fit(net, shown, rng=np.random.default_rng(chosen.seed), epochs=chosen.epochs, out=chosen.out)
    judge(net, held)


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
    """One shot. It takes 7 MB, so they are read anew each time: quicker than a step by far, and memory stays flat."""
    with np.load(path) as stored:
        seen, alpha = stored["x"], stored["a"]
    inside, square = (alpha > 127).astype(np.uint8), np.ones((3, 3), np.uint8)
    edge = (alpha > 10) & (alpha < 245) | (cv2.dilate(inside, square) != cv2.erode(inside, square))
    # Where a picture has no edge at all, distanceTransform finds nothing near and the band stays empty.
    band = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3) < _BAND_PX
    return Shot(np.ascontiguousarray(seen.transpose(2, 0, 1)), alpha, band)


def fit(net: Net, shots: list[Path], *, rng: np.random.Generator, epochs: int, out: Path) -> None:
    """Train, and write the weights after each epoch."""
    steps = epochs * -(-len(shots) // _BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), _LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    start, step = time.monotonic(), 0
    for epoch in range(1, epochs + 1):
        losses = []
        for seen, alpha, band in _batches(rng, shots):
            warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
            for group in optimizer.param_groups:
                group["lr"] = _LEARNING_RATE * warm * (1 - step / steps) ** 0.9 + 1e-5
            losses.append(_improve(net, optimizer, seen, alpha, band))
            step += 1
        _save(net, out)
        _say(f"epoch {epoch} of {epochs}: loss {np.mean(losses):.4f}, {time.monotonic() - start:.0f} s")


def _improve(net: Net, optimizer: torch.optim.Optimizer, *batch: torch.Tensor) -> float:
    """One step on cross-entropy plus absolute error, six times as heavy near the edge."""
    seen, alpha, band = batch
    with torch.autocast("cpu", torch.bfloat16):
        logits = net(seen.contiguous(memory_format=torch.channels_last))
    logits = logits.float()
    weight = _BASE_WEIGHT + _EDGE_WEIGHT * band
    entropy = torch_functions.binary_cross_entropy_with_logits(logits, alpha, reduction="none")
    loss = ((entropy + torch.abs(torch.sigmoid(logits) - alpha)) * weight).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    return float(loss.item())


def _batches(rng: np.random.Generator, shots: list[Path]) -> Iterator[tuple[torch.Tensor, ...]]:
    order = rng.permutation(len(shots))
    for first in range(0, len(order), _BATCH):
        crops = [_crop(rng, load(shots[index])) for index in order[first : first + _BATCH]]
        seen, alpha, band = (torch.from_numpy(np.stack(parts)).float() for parts in zip(*crops, strict=True))
        yield seen / 64 - 2, alpha[:, None] / 255, band[:, None]


def _crop(rng: np.random.Generator, shot: Shot) -> tuple[np.ndarray, ...]:
    """A square of 224 px from the shot, mirrored half of the time; smaller shots are padded at the right and below."""
    height, width = shot.alpha.shape
    side = min(_CROP_PX, height, width)
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    flip, missing = (-1 if rng.random() < 0.5 else 1), _CROP_PX - side
    parts = []
    for plane in (shot.seen, shot.alpha, shot.band):
        part = plane[..., top : top + side, left : left + side][..., ::flip]
        border = [(0, 0)] * (part.ndim - 2) + [(0, missing), (0, missing)]
        parts.append(np.pad(part, border, mode="edge"))
    return tuple(parts)


def judge(net: Net, shots: list[Path]) -> None:
    """Say the mean alpha error in the band and on whole pictures, percent, of shots the net has not been shown."""
    if not shots:
        _say("nothing held back, so the error on unknown products is not known")
        return
    net.eval()
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
    padded = np.pad(shot.seen, ((0, 0), (0, -height % 16), (0, -width % 16)), mode="edge")
    share = torch.sigmoid(net(torch.from_numpy(padded).float()[None] / 64 - 2))
    return share[0, 0, :height, :width].numpy()


def _save(net: Net, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part")
    torch.save(net.state_dict(), unfinished)
    unfinished.replace(out)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=Path, action="append", required=True, help="folder of planes; may be repeated")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--hold-out", nargs="*", default=[], metavar="NAME", help="products kept for judging")
    parser.add_argument("--init", type=Path, help="weights (.pt) to go on from")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
