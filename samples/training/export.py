"""Write trained weights in the layout that processing/imaging/matting/network.py reads.

python -m samples.training.export --net out/net.pt --out out/weights.npz

Kernels become (taps, in, out) and everything 16 bit floats. Nothing is written unless the plain numpy network answers
what PyTorch answers.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from processing.imaging.matting import network
from samples.training.train import Net

_TOLERANCE = 0.02  # of coverage: 16 bit weights answer a little differently


def main() -> None:
    chosen = _arguments()
    state = torch.load(chosen.net, weights_only=True)
    layers = {name: stored(values.numpy()) for name, values in state.items()}
    if not all(np.isfinite(values).all() for values in layers.values()):
        raise SystemExit("a weight does not fit into 16 bits: train with a lower learning rate")
    off = difference(state, layers)
    if off > _TOLERANCE:
        raise SystemExit(f"the numpy network differs from the trained one by {off:.3f} of coverage")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(chosen.out, **layers)
    count = sum(values.size for values in layers.values())
    sys.stdout.write(f"{count} weights in {chosen.out}; numpy and PyTorch differ by {off:.4f} at most\n")
    changed = _changed_shapes(layers)
    if changed:
        sys.stdout.write(f"shapes differ from the shipped weights: {', '.join(changed)}\n")


def stored(values: np.ndarray) -> np.ndarray:
    """float16; kernels (out, in, rows, columns) as (rows * columns, in, out)."""
    if values.ndim == 4:
        outputs, inputs = values.shape[:2]
        values = values.transpose(2, 3, 1, 0).reshape(-1, inputs, outputs)
    return values.astype(np.float16)


def difference(state: dict[str, torch.Tensor], layers: dict[str, np.ndarray]) -> float:
    """Largest difference in coverage between both networks on made planes of odd size."""
    bands = state["raw.weight"].shape[1]
    planes = np.random.default_rng(0).uniform(-0.5, 1.5, (45, 64, bands)).astype(np.float32)
    answer = network.coverage(planes, {name: values.astype(np.float32) for name, values in layers.items()})
    net = Net(bands)
    net.load_state_dict(state)
    padded = np.pad(planes, ((0, -45 % network.STEP), (0, 0), (0, 0)), mode="edge")
    with torch.no_grad():
        expected = torch.sigmoid(net(torch.from_numpy(padded.transpose(2, 0, 1))[None]))[0, 0, :45].numpy()
    return float(np.abs(answer - expected).max())


def _changed_shapes(layers: dict[str, np.ndarray]) -> list[str]:
    """Names whose shape is new: right after a change of evidence.py or of the layers, a mistake otherwise."""
    shipped = {name: values.shape for name, values in network.weights().items()}
    mine = {name: values.shape for name, values in layers.items()}
    return sorted(name for name in shipped.keys() | mine.keys() if shipped.get(name) != mine.get(name))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
