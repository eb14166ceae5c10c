"""Write the exported network in 8 bits, as processing/imaging/matting/network.py runs it. Needs onnx.

python -m samples.training.quantise --net out/weights.onnx --photos samples/photos --out processing/imaging/matting/weights.onnx

How far the numbers between two layers reach is measured on what the engine sees of a folder of photos. Weights get 7 bits:
sums of two products then fit the 16 bits in which processors without VNNI add them, so that every machine answers the same.
Layers that lose by it stay floats: those that read the picture in full depth, and those that write the answer. Nothing is
written unless the answers on the photos are near those of the network in floats.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from processing.imaging.matting import looks, network
from processing.imaging.matting.paper import fit_paper
from processing.imaging.matting.studio import StudioSettings
from samples.training.extract import PICTURE

_TOLERANCE = 0.02  # of coverage, on the mean over pixels that are neither product nor paper
_MOST_PHOTOS = 24
_KINDS = ("Conv", "Add", "Relu", "Clip", "Resize")
_FLOATS = ("stem", "stages.0/", "stages.0.0/look", "hear.0", "net/mix", "net/out")
_READERS = ("/net/raw/Conv", "/net/down.0/down.0.0/Conv")

Seen = dict[str, np.ndarray]


class _Photos(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, seen: list[Seen]) -> None:
        self._left = iter(seen)

    def get_next(self) -> Seen | None:
        return next(self._left, None)


def main() -> None:
    chosen = _arguments()
    cv2.setNumThreads(1)
    floats = with_two_inputs(in_floats(onnx.load(chosen.net)))
    seen = [as_floats(*one) for one in what_is_seen(chosen.photos)]
    if not seen:
        raise SystemExit("no photo found")
    model = quantised(floats, seen)
    off = difference(floats, model, seen)
    if off > _TOLERANCE:
        raise SystemExit(f"8 bits change the doubtful pixels by {off:.3f} of coverage")
    chosen.out.write_bytes(model)
    sys.stdout.write(f"{len(model) / 1e6:.1f} MB in {chosen.out}; doubtful pixels differ by {off:.4f} on the mean\n")


def in_floats(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without the casts of its 16 bit weights."""
    weights = {one.name: one for one in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in weights:
            stored = weights[node.input[0]]
            values = numpy_helper.to_array(stored).astype(np.float32)
            stored.CopyFrom(numpy_helper.from_array(values, node.output[0]))
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def with_two_inputs(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the picture apart from the planes, which it reads in 8 bits, and as many planes as runners like."""
    graph = model.graph
    sliced = next(node for node in graph.node if node.op_type == "Slice" and node.input[0] == "planes")
    for node in graph.node:
        node.input[:] = ["picture" if name == sliced.output[0] else name for name in node.input]
    graph.node.remove(sliced)
    weights = {one.name: one for one in graph.initializer}
    _fold_borders(graph)
    for node in graph.node:
        if node.name in _READERS:
            weights[node.input[1]].CopyFrom(_reading_codes(weights[node.input[1]]))
    del graph.input[:]
    for name, count in (("planes", network.PLANES), ("picture", 3)):
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count, "height", "width"]))
    return model


def _fold_borders(graph: onnx.GraphProto) -> None:
    """Borders become the convolutions' own, which cost nothing: as nodes they would be laid in floats."""
    for border in [node for node in graph.node if node.op_type == "Pad"]:
        user = next(node for node in graph.node if border.output[0] in node.input)
        kernel = int(next(one for one in user.attribute if one.name == "kernel_shape").ints[0])
        before, after = kernel // 2 - 1, kernel // 2  # as samples/training/sight.py pads
        pads = next(one for one in user.attribute if one.name == "pads")
        pads.ints[:] = [before, before, after, after]
        user.input[0] = border.input[0]
        graph.node.remove(border)


def _reading_codes(weights: TensorProto) -> TensorProto:
    """Weights for planes as they are coded: the picture at its own scale, and planes that say nothing at the end."""
    values = numpy_helper.to_array(weights).copy()
    values[:, PICTURE] *= network.PLANE_STEPS / network.PICTURE_STEPS
    values = np.pad(values, ((0, 0), (0, network.PLANES - values.shape[1]), (0, 0), (0, 0)))
    return numpy_helper.from_array(values, weights.name)


def what_is_seen(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(codes, picture) of the whole of every photo in a folder, at the size of the first look or of the second."""
    settings = StudioSettings()
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".webp"))
    for number, path in enumerate(paths[:: max(1, len(paths) // _MOST_PHOTOS)]):
        with Image.open(path) as opened:
            photo = np.asarray(opened.convert("RGB"))
        picture = looks.reduced(photo, settings.coarse_pixels if number % 2 else settings.first_pixels)
        yield looks.codes(picture, fit_paper(picture).colour), picture


def as_floats(codes: np.ndarray, picture: np.ndarray) -> Seen:
    """What both inputs stand for, before anything is written in 8 bits."""
    planes, seen = network.padded(codes, picture)
    values = (planes.astype(np.float32) - network.PLANE_ZERO) / network.PLANE_STEPS
    return {"planes": np.ascontiguousarray(values.transpose(0, 3, 1, 2)), "picture": seen}


def quantised(floats: onnx.ModelProto, seen: list[Seen]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, done = (str(Path(folder) / f"{name}.onnx") for name in ("plain", "ready", "done"))
        onnx.save(floats, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        names = [node.name for node in onnx.load(ready).graph.node]
        quantize_static(
            ready,
            done,
            _Photos(seen),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(_KINDS),
            nodes_to_exclude=[name for name in names if any(part in name for part in _FLOATS)],
        )
        return reading_bytes(onnx.load(done)).SerializeToString()


def reading_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model that takes the planes as bytes, plane after plane in each pixel."""
    graph = model.graph
    rounded = next(node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] == "planes")
    scale, zero, output = rounded.input[1], rounded.input[2], rounded.output[0]
    graph.node.remove(rounded)
    graph.node.insert(0, helper.make_node("Transpose", ["planes"], [output], name="planes first", perm=[0, 3, 1, 2]))
    constants = {one.name: one for one in graph.initializer}
    constants[scale].CopyFrom(numpy_helper.from_array(np.float32(1 / network.PLANE_STEPS), scale))
    constants[zero].CopyFrom(numpy_helper.from_array(np.uint8(network.PLANE_ZERO), zero))
    shape = [1, "height", "width", network.PLANES]
    graph.input[0].CopyFrom(helper.make_tensor_value_info("planes", TensorProto.UINT8, shape))
    return model


def difference(floats: onnx.ModelProto, model: bytes, seen: list[Seen]) -> float:
    """Mean difference in coverage where the network in floats is in doubt."""
    before = onnxruntime.InferenceSession(floats.SerializeToString(), providers=["CPUExecutionProvider"])
    after = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = []
    for one in seen[::4]:
        true = before.run(None, one)[0]
        codes = np.rint(one["planes"] * network.PLANE_STEPS + network.PLANE_ZERO).astype(np.uint8)
        planes = np.ascontiguousarray(codes.transpose(0, 2, 3, 1))
        answer = after.run(None, {"planes": planes, "picture": one["picture"]})[0]
        doubtful = (true > 0.02) & (true < 0.98)
        if doubtful.any():
            found.append(float(np.abs(answer - true)[doubtful].mean()))
    return float(np.mean(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", type=Path, required=True, help="what export.py wrote")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos to measure reaches on")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
