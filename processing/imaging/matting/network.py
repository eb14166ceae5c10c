"""A small convolutional network in plain numpy: coverage of the product from the evidence planes.

About 0.2 million weights in `weights.npz` (16 bit floats), an encoder and decoder over five scales. It judges what the
evidence only measures: which closed shapes are products and which smooth darkening is a shadow. Fitted on composed shots
with known alpha; see docs/cutouts.md. No framework is needed to run it, and the same input gives the same output.
"""

import io
from functools import cache
from importlib import resources

import numpy as np

STEP = 16  # sides are padded to a multiple of this
VERSION = "3"
_ROWS = 4

Weights = dict[str, np.ndarray]


@cache
def weights() -> Weights:
    """The weights by layer name, kernels as (taps, in, out)."""
    data = resources.files(__package__).joinpath("weights.npz").read_bytes()
    with np.load(io.BytesIO(data)) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def coverage(planes: np.ndarray, layers: Weights) -> np.ndarray:
    """Share of each pixel that is product, float32 (h, w) in 0..1, from planes float32 (h, w, n)."""
    height, width = planes.shape[:2]
    field = _padded(planes)
    kept = []
    level = field
    for scale in range(4):
        level = _relu(_conv(level, layers, f"down.{scale}", stride=2))
        level = _relu(_conv(level, layers, f"keep.{scale}"))
        kept.append(level)
    for scale in (2, 1, 0):
        level = _relu(_double(_conv(level, layers, f"lift.{scale}")) + kept[scale])
        level = _relu(_conv(level, layers, f"join.{scale}"))
    level = _relu(_double(_conv(level, layers, "up")) + _conv(field, layers, "raw"))
    level = _relu(_conv(level, layers, "mix"))
    logit = _conv(level, layers, "out")[:height, :width, 0]
    share: np.ndarray = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
    return share


def _padded(planes: np.ndarray) -> np.ndarray:
    height, width = planes.shape[:2]
    padded: np.ndarray = np.pad(planes, ((0, -height % STEP), (0, -width % STEP), (0, 0)), mode="edge")
    return padded


def _relu(values: np.ndarray) -> np.ndarray:
    np.maximum(values, 0, out=values)
    return values


def _double(values: np.ndarray) -> np.ndarray:
    doubled: np.ndarray = values.repeat(2, axis=0).repeat(2, axis=1)
    return doubled


def _conv(values: np.ndarray, layers: Weights, name: str, *, stride: int = 1) -> np.ndarray:
    """Convolution with bias. Rows are unfolded a few at a time, so that each matrix product stays in the cache."""
    kernel, bias = layers[f"{name}.weight"], layers[f"{name}.bias"]
    height, width, bands = values.shape
    if len(kernel) == 1:
        flat: np.ndarray = values.reshape(-1, bands) @ kernel[0] + bias
        shaped: np.ndarray = flat.reshape(height, width, -1)
        return shaped
    rows, columns = -(-height // stride), -(-width // stride)
    bordered = np.zeros((height + 2, width + 2, bands), np.float32)
    bordered[1:-1, 1:-1] = values
    matrix = kernel.reshape(9 * bands, -1)
    result = np.empty((rows, columns, matrix.shape[1]), np.float32)
    for top in range(0, rows, _ROWS):
        unfolded = _unfold(bordered, top, min(_ROWS, rows - top), columns, stride)
        result[top : top + _ROWS] = (unfolded @ matrix + bias).reshape(-1, columns, matrix.shape[1])
    return result


def _unfold(bordered: np.ndarray, top: int, rows: int, columns: int, stride: int) -> np.ndarray:
    """The nine neighbours of every place in some rows, side by side: (rows * columns, 9 * bands)."""
    bands = bordered.shape[2]
    unfolded = np.empty((rows, columns, 9, bands), np.float32)
    for tap in range(9):
        y, x = top * stride + tap // 3, tap % 3
        unfolded[:, :, tap] = bordered[
            y : y + (rows - 1) * stride + 1 : stride, x : x + (columns - 1) * stride + 1 : stride
        ]
    return unfolded.reshape(rows * columns, 9 * bands)
