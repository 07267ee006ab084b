"""Turns a quantized graph (QuantizeLinear and DequantizeLinear pairs) into plain float32.

TensorRT takes neither int32 biases behind DequantizeLinear nor zero points other than 0, which is
what graphs converted from TFLite are made of. The weights keep their quantized values, as floats;
activations are no longer rounded, so results differ from the int8 graph by its rounding.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from onnx import NodeProto

from export.graph import GraphEdit

Float = npt.NDArray[np.float32]


def float_arithmetic(edit: GraphEdit) -> None:
    """Fold the scales into the constants and take out all rounding of activations."""
    instead: dict[str, str] = {}
    kept = []
    for node in edit.graph.node:
        node.input[:] = [_followed(instead, name) for name in node.input]
        if node.op_type == "QuantizeLinear":
            instead[node.output[0]] = node.input[0]
        elif node.op_type == "DequantizeLinear":
            folded = _constant(edit, node)
            instead[node.output[0]] = node.input[0] if folded is None else edit.add_constant(folded)
        else:
            kept.append(node)
    if not instead:
        raise ValueError("wanted a quantized graph; this one has no QuantizeLinear")
    del edit.graph.node[:]
    edit.graph.node.extend(kept)
    for output in edit.graph.output:
        if output.name in instead:
            edit.rename_made(_followed(instead, output.name), output.name)


def _followed(instead: dict[str, str], name: str) -> str:
    while name in instead:
        name = instead[name]
    return name


def _constant(edit: GraphEdit, node: NodeProto) -> Float | None:
    """Value of a dequantized constant, (value - zero point) * scale; None for an activation."""
    value = edit.constant(node.input[0])
    if value is None:
        return None
    scale = np.asarray(edit.constant(node.input[1]), np.float64)
    zero = np.zeros_like(scale)
    if len(node.input) > 2:
        zero = np.asarray(edit.constant(node.input[2]), np.float64)
    if scale.size > 1:
        axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
        shape = [1] * value.ndim
        shape[axis] = scale.size
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    folded: Float = ((np.asarray(value, np.float64) - zero) * scale).astype(np.float32)
    return folded
