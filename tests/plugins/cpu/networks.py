"""Small ONNX networks whose answers a test can know beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 32


def _saved(
    path: Path,
    nodes: list[onnx.NodeProto],
    output: list[int],
    batch: int | str = "batch",
    **constants: npt.NDArray[Any],
) -> Path:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, *output])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path


def channel_means(path: Path, *, batch: int | str = "batch") -> Path:
    """Output [B,3]: the mean of each channel of the input."""
    nodes = [helper.make_node("ReduceMean", ["input"], ["output"], axes=[2, 3], keepdims=0)]
    return _saved(path, nodes, [3], batch=batch)


def nhwc_means(path: Path) -> Path:
    """A network that wants (batch, height, width, 3), as converted ones do."""
    shape: list[int | str] = ["batch", SIZE, SIZE, 3]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input"], ["output"], axes=[1, 2], keepdims=0)],
        "net",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 3])],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def fixed_boxes(path: Path, boxes: list[tuple[float, float, float, float, float]]) -> Path:
    """Output [B,N,5]: the same x1 y1 x2 y2 score rows for each picture, as RTMDet gives them."""
    return fixed_rows(path, boxes)


def fixed_rows(path: Path, boxes: Sequence[tuple[float, ...]]) -> Path:
    """Output [B,N,K]: the same rows for each picture."""
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["mean", "axis"], ["flat"]),
        helper.make_node("Mul", ["flat", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "boxes"], ["output"]),
    ]
    rows = np.array([boxes], np.float32)
    axis, zero = np.array([3], np.int64), np.zeros(1, np.float32)
    return _saved(path, nodes, [len(boxes), len(boxes[0])], boxes=rows, axis=axis, zero=zero)


def follows_the_bright(path: Path) -> Path:
    """Output [B,1,5]: one box, x1 y1 x2 y2 score, round the brightest column of the input."""
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["columns"], axes=[1, 2], keepdims=0),
        helper.make_node("ArgMax", ["columns"], ["brightest"], axis=1, keepdims=1),
        helper.make_node("Cast", ["brightest"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "moves"], ["moved"]),
        helper.make_node("Add", ["moved", "still"], ["row"]),
        helper.make_node("Unsqueeze", ["row", "axis"], ["output"]),
    ]
    moves = np.array([[1, 0, 1, 0, 0]], np.float32)
    still = np.array([[-3, 8, 3, 24, 0.9]], np.float32)
    axis = np.array([1], np.int64)
    return _saved(path, nodes, [1, 5], moves=moves, still=still, axis=axis)


def grid_of_one_cell(path: Path, *, box: tuple[float, ...], score: float) -> Path:
    """DetectNet_v2 of two classes on one cell: outputs ``output_cov`` and ``output_bbox``.

    box: x1 y1 x2 y2 px in class 0. The cell's place is 0.5, distances count in units of 35 px.
    """
    edges = np.zeros((1, 8, 1, 1), np.float32)
    edges[0, :4, 0, 0] = (0.5 - np.array(box)) / 35 * [1, 1, -1, -1]
    cover = np.array([score, 0], np.float32).reshape(1, 2, 1, 1)
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "cover"], ["output_cov"]),
        helper.make_node("Add", ["nothing", "edges"], ["output_bbox"]),
    ]
    constants = {"cover": cover, "edges": edges, "zero": np.zeros(1, np.float32)}
    shapes: dict[str, list[int | str]] = {
        "output_cov": ["batch", 2, 1, 1],
        "output_bbox": ["batch", 8, 1, 1],
    }
    graph = helper.make_graph(
        nodes,
        "detectnet",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in shapes.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path
