"""The cut-out network in PyTorch: evidence and what a picture classifier sees, over six scales, and a decoder."""

import torch
import torch.nn.functional as torch_functions
from torch import nn

from samples.training.extract import PICTURE
from samples.training.sight import CHANNELS as SIGHT
from samples.training.sight import Sight

STEP = 32  # sides are multiples of this
CHANNELS = (24, 48, 72, 96, 112)
_BLOCKS_DOWN, _BLOCKS_UP = (0, 1, 2, 2, 2), (0, 1, 1, 1)
_FINE = 16
_TOLD = (1, 2)  # levels at which the evidence is told to the sight
_DEEP = 2  # from this level on the evidence is hidden now and then in training, so that sight learns to do without
_HIDDEN_SHARE = 0.3


class Block(nn.Module):
    """Two convolutions beside a short cut; starts as the short cut alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, 1, 1, bias=False) for _ in range(2))
        self.norm_first, self.norm_second = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm_second.weight)

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        inner = torch.relu(self.norm_first(self.first(level)))
        return torch.relu(level + self.norm_second(self.second(inner)))


def layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[Block(channels) for _ in range(count)]) if count else layer(channels, channels)


class Net(nn.Module):
    """Logits of coverage (n, 1, h, w) from planes (n, planes, h, w)."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        sizes = (planes, *CHANNELS)
        self.down = nn.ModuleList([layer(sizes[i], sizes[i + 1], 2) for i in range(5)])
        self.keep = nn.ModuleList([blocks(CHANNELS[i], _BLOCKS_DOWN[i]) for i in range(5)])
        self.whole = nn.Conv2d(CHANNELS[4], CHANNELS[4], 1)
        self.sight = Sight()
        self.hear = nn.ModuleList([_silent(SIGHT[i], CHANNELS[i]) for i in range(5)])
        self.tell = nn.ModuleList([_silent(CHANNELS[i], SIGHT[i]) for i in _TOLD])
        self.lift = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(CHANNELS[i + 1], CHANNELS[i], 1, bias=False), nn.BatchNorm2d(CHANNELS[i]))
                for i in range(4)
            ]
        )
        self.join = nn.ModuleList([blocks(CHANNELS[i], _BLOCKS_UP[i]) for i in range(4)])
        self.up = nn.Conv2d(CHANNELS[0], _FINE, 1)
        self.raw = nn.Conv2d(planes, _FINE, 3, 1, 1)
        self.mix = nn.Conv2d(_FINE, _FINE, 3, 1, 1)
        self.out = nn.Conv2d(_FINE, 1, 1)

    def forward(self, field: torch.Tensor) -> torch.Tensor:
        kept, level, seen = [], field, self.sight.start(field[:, PICTURE])
        for scale, (down, keep) in enumerate(zip(self.down, self.keep, strict=True)):
            level = keep(down(level))
            seen = self.sight.stages[scale](seen)
            if scale in _TOLD:
                seen = seen + self.tell[_TOLD.index(scale)](level)
            level = torch.relu(self._hidden(level, scale) + self.hear[scale](seen))
            kept.append(level)
        # OpenCV's runner adds only equal shapes, hence the expansion.
        whole = self.whole(level.mean((2, 3), keepdim=True)).expand(-1, -1, level.shape[2], level.shape[3])
        level = torch.relu(level + whole)
        for scale in (3, 2, 1, 0):
            level = self.join[scale](torch.relu(_double(self.lift[scale](level)) + kept[scale]))
        level = torch.relu(_double(self.up(level)) + self.raw(field))
        return self.out(torch.relu(self.mix(level)))

    def _hidden(self, level: torch.Tensor, scale: int) -> torch.Tensor:
        if not self.training or scale < _DEEP:
            return level
        return level * (torch.rand(level.shape[0], 1, 1, 1) > _HIDDEN_SHARE).to(level.dtype)


def _silent(inputs: int, outputs: int) -> nn.Conv2d:
    """A join that says nothing yet."""
    join = nn.Conv2d(inputs, outputs, 1)
    nn.init.zeros_(join.weight)
    nn.init.zeros_(join.bias)
    return join


def _double(values: torch.Tensor) -> torch.Tensor:
    return torch_functions.interpolate(values, scale_factor=2, mode="nearest")
