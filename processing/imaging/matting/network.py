"""A small convolutional network that tells product from backdrop: coverage from the evidence planes.

4 million weights in `weights.onnx` (8 bits each), run by onnxruntime: an encoder of the evidence and one that was pretrained
on photographs and sees the picture itself, joined over five scales, and a decoder. They judge what the evidence only
measures: which closed shapes are products and which smooth darkening is a shadow. Fitted on made shots with known alpha;
see docs/cutouts.md, and weights.NOTICE.txt for whose work the pretrained part is.
"""

from functools import cache
from importlib import resources
from typing import Any

import cv2
import numpy as np

STEP = 32  # sides are padded to a multiple of this
VERSION = "9"
PLANES = 36  # a multiple of four, which the runner's fast kernels ask for
# A plane's value v is coded as v * steps + zero; the picture, which never is negative, in finer steps.
PLANE_ZERO, PLANE_STEPS, PICTURE_STEPS = 128, 64, 127


def coverage(codes: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Share of each pixel that is product, float32 (h, w) in 0..1, from coded planes uint8 (h, w, PLANES) and the picture
    float32 (h, w, 3) 0..1."""
    height, width = codes.shape[:2]
    planes, seen = padded(codes, picture)
    share: np.ndarray = _session().run(None, {"planes": planes, "picture": seen})[0]
    return share[0, 0, :height, :width].copy()


def padded(codes: np.ndarray, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Planes uint8 (1, h, w, n) and picture float32 (1, 3, h, w) with sides that the network can halve."""
    height, width = codes.shape[:2]
    down, across = -height % STEP, -width % STEP
    planes = np.pad(codes, ((0, down), (0, across), (0, 0)), mode="edge")[None]
    seen = np.empty((1, 3, height + down, width + across), np.float32)
    for number in range(3):  # three times as fast as numpy's transpose
        band = cv2.extractChannel(picture, number)
        cv2.copyMakeBorder(band, 0, down, 0, across, cv2.BORDER_REPLICATE, dst=seen[0, number])
    return planes, seen


@cache
def _session() -> Any:
    """The network, for all threads: 10 to 15 MB, and 0.08 s to make."""
    import onnxruntime  # here, as processes that cut nothing out need not load it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep 100 MB between two calls, for a tenth of the time of one
    options.log_severity_level = 3
    weights = resources.files(__package__).joinpath("weights.onnx").read_bytes()
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def forget() -> None:
    """Lets go of the network until it is asked for again."""
    _session.cache_clear()
