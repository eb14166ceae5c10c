"""A small convolutional network that tells product from backdrop: coverage from the evidence planes.

4 million weights in `weights.onnx` (16 bit floats), run by OpenCV: an encoder of the evidence and one that was pretrained
on photographs and sees the picture itself, joined over five scales, and a decoder. They judge what the evidence only
measures: which closed shapes are products and which smooth darkening is a shadow. Fitted on made shots with known alpha;
see docs/cutouts.md, and weights.NOTICE.txt for whose work the pretrained part is.
"""

import threading
from functools import cache
from importlib import resources

import cv2
import numpy as np

STEP = 32  # sides are padded to a multiple of this
VERSION = "8"

_LOCAL = threading.local()


def coverage(planes: np.ndarray) -> np.ndarray:
    """Share of each pixel that is product, float32 (h, w) in 0..1, from planes float32 (h, w, n)."""
    height, width = planes.shape[:2]
    net = _net()
    net.setInput(_padded(planes))  # OpenCV keeps a copy of its own
    del planes  # so that they do not stand beside the network's activations
    share: np.ndarray = net.forward()[0, 0, :height, :width].copy()
    return share


def _padded(planes: np.ndarray) -> np.ndarray:
    """The planes one after the other, float32 (1, n, h, w), with sides that the network can halve."""
    height, width, count = planes.shape
    down, across = -height % STEP, -width % STEP
    padded = np.empty((1, count, height + down, width + across), np.float32)
    for number in range(count):  # three times as fast as numpy's transpose
        plane = cv2.extractChannel(planes, number)
        cv2.copyMakeBorder(plane, 0, down, 0, across, cv2.BORDER_REPLICATE, dst=padded[0, number])
    return padded


def _net() -> cv2.dnn.Net:
    """The network of this thread: it keeps its inputs between calls, so threads cannot share one."""
    if not hasattr(_LOCAL, "net"):
        _LOCAL.net = cv2.dnn.readNetFromONNX(_weights())
    net: cv2.dnn.Net = _LOCAL.net
    return net


def forget() -> None:
    """Frees this thread's network. It keeps its activations, some 120 MB; reading it again takes 40 ms."""
    vars(_LOCAL).pop("net", None)


@cache
def _weights() -> np.ndarray:
    return np.frombuffer(resources.files(__package__).joinpath("weights.onnx").read_bytes(), np.uint8)
