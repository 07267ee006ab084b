"""Puts half precision into an ONNX graph, for engines that keep the types the graph says."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from export.graph import GraphEdit


def write_half_precision(source: Path, target: Path) -> None:
    """Write the graph with float16 arithmetic; inputs and outputs stay float32.

    What overflows or is an index in float16 stays float32, by the list of ONNX Runtime's converter.
    ONNX Runtime itself computes such a graph in float32 on a CPU: there it shows what the rounding
    of the weights costs, not what half precision arithmetic costs.
    """
    from onnxruntime.transformers import float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    edit = GraphEdit(onnx.load(source))
    weights_as_floats(edit)
    _own_sizes(edit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one for each weight that float16 rounds to zero
        model = float16.convert_float_to_float16(edit.model, keep_io_types=True)
    OnnxModel(model).topological_sort()  # the converter appends its casts at the end
    onnx.checker.check_model(model)
    onnx.save(model, target)


def weights_as_floats(edit: GraphEdit) -> None:
    """Undo ``export.halves``: each stored half and its Cast become one float32 weight, in place."""
    for node in list(edit.graph.node):
        if node.op_type != "Cast" or node.attribute[0].i != TensorProto.FLOAT:
            continue
        half = edit.constant(node.input[0])
        if half is not None:
            weight = numpy_helper.from_array(np.asarray(half, np.float32), node.output[0])
            edit.graph.node.remove(node)
            edit.graph.initializer.append(weight)
    edit.prune()


def _own_sizes(edit: GraphEdit) -> None:
    """Give each Resize its own constants: the converter makes two nodes of one name of shared ones.

    (onnxruntime.transformers.float16 names the Cast of a constant by the constant alone.)
    """
    for node in edit.graph.node:
        if node.op_type != "Resize":
            continue
        for index, name in enumerate(node.input):
            value = edit.constant(name) if name else None
            if value is not None:
                node.input[index] = edit.add_constant(value)
    edit.prune()
