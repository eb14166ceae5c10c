"""The smallest network rembg accepts, written byte by byte: its mask is the darkness of the input's first band.

An ONNX file is a protocol buffer; the few messages needed here are field numbers and lengths (onnx.proto3).
"""


def _varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _node(operation: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    names = b"".join(_bytes(1, name) for name in inputs)
    return _bytes(1, names + _bytes(2, output) + _bytes(4, operation) + attributes)


def _floats(name: str, shape: list[int], values: bytes) -> bytes:
    """An initializer (TensorProto, type 1 is float32, raw data)."""
    return _bytes(5, b"".join(_number(1, side) for side in shape) + _number(2, 1) + _bytes(8, name) + _bytes(9, values))


def _value(field: int, name: str, shape: list[int]) -> bytes:
    dimensions = b"".join(_bytes(1, _number(1, side)) for side in shape)
    tensor = _number(1, 1) + _bytes(2, dimensions)
    return _bytes(field, _bytes(1, name) + _bytes(2, _bytes(1, tensor)))


def model(*, side_px: int) -> bytes:
    """Bytes of a model from (1, 3, side, side) to (1, 1, side, side): a 1x1 convolution that negates the first band."""
    import struct

    weights = struct.pack("<3f", -1.0, 0.0, 0.0)
    graph = (
        _node("Conv", ["input", "weights"], "mask")
        + _bytes(2, "tiny")
        + _floats("weights", [1, 3, 1, 1], weights)
        + _value(11, "input", [1, 3, side_px, side_px])
        + _value(12, "mask", [1, 1, side_px, side_px])
    )
    # IR version 8, operators of version 13
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))
