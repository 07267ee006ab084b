"""Stores weights as 16-bit floats, which halves the file; arithmetic stays 32-bit."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_SMALL = 64  # a tensor of so few values is not worth a node


def weights_as_halves(model: onnx.ModelProto) -> None:
    """Replace each large float32 initializer by a float16 one and a Cast, in place.

    ONNX Runtime and TensorRT fold a Cast of a constant when they load the graph, so it costs no
    time when the network runs.
    """
    graph = model.graph
    casts = []
    for stored in graph.initializer:
        if stored.data_type != TensorProto.FLOAT or np.prod(stored.dims) < _SMALL:
            continue
        name = stored.name
        half = numpy_helper.to_array(stored).astype(np.float16)
        stored.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
        casts.append(helper.make_node("Cast", [stored.name], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
