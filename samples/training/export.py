"""Write trained weights as the file that quantise.py makes smaller and faster. Needs PyTorch and onnx.

python -m samples.training.export --net out/net.pt --out out/floats.onnx

Two nets of one fit may be averaged (--blend): the mean errs less than either. Normalisation is folded into the
convolutions and weights are stored in 16 bits. Nothing is written unless OpenCV's runner
answers what PyTorch answers.
"""

import argparse
import io
import sys
import warnings
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from samples.training.net import STEP, Net

_TOLERANCE = 0.02  # of coverage: 16 bit weights answer a little differently
_SMALLEST = 64  # numbers; smaller tensors stay as they are


class Answer(nn.Module):
    """Coverage instead of logits."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(self, field: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.net(field))


def main() -> None:
    chosen = _arguments()
    state = torch.load(chosen.net, weights_only=True)
    if chosen.blend:
        state = blended(state, torch.load(chosen.blend, weights_only=True), chosen.blend_share)
    answer = Answer(Net(state["raw.weight"].shape[1])).eval()
    answer.net.load_state_dict(state)
    model = halved(exported(answer, state["raw.weight"].shape[1]))
    off = max(difference(answer, model, shape) for shape in ((64, 96), (416, 512)))
    if off > _TOLERANCE:
        raise SystemExit(f"OpenCV's answer differs from PyTorch's by {off:.3f} of coverage")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_bytes(model)
    sys.stdout.write(f"{len(model) / 1e6:.1f} MB in {chosen.out}; OpenCV and PyTorch differ by {off:.4f} at most\n")


def blended(state: dict[str, torch.Tensor], other: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """The weights drawn towards those of another net by a share of 0..1; counters stay."""
    return {
        name: torch.lerp(values, other[name], share) if values.dtype.is_floating_point else values
        for name, values in state.items()
    }


def exported(answer: nn.Module, planes: int) -> onnx.ModelProto:
    stream = io.BytesIO()
    axes = {"planes": {2: "height", 3: "width"}, "coverage": {2: "height", 3: "width"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            answer,
            (torch.zeros(1, planes, 8 * STEP, 10 * STEP),),
            stream,
            dynamo=False,
            opset_version=17,
            input_names=["planes"],
            output_names=["coverage"],
            dynamic_axes=axes,
        )
    return onnx.load_from_string(stream.getvalue())


def halved(model: onnx.ModelProto) -> bytes:
    """The model with its weights in 16 bits and a cast before each use."""
    casts = []
    for weights in [w for w in model.graph.initializer if w.data_type == TensorProto.FLOAT]:
        values = numpy_helper.to_array(weights)
        if values.size < _SMALLEST:
            continue
        if not np.isfinite(values.astype(np.float16)).all():
            raise SystemExit("a weight does not fit into 16 bits: train with a lower learning rate")
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.SerializeToString()


def difference(answer: nn.Module, model: bytes, shape: tuple[int, int]) -> float:
    """Largest difference in coverage between both on made planes."""
    planes = np.random.default_rng(0).uniform(-0.5, 1.5, (1, answer.net.raw.weight.shape[1], *shape)).astype(np.float32)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(planes)
    with torch.no_grad():
        return float(np.abs(net.forward() - answer(torch.from_numpy(planes)).numpy()).max())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--blend", type=Path, help="weights of an earlier stop of the same fit to average with")
    parser.add_argument("--blend-share", type=float, default=0.3, help="their share, 0..1")
    return parser.parse_args()


if __name__ == "__main__":
    main()
