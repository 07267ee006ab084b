"""Small networks with a convolution and a resize, made by seed, for the precision tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.halves import weights_as_halves

SIZE = 16


def convolving(path: Path, *, halves: bool = False) -> Path:
    """Pictures (batch, 3, 16, 16) in, ``scores`` (batch, 8) out; two resizes share their scales."""
    rng = np.random.default_rng(1)
    first = rng.normal(0, 0.3, (8, 3, 3, 3)).astype(np.float32)
    second = rng.normal(0, 0.2, (8, 8, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["images", "w1"], ["a"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Resize", ["b", "", "scales"], ["c"], name="up", mode="nearest"),
        helper.make_node("Conv", ["c", "w2"], ["d"], name="second", strides=[2, 2]),
        helper.make_node("Resize", ["d", "", "scales"], ["e"], name="again", mode="nearest"),
        helper.make_node("ReduceMean", ["e"], ["scores"], axes=[2, 3], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes, "net",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 8])],
        [
            numpy_helper.from_array(first, "w1"), numpy_helper.from_array(second, "w2"),
            numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales"),
        ],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"name": "convolving"})
    if halves:
        weights_as_halves(model)
    onnx.save(model, path)
    return path


def pictures(count: int) -> npt.NDArray[np.float32]:
    """Rows that the network can be fed."""
    return np.random.default_rng(2).random((count, 3, SIZE, SIZE)).astype(np.float32)
